#include "lakehouse/matrix/tuning.h"

#include <gmock/gmock.h>

#include <set>

#include "base_testing/matchers.h"

namespace lakehouse::matrix {
namespace {

std::vector<JudgedQuestion> Questions(int count) {
  std::vector<JudgedQuestion> questions;
  for (int i = 0; i < count; ++i) questions.push_back({"question " + std::to_string(i), {}, {{"row" + std::to_string(i), 1}}});
  return questions;
}

/// What answers a question stands at the rank that `rank_of` says, 1 or more, behind rows that do not.
SearchFor Ranking(std::function<std::size_t(const SearchWay&)> rank_of) {
  return [rank_of = std::move(rank_of)](const std::string& question, const SearchWay& way) -> Result<std::vector<std::string>> {
    std::vector<std::string> ids(kTunedHits, "other");
    const std::size_t rank = rank_of(way);
    if (rank <= ids.size()) ids[rank - 1] = "row" + question.substr(question.find(' ') + 1);
    return ids;
  };
}

TEST(Tuning, ChoosesOnOneHalfAndJudgesOnTheOther) {
  std::set<std::string> chose, judged;
  const auto ranked = Ranking([](const SearchWay& way) { return way.alpha == .3 && way.feedback == .25 ? 1 : 2; });
  const Tuning tuning = Must(Tune(Questions(41), [&](const std::string& question, const SearchWay& way) {
    if (way.alpha == .8) chose.insert(question);
    if (way.alpha == .3 && way.feedback == .25) judged.insert(question);
    return ranked(question, way);
  }));
  EXPECT_EQ(tuning.winner.alpha, .3);
  EXPECT_EQ(tuning.winner.feedback, .25);
  EXPECT_EQ(tuning.winner_ndcg10, 1);
  EXPECT_LT(tuning.usual_ndcg10, 1);
  EXPECT_TRUE(tuning.IsSure());
  EXPECT_EQ(tuning.tuned_on, 21u);
  EXPECT_EQ(tuning.held_out, 20u);
  EXPECT_EQ(chose.size(), 21u);
  EXPECT_EQ(judged.size(), 41u);
  EXPECT_EQ(tuning.k, 1u);
  EXPECT_EQ(tuning.found_at_k, 1);
}

TEST(Tuning, WhereNothingIsBetterTheUsualWayStays) {
  const Tuning tuning = Must(Tune(Questions(30), Ranking([](const SearchWay&) { return 4; })));
  EXPECT_FALSE(tuning.winner.alpha.has_value());
  EXPECT_FALSE(tuning.IsSure());
  EXPECT_EQ(tuning.k, 5u);
}

TEST(Tuning, NeedsQuestionsWhoseRowsAreKnown) {
  auto questions = Questions(19);
  questions.push_back({"nobody knows", {"an answer"}, {}});
  questions.push_back(questions.front());
  EXPECT_THAT(Tune(questions, Ranking([](const SearchWay&) { return 1; })), HasCode(ErrorCode::kInvalidArgument));
}

TEST(Tuning, AnErrorOfASearchIsItsError) {
  const auto failing = [](const std::string&, const SearchWay&) -> Result<std::vector<std::string>> {
    return Error(ErrorCode::kUnavailable, "gone");
  };
  EXPECT_THAT(Tune(Questions(30), failing), HasCode(ErrorCode::kUnavailable));
}

}  // namespace
}  // namespace lakehouse::matrix
