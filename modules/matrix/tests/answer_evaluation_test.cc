#include "lakehouse/matrix/answer_evaluation.h"

#include <gmock/gmock.h>

#include "base_testing/matchers.h"

namespace lakehouse::matrix {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(JudgedQuestions, SayWhatIsKnownOfTheAnswer) {
  const auto questions =
      Must(ReadJudgedQuestions("{\"question\":\"a?\",\"answer\":\"yes\",\"ids\":[\"r1\",\"r2\"]}\r\n\n"
                               "{\"question\":\"b?\",\"answer\":[\"one\",\"1\"],\"ids\":{\"r3\":2,\"r4\":0}}\n"
                               "{\"question\":\"c?\"}"));
  ASSERT_EQ(questions.size(), 3u);
  EXPECT_THAT(questions[0].answers, ElementsAre("yes"));
  EXPECT_EQ(questions[0].rows, (std::map<std::string, int>{{"r1", 1}, {"r2", 1}}));
  EXPECT_THAT(questions[1].answers, ElementsAre("one", "1"));
  EXPECT_EQ(questions[1].rows.at("r3"), 2);
  EXPECT_TRUE(questions[1].IsAnswerable());
  EXPECT_FALSE(questions[2].IsAnswerable());
}

TEST(JudgedQuestions, MistakesNameTheirLine) {
  for (const auto& [text, named] :
       std::vector<std::pair<std::string, std::string>>{{"{\"question\":\"a\"}\nnonsense", "line 2"},
                                                        {R"({"answer":"yes"})", "question is missing"},
                                                        {R"({"question":"a","answer":3})", "answer is neither"},
                                                        {R"({"question":"a","ids":{"r":"x"}})", "the grade of r"},
                                                        {R"({"question":"a","qrels":1})", "what is \"qrels\"?"},
                                                        {"\n\n", "no question"}}) {
    const auto read = ReadJudgedQuestions(text);
    ASSERT_FALSE(read) << text;
    EXPECT_THAT(read.error().message(), HasSubstr(named));
  }
}

const JudgedQuestion kKnown = {"a?", {"noon"}, {{"r1", 1}, {"r2", 1}}}, kUnknown = {"b?", {}, {}};

TEST(AnswerMeasures, CountAnswersAndAbstentionsAgainstWhatIsKnown) {
  const AnswerMeasures found = MeasureAnswers({{kKnown, {true, "at noon", .9, {"r1", "r9"}}},
                                               {kKnown, {true, "at night", .8, {"r1", "r2"}}},
                                               {kKnown, {false, "", .2, {}}},
                                               {kUnknown, {true, "perhaps", .6, {"r1"}}},
                                               {kUnknown, {false, "", .1, {}}}});
  EXPECT_EQ(found.questions, 5u);
  EXPECT_EQ(found.answerable, 3u);
  EXPECT_DOUBLE_EQ(found.answered, 2.0 / 3);
  EXPECT_DOUBLE_EQ(found.false_answers, .5);
  EXPECT_DOUBLE_EQ(found.rightly_abstained, .5);
  EXPECT_DOUBLE_EQ(found.decided_rightly, 3.0 / 5);
  EXPECT_DOUBLE_EQ(found.holds_the_answer, .5);
  EXPECT_DOUBLE_EQ(found.citation_precision, .75);
  EXPECT_DOUBLE_EQ(found.citation_recall, .5);
}

TEST(AnswerMeasures, FewerAnswersAreSurerOnes) {
  std::vector<AnsweredQuestion> questions;
  for (int i = 0; i < 20; ++i) questions.push_back({kKnown, {true, "noon", 1 - .01 * i, {}}});
  questions.push_back({kUnknown, {true, "perhaps", .5, {}}});
  const auto steps = MeasureAnswers(questions).at_coverage;
  ASSERT_EQ(steps.size(), 11u);
  EXPECT_DOUBLE_EQ(steps.front().answered, .1);
  EXPECT_DOUBLE_EQ(steps.front().least_coverage, .99);
  EXPECT_DOUBLE_EQ(steps[9].answered, 1);
  EXPECT_DOUBLE_EQ(steps[9].false_answers, 0);
  EXPECT_DOUBLE_EQ(steps.back().false_answers, 1);
}

TEST(AnswerMeasures, NothingIsAShareOfNothing) {
  const AnswerMeasures none = MeasureAnswers({});
  EXPECT_EQ(none.answered, 0);
  EXPECT_EQ(none.decided_rightly, 0);
  EXPECT_TRUE(none.at_coverage.empty());
}

}  // namespace
}  // namespace lakehouse::matrix
