#include "diversity.h"

#include <gmock/gmock.h>

namespace lakehouse::matrix {
namespace {

using testing::ElementsAre;

const embed::Embedding kNorth = {1, 0}, kEast = {0, 1};

std::vector<std::size_t> Order(const std::vector<Contender>& contenders, double diversity, std::size_t count = 9) {
  std::vector<std::size_t> order;
  for (const Placed& one : Diversify(contenders, diversity, count)) order.push_back(one.contender);
  return order;
}

const std::vector<Contender> kTwoOfAKind = {{1, kNorth}, {.9, kNorth}, {.6, kEast}};

TEST(Diversity, WithoutItTheScoresDecide) {
  EXPECT_THAT(Order(kTwoOfAKind, 0), ElementsAre(0, 1, 2));
  EXPECT_THAT(Order(kTwoOfAKind, 0, 2), ElementsAre(0, 1));
}

TEST(Diversity, WhatRepeatsAFormerOneStandsBehindWhatDoesNot) {
  EXPECT_THAT(Order(kTwoOfAKind, .5), ElementsAre(0, 2, 1));
  EXPECT_THAT(Order(kTwoOfAKind, .1), ElementsAre(0, 1, 2));
}

TEST(Diversity, EachPlaceSaysWhatItCostAndWhomItIsLike) {
  const auto placed = Diversify(kTwoOfAKind, .5, 3);
  EXPECT_DOUBLE_EQ(placed[0].score, .5);
  EXPECT_FALSE(placed[0].like);
  EXPECT_DOUBLE_EQ(placed[1].score, .3);
  EXPECT_DOUBLE_EQ(placed[2].score, .5 * .9 - .5);
  EXPECT_DOUBLE_EQ(placed[2].likeness, 1);
  EXPECT_EQ(placed[2].like, 0u);
}

TEST(Diversity, ScoresNeverRise) {
  std::vector<Contender> contenders;
  for (int i = 0; i < 40; ++i)
    contenders.push_back({1 - .02 * i, embed::Embedding{static_cast<float>((i * 7) % 11), static_cast<float>((i * 5) % 13 + 1)}});
  for (const double diversity : {.2, .7, 1.0}) {
    const auto placed = Diversify(contenders, diversity, 40);
    ASSERT_EQ(placed.size(), 40u);
    for (std::size_t i = 1; i < placed.size(); ++i) EXPECT_LE(placed[i].score, placed[i - 1].score);
  }
}

TEST(Diversity, WhatHasNoVectorIsLikeNobody) {
  EXPECT_THAT(Order({{1, kNorth}, {.5, std::nullopt}, {.9, kNorth}}, .6), ElementsAre(0, 1, 2));
}

}  // namespace
}  // namespace lakehouse::matrix
