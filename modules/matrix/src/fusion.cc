#include "fusion.h"

#include <algorithm>
#include <unordered_map>

namespace lakehouse::matrix {
namespace {

constexpr double kRankOffset = 60;

/// What a place in one list is worth, from 0 to 1.
class Worth {
 public:
  Worth(const std::vector<ScoredPassage>& list, FusionKind kind) : kind_(kind), most_(list.empty() ? 0 : list.front().score) {}
  double Of(double score, std::uint32_t rank) const {
    if (kind_ == FusionKind::kMeaningAlone) return score;
    if (kind_ == FusionKind::kReciprocalRank) return (kRankOffset + 1) / (kRankOffset + rank);
    return score > 0 && most_ > 0 ? score / most_ : 0;
  }

 private:
  FusionKind kind_;
  double most_;
};

}  // namespace

std::vector<FusedPassage> Fuse(const std::vector<ScoredPassage>& words, const std::vector<ScoredPassage>& meaning, FusionKind kind,
                               double alpha) {
  std::unordered_map<std::uint32_t, FusedPassage> found;
  const double words_share = kind == FusionKind::kWeighted ? alpha : kind == FusionKind::kReciprocalRank ? .5 : 0;
  const Worth words_worth(words, kind), meaning_worth(meaning, kind);
  for (std::uint32_t rank = 1; const ScoredPassage& one : words) {
    FusedPassage& fused = found[one.passage];
    fused.words = one.score;
    fused.words_rank = rank;
    fused.words_part = words_share * words_worth.Of(one.score, rank++);
  }
  for (std::uint32_t rank = 1; const ScoredPassage& one : meaning) {
    FusedPassage& fused = found[one.passage];
    fused.meaning = one.score;
    fused.meaning_rank = rank;
    fused.meaning_part = (1 - words_share) * meaning_worth.Of(one.score, rank++);
  }
  std::vector<FusedPassage> all;
  all.reserve(found.size());
  for (auto& [passage, fused] : found) {
    fused.passage = passage;
    fused.score = fused.words_part + fused.meaning_part;
    all.push_back(fused);
  }
  std::sort(all.begin(), all.end(),
            [](const FusedPassage& a, const FusedPassage& b) { return a.score != b.score ? a.score > b.score : a.passage < b.passage; });
  return all;
}

}  // namespace lakehouse::matrix
