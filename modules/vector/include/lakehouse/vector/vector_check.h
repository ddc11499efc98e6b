#pragma once
#include <span>

#include "lakehouse/base/result.h"
#include "lakehouse/vector/vector_types.h"

namespace lakehouse::vector {

/// The door. All refusals are kInvalidArgument; the reason names which: "bad_dimension".
Status CheckSpec(const IndexSpec& spec);

/// Whether a vector, or a query, can be taken: "wrong_dimension", "not_finite" (NaN or infinite; says which component),
/// "out_of_range" (beyond kMaxComponent), "zero_norm" (cosine only). Check a whole batch before the first of it is stored.
Status CheckVector(const IndexSpec& spec, std::span<const float> vector);

/// The distance that a search reports, to the bit: its last pass computes this, on whatever processor. Both are of that dimension and
/// passed CheckVector.
float Distance(Metric metric, std::span<const float> a, std::span<const float> b);

}  // namespace lakehouse::vector
