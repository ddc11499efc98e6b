#pragma once
#include <gmock/gmock.h>

#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base_testing/matchers.h"
#include "lakehouse/embed/embedder.h"

/// What every Embedder promises. A test file says INSTANTIATE_TEST_SUITE_P(Name, EmbedderContract, Values(EmbedderCase{…})).
namespace lakehouse::embed {

struct EmbedderCase {
  std::string name;
  /// What it returns keeps whatever it stands on alive.
  std::function<std::shared_ptr<Embedder>()> make;
};
inline void PrintTo(const EmbedderCase& one, std::ostream* out) { *out << one.name; }

class EmbedderContract : public testing::TestWithParam<EmbedderCase> {
 protected:
  static double CosineOf(const Embedding& a, const Embedding& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    return sum;
  }
  std::vector<Result<Embedding>> EmbedAll(const std::vector<std::string>& texts) { return Must(embedder_->Embed({}, texts)); }
  std::shared_ptr<Embedder> embedder_ = GetParam().make();
};

TEST_P(EmbedderContract, GivesUnitVectorsOfItsDimensionInTheOrderOfTheTexts) {
  const auto vectors = EmbedAll({"forklift warehouse", "nurse", "forklift warehouse"});
  ASSERT_EQ(vectors.size(), 3u);
  for (const auto& vector : vectors) {
    ASSERT_THAT(vector, IsOk());
    EXPECT_EQ(vector->size(), embedder_->dimension());
    EXPECT_NEAR(CosineOf(*vector, *vector), 1, 1e-5);
  }
  EXPECT_EQ(*vectors[0], *vectors[2]);
  EXPECT_LT(CosineOf(*vectors[0], *vectors[1]), .5);
}

TEST_P(EmbedderContract, GivesTheSameVectorWhateverStandsBesideTheText) {
  EXPECT_EQ(*EmbedAll({"forklift"})[0], *EmbedAll({"nurse", "warehouse dock", "forklift"})[2]);
}

TEST_P(EmbedderContract, ATextWithoutWordsLosesNothingElse) {
  const auto vectors = EmbedAll({"forklift", "", " \n\t", "nurse"});
  EXPECT_THAT(vectors[0], IsOk());
  EXPECT_THAT(vectors[1], HasReason("nothing_to_embed"));
  EXPECT_THAT(vectors[2], HasReason("nothing_to_embed"));
  EXPECT_THAT(vectors[3], IsOk());
}

TEST_P(EmbedderContract, TextsThatAreNoUtf8LoseNothingElse) {
  const auto vectors = EmbedAll({"forklift", "forklift \xff\xfe", "nurse"});
  EXPECT_THAT(vectors[0], IsOk());
  EXPECT_THAT(vectors[2], IsOk());
}

TEST_P(EmbedderContract, HasAnswersForNoTextsAndForMany) {
  EXPECT_TRUE(EmbedAll({}).empty());
  std::vector<std::string> many;
  for (int i = 0; i < 300; ++i) many.push_back("forklift number" + std::to_string(i % 200));
  const auto vectors = EmbedAll(many);
  ASSERT_EQ(vectors.size(), 300u);
  for (std::size_t i = 0; i < 100; ++i) ASSERT_EQ(*vectors[i], *vectors[i + 200]) << i;
}

TEST_P(EmbedderContract, StopsWhenItIsNoLongerWanted) {
  std::stop_source stop;
  stop.request_stop();
  Context context;
  context.cancel = stop.get_token();
  const std::vector<std::string> texts{"forklift"};
  EXPECT_THAT(embedder_->Embed(context, texts), HasCode(ErrorCode::kCancelled));
}

TEST_P(EmbedderContract, AnswersSeveralThreadsAtOnce) {
  const auto expected = *EmbedAll({"forklift dock 3"})[0];
  std::vector<std::jthread> threads;
  std::atomic<int> same{0};
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([this, &expected, &same] {
      for (int round = 0; round < 5; ++round) {
        const std::vector<std::string> texts{"nurse number" + std::to_string(round), "forklift dock 3"};
        const auto vectors = embedder_->Embed({}, texts);
        if (vectors && (*vectors)[1] && *(*vectors)[1] == expected) ++same;
      }
    });
  threads.clear();
  EXPECT_EQ(same, 20);
}

}  // namespace lakehouse::embed
