#pragma once
#include <cstdint>
#include <vector>

#include "lakehouse/base/context.h"

namespace lakehouse::embed {

/// A matrix of which most is zero, row after row.
struct SparseRows {
  std::vector<std::size_t> starts{0};  ///< of each row in the two below; one more than rows
  std::vector<std::uint32_t> columns;
  std::vector<float> values;
  std::uint32_t width = 0;
  std::size_t rows() const { return starts.size() - 1; }
};

/// The `dimensions` right singular vectors of the greatest singular values, as rows of one value per column of the matrix, `width` by
/// `dimensions`; the component of each that is greatest in size is positive. By random projection and power iterations (Halko,
/// Martinsson, Tropp 2011), with the same bits for any number of threads. A matrix of lower rank leaves the last ones zero.
Result<std::vector<float>> RightSingularVectors(const Context& context, const SparseRows& matrix, std::uint32_t dimensions,
                                                unsigned threads);

}  // namespace lakehouse::embed
