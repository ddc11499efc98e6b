#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "lexical_index.h"

namespace lakehouse::matrix {

enum class FusionKind : unsigned char { kWeighted, kReciprocalRank, kMeaningAlone };

/// A passage that words or meaning have found.
struct FusedPassage {
  std::uint32_t passage = 0;
  double score = 0;               ///< words_part + meaning_part
  double words = 0, meaning = 0;  ///< BM25 and cosine; 0: not found by it
  double words_part = 0, meaning_part = 0;
  std::optional<std::uint32_t> words_rank, meaning_rank;  ///< from 1
};

/// One list of two, both best first, without repetitions. kWeighted: each score as a share of its list's best, `alpha` of words and the
/// rest of meaning; so a score does not depend on how many passages were looked at. kReciprocalRank: 1/(60 + rank), scaled so that first
/// in both is 1. kMeaningAlone: `words` is empty, and a score is what meaning gave, so that those of several corpora compare. Best first;
/// equal scores by number.
std::vector<FusedPassage> Fuse(const std::vector<ScoredPassage>& words, const std::vector<ScoredPassage>& meaning, FusionKind kind,
                               double alpha);

}  // namespace lakehouse::matrix
