#include "lakehouse/embed/embedder.h"

#include <gmock/gmock.h>

#include <cmath>

#include "base_testing/matchers.h"
#include "base_testing/seeded_random.h"
#include "lakehouse/base/octets.h"

namespace lakehouse::embed {
namespace {

double Cosine(const Embedding& a, const Embedding& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

std::vector<Result<Embedding>> EmbedAll(Embedder& embedder, const std::vector<std::string>& texts) {
  return Must(embedder.Embed({}, texts));
}

/// Texts about three things, whose words of one thing never stand together: only others connect them.
std::vector<std::string> Texts(std::size_t count = 240) {
  const std::vector<std::vector<std::string>> topics = {
      {"forklift", "pallet", "warehouse", "loading", "truck", "dock", "freight", "stacker"},
      {"nurse", "patient", "clinic", "ward", "medicine", "dosage", "hospital", "surgery"},
      {"wing", "airfoil", "lift", "drag", "turbulence", "boundary", "layer", "mach"}};
  std::vector<std::string> texts;
  SeededRandom random(7);
  for (std::size_t i = 0; i < count; ++i) {
    const auto& words = topics[i % topics.size()];
    std::string text;
    for (int w = 0; w < 4; ++w) text += words[random.Below(words.size())] + " ";
    texts.push_back(text);
  }
  return texts;
}

std::vector<std::unique_ptr<LearnedEmbedder>> AllKinds() {
  std::vector<std::unique_ptr<LearnedEmbedder>> all;
  all.push_back(MakeChargram());
  all.push_back(MakeChargram(Texts()));
  all.push_back(Must(LearnLsa({}, Texts())));
  return all;
}

TEST(Embedders, GiveUnitVectorsOfTheirDimensionInOrder) {
  for (const auto& embedder : AllKinds()) {
    const auto vectors = EmbedAll(*embedder, {"forklift warehouse", "nurse", "forklift warehouse"});
    ASSERT_EQ(vectors.size(), 3u);
    for (const auto& vector : vectors) {
      ASSERT_THAT(vector, IsOk()) << embedder->id();
      EXPECT_EQ(vector->size(), embedder->dimension());
      EXPECT_NEAR(Cosine(*vector, *vector), 1, 1e-5);
    }
    EXPECT_EQ(*vectors[0], *vectors[2]);
    EXPECT_LT(Cosine(*vectors[0], *vectors[1]), .5);
  }
}

TEST(Embedders, OneTextWithoutWordsNeverLosesTheOthers) {
  for (const auto& embedder : AllKinds()) {
    const auto vectors = EmbedAll(*embedder, {"forklift", "", "--- ... !!", std::string("\xff\xfe\0", 3), "nurse"});
    EXPECT_THAT(vectors[0], IsOk());
    for (const std::size_t bad : {1, 2, 3}) EXPECT_THAT(vectors[bad], HasReason("nothing_to_embed")) << embedder->id();
    EXPECT_THAT(vectors[4], IsOk());
  }
}

TEST(Embedders, ComeBackFromWhatTheyWroteWithTheSameIdAndBits) {
  for (const auto& embedder : AllKinds()) {
    const auto again = Must(DecodeEmbedder(embedder->Encode()));
    EXPECT_EQ(again->id(), embedder->id());
    EXPECT_EQ(*EmbedAll(*again, {"truck driver at the dock"})[0], *EmbedAll(*embedder, {"truck driver at the dock"})[0]);
  }
}

TEST(Embedders, WhatWasLearnedFromOtherTextsHasAnotherId) {
  const auto texts = Texts();
  const std::vector<std::string> fewer(texts.begin(), texts.end() - 3);
  EXPECT_NE(MakeChargram(texts)->id(), MakeChargram(fewer)->id());
  EXPECT_NE(Must(LearnLsa({}, texts))->id(), Must(LearnLsa({}, fewer))->id());
  EXPECT_EQ(MakeChargram()->id(), "chargram-v1");
}

TEST(Embedders, DamagedFilesAreRefused) {
  for (const auto& embedder : AllKinds()) {
    const std::string good = embedder->Encode();
    for (std::size_t at = 0; at < good.size(); at += 1 + good.size() / 97) {
      std::string bad = good;
      bad[at] = static_cast<char>(bad[at] ^ 1);
      ASSERT_THAT(DecodeEmbedder(bad), HasCode(ErrorCode::kCorruption)) << at;
      ASSERT_THAT(DecodeEmbedder(good.substr(0, at)), HasCode(ErrorCode::kCorruption)) << at;
    }
  }
}

TEST(Embedders, FilesThatLieAboutTheirLengthsAreRefused) {
  OctetWriter writer("LHEMBED1");
  writer.Text("lsa-v1");
  writer.Value<std::uint32_t>(256);
  writer.Value<std::uint32_t>(4'000'000'000);
  EXPECT_THAT(DecodeEmbedder(std::move(writer).Take()), HasCode(ErrorCode::kCorruption));
  OctetWriter other("LHEMBED1");
  other.Text("bert-v9");
  EXPECT_THAT(DecodeEmbedder(std::move(other).Take()), HasCode(ErrorCode::kCorruption));
}

TEST(Chargram, ForgivesTypingErrors) {
  const auto embedder = MakeChargram();
  const auto v = EmbedAll(*embedder, {"forklift operator", "forklfit operater", "dental hygienist"});
  EXPECT_GT(Cosine(*v[0], *v[1]), .35);
  EXPECT_LT(Cosine(*v[0], *v[2]), .15);
}

TEST(Lsa, PutsWordsTogetherThatStandBesideTheSameOthers) {
  const auto embedder = Must(LearnLsa({}, Texts(), {.dimensions = 8}));
  const auto v = EmbedAll(*embedder, {"forklift", "stacker", "nurse"});
  EXPECT_GT(Cosine(*v[0], *v[1]), Cosine(*v[0], *v[2]) + .2);
}

TEST(Lsa, LearnsTheSameBitsWithAnyNumberOfThreads) {
  const auto texts = Texts(400);
  const std::string one = Must(LearnLsa({}, texts, {.threads = 1}))->Encode();
  for (const unsigned threads : {2U, 3U, 8U}) EXPECT_EQ(Must(LearnLsa({}, texts, {.threads = threads}))->Encode(), one) << threads;
}

TEST(Lsa, AsksForEnoughTexts) {
  EXPECT_THAT(LearnLsa({}, Texts(39)), HasReason("too_few_texts"));
  std::vector<std::string> texts;
  for (int i = 0; i < 100; ++i) texts.push_back("word" + std::to_string(i));
  EXPECT_THAT(LearnLsa({}, texts), HasReason("too_few_texts"));
}

TEST(Lsa, ManyEqualTextsAreNoHarm) {
  std::vector<std::string> texts(60, "forklift pallet warehouse loading dock truck");
  for (const std::string& text : Texts(120)) texts.push_back(text);
  const auto embedder = Must(LearnLsa({}, texts));
  for (const auto& vector : EmbedAll(*embedder, {"forklift dock", "surgery ward"}))
    for (const float value : *vector) ASSERT_TRUE(std::isfinite(value));
}

TEST(Lsa, StopsWhenItIsNoLongerWanted) {
  std::stop_source stop;
  stop.request_stop();
  Context context;
  context.cancel = stop.get_token();
  EXPECT_THAT(LearnLsa(context, Texts()), HasCode(ErrorCode::kCancelled));
}

}  // namespace
}  // namespace lakehouse::embed
