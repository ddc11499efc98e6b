#include "lexical_index.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "base_testing/matchers.h"
#include "base_testing/seeded_random.h"
#include "lakehouse/text/words.h"

namespace lakehouse::matrix {
namespace {

using testing::IsEmpty;

LexicalIndex IndexOf(const std::vector<std::string>& texts) {
  LexicalIndex::Builder builder;
  for (const std::string& text : texts) builder.Add({.text = text::SearchTerms(text)});
  return std::move(builder).Finish();
}

std::vector<std::uint32_t> Found(const LexicalIndex& index, std::string_view query, std::size_t count = 10) {
  std::vector<std::uint32_t> passages;
  for (const ScoredPassage& one : index.Search(index.Understand(query), count, {})) passages.push_back(one.passage);
  return passages;
}

const std::vector<std::string> kTexts = {"forklift operator in the warehouse", "forklift forklift forklift", "crane operator",
                                         "dental hygienist with OSHA-10", "dental assistant with OSHA-30"};

TEST(LexicalIndex, FindsStemsAndRanksRareAndShortFirst) {
  const LexicalIndex index = IndexOf(kTexts);
  EXPECT_THAT(Found(index, "forklifts"), testing::ElementsAre(1, 0));
  EXPECT_THAT(Found(index, "operating a crane"), testing::ElementsAre(2, 0));
  EXPECT_THAT(Found(index, "the of and"), IsEmpty());
  EXPECT_THAT(Found(index, ""), IsEmpty());
}

TEST(LexicalIndex, ScoresAreTheFormulaOfBm25) {
  const LexicalIndex index = IndexOf({"alpha beta", "alpha alpha gamma delta", "gamma"});
  const auto found = index.Search(index.Understand("alpha"), 10, {});
  const double idf = std::log(1 + (3 - 2 + .5) / (2 + .5)), mean = 7 / 3.0;
  const auto bm25 = [&](double tf, double length) { return idf * tf * 2.2 / (tf + 1.2 * (.25 + .75 * length / mean)); };
  ASSERT_EQ(found.size(), 2u);
  const double longer = bm25(2, 4), shorter = bm25(1, 2);
  EXPECT_NEAR(found[0].score, std::max(longer, shorter), 1e-12);
  EXPECT_NEAR(found[1].score, std::min(longer, shorter), 1e-12);
}

/// The word in the title of one, in the text of the other, in a heading of the third; all of the same length.
LexicalIndex InPlaces(PlaceWeights weights) {
  LexicalIndex::Builder builder;
  builder.Add({.title = {"gamma"}, .headings = {"delta"}, .text = {"alpha", "beta"}});
  builder.Add({.title = {"alpha"}, .headings = {"delta"}, .text = {"gamma", "beta"}});
  builder.Add({.title = {"gamma"}, .headings = {"alpha"}, .text = {"delta", "beta"}});
  LexicalIndex index = std::move(builder).Finish();
  index.Weigh(std::move(weights));
  return index;
}

TEST(LexicalIndex, AWordCountsAsThePlaceWeighsInWhichItStands) {
  EXPECT_THAT(Found(InPlaces({}), "alpha"), testing::ElementsAre(0, 1, 2)) << "all alike";
  EXPECT_THAT(Found(InPlaces({.title = 2}), "alpha"), testing::ElementsAre(1, 0, 2));
  EXPECT_THAT(Found(InPlaces({.headings = 3}), "alpha"), testing::ElementsAre(2, 0, 1));
  EXPECT_THAT(Found(InPlaces({.text = {1, 1, 5}}), "delta"), testing::ElementsAre(2, 0, 1));
  EXPECT_THAT(Found(InPlaces({.title = 0}), "alpha"), testing::ElementsAre(0, 2)) << "a place without weight is not searched";
  EXPECT_THAT(Found(InPlaces({.title = 0, .headings = 0, .text = {0, 0, 0}}), "alpha"), IsEmpty());
}

TEST(LexicalIndex, AWordThatWeighsTwiceStandsThereTwice) {
  const LexicalIndex index = InPlaces({.title = 2});
  LexicalIndex::Builder twice;
  twice.Add({.text = {"gamma", "gamma", "delta", "alpha", "beta"}});
  twice.Add({.text = {"alpha", "alpha", "delta", "gamma", "beta"}});
  twice.Add({.text = {"gamma", "gamma", "alpha", "delta", "beta"}});
  const LexicalIndex repeated = std::move(twice).Finish();
  EXPECT_EQ(index.Search(index.Understand("alpha delta"), 9, {}), repeated.Search(repeated.Understand("alpha delta"), 9, {}));
}

TEST(LexicalIndex, ThePartsOfThePlacesAreTheScore) {
  LexicalIndex::Builder builder;
  builder.Add({.title = {"alpha"}, .headings = {"alpha", "beta"}, .text = {"alpha", "gamma"}});
  builder.Add({.title = {"beta"}, .text = {"delta"}});
  LexicalIndex index = std::move(builder).Finish();
  index.Weigh({.title = 2, .headings = 1.5});
  const auto terms = index.Understand("alpha beta nowhere");
  for (const ScoredPassage& one : index.Search(terms, 9, {})) EXPECT_NEAR(index.PartsOf(one.passage, terms).all(), one.score, 1e-12);
  const ByPlace parts = index.PartsOf(0, index.Understand("alpha"));
  EXPECT_NEAR(parts.title / parts.text, 2, 1e-12);
  EXPECT_NEAR(parts.headings / parts.text, 1.5, 1e-12);
  EXPECT_EQ(index.PartsOf(1, index.Understand("alpha")).all(), 0);
}

TEST(LexicalIndex, AWordThatATitleRepeatsWithoutEndStaysInTheTitle) {
  LexicalIndex::Builder builder;
  builder.Add({.title = std::vector<std::string>(300, "alpha"), .text = {"beta"}});
  const LexicalIndex index = std::move(builder).Finish();
  const ByPlace parts = index.PartsOf(0, index.Understand("alpha"));
  EXPECT_GT(parts.title, 0);
  EXPECT_EQ(parts.headings, 0);
  EXPECT_EQ(parts.text, 0);
}

TEST(LexicalIndex, AStarStandsForWhatBeginsSo) {
  const LexicalIndex index = IndexOf(kTexts);
  EXPECT_THAT(Found(index, "fork*"), testing::ElementsAre(1, 0));
  EXPECT_THAT(Found(index, "hyg* cra*"), testing::UnorderedElementsAre(2, 3));
  EXPECT_THAT(Found(index, "fo*"), IsEmpty());  // too short to mean anything
  EXPECT_THAT(Found(index, "xyz*"), IsEmpty());
  std::vector<std::string> many;
  for (int i = 0; i < 40; ++i) many.push_back("prefix" + std::string(1, static_cast<char>('a' + i % 26)) + "q");
  EXPECT_EQ(IndexOf(many).Understand("prefix*").size(), 16u);
}

TEST(LexicalIndex, AnswersWithNothingThatDoesNotFit) {
  const LexicalIndex index = IndexOf(kTexts);
  const auto found = index.Search(index.Understand("forklift operator"), 10, [](std::uint32_t passage) { return passage == 2; });
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].passage, 2u);
}

TEST(LexicalIndex, AMisspeltWordBecomesTheNearestOneButANumberNever) {
  const LexicalIndex index = IndexOf(kTexts);
  const auto terms = index.Understand("forklfit hygenist");
  ASSERT_EQ(terms.size(), 2u);
  EXPECT_EQ(terms[0].stem, "forklift");
  EXPECT_EQ(terms[0].instead_of, "forklfit");
  EXPECT_LT(terms[0].weight, 1);
  EXPECT_THAT(index.Understand("20"), IsEmpty());
  EXPECT_THAT(index.Understand("zzzzzzzz"), IsEmpty());
  EXPECT_THAT(index.Understand("osha-10")[1].stem, "10");
}

TEST(LexicalIndex, TwoLettersThatChangedPlacesAreOneSlip) {
  const LexicalIndex index = IndexOf({"clerk at the dock", "lathe operator"});
  EXPECT_EQ(index.Understand("celrk").at(0).stem, "clerk");  // too short for two slips
  EXPECT_EQ(index.Understand("clekr").at(0).stem, "clerk");
  EXPECT_THAT(index.Understand("kercl"), IsEmpty());
}

TEST(LexicalIndex, ComesBackFromItsOctets) {
  const LexicalIndex index = IndexOf(kTexts);
  OctetWriter writer("LHTEST01");
  index.EncodeTo(writer);
  const std::string octets = std::move(writer).Take();
  OctetReader reader = Must(OctetReader::Open(octets, "LHTEST01"));
  const LexicalIndex again = Must(LexicalIndex::Decode(reader));
  EXPECT_EQ(again.Search(again.Understand("dental operator"), 9, {}), index.Search(index.Understand("dental operator"), 9, {}));
}

TEST(LexicalIndex, OctetsThatLieAreRefused) {
  OctetWriter writer("LHTEST01");
  writer.Value<std::uint32_t>(1);
  writer.Text("word");
  const std::vector<std::uint64_t> starts{0, 1};
  const std::vector<std::uint32_t> passages{7}, counts{1}, lengths{1};
  writer.Values(std::span(starts));
  writer.Values(std::span(passages));
  writer.Values(std::span(counts));
  for (int place = 0; place < 3; ++place) writer.Values(std::span(lengths));
  const std::string octets = std::move(writer).Take();
  OctetReader reader = Must(OctetReader::Open(octets, "LHTEST01"));
  EXPECT_THAT(LexicalIndex::Decode(reader), HasCode(ErrorCode::kCorruption));
}

TEST(LexicalIndex, TheBestFewAreTheHeadOfAll) {
  SeededRandom random;
  std::vector<std::string> texts;
  for (int i = 0; i < 300; ++i) {
    std::string text;
    for (std::uint64_t w = 0; w < 1 + random.Below(20); ++w) text += "w" + std::to_string(random.Below(40)) + " ";
    texts.push_back(text);
  }
  const LexicalIndex index = IndexOf(texts);
  const auto all = index.Search(index.Understand("w1 w2 w3"), 1'000, {});
  const auto few = index.Search(index.Understand("w1 w2 w3"), 7, {});
  ASSERT_GE(all.size(), few.size());
  EXPECT_TRUE(std::equal(few.begin(), few.end(), all.begin()));
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end(),
                             [](const auto& a, const auto& b) { return a.score != b.score ? a.score > b.score : a.passage < b.passage; }));
}

}  // namespace
}  // namespace lakehouse::matrix
