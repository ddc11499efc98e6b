#include "expectation_types.h"

#include <cmath>
#include <cstdlib>

#include "cell_type.h"
#include "column_names.h"

namespace lakehouse::ingest {
namespace {

constexpr std::size_t kShownBytes = 60, kShownColumns = 20;
constexpr double kMostExact = 1e28;  // DECIMAL(38,9) holds it

/// What a bound of a column of some type has to be, in words, and which readings of its text are that.
struct BoundKind {
  const char* words;
  unsigned cells;
};

BoundKind KindOf(const std::string& type) {
  if (IsExactNumber(type) || IsFloatingPoint(type)) return {"a number, as in 10 or 2.5", kBigint | kDouble};
  if (type == "DATE") return {"a date, as in 2026-01-31", kDate};
  if (type == "TIMESTAMP" || type == "TIMESTAMP WITH TIME ZONE")
    return {"a date or a time, as in 2026-01-31 or 2026-01-31T08:30:00", kDate | kTimestamp | kTimestampTz};
  return {"", 0};
}

/// Whether values of the type stand in an order that people would expect.
bool HasOrder(const std::string& type) {
  return type != "BOOLEAN" && type != "BLOB" && !type.contains('[') && !type.starts_with("STRUCT") && !type.starts_with("MAP") &&
         !type.starts_with("UNION");
}

class Fitting {
 public:
  Fitting(const Expectation& expectation, std::size_t number) : expectation_(expectation), number_(number) {}

  Status To(const std::vector<catalog::Column>& columns) const {
    if (expectation_.rule == ExpectationRule::kRowCount) return FitBounds("rows are counted", "BIGINT");
    for (const catalog::Column& column : columns) {
      if (FoldColumnName(column.name) != FoldColumnName(expectation_.column)) continue;
      if (expectation_.rule != ExpectationRule::kRange) return Ok{};
      const std::string what = "column \"" + column.name + "\" is " + CleanText(column.type, kShownBytes);
      if (!HasOrder(column.type)) return Bad(what + ", which has no order: range is for numbers, dates, times and texts");
      return FitBounds(what, column.type);
    }
    std::string names;
    for (std::size_t i = 0; i < columns.size() && i < kShownColumns; ++i) names += (i == 0 ? "" : ", ") + columns[i].name;
    return Bad("the dataset has no column \"" + CleanText(expectation_.column, kShownBytes) + "\"; it has " + names +
               (columns.size() > kShownColumns ? ", …" : ""));
  }

 private:
  Status FitBounds(const std::string& what, const std::string& type) const {
    const BoundKind kind = KindOf(type);
    if (kind.cells == 0) return Ok{};  // any text, or what the engine decides
    for (const auto& [name, bound] : {std::pair("min", &expectation_.min), std::pair("max", &expectation_.max)}) {
      if (!*bound) continue;
      const bool is_too_large = IsExactNumber(type) && std::abs(NumberOf(**bound)) >= kMostExact;
      if ((CellTypesOf(**bound) & kind.cells) == 0 || is_too_large)
        return Bad(what + ", so " + name + " has to be " + kind.words + "; it is \"" + CleanText(**bound, kShownBytes) + "\"");
    }
    if (!expectation_.min || !expectation_.max) return Ok{};
    const bool is_number = (kind.cells & kDouble) != 0;
    const bool is_turned = is_number ? NumberOf(*expectation_.min) > NumberOf(*expectation_.max)
                                     : expectation_.min->substr(0, 10) > expectation_.max->substr(0, 10);  // ISO dates order as text
    if (!is_turned) return Ok{};
    return Bad("min " + *expectation_.min + " is above max " + *expectation_.max + ", so no value could pass");
  }

  static double NumberOf(const std::string& text) { return std::strtod(text.c_str(), nullptr); }

  Error Bad(const std::string& what) const {
    return Error(ErrorCode::kInvalidArgument,
                 "expectation " + std::to_string(number_) + " (" + std::string(WireName(expectation_.rule)) + "): " + what)
        .Named("bad_expectations");
  }

  const Expectation& expectation_;
  const std::size_t number_;
};

}  // namespace

bool IsExactNumber(const std::string& type) { return type.ends_with("INT") || type == "INTEGER" || type.starts_with("DECIMAL"); }
bool IsFloatingPoint(const std::string& type) { return type == "DOUBLE" || type == "FLOAT"; }

Status FitExpectations(const std::vector<Expectation>& expectations, const std::vector<catalog::Column>& columns) {
  for (std::size_t i = 0; i < expectations.size(); ++i) LH_TRY(Fitting(expectations[i], i + 1).To(columns));
  return Ok{};
}

}  // namespace lakehouse::ingest
