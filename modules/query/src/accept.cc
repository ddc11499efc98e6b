#include "accept.h"

#include <algorithm>
#include <charconv>

#include "lakehouse/catalog/dataset_name.h"

namespace lakehouse::query {
namespace {

using catalog::FoldName;

struct Offered {
  ResultFormat format;
  std::string_view media_type;
};
// The first one that fits wins, so a browser's */* gets JSON.
constexpr Offered kOffered[] = {
    {ResultFormat::kJsonRows, "application/json"},
    {ResultFormat::kNdjson, "application/x-ndjson"},
    {ResultFormat::kCsv, "text/csv"},
    {ResultFormat::kArrowStream, "application/vnd.apache.arrow.stream"},
    {ResultFormat::kParquet, "application/vnd.apache.parquet"},
};

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// What stands before the next `separator`, taken off the front.
std::string_view TakeItem(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view item = Trim(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return item;
}

/// q=0.5, in thousandths; 1000 without one. Values of several parameters do not matter to us.
int WeightOf(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::string_view parameter = TakeItem(parameters, ';');
    if (!parameter.starts_with("q=") && !parameter.starts_with("Q=")) continue;
    const std::string_view number = parameter.substr(2);
    if (number.empty() || number.front() < '0' || number.front() > '9') return 0;  // "nan" and "inf" are numbers to the library
    double weight = 0;
    std::from_chars(number.data(), number.data() + number.size(), weight, std::chars_format::fixed);
    return static_cast<int>(std::min(weight, 1.0) * 1000);
  }
  return 1000;
}

/// 0: another type; more for a closer match.
int Closeness(std::string_view range, std::string_view media_type) {
  if (range == media_type) return 3;
  if (range == "*/*") return 1;
  return range.ends_with("/*") && media_type.starts_with(range.substr(0, range.size() - 1)) ? 2 : 0;
}

}  // namespace

std::optional<ResultFormat> FormatForAccept(std::string_view accept) {
  if (Trim(accept).empty()) return ResultFormat::kJsonRows;
  std::optional<ResultFormat> best;
  int best_weight = 0;
  for (const Offered& offered : kOffered) {
    int weight = 0;  // of the closest range that speaks of this type
    int closest = 0;
    for (std::string_view rest = accept; !rest.empty();) {
      std::string_view parameters = TakeItem(rest, ',');
      const std::string range = FoldName(TakeItem(parameters, ';'));
      const int closeness = Closeness(range, offered.media_type);
      if (closeness <= closest) continue;
      closest = closeness;
      weight = WeightOf(parameters);
    }
    if (weight <= best_weight) continue;
    best = offered.format;
    best_weight = weight;
  }
  return best;
}

std::optional<ResultFormat> FormatForName(std::string_view name) {
  for (const Offered& offered : kOffered)
    if (WireName(offered.format) == name) return offered.format;
  return std::nullopt;
}

std::string_view MediaTypeOf(ResultFormat format) {
  const auto* offered = std::ranges::find(kOffered, format, &Offered::format);
  return offered->media_type;
}

std::string AllMediaTypes() {
  std::string all;
  for (const Offered& offered : kOffered) all += (all.empty() ? "" : ", ") + std::string(offered.media_type);
  return all;
}

}  // namespace lakehouse::query
