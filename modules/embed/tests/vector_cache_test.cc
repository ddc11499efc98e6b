#include "lakehouse/embed/vector_cache.h"

#include <gmock/gmock.h>

#include <fstream>

#include "base_testing/directory_test.h"
#include "base_testing/recording_log.h"
#include "base_testing/seeded_random.h"
#include "cache_segment.h"

namespace lakehouse::embed {
namespace {

class VectorCacheTest : public DirectoryTest {
 protected:
  std::unique_ptr<VectorCache> Open(std::uint64_t max_bytes = 1 << 20) {
    return std::make_unique<VectorCache>(VectorCache::Options{.directory = PathOf("vectors"), .max_bytes = max_bytes}, log_);
  }
  static VectorCache::Key KeyOf(int i) { return VectorCache::KeyOf("m", "text " + std::to_string(i)); }
  static Embedding VectorOf(int i, std::size_t dimension = 16) {
    Embedding vector(dimension, 0.25F);
    vector[0] = static_cast<float>(i);
    return vector;
  }
  std::vector<std::string> Files() const {
    std::vector<std::string> paths;
    for (const auto& file : std::filesystem::directory_iterator(PathOf("vectors"))) paths.push_back(file.path().string());
    std::sort(paths.begin(), paths.end());
    return paths;
  }
  std::string said_;
  Log log_{"test", LogLevel::kDebug, [this](std::string_view line) { said_ += line; }};
};

TEST_F(VectorCacheTest, KeepsVectorsAcrossRunsBitForBit) {
  {
    const auto cache = Open();
    EXPECT_EQ(cache->Find(KeyOf(1)), std::nullopt);
    for (int i = 0; i < 50; ++i) cache->Put(KeyOf(i), VectorOf(i, 1 + static_cast<std::size_t>(i)));
    EXPECT_EQ(*cache->Find(KeyOf(7)), VectorOf(7, 8));
  }
  const auto again = Open();
  for (int i = 0; i < 50; ++i) EXPECT_EQ(*again->Find(KeyOf(i)), VectorOf(i, 1 + static_cast<std::size_t>(i))) << i;
  EXPECT_EQ(again->stats().entries, 50u);
  again->Put(KeyOf(50), VectorOf(50));
  EXPECT_EQ(Files().size(), 1u);  // the file that was there is gone on with
}

TEST_F(VectorCacheTest, TellsEmbeddersAndTextsApart) {
  EXPECT_NE(VectorCache::KeyOf("a", "b"), VectorCache::KeyOf("b", "b"));
  EXPECT_NE(VectorCache::KeyOf("a", "b"), VectorCache::KeyOf("a", "c"));
  EXPECT_NE(VectorCache::KeyOf("ab", "c"), VectorCache::KeyOf("a", "bc"));
}

TEST_F(VectorCacheTest, NeverGrowsBeyondItsSpaceAndKeepsTheNewest) {
  constexpr std::uint64_t kSpace = 64 << 10;
  const auto cache = Open(kSpace);
  for (int i = 0; i < 5'000; ++i) {
    cache->Put(KeyOf(i), VectorOf(i));
    if (i % 100 == 0) {
      ASSERT_LE(cache->stats().bytes, kSpace);
    }
  }
  EXPECT_EQ(*cache->Find(KeyOf(4'999)), VectorOf(4'999));
  EXPECT_EQ(cache->Find(KeyOf(0)), std::nullopt);
  std::uint64_t on_disk = 0;
  for (const std::string& path : Files()) on_disk += Must(FileSize(path));
  EXPECT_EQ(on_disk, cache->stats().bytes);
  const auto smaller = Open(kSpace / 2);
  EXPECT_LE(smaller->stats().bytes, kSpace);  // the other cache still writes one of the files
}

TEST_F(VectorCacheTest, NoSpaceKeepsNothing) {
  const auto cache = Open(0);
  cache->Put(KeyOf(1), VectorOf(1));
  EXPECT_EQ(cache->Find(KeyOf(1)), std::nullopt);
  EXPECT_FALSE(std::filesystem::exists(PathOf("vectors")));
}

TEST_F(VectorCacheTest, EveryDamageIsAMissAndNeverAnotherVector) {
  {
    const auto cache = Open();
    for (int i = 0; i < 20; ++i) cache->Put(KeyOf(i), VectorOf(i));
  }
  const std::string path = Files()[0], good = Must(ReadFile(path));
  for (std::size_t at = 0; at < good.size(); at += 3) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bad;
    const auto cache = Open();
    int found = 0;
    for (int i = 0; i < 20; ++i) {
      const auto vector = cache->Find(KeyOf(i));
      if (!vector) continue;
      ASSERT_EQ(*vector, VectorOf(i)) << at;
      ++found;
    }
    ASSERT_LT(found, 20) << at;
    cache->Put(KeyOf(99), VectorOf(99));
    ASSERT_EQ(*cache->Find(KeyOf(99)), VectorOf(99)) << at;
    for (const std::string& other : Files()) std::filesystem::remove(other);
    std::ofstream(path, std::ios::binary | std::ios::trunc) << good;
  }
}

TEST_F(VectorCacheTest, DamageWhileItRunsIsAMissThatIsCountedAndMended) {
  const auto cache = Open();
  cache->Put(KeyOf(1), VectorOf(1));
  {
    std::fstream file(Files()[0], std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(60);
    file.put('x');
  }
  EXPECT_EQ(cache->Find(KeyOf(1)), std::nullopt);
  EXPECT_EQ(cache->stats().damaged, 1u);
  cache->Put(KeyOf(1), VectorOf(1));
  EXPECT_EQ(*cache->Find(KeyOf(1)), VectorOf(1));
}

TEST_F(VectorCacheTest, HalfAWrittenRecordOfAKilledProcessIsCutAndTheRestStays) {
  {
    const auto cache = Open();
    for (int i = 0; i < 3; ++i) cache->Put(KeyOf(i), VectorOf(i));
  }
  const std::string path = Files()[0], whole = Must(ReadFile(path));
  const std::size_t record = (whole.size() - 8) / 3;
  for (std::size_t kept = 1; kept < record; kept += 5) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << whole.substr(0, whole.size() - kept);
    {
      const auto cache = Open();
      EXPECT_EQ(*cache->Find(KeyOf(1)), VectorOf(1));
      EXPECT_EQ(cache->Find(KeyOf(2)), std::nullopt);
      cache->Put(KeyOf(4), VectorOf(4));
    }
    const auto again = Open();
    EXPECT_EQ(*again->Find(KeyOf(1)), VectorOf(1)) << kept;
    EXPECT_EQ(*again->Find(KeyOf(4)), VectorOf(4)) << kept;
    EXPECT_EQ(Must(ReadFile(path)).size(), whole.size());
  }
}

TEST_F(VectorCacheTest, TwoAtOnceNeverWriteTheSameFile) {
  const auto one = Open(), other = Open();
  one->Put(KeyOf(1), VectorOf(1));
  other->Put(KeyOf(2), VectorOf(2));
  one->Put(KeyOf(3), VectorOf(3));
  EXPECT_EQ(Files().size(), 2u);
  const auto third = Open();
  for (int i = 1; i <= 3; ++i) EXPECT_EQ(*third->Find(KeyOf(i)), VectorOf(i)) << i;
}

TEST_F(VectorCacheTest, AFileThatIsNoneOfItsOwnIsTakenAway) {
  std::filesystem::create_directories(PathOf("vectors"));
  std::ofstream(PathOf("vectors/0.vectors")) << "something else";
  const auto cache = Open();
  cache->Put(KeyOf(1), VectorOf(1));
  EXPECT_EQ(*cache->Find(KeyOf(1)), VectorOf(1));
  EXPECT_FALSE(std::filesystem::exists(PathOf("vectors/0.vectors")));
}

TEST_F(VectorCacheTest, ADirectoryThatCannotBeMadeIsSaidOnceAndChangesNothing) {
  std::ofstream(PathOf("vectors")) << "a file where the directory should be";
  const auto cache = Open();
  for (int i = 0; i < 3; ++i) cache->Put(KeyOf(i), VectorOf(i));
  EXPECT_EQ(cache->Find(KeyOf(1)), std::nullopt);
  EXPECT_THAT(said_, testing::HasSubstr("goes on without it"));
  EXPECT_EQ(said_.find("goes on without it"), said_.rfind("goes on without it"));
}

}  // namespace
}  // namespace lakehouse::embed
