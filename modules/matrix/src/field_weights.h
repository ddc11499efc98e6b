#pragma once
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/matrix/matrix.h"

namespace lakehouse::matrix {

inline constexpr std::string_view kHeadings = "headings";  ///< the field that is no column
inline constexpr double kMostWeight = 100;

/// What a word counts by the field it stands in.
struct FieldWeights {
  double headings = 1;
  std::vector<double> columns = {};  ///< of the text columns; of several the first is the title
  double OfColumn(std::size_t column) const { return column < columns.size() ? columns[column] : 1; }
  bool operator==(const FieldWeights&) const = default;
};

/// kInvalidArgument, reason "bad_field_weights": a field that the corpus has not, or no number from 0 to kMostWeight.
Status CheckFieldWeights(const CreateCorpusRequest& corpus);

/// As declared, and what is usual where nothing is.
FieldWeights WeightsOf(const CreateCorpusRequest& corpus);
/// "1.5"
std::string ShownWeight(double weight);
std::map<std::string, double> ByField(const FieldWeights& weights, const std::vector<std::string>& text_columns);

}  // namespace lakehouse::matrix
