#include "fusion.h"

#include <gtest/gtest.h>

namespace lakehouse::matrix {
namespace {

const std::vector<ScoredPassage> kWords = {{1, 8}, {2, 6}, {3, 4}};
const std::vector<ScoredPassage> kMeaning = {{3, .9}, {4, .5}, {1, .1}};

TEST(Fusion, WeighsEachScoreAsAShareOfItsListsBest) {
  const auto fused = Fuse(kWords, kMeaning, FusionKind::kWeighted, .5);
  ASSERT_EQ(fused.size(), 4u);
  EXPECT_EQ(fused[0].passage, 3u);
  EXPECT_NEAR(fused[0].score, .5 * 4 / 8 + .5, 1e-12);
  EXPECT_EQ(fused[1].passage, 1u);
  EXPECT_NEAR(fused[1].score, .5 + .5 * .1 / .9, 1e-12);
  EXPECT_EQ(fused[2].passage, 2u);
  EXPECT_EQ(fused[3].passage, 4u);
}

TEST(Fusion, ALongerListChangesNoScore) {
  auto longer = kMeaning;
  longer.push_back({9, .05});
  longer.push_back({8, -.3});
  const auto before = Fuse(kWords, kMeaning, FusionKind::kWeighted, .4), after = Fuse(kWords, longer, FusionKind::kWeighted, .4);
  for (std::size_t i = 0; i < before.size(); ++i) EXPECT_EQ(before[i].score, after[i].score);
  EXPECT_EQ(after.back().score, 0);  // what points away is no worse than what was not found
}

TEST(Fusion, SharesGoFromWordsAloneToMeaningAlone) {
  EXPECT_EQ(Fuse(kWords, kMeaning, FusionKind::kWeighted, 1)[0].passage, 1u);
  EXPECT_EQ(Fuse(kWords, kMeaning, FusionKind::kWeighted, 0)[0].passage, 3u);
}

TEST(Fusion, MeaningAloneKeepsItsScores) {
  const auto fused = Fuse({}, {{3, .9}, {4, .5}, {1, -.1}}, FusionKind::kMeaningAlone, .4);
  ASSERT_EQ(fused.size(), 3u);
  EXPECT_EQ(fused[0].score, .9);
  EXPECT_EQ(fused[0].meaning_part, .9);
  EXPECT_EQ(fused[2].score, -.1);
}

TEST(Fusion, ByRanksScoresDoNotCount) {
  auto words = kWords;
  words[0].score = 1e9;
  const auto fused = Fuse(words, kMeaning, FusionKind::kReciprocalRank, .5);
  EXPECT_EQ(fused[0].passage, 1u);  // ranks 1 and 3; passage 3 has 3 and 1: equal scores by number
  EXPECT_NEAR(fused[0].score, .5 * (1 + 61.0 / 63), 1e-12);
  EXPECT_NEAR(fused[0].score, fused[1].score, 1e-12);
}

TEST(Fusion, EveryScoreIsTheSumOfItsPartsAndRemembersItsRanks) {
  for (const FusionKind kind : {FusionKind::kWeighted, FusionKind::kReciprocalRank}) {
    for (const FusedPassage& one : Fuse(kWords, kMeaning, kind, .3)) {
      EXPECT_DOUBLE_EQ(one.score, one.words_part + one.meaning_part);
      EXPECT_EQ(one.words_rank.has_value(), one.words > 0);
      EXPECT_EQ(one.meaning_rank.has_value(), one.meaning > 0);
    }
  }
}

TEST(Fusion, OneListAloneKeepsItsOrder) {
  EXPECT_TRUE(Fuse({}, {}, FusionKind::kWeighted, .5).empty());
  const auto fused = Fuse(kWords, {}, FusionKind::kWeighted, .5);
  ASSERT_EQ(fused.size(), 3u);
  EXPECT_EQ(fused[2].passage, 3u);
  EXPECT_EQ(Fuse({{9, 2}}, {}, FusionKind::kWeighted, .5)[0].score, .5);
}

}  // namespace
}  // namespace lakehouse::matrix
