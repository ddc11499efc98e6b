#include "storage_testing/flipped_bits.h"

#include <gmock/gmock.h>

#include "catalog_testing/test_lake.h"
#include "checkpoint.h"
#include "gc_boundary.h"
#include "lakehouse/base/file.h"
#include "lakehouse/catalog/fsck.h"
#include "lakehouse/engine/parquet_table.h"
#include "record.h"
#include "segment.h"

// One flipped bit at every octet of one object of each kind that this room writes, Parquet where it is Parquet: always noticed, never
// handed on, never a crash.
namespace lakehouse::catalog {
namespace {

class FlippedBitsOfALake : public testing::Test {
 protected:
  FlippedBitsOfALake() {
    lake_.codec = MakeParquetTableCodec(*tables_);
    auto options = TestLake::QuietOptions();
    options.checkpoint_records = 1;
    const auto catalog = lake_.Open(options).Take();
    const DataFile file = PutTestFile(store(), "datasets/a/data/1-a.parquet", 5);
    EXPECT_TRUE(catalog->Commit({}, CreateOf("a", {file})));
    CommitRequest tag;
    tag.tags.push_back({"a", "first", 1, {}});
    EXPECT_TRUE(catalog->Commit({}, tag));
    EXPECT_TRUE(catalog->Maintain({}));
  }
  storage::ObjectStore& store() { return *lake_.store; }
  std::vector<std::string> KeysUnder(const std::string& prefix) {
    std::vector<std::string> keys;
    const auto page = store().List({}, prefix, "", storage::kMaxListPage).Take();
    for (const storage::ObjectInfo& object : page.objects) keys.push_back(object.key);
    return keys;
  }
  /// Puts every flipped form of the object into the store, and in the end the whole one.
  void WithEachFlip(const std::string& key, const std::function<void(std::size_t at)>& check) {
    const std::string whole = store().Get({}, key).Take();
    EXPECT_LE(whole.size(), 8'192U);
    storage::ForEachFlippedBit(whole, [&](std::size_t at, const std::string& flipped) {
      ASSERT_TRUE(store().Put({}, key, flipped));
      check(at);
    });
    ASSERT_TRUE(store().Put({}, key, whole));
  }
  Result<std::unique_ptr<LocalCatalog>> Follow() {
    auto options = TestLake::QuietOptions();
    options.may_write = false;
    return lake_.Open(options);
  }
  void RemoveCheckpoints() {
    for (const std::string& key : KeysUnder("_catalog/checkpoint/")) ASSERT_TRUE(store().Delete({}, key));
  }

  TemporaryDirectory directory_ = TemporaryDirectory::Create(testing::TempDir(), "flipped").Take();
  std::unique_ptr<engine::ParquetTables> tables_ = engine::ParquetTables::Open({directory_.path()}).Take();
  TestLake lake_;
};

TEST_F(FlippedBitsOfALake, OfARecordNoLakeIsOpenedWith) {
  RemoveCheckpoints();
  for (const std::string& key : KeysUnder("_catalog/log/"))
    WithEachFlip(key, [&](std::size_t at) {
      const auto opened = Follow();
      ASSERT_FALSE(opened) << key << " at " << at;
      EXPECT_EQ(opened.error().code(), ErrorCode::kCorruption) << key << " at " << at;
    });
  EXPECT_TRUE(Follow());
}

TEST_F(FlippedBitsOfALake, OfTheFormatNoLakeIsOpened) {
  WithEachFlip("_catalog/format.json", [&](std::size_t at) {
    EXPECT_FALSE(lake_.Open()) << at;
    EXPECT_FALSE(Follow()) << at;
  });
  EXPECT_TRUE(Follow());
}

TEST_F(FlippedBitsOfALake, OfTheBoundaryNobodyBelieves) {
  ASSERT_TRUE(store().Put({}, std::string(kBoundaryKey), EncodeBoundary(3000)));
  WithEachFlip(std::string(kBoundaryKey),
               [&](std::size_t at) { EXPECT_FALSE(DecodeBoundary(store().Get({}, std::string(kBoundaryKey)).Take())) << at; });
}

TEST_F(FlippedBitsOfALake, OfACheckpointOrItsPartsArePassedOverWithAWord) {
  CheckpointStore checkpoints(store(), *lake_.codec, {});
  ASSERT_EQ(checkpoints.List({})->size(), 1U);
  for (const std::string& key : KeysUnder("_catalog/checkpoint/"))
    WithEachFlip(key, [&](std::size_t at) {
      const auto loaded = checkpoints.LoadNewest({});
      ASSERT_TRUE(loaded);
      EXPECT_EQ(loaded->damaged.size(), 1U) << key << " at " << at;
      EXPECT_EQ(loaded->state.head().sequence, 0) << key << " at " << at;
    });
  EXPECT_GT(checkpoints.LoadNewest({})->state.head().sequence, 0);
}

TEST_F(FlippedBitsOfALake, OfASegmentNoRecordIsRead) {
  std::vector<std::string> records;
  for (const std::string& key : KeysUnder("_catalog/log/")) records.push_back(store().Get({}, key).Take());
  const std::string octets = EncodeSegment({}, *lake_.codec, 1, records).Take();
  const SegmentName name{1, static_cast<std::int64_t>(records.size()), Sha256Hex(octets)};
  EXPECT_EQ(DecodeSegment({}, *lake_.codec, name, octets).Take(), records);
  EXPECT_LE(octets.size(), 8'192U);
  storage::ForEachFlippedBit(
      octets, [&](std::size_t at, const std::string& flipped) { EXPECT_FALSE(DecodeSegment({}, *lake_.codec, name, flipped)) << at; });
}

TEST_F(FlippedBitsOfALake, OfAManifestNoFileIsNamed) {
  auto options = TestLake::QuietOptions();
  options.may_write = false;
  options.manifest_cache_bytes = 0;
  const auto catalog = lake_.Open(options).Take();
  ASSERT_TRUE(catalog->Resolve({}, {{{"a", {}}}}));
  WithEachFlip(KeysUnder("datasets/a/manifest/").at(0), [&](std::size_t at) {
    const auto resolved = catalog->Resolve({}, {{{"a", {}}}});
    ASSERT_FALSE(resolved) << at;
    EXPECT_EQ(resolved.error().code(), ErrorCode::kCorruption) << at;
  });
}

TEST_F(FlippedBitsOfALake, OfAnyObjectOfTheLakeFsckFinds) {
  ASSERT_TRUE(RunFsck({}, store(), *lake_.codec, {FsckLevel::kDigests, false})->findings.empty());
  for (const std::string& key : KeysUnder("")) {
    const std::string whole = store().Get({}, key).Take();
    for (std::size_t at = 0; at < whole.size(); at += 97) {
      std::string flipped = whole;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << (at % 8)));
      ASSERT_TRUE(store().Put({}, key, flipped));
      EXPECT_FALSE(RunFsck({}, store(), *lake_.codec, {FsckLevel::kDigests, false})->IsClean()) << key << " at " << at;
    }
    ASSERT_TRUE(store().Put({}, key, whole));
  }
}

}  // namespace
}  // namespace lakehouse::catalog
