#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "lakehouse/embed/embedder.h"

namespace lakehouse::matrix {

inline constexpr std::size_t kFeedbackPassages = 5;  ///< toward which a query moves, at most

/// A passage that was found first: its vector, and its share in where the others draw the query.
struct Lead {
  embed::Embedding vector;
  double weight = 0;
};

/// Rocchio's feedback (1971) without a judge: `query` moved by `share`, 0 to 1, toward the weighted mean of `leads`; of unit length. Where
/// there is nothing to move toward, or nothing is left of it: the query as it is. Vectors are of the query's dimension.
embed::Embedding MoveToward(const embed::Embedding& query, std::span<const Lead> leads, double share);

}  // namespace lakehouse::matrix
