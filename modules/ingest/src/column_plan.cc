#include "column_plan.h"

#include <set>

#include "column_names.h"

namespace lakehouse::ingest {
namespace {

int IndexOf(const std::vector<std::string>& names, std::string_view name) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (FoldColumnName(names[i]) == FoldColumnName(name)) return static_cast<int>(i);
  return -1;
}

}  // namespace

Result<ColumnPlan> PlanColumns(const std::vector<std::string>& found, const ColumnChoices& choices, const std::vector<std::string>& target,
                               bool fill_missing) {
  ColumnPlan plan;
  plan.names = found;
  for (const auto& [source, chosen] : choices) {
    const int at = IndexOf(found, source);
    if (at < 0)
      return Error(ErrorCode::kUnprocessable, "a choice is for column \"" + CleanText(source, 200) + "\", which the file has not")
          .Named("unknown_column");
    plan.names[static_cast<std::size_t>(at)] = chosen.value_or("");
  }
  std::set<std::string> taken;
  for (std::string& name : plan.names) {
    if (name.empty()) continue;
    if (name.size() > kMaxColumnNameBytes || !IsUtf8(name))
      return Error(ErrorCode::kUnprocessable, "a column is to be called by a name that is too long or no UTF-8").Named("name_too_long");
    if (!taken.insert(FoldColumnName(name)).second)
      return Error(ErrorCode::kUnprocessable, "two columns of the file go to \"" + CleanText(name, 200) + "\": choose one, leave one out")
          .Named("column_twice");
  }
  plan.to.assign(found.size(), -1);
  if (target.empty()) {
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (plan.names[i].empty()) continue;
      plan.to[i] = static_cast<int>(plan.from.size());
      plan.from.push_back(static_cast<int>(i));
    }
    if (plan.from.empty()) return Error(ErrorCode::kUnprocessable, "every column of the file is left out").Named("no_columns");
    return plan;
  }
  for (std::size_t t = 0; t < target.size(); ++t) {
    const int at = IndexOf(plan.names, target[t]);
    plan.from.push_back(at);
    if (at >= 0)
      plan.to[static_cast<std::size_t>(at)] = static_cast<int>(t);
    else if (!fill_missing)
      plan.fits = false;
  }
  for (std::size_t i = 0; i < found.size(); ++i)
    if (!plan.names[i].empty() && plan.to[i] < 0) plan.fits = false;
  return plan;
}

}  // namespace lakehouse::ingest
