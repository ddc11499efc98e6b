#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "lakehouse/embed/embedder.h"

namespace lakehouse::matrix {

/// What may take a place: how good it is, and its vector, which it may lack.
struct Contender {
  double score = 0;
  std::optional<embed::Embedding> vector;
};
/// A place: whose it is, and which of those before it is most like it.
struct Placed {
  std::size_t contender = 0;
  double score = 0;                 ///< (1 - diversity) · score - diversity · likeness; never more than that of the place before
  double likeness = 0;              ///< cosine to `like`, 0 to 1; 0 without a vector
  std::optional<std::size_t> like;  ///< a contender
};

/// The first `count` places by maximal marginal relevance (Carbonell, Goldstein 1998). `diversity` 0: by score; 1: whatever is least like
/// what stands before. Equal ones in the order given. Cost: contenders · count · dimension.
std::vector<Placed> Diversify(const std::vector<Contender>& contenders, double diversity, std::size_t count);

}  // namespace lakehouse::matrix
