#include "lakehouse/vector/vector_check.h"

#include <cmath>
#include <string>

#include "distance.h"
#include "kernel_choice.h"

namespace lakehouse::vector {
namespace {

Error Refused(const char* reason, std::string message) {
  return Error(ErrorCode::kInvalidArgument, "vector refused: " + std::move(message)).Named(reason);
}

}  // namespace

Status CheckSpec(const IndexSpec& spec) {
  if (spec.dimension >= 1 && spec.dimension <= kMaxDimension) return Ok{};
  return Error(ErrorCode::kInvalidArgument,
               "vector index refused: dimension " + std::to_string(spec.dimension) + ", expected 1 to " + std::to_string(kMaxDimension))
      .Named("bad_dimension");
}

Status CheckVector(const IndexSpec& spec, std::span<const float> vector) {
  if (vector.size() != spec.dimension)
    return Refused("wrong_dimension",
                   "it has " + std::to_string(vector.size()) + " components, the index has " + std::to_string(spec.dimension));
  double squared = 0;
  for (std::size_t i = 0; i < vector.size(); ++i) {
    if (!std::isfinite(vector[i])) return Refused("not_finite", "component " + std::to_string(i) + " is NaN or infinite");
    if (std::fabs(vector[i]) > kMaxComponent)
      return Refused("out_of_range", "component " + std::to_string(i) + " is beyond 1e15; scale the vectors");
    squared += double{vector[i]} * vector[i];
  }
  if (spec.metric == Metric::kCosine && std::sqrt(squared) < kMinCosineNorm)
    return Refused("zero_norm", "its norm is 0 (or below 1e-15), and cosine needs a direction");
  return Ok{};
}

float Distance(Metric metric, std::span<const float> a, std::span<const float> b) {
  const Kernels& kernels = PortableKernels();
  const std::byte* row = reinterpret_cast<const std::byte*>(b.data());
  const float row_scale = metric == Metric::kCosine ? InverseNorm(kernels, row, b.size()) : 1;
  const float query_scale = metric == Metric::kCosine ? InverseNorm(kernels, reinterpret_cast<const std::byte*>(a.data()), a.size()) : 1;
  return RowDistance(kernels, metric, row, row_scale, a.data(), query_scale, a.size());
}

}  // namespace lakehouse::vector
