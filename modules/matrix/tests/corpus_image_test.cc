#include "corpus_image.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "base_testing/matchers.h"
#include "corpus_definitions.h"
#include "lakehouse/matrix/local_matrix.h"
#include "storage_testing/flipped_bits.h"

namespace lakehouse::matrix {
namespace {

std::vector<CorpusRow> Rows() {
  std::vector<CorpusRow> rows;
  for (int i = 0; i < 30; ++i)
    rows.push_back({"id" + std::to_string(i),
                    {"Title " + std::to_string(i), "Body of number " + std::to_string(i) + ". It says something."},
                    {"\"IL\""}});
  rows.push_back({"empty", {"", ""}, {"null"}});
  rows.push_back({"title only", {"A title", ""}, {"null"}});
  return rows;
}

TEST(CorpusImage, DoesNotDependOnTheOrderOfTheRows) {
  auto backwards = Rows();
  std::reverse(backwards.begin(), backwards.end());
  const auto one = CutRows("c", Rows(), 1), other = CutRows("c", std::move(backwards), 1);
  one->embedder_id = other->embedder_id = "ollama/m";
  EXPECT_EQ(EncodeImage(*one), EncodeImage(*other));
}

TEST(CorpusImage, CutsTextsAndSearchesTheTitleWithEachPassage) {
  const auto image = CutRows("c", Rows(), 1);
  EXPECT_EQ(image->documents, 32u);
  EXPECT_EQ(image->passages.size(), 31u);  // a row without text has no passage
  const auto& passage = image->passages[image->by_chunk.at(image->passages[0].chunk_id)];
  EXPECT_EQ(passage.column, 1u);
  EXPECT_TRUE(image->IndexedText(passage).starts_with("Title 0\nBody of number 0."));
  EXPECT_EQ(image->by_value[0].at("null").size(), 2u);
}

TEST(CorpusImage, HeadingsAboveAPassageAreAFieldAndCountOnce) {
  const std::string text = "# Shifts\n\nEight hours and a break.\n\n## Nights\n\nThey begin at ten in the evening.\n";
  const auto image = CutRows("c", std::vector<CorpusRow>{{"h1", {"Handbook", text}, {}}}, 0, {.headings = 2, .columns = {1, 1}});
  ASSERT_EQ(image->passages.size(), 2u);
  const auto parts = [&image](std::uint32_t passage, std::string_view query) {
    return image->words.PartsOf(passage, image->words.Understand(query));
  };
  EXPECT_TRUE(image->words.Has(1, "shift")) << "its section is part of that one";
  EXPECT_GT(parts(0, "shifts").headings, 0);
  EXPECT_EQ(parts(0, "shifts").text, 0) << "the heading's own line is no text";
  EXPECT_GT(parts(1, "nights").headings, parts(1, "evening").text);
  EXPECT_GT(parts(0, "handbook").title, 0);
  EXPECT_EQ(parts(0, "nights").all(), 0);
}

TEST(CorpusImage, OfAnEarlierFormatIsRefused) {
  std::string octets = EncodeImage(*CutRows("c", Rows(), 1));
  ASSERT_EQ(octets.substr(0, 8), "LHCORP03");
  octets.replace(6, 2, "02");
  const auto read = DecodeImage(octets);
  EXPECT_THAT(read, HasCode(ErrorCode::kCorruption));
  EXPECT_THAT(read.error().message(), testing::HasSubstr("LHCORP03"));
}

TEST(CorpusImage, AnotherTitleMakesOtherPassages) {
  auto rows = Rows();
  const std::string before = CutRows("c", rows, 1)->passages[0].chunk_id;
  rows[0].texts[0] = "Another title";
  EXPECT_NE(CutRows("c", rows, 1)->passages[0].chunk_id, before);
}

TEST(CorpusImage, EqualRowsOfOneIdAreToldApart) {
  std::vector<CorpusRow> rows(3, {"same", {"the same text"}, {}});
  const auto image = CutRows("c", std::move(rows), 0);
  EXPECT_EQ(image->passages.size(), 3u);
  EXPECT_EQ(image->by_chunk.size(), 3u);
  EXPECT_EQ(image->documents, 1u);
}

TEST(CorpusImage, ComesBackFromItsOctetsAndDamageIsFound) {
  const auto image = CutRows("c", Rows(), 1, {.headings = 1.25, .columns = {3, .5}});
  image->version = 7;
  image->generation = 2;
  image->vector_index = "corpus-c-2";
  image->learned_from = 31;
  image->learned = embed::MakeChargram();
  image->embedder_id = image->learned->id();
  image->dimension = image->learned->dimension();
  image->passages[3].embedded = true;
  const std::string octets = EncodeImage(*image);
  const auto again = Must(DecodeImage(octets));
  EXPECT_EQ(again->rows, image->rows);
  EXPECT_EQ(again->version, 7);
  EXPECT_EQ(again->weights, image->weights);
  const auto terms = image->words.Understand("title body number");
  EXPECT_EQ(again->words.Search(terms, 99, {}), image->words.Search(terms, 99, {}));
  EXPECT_THAT(Must(InspectCorpusImage(octets)), testing::HasSubstr("column 0 × 3, column 1 × 0.5, headings × 1.25"));
  EXPECT_EQ(again->embedded, 1u);
  EXPECT_EQ(EncodeImage(*again), octets);
  for (std::size_t at = 0; at < octets.size(); at += 1 + octets.size() / 211) {
    std::string bad = octets;
    bad[at] = static_cast<char>(bad[at] ^ 4);
    ASSERT_THAT(DecodeImage(bad), HasCode(ErrorCode::kCorruption)) << at;
  }
}

TEST(CorpusImage, OfAProviderComesBackWithWhatWaitsForItsVector) {
  const auto image = CutRows("c", Rows(), 1);
  image->embedder_id = "sidecar/all-MiniLM-L6-v2";
  image->dimension = 384;
  image->vector_index = "corpus-c-1";
  for (CorpusPassage& passage : image->passages) passage.pending = true;
  image->passages[0].pending = false;
  image->passages[0].embedded = true;
  const std::string octets = EncodeImage(*image);
  const auto again = Must(DecodeImage(octets));
  EXPECT_EQ(again->learned, nullptr);
  EXPECT_EQ(again->embedder_id, "sidecar/all-MiniLM-L6-v2");
  EXPECT_EQ(again->embedded, 1u);
  EXPECT_EQ(again->pending, 30u);
  EXPECT_EQ(EncodeImage(*again), octets);
  const std::string text = Must(InspectCorpusImage(octets));
  EXPECT_THAT(text, testing::HasSubstr("31, 1 with a vector, 30 waiting for one"));
  EXPECT_THAT(text, testing::HasSubstr("sidecar/all-MiniLM-L6-v2, 384 dimensions"));
  EXPECT_THAT(InspectCorpusImage(octets.substr(0, octets.size() - 9)), HasCode(ErrorCode::kCorruption));
  EXPECT_THAT(InspectCorpusImage("something else"), HasCode(ErrorCode::kInvalidArgument));
}

TEST(CorpusObjects, OneFlippedBitAnywhereInADeclarationOrAnImageIsNoticed) {
  CreateCorpusRequest declared;
  declared.name = "notes";
  declared.dataset = "letters";
  declared.id_column = "id";
  declared.text_columns = {"text"};
  const std::string definition = EncodeDefinition(declared), image = EncodeImage(*CutRows("notes", Rows(), 1));
  const auto check_image = [](std::string_view key, const std::string& octets) {
    return CheckCorpusImage(key, octets.size(), [&](std::uint64_t offset, std::uint64_t length) -> Result<std::string> {
      return octets.substr(offset, length);
    });
  };
  EXPECT_TRUE(*CheckCorpusDefinition(DefinitionKey("notes"), definition));
  EXPECT_TRUE(*check_image(ImageKey("notes"), image));
  storage::ForEachFlippedBit(definition, [&](std::size_t at, const std::string& flipped) {
    EXPECT_FALSE(CheckCorpusDefinition(DefinitionKey("notes"), flipped)) << at;
  });
  storage::ForEachFlippedBit(
      image, [&](std::size_t at, const std::string& flipped) { EXPECT_FALSE(check_image(ImageKey("notes"), flipped)) << at; });
  EXPECT_FALSE(CheckCorpusDefinition(DefinitionKey("other"), definition)) << "it is another corpus'";
  for (const char* other : {"", "_corpora/", "_corpora/a/b/image", "datasets/a/image"}) {
    EXPECT_FALSE(*CheckCorpusDefinition(other, definition)) << other;
    EXPECT_FALSE(*check_image(other, image)) << other;
  }
}

}  // namespace
}  // namespace lakehouse::matrix
