#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lakehouse/matrix/answer_evaluation.h"

/// Which alpha, feedback and k suit a corpus, by questions whose rows people know.
namespace lakehouse::matrix {

/// How one searches; absent: as is usual for the corpus.
struct SearchWay {
  std::optional<double> alpha, feedback;
};
inline constexpr std::uint32_t kTunedHits = 20;  ///< of each search

/// The ids of the first kTunedHits, best first.
using SearchFor = std::function<Result<std::vector<std::string>>(const std::string& question, const SearchWay& way)>;

struct TriedWay {
  SearchWay way;
  double ndcg10 = 0;
};
struct Tuning {
  std::uint64_t tuned_on = 0;
  std::uint64_t held_out = 0;
  std::vector<TriedWay> tried;  ///< over the questions it was tuned on; the first is the usual way
  SearchWay winner;             ///< absent fields: nothing is better than the usual way
  double usual_ndcg10 = 0;      ///< over the held out questions, as the following
  double winner_ndcg10 = 0;
  Interval over_usual;  ///< how much better the winner is, and how surely
  /// Passages an answer should read: up to there a row that answers is among the hits for nearly as many questions as among kTunedHits.
  std::uint32_t k = 0;
  double found_at_k = 0;  ///< share of the held out questions with such a row among the first k
  /// The winner is better on questions that it was not chosen by, with 95 % confidence.
  bool IsSure() const { return over_usual.low > 0; }
};

/// Half of the questions that have rows, told apart by their digests, choose among a grid of ways; the other half judges the choice. Calls
/// `search` some thirty times for each question of the first half. kInvalidArgument: fewer than 20 such questions. Errors of `search`.
Result<Tuning> Tune(const std::vector<JudgedQuestion>& questions, const SearchFor& search);

}  // namespace lakehouse::matrix
