#include "function_list.h"

#include <algorithm>

#include "lakehouse/catalog/dataset_name.h"
#include "lakehouse/query/served_functions.h"

namespace lakehouse::query {
namespace {

using catalog::FoldName;

#include "allowed_functions.inc"

// No other one: each of these makes rows out of its arguments alone.
constexpr std::string_view kTableFunctions[] = {"range", "generate_series", "unnest"};
// tests/function_list_test.cc compares with what the library says of its functions; of some it says too much (1.5.6: age of one
// argument, the two of local time).
constexpr std::string_view kUnsteady[] = {"age",
                                          "ago",
                                          "current_date",
                                          "current_localtime",
                                          "current_localtimestamp",
                                          "gen_random_uuid",
                                          "get_current_time",
                                          "get_current_timestamp",
                                          "now",
                                          "random",
                                          "reservoir_quantile",
                                          "today",
                                          "transaction_timestamp",
                                          "uuid",
                                          "uuidv4",
                                          "uuidv7"};
constexpr std::string_view kWhiteSpace = " \t\r\n";

}  // namespace

FunctionList::FunctionList(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.starts_with("# ")) continue;  // "#" alone would be a name
    while (true) {
      const std::size_t begin = line.find_first_not_of(kWhiteSpace);
      if (begin == std::string_view::npos) break;
      line.remove_prefix(begin);
      const std::size_t length = std::min(line.find_first_of(kWhiteSpace), line.size());
      names_.insert(FoldName(line.substr(0, length)));
      line.remove_prefix(length);
    }
  }
}

const FunctionList& FunctionList::Reviewed() {
  static const FunctionList list(kReviewedFunctions);
  return list;
}

bool FunctionList::AllowsFunction(std::string_view name) const { return names_.contains(FoldName(name)); }

bool FunctionList::IsSteady(std::string_view name) { return std::ranges::find(kUnsteady, FoldName(name)) == std::end(kUnsteady); }

bool FunctionList::AllowsTableFunction(std::string_view name) const {
  return std::ranges::find(kTableFunctions, FoldName(name)) != std::end(kTableFunctions);
}

std::vector<std::string> ServedFunctions() {
  std::vector<std::string> names;
  for (const std::string& name : FunctionList::Reviewed().names())
    if (name[0] >= 'a' && name[0] <= 'z') names.push_back(name);
  return names;
}

}  // namespace lakehouse::query
