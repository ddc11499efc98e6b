#include "embedding_file.h"

#include <gmock/gmock.h>

#include <cstring>
#include <random>

#include "base_testing/matchers.h"
#include "lakehouse/base/file.h"
#include "lakehouse/base/hash.h"

namespace lakehouse::vector {
namespace {

class EmbeddingFileTest : public testing::Test {
 protected:
  std::string Write(std::uint32_t dimension, std::uint32_t rows) {
    vectors_.assign(std::size_t{rows} * dimension, 0);
    for (std::size_t i = 0; i < vectors_.size(); ++i) vectors_[i] = static_cast<float>(i) / 3;
    path_ = directory_.path() + "/" + std::to_string(++files_) + ".parquet";
    std::string id, metadata;
    written_ = Must(WriteEmbeddings(path_, dimension, rows, [&](std::uint32_t row) {
      id = "item " + std::to_string(row);
      metadata = "{\"row\":" + std::to_string(row) + "}";
      EmbeddingRow one{id, {}, reinterpret_cast<const std::byte*>(&vectors_[std::size_t{row} * dimension])};
      if (row % 3 != 0) one.metadata = metadata;
      return one;
    }));
    return Must(ReadFile(path_));
  }
  TemporaryDirectory directory_ = Must(TemporaryDirectory::Create(testing::TempDir(), "embeddings-"));
  std::vector<float> vectors_;
  std::string path_;
  WrittenParquet written_;
  int files_ = 0;
};

TEST_F(EmbeddingFileTest, ReadsWhatItWroteForEveryDimensionAndLength) {
  for (const std::uint32_t dimension : {1U, 2U, 3U, 129U, 4096U})
    for (const std::uint32_t rows : {0U, 1U, 2U, 2'500U}) {
      const std::string octets = Write(dimension, rows);
      EXPECT_EQ(written_.size_bytes, static_cast<std::int64_t>(octets.size()));
      EXPECT_EQ(written_.sha256, Sha256Hex(octets));
      const EmbeddingPages pages = Must(ReadEmbeddings(octets, dimension));
      ASSERT_EQ(pages.rows, rows);
      std::size_t at = 0;
      for (const auto page : pages.vectors) {
        EXPECT_EQ(std::memcmp(page.data(), reinterpret_cast<const char*>(vectors_.data()) + at, page.size()), 0);
        at += page.size();
      }
      EXPECT_EQ(at, vectors_.size() * sizeof(float));
      for (std::uint32_t row = 0; row < rows; ++row) {
        EXPECT_EQ(pages.ids[row], "item " + std::to_string(row));
        EXPECT_EQ(pages.metadata[row].has_value(), row % 3 != 0);
      }
    }
}

TEST_F(EmbeddingFileTest, RefusesFilesOfAnotherDimension) {
  const std::string octets = Write(4, 10);
  EXPECT_THAT(ReadEmbeddings(octets, 5), HasCode(ErrorCode::kCorruption));
  EXPECT_THAT(ReadPositions(octets), HasCode(ErrorCode::kCorruption));
}

TEST_F(EmbeddingFileTest, KeepsPositions) {
  std::vector<RowPosition> positions;
  for (int i = 0; i < 30'000; ++i) positions.push_back({"_vectors/notes/gen-" + std::to_string(i % 7), i});
  Must(WritePositions(directory_.path() + "/p", positions));
  EXPECT_EQ(Must(ReadPositions(Must(ReadFile(directory_.path() + "/p")))), positions);
}

TEST_F(EmbeddingFileTest, NeverReadsOutsideADamagedFile) {
  const std::string octets = Write(8, 40);
  std::mt19937 random(11);
  for (std::size_t size = 0; size < octets.size(); size += 1 + size % 7) EXPECT_FALSE(ReadEmbeddings(octets.substr(0, size), 8)) << size;
  for (int i = 0; i < 20'000; ++i) {
    std::string mutated = octets;
    // Mostly the footer, which is where lengths and places are.
    const std::size_t from = i % 4 == 0 ? 0 : mutated.size() - 400;
    for (int n = 0; n < 1 + i % 3; ++n) mutated[from + random() % (mutated.size() - from)] = static_cast<char>(random());
    const auto pages = ReadEmbeddings(mutated, 8);
    EXPECT_EQ(pages ? pages->ids.size() : 0, pages ? pages->rows : 0);
    (void)ReadPositions(mutated);
  }
}

}  // namespace
}  // namespace lakehouse::vector
