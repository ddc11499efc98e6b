#include "log_batch.h"

#include <gmock/gmock.h>

#include <random>

#include "lakehouse/base/file.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/vector/local_vectors.h"
#include "storage_testing/flipped_bits.h"

namespace lakehouse::vector {
namespace {

const Uuid kLife = *Uuid::Parse("01a20000-0000-7000-8000-000000000001");

LogBatch Example() {
  return {kLife, 42, 2, {{"a", false, {1.5F, -2.F}, R"({"site":"Gary"})"}, {"b", false, {0.F, 3.F}, {}}, {"c", true, {}, {}}}};
}

TEST(LogBatchTest, ReadsWhatItWrote) {
  const auto batch = DecodeBatch(EncodeBatch(Example()));
  ASSERT_TRUE(batch) << batch.error().ToString();
  EXPECT_EQ(batch->life, kLife);
  EXPECT_EQ(batch->sequence, 42U);
  ASSERT_EQ(batch->changes.size(), 3U);
  EXPECT_EQ(batch->changes[0].metadata, R"({"site":"Gary"})");
  EXPECT_EQ(batch->changes[0].vector, (std::vector<float>{1.5F, -2.F}));
  EXPECT_EQ(batch->changes[1].metadata, std::nullopt);
  EXPECT_TRUE(batch->changes[2].is_removal);
}

TEST(LogBatchTest, HasTheOctetsOfItsFormatsPage) {
  const std::string path = std::string(LAKEHOUSE_VECTOR_GOLDEN) + "/three.batch";
  const std::string octets = EncodeBatch(Example());
  if (std::getenv("LH_ACCEPT") != nullptr) {
    ASSERT_TRUE(ReplaceFile(path, octets));
    GTEST_SKIP() << "wrote " << path;
  }
  const auto golden = ReadFile(path);
  ASSERT_TRUE(golden) << golden.error().ToString();
  EXPECT_EQ(*golden, octets);
  EXPECT_THAT(*InspectVectorObject(octets), testing::HasSubstr("batch 42 of index life 01a20000-0000-7000-8000-000000000001"));
  EXPECT_THAT(*InspectVectorObject(octets), testing::HasSubstr("remove c"));
}

TEST(LogBatchTest, RefusesEveryCutAndEveryChangedBit) {
  const std::string octets = EncodeBatch(Example());
  for (std::size_t size = 0; size < octets.size(); ++size) EXPECT_FALSE(DecodeBatch(octets.substr(0, size))) << size;
  for (std::size_t bit = 0; bit < octets.size() * 8; ++bit) {
    std::string flipped = octets;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(DecodeBatch(flipped)) << bit;
  }
  EXPECT_FALSE(DecodeBatch(octets + "x"));
}

TEST(LogBatchTest, NoneOfTenThousandMutationsIsTaken) {
  const std::uint64_t seed = std::random_device{}();
  std::mt19937_64 random(seed);
  LogBatch large{kLife, 43, 16, {}};
  for (int i = 0; i < 60; ++i) {
    std::vector<float> vector(16);
    for (float& value : vector) value = static_cast<float>(random() % 1000);
    large.changes.push_back({"item-" + std::to_string(i), false, vector, R"({"n":)" + std::to_string(i) + "}"});
  }
  for (const std::string& octets : {EncodeBatch(Example()), EncodeBatch(large)}) {
    ASSERT_TRUE(DecodeBatch(octets));
    ASSERT_LE(octets.size(), 64U << 10);
    for (int i = 0; i < 10'000; ++i) {
      std::string mutated = octets;
      const auto place = [&] { return random() % mutated.size(); };
      switch (random() % 5) {
        case 0: mutated.resize(place()); break;
        case 1: mutated[place()] ^= static_cast<char>(1 << random() % 8); break;
        case 2:
          for (int n = 0; n < 8; ++n) mutated[place()] = static_cast<char>(random());
          break;
        case 3: mutated.insert(place(), mutated.substr(place(), 1 + random() % 64)); break;
        default: {
          const std::size_t from = place(), to = place(), length = 1 + random() % 128;
          mutated.replace(to, std::min(length, mutated.size() - to), mutated.substr(from, length));
          break;
        }
      }
      if (mutated == octets) continue;
      ASSERT_FALSE(DecodeBatch(mutated)) << "taken, seed " << seed << ", mutation " << i;
    }
  }
}

TEST(LogBatchTest, AnObjectIsSoundUnderItsOwnKeyOnlyAndWithEveryBitInItsPlace) {
  const std::string octets = EncodeBatch(Example());
  const auto check = [](const std::string& key, const std::string& object) {
    return CheckBatchObject(key, object.size(), [&](std::uint64_t offset, std::uint64_t length) -> Result<std::string> {
      return object.substr(offset, length);
    });
  };
  const std::string key = BatchKey("notes", kLife, 42);
  EXPECT_TRUE(*check(key, octets));
  EXPECT_EQ(check(BatchKey("notes", kLife, 43), octets).error().reason(), "foreign_object");
  for (const char* other : {"_vectors/notes/gen-1-x/1-a.parquet", "_vectors/notes/log/x", "_vectors/log/", "datasets/log/a", "/log/"})
    EXPECT_FALSE(*check(other, octets)) << other;
  storage::ForEachFlippedBit(octets, [&](std::size_t at, const std::string& flipped) { EXPECT_FALSE(check(key, flipped)) << at; });
}

TEST(LogBatchTest, RefusesWhatHasARightSumAndWrongInsides) {
  std::mt19937 random(7);
  const std::string octets = EncodeBatch(Example());
  int taken = 0;
  for (int i = 0; i < 10'000; ++i) {
    std::string mutated = octets.substr(0, octets.size() - 4);
    for (int n = 0; n < 1 + i % 3; ++n) mutated[random() % mutated.size()] = static_cast<char>(random());
    const std::uint32_t sum = Crc32c(mutated);
    mutated.append(reinterpret_cast<const char*>(&sum), sizeof sum);
    if (const auto batch = DecodeBatch(mutated)) {
      ++taken;  // other values in the same shape
      EXPECT_EQ(EncodeBatch(*batch), mutated);
    }
  }
  EXPECT_GT(taken, 0);
}

TEST(LogBatchTest, KnowsItsKeys) {
  const std::string key = BatchKey("notes", kLife, 7);
  EXPECT_EQ(key, "_vectors/notes/log/01a20000-0000-7000-8000-000000000001-00000000000000000007");
  EXPECT_EQ(SequenceOfBatchKey(key, BatchPrefix("notes", kLife)), 7U);
  EXPECT_EQ(SequenceOfBatchKey(key + "0", BatchPrefix("notes", kLife)), std::nullopt);
  EXPECT_EQ(SequenceOfBatchKey(key, BatchPrefix("notes", Uuid())), std::nullopt);
}

}  // namespace
}  // namespace lakehouse::vector
