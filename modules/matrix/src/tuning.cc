#include "lakehouse/matrix/tuning.h"

#include <algorithm>
#include <array>

#include "lakehouse/base/hash.h"

namespace lakehouse::matrix {
namespace {

constexpr std::size_t kFewestQuestions = 20;
constexpr std::array kAlphas{.2, .3, .4, .5, .6, .7, .8};
constexpr std::array kFeedbacks{0.0, .25, .5, .75};
constexpr std::array<std::uint32_t, 5> kReads{1, 3, 5, 10, kTunedHits};
constexpr double kNearlyAsMany = .99;

using Questions = std::vector<const JudgedQuestion*>;

Judgements JudgementsOf(const Questions& questions) {
  Judgements judgements;
  for (const JudgedQuestion* one : questions) judgements[one->question] = one->rows;
  return judgements;
}

Result<Rankings> Ask(const Questions& questions, const SearchFor& search, const SearchWay& way) {
  Rankings rankings;
  for (const JudgedQuestion* one : questions) rankings[one->question] = LH_TRY(search(one->question, way));
  return rankings;
}

/// The share of questions that have a row which answers among the first `k`.
double FoundAt(const Judgements& judgements, const Rankings& rankings, std::uint32_t k) {
  double found = 0;
  for (const auto& [question, rows] : judgements) {
    const std::vector<std::string>& ids = rankings.at(question);
    const auto end = ids.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(k, ids.size()));
    found += std::any_of(ids.begin(), end, [&rows](const std::string& id) { return rows.contains(id) && rows.at(id) > 0; }) ? 1 : 0;
  }
  return found / static_cast<double>(judgements.size());
}

std::vector<SearchWay> Grid() {
  std::vector<SearchWay> ways{{}};
  for (const double alpha : kAlphas)
    for (const double feedback : kFeedbacks) ways.push_back({alpha, feedback});
  ways.push_back({1.0, 0.0});
  return ways;
}

}  // namespace

Result<Tuning> Tune(const std::vector<JudgedQuestion>& questions, const SearchFor& search) {
  std::vector<std::pair<std::string, const JudgedQuestion*>> by_digest;
  for (const JudgedQuestion& one : questions)
    if (std::ranges::any_of(one.rows, [](const auto& row) { return row.second > 0; }))
      by_digest.emplace_back(Sha256Hex(one.question), &one);
  std::ranges::sort(by_digest);
  const auto again = std::ranges::unique(by_digest, {}, [](const auto& one) { return one.first; });
  by_digest.erase(again.begin(), again.end());
  if (by_digest.size() < kFewestQuestions)
    return Error(ErrorCode::kInvalidArgument, std::to_string(by_digest.size()) +
                                                  " different questions have rows that answer them; expected " +
                                                  std::to_string(kFewestQuestions) + " at least, half of them to judge the choice");
  Questions first, second;
  for (std::size_t i = 0; i < by_digest.size(); ++i) (i % 2 == 0 ? first : second).push_back(by_digest[i].second);

  Tuning tuning;
  tuning.tuned_on = first.size();
  tuning.held_out = second.size();
  const Judgements choosing = JudgementsOf(first), judging = JudgementsOf(second);
  Rankings winning;
  double best = -1;
  for (const SearchWay& way : Grid()) {
    Rankings rankings = LH_TRY(Ask(first, search, way));
    const double ndcg10 = Evaluate(choosing, rankings).mean.ndcg10;
    tuning.tried.push_back({way, ndcg10});
    if (ndcg10 <= best) continue;
    best = ndcg10;
    tuning.winner = way;
    winning = std::move(rankings);
  }
  const Rankings usual = LH_TRY(Ask(second, search, {})), won = LH_TRY(Ask(second, search, tuning.winner));
  tuning.usual_ndcg10 = Evaluate(judging, usual).mean.ndcg10;
  tuning.winner_ndcg10 = Evaluate(judging, won).mean.ndcg10;
  tuning.over_usual = CompareNdcg10(judging, won, usual);
  const double most = FoundAt(choosing, winning, kTunedHits);
  tuning.k = *std::ranges::find_if(kReads, [&](std::uint32_t k) { return FoundAt(choosing, winning, k) >= kNearlyAsMany * most; });
  tuning.found_at_k = FoundAt(judging, won, tuning.k);
  return tuning;
}

}  // namespace lakehouse::matrix
