#include "rerank.h"

#include <gtest/gtest.h>

#include "lakehouse/text/words.h"

namespace lakehouse::matrix {
namespace {

class Rerank : public testing::Test {
 protected:
  Rerank() {
    LexicalIndex::Builder builder;
    for (const char* text : {"forklift license Joliet", "nurse on the ward in Joliet", "welder in Joliet", "forklift driver in Gary"})
      builder.Add({.text = text::SearchTerms(text)});
    words_ = std::move(builder).Finish();
  }
  Reranking Of(std::string_view query, std::string_view title, std::string_view text) {
    return LexicalRerank(words_, words_.Understand(query), title, text);
  }
  LexicalIndex words_;
};

TEST_F(Rerank, WordsSideBySideAreNearerThanWordsApart) {
  const Reranking together = Of("forklift license", "", "Joliet. Has a forklift license, drives at night.");
  const Reranking apart = Of("forklift license", "", "Drives a forklift at night in Joliet, and has some other license.");
  EXPECT_EQ(together.nearness, 1);
  EXPECT_LT(apart.nearness, .5);
  EXPECT_GT(apart.nearness, 0);
  EXPECT_EQ(together.coverage, apart.coverage);
}

TEST_F(Rerank, TheShortestPieceThatHasThemAllCounts) {
  EXPECT_EQ(Of("forklift license", "", "forklift here, forklift there; ward, welder; license forklift").nearness, 1);
}

TEST_F(Rerank, OneWordAloneIsNearNothing) { EXPECT_EQ(Of("forklift license", "", "forklift forklift").nearness, 0); }

TEST_F(Rerank, CoverageWeighsWordsByHowRareTheyAre) {
  const Reranking rare = Of("license in joliet", "", "has a license");
  const Reranking usual = Of("license in joliet", "", "lives in Joliet");
  EXPECT_GT(rare.coverage, usual.coverage);
  EXPECT_DOUBLE_EQ(rare.coverage + usual.coverage, 1);
}

TEST_F(Rerank, TheTitleCountsByItself) {
  EXPECT_EQ(Of("forklift", "Forklift driver", "loads trucks").title, 1);
  EXPECT_EQ(Of("forklift", "Forklift driver", "loads trucks").coverage, 0);
}

TEST_F(Rerank, ThePartIsTheSumOfTheThreeAndNothingForNothing) {
  const Reranking all = Of("forklift license", "forklift license", "forklift license");
  EXPECT_NEAR(all.part, .3, 1e-12);
  EXPECT_EQ(Of("forklift", "", "").part, 0);
  EXPECT_EQ(Of("", "forklift", "forklift").part, 0);
}

}  // namespace
}  // namespace lakehouse::matrix
