#pragma once
#include <optional>
#include <string>
#include <vector>

#include "lakehouse/catalog/types.h"
#include "reader.h"
#include "view.h"

namespace lakehouse::ui {

struct SummaryBin {
  std::string label;  ///< the value, or where the bin begins
  std::int64_t count = 0;
};

/// What one column of one snapshot holds, over all its rows.
struct ColumnSummary {
  enum class Shape { kNone, kBins, kTopValues, kUnique };
  std::int64_t rows = 0;
  std::int64_t nulls = 0;
  std::int64_t distinct = 0;  ///< about
  std::optional<std::string> min, max;
  Shape shape = Shape::kNone;
  std::vector<SummaryBin> bins;  ///< 12 in the order of the values, or the most frequent values
};

/// Which columns are summarised, of what.
struct SummaryScope {
  std::string dataset;
  std::int64_t version = 0;
  std::int64_t sequence = 0;
  std::vector<catalog::Column> columns;
};

inline constexpr int kSummaryBins = 12;

/// In the order of the scope's columns. Two statements, remembered per snapshot.
Result<std::vector<ColumnSummary>> Summarise(Reader& reader, const Context& context, const SummaryScope& scope);
/// Whether it is remembered: an answer without running anything.
bool IsSummarised(Reader& reader, const Context& context, const SummaryScope& scope);

/// Adds the column's histogram and words to `view` for the templates "sample" and "schema".
void ShowSummary(View& view, const catalog::Column& column, const ColumnSummary& summary);

}  // namespace lakehouse::ui
