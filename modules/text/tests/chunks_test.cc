#include "lakehouse/text/chunks.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "base_testing/seeded_random.h"

namespace lakehouse::text {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string Paragraph(int number, int sentences) {
  std::string text;
  for (int i = 0; i < sentences; ++i)
    text += "Sentence " + std::to_string(i) + " of paragraph " + std::to_string(number) + " says what it has to say. ";
  text.back() = '\n';
  return text + "\n";
}

std::string LongText(int paragraphs) {
  std::string text;
  for (int i = 0; i < paragraphs; ++i) text += Paragraph(i, 3 + i % 5);
  return text;
}

std::set<std::string> IdsOf(const std::vector<Chunk>& chunks) {
  std::set<std::string> ids;
  for (const Chunk& chunk : chunks) ids.insert(chunk.id);
  return ids;
}

/// What must hold of the chunks of any text.
void ExpectSound(const Document& document, const std::vector<Chunk>& chunks, const ChunkSizes& sizes) {
  std::string whole;
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    const Chunk& chunk = chunks[i];
    ASSERT_EQ(chunk.ordinal, i);
    ASSERT_EQ(chunk.id.size(), 16u);
    ASSERT_LE(chunk.span.end, document.text.size());
    ASSERT_EQ(chunk.own_begin, whole.size());
    ASSERT_LE(chunk.own_begin, chunk.span.end);
    const std::string_view own = document.text.substr(chunk.own_begin, chunk.span.end - chunk.own_begin);
    whole += own;
    ASSERT_LE(Trimmed(document.text, {chunk.own_begin, chunk.span.end}).size(), sizes.most);
    ASSERT_LE(chunk.span.size(), std::max(own.size(), chunk.span.size() > own.size() ? own.size() + sizes.overlap : own.size()));
    ASSERT_GT(Trimmed(document.text, chunk.span).size(), 0u);
  }
  const bool only_space = Trimmed(document.text, {0, document.text.size()}).size() == 0;
  if (!only_space) {
    ASSERT_EQ(whole, document.text);
  }
  ASSERT_EQ(IdsOf(chunks).size(), chunks.size());
}

TEST(Chunks, AShortTextIsOneChunkAndWhiteSpaceIsNone) {
  const std::vector<Chunk> chunks = ChunksOf({.id = "d", .text = "One line."});
  ASSERT_EQ(chunks.size(), 1u);
  EXPECT_EQ(chunks[0].span, (Span{0, 9}));
  EXPECT_THAT(ChunksOf({.id = "d", .text = " \n\n \t"}), IsEmpty());
  EXPECT_THAT(ChunksOf({.id = "d", .text = ""}), IsEmpty());
}

TEST(Chunks, OfALongTextAreOfTheirSizeAndReproduceIt) {
  const std::string text = LongText(60);
  const Document document{.id = "d", .text = text};
  const auto chunks = ChunksOf(document);
  ExpectSound(document, chunks, {});
  EXPECT_GT(chunks.size(), 8u);
  for (std::size_t i = 0; i + 1 < chunks.size(); ++i) EXPECT_GE(chunks[i].span.size(), 200u);
}

TEST(Chunks, RepeatWholeSentencesOfTheOneBefore) {
  const std::string text = LongText(60);
  std::size_t repeating = 0;
  for (const Chunk& chunk : ChunksOf({.id = "d", .text = text})) {
    if (chunk.span.begin == chunk.own_begin) continue;
    ++repeating;
    EXPECT_TRUE(text.substr(chunk.span.begin).starts_with("Sentence "));
    EXPECT_LE(chunk.own_begin - chunk.span.begin, 150u);
  }
  EXPECT_GT(repeating, 5u);
}

TEST(Chunks, KnowTheirHeadingsAndNeverCrossOne) {
  const std::string text = "# Handbook\nWelcome.\n\n## Safety ##\nWear a helmet.\n\nPay\n---\nOn Fridays.\n\n# Annex\nTables.\n";
  const auto chunks = ChunksOf({.id = "d", .text = text, .kind = DocumentKind::kMarkdown});
  ASSERT_EQ(chunks.size(), 4u);
  EXPECT_THAT(chunks[0].headings, ElementsAre("Handbook"));
  EXPECT_THAT(chunks[1].headings, ElementsAre("Handbook", "Safety"));
  EXPECT_THAT(chunks[2].headings, ElementsAre("Handbook", "Pay"));
  EXPECT_THAT(chunks[3].headings, ElementsAre("Annex"));
  EXPECT_EQ(chunks[1].span.In(text), "## Safety ##\nWear a helmet.\n\n");
}

TEST(Chunks, KeepTablesAndFencesWhole) {
  std::string text;
  for (int i = 0; i < 12; ++i) text += "word word word word word word word word word word word word word word word word word\n";
  const std::string fence = "```\nline one\n\n# no heading\n\nline two\n```\n";
  text += "\n" + fence + "\nAfter.\n";
  bool whole = false;
  for (const Chunk& chunk : ChunksOf({.id = "d", .text = text, .kind = DocumentKind::kMarkdown})) {
    EXPECT_THAT(chunk.headings, IsEmpty());
    whole |= chunk.span.In(text).contains(fence);
  }
  EXPECT_TRUE(whole);
}

TEST(Chunks, KnowTheirPage) {
  const std::string text = LongText(30);
  const auto chunks = ChunksOf({.id = "d", .text = text, .kind = DocumentKind::kPlain, .page_starts = {0, 2'000, 4'000}});
  EXPECT_EQ(chunks.front().page, 1u);
  EXPECT_EQ(chunks.back().page, 3u);
  EXPECT_EQ(ChunksOf({.id = "d", .text = text}).front().page, 0u);
}

TEST(Chunks, OfAnEditedTextAreTheSameBesideTheEdit) {
  std::string text = LongText(200);
  const auto before = IdsOf(ChunksOf({.id = "d", .text = text}));
  const std::size_t at = text.find("paragraph 100 says");
  text.insert(at, "the much longer and wholly new text of the edited ");
  const auto after = IdsOf(ChunksOf({.id = "d", .text = text}));
  std::vector<std::string> changed;
  std::set_difference(after.begin(), after.end(), before.begin(), before.end(), std::back_inserter(changed));
  EXPECT_GE(changed.size(), 1u);
  EXPECT_LE(changed.size(), 8u) << "of " << after.size();
}

TEST(Chunks, OfAnotherDocumentHaveOtherIdsAndEqualPassagesAreTold) {
  const auto one = ChunksOf({.id = "a", .text = "Same."});
  const auto other = ChunksOf({.id = "b", .text = "Same."});
  EXPECT_NE(one[0].id, other[0].id);
  const std::string twice = "# A\nSame text here.\n\n# A\nSame text here.\n";
  const auto chunks = ChunksOf({.id = "a", .text = twice, .kind = DocumentKind::kMarkdown});
  ASSERT_EQ(chunks.size(), 2u);
  EXPECT_NE(chunks[0].id, chunks[1].id);
}

TEST(Chunks, HoldTheirPromisesForAnyOctets) {
  SeededRandom random;
  const std::string_view parts[] = {"# ",
                                    "\n",
                                    "\n\n",
                                    "word ",
                                    "A sentence. ",
                                    "- item\n",
                                    "| a | b |\n",
                                    "```\n",
                                    "é",
                                    "\xff",
                                    "東京。",
                                    "===\n",
                                    "---\n",
                                    "1. ",
                                    std::string_view("\0", 1),
                                    " ",
                                    "longwordwithoutanyspace"};
  for (int round = 0; round < 300; ++round) {
    std::string text;
    const std::size_t pieces = random.Below(400);
    for (std::size_t i = 0; i < pieces; ++i) text += parts[random.Below(std::size(parts))];
    const ChunkSizes sizes{.target = 120, .most = 200, .least = 20, .overlap = 30};
    for (const DocumentKind kind : {DocumentKind::kPlain, DocumentKind::kMarkdown}) {
      const Document document{.id = "d", .text = text, .kind = kind, .page_starts = {}};
      ExpectSound(document, ChunksOf(document, sizes), sizes);
      if (HasFatalFailure()) return;
    }
  }
}

}  // namespace
}  // namespace lakehouse::text
