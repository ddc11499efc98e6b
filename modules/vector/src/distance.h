#pragma once
#include <cmath>
#include <cstddef>
#include <cstring>

#include "kernels.h"
#include "lakehouse/vector/vector_types.h"

namespace lakehouse::vector {

/// Of a row that may be unaligned.
inline float InverseNorm(const Kernels& kernels, const std::byte* row, std::size_t d) {
  float aligned[kMaxDimension];
  std::memcpy(aligned, row, d * sizeof(float));
  return 1 / std::sqrt(kernels.dot(row, aligned, d));
}

/// The last pass: from float32, for all metrics, the value that searches report. `row_scale` and `query_scale` are the inverse norms
/// under cosine.
inline float RowDistance(const Kernels& kernels, Metric metric, const std::byte* row, float row_scale, const float* query,
                         float query_scale, std::size_t d) {
  if (metric == Metric::kEuclidean) return std::sqrt(kernels.squared_distance(row, query, d));
  const float inner = kernels.dot(row, query, d);
  if (metric == Metric::kInnerProduct) return -inner;
  const float distance = 1 - (inner * row_scale) * query_scale;
  return distance > 0 ? distance : 0;  // of equal vectors rounding makes a little less than 0
}

}  // namespace lakehouse::vector
