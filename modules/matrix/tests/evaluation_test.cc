#include "lakehouse/matrix/evaluation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>

#include "base_testing/matchers.h"
#include "lakehouse/base/file.h"

namespace lakehouse::matrix {
namespace {

TEST(Evaluation, OneQueryByHand) {
  const std::map<std::string, int> grades{{"a", 3}, {"b", 1}, {"c", 0}, {"d", -1}, {"e", 2}};
  const RetrievalMeasures m = Measure(grades, {"c", "a", "d", "e", "x"});
  const double gain = 3 / std::log2(3.0) + 2 / std::log2(5.0), ideal = 3 + 2 / std::log2(3.0) + 1 / 2.0;
  EXPECT_NEAR(m.ndcg10, gain / ideal, 1e-12);
  EXPECT_NEAR(m.map, (1 / 2.0 + 2 / 4.0) / 3, 1e-12);
  EXPECT_NEAR(m.recall10, 2 / 3.0, 1e-12);
  EXPECT_NEAR(m.mrr, 1 / 2.0, 1e-12);
}

TEST(Evaluation, EqualsTrecEvalToFourDecimals) {
  const std::string golden = LAKEHOUSE_MATRIX_GOLDEN;
  const Judgements judgements = Must(ReadJudgements(Must(ReadFile(golden + "/judgements.qrels"))));
  const Rankings rankings = Must(ReadRankings(Must(ReadFile(golden + "/random.trec"))));
  std::string ours;
  for (const auto& [query, grades] : judgements) {
    const RetrievalMeasures m = Measure(grades, rankings.at(query));
    char line[100];
    std::snprintf(line, sizeof line, "%s %.4f %.4f %.4f %.4f %.4f\n", query.c_str(), m.ndcg10, m.map, m.recall10, m.recall100, m.mrr);
    ours += line;
  }
  EXPECT_EQ(ours, Must(ReadFile(golden + "/trec_eval.txt")));
}

TEST(Evaluation, WithoutARelevantDocumentOrAnAnswerThereIsNothing) {
  EXPECT_EQ(Measure({{"a", 0}}, {"a"}).ndcg10, 0);
  EXPECT_EQ(Measure({{"a", 1}}, {}).map, 0);
  const Judgements judgements{{"q1", {{"a", 1}}}, {"q2", {{"a", 0}}}, {"q3", {{"b", 1}}}};
  const Evaluation all = Evaluate(judgements, {{"q1", {"a"}}, {"q2", {"a"}}});
  EXPECT_EQ(all.queries, 2u);
  EXPECT_NEAR(all.mean.map, .5, 1e-12);
}

TEST(Evaluation, ReadsJudgementsOfBothKinds) {
  const auto beir = Must(ReadJudgements("query-id\tcorpus-id\tscore\n1\td7\t3\n1\td8\t-1\n\n2\td7\t1\n"));
  EXPECT_EQ(beir, Must(ReadJudgements("1 0 d7 3\r\n1 0 d8 -1\n2 0 d7 1")));
  EXPECT_EQ(beir.at("1").at("d7"), 3);
  EXPECT_THAT(ReadJudgements("1 0 d7 3\n1 0 d7 much\n"), HasCode(ErrorCode::kInvalidArgument));
  EXPECT_THAT(ReadRankings("1 Q0 d7 1\n"), HasCode(ErrorCode::kInvalidArgument));
}

TEST(Evaluation, RanksByScoreAndEqualOnesBackwardsByDocument) {
  const auto rankings = Must(ReadRankings("1 Q0 a 1 .5 r\n1 Q0 b 2 .5 r\n1 Q0 c 3 .9 r\n"));
  EXPECT_EQ(rankings.at("1"), (std::vector<std::string>{"c", "b", "a"}));
}

TEST(Evaluation, AnIntervalHoldsItsMeanAndNarrowsWithQueries) {
  Judgements judgements;
  Rankings good, bad;
  for (int i = 0; i < 200; ++i) {
    const std::string q = "q" + std::to_string(i);
    judgements[q] = {{"a", 1}};
    good[q] = i % 4 == 0 ? std::vector<std::string>{"x", "a"} : std::vector<std::string>{"a"};
    bad[q] = {"x", "y", "a"};
  }
  const Evaluation evaluation = Evaluate(judgements, good);
  EXPECT_LT(evaluation.ndcg10.low, evaluation.ndcg10.mean);
  EXPECT_GT(evaluation.ndcg10.high, evaluation.ndcg10.mean);
  EXPECT_LT(evaluation.ndcg10.high - evaluation.ndcg10.low, .1);
  const Interval better = CompareNdcg10(judgements, good, bad);
  EXPECT_GT(better.low, .3);
  const Interval same = CompareNdcg10(judgements, good, good);
  EXPECT_EQ(same.mean, 0);
  EXPECT_EQ(same.high, 0);
}

}  // namespace
}  // namespace lakehouse::matrix
