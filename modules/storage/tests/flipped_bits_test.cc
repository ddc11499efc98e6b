#include "storage_testing/flipped_bits.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "bucket_record.h"
#include "lakehouse/base/file.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/storage/append_log.h"
#include "lakehouse/storage/bucket_store.h"
#include "lakehouse/storage/error_archive.h"
#include "lakehouse/storage/memory_object_store.h"
#include "lakehouse/storage/object_cache.h"
#include "lakehouse/storage/quarantine.h"
#include "lakehouse/storage/sealed_json.h"
#include "storage_testing/faulty_object_store.h"
#include "storage_testing/matchers.h"

// One flipped bit at every octet of one object of each kind that this room writes: always noticed, never handed on.
namespace lakehouse::storage {
namespace {

class FlippedBits : public testing::Test {
 protected:
  std::string Octets(const std::string& key) { return memory_.Get({}, key, {}).Take(); }
  void Put(const std::string& key, const std::string& octets) { ASSERT_THAT(memory_.Put({}, key, octets), Succeeds()); }
  std::string OnlyKeyUnder(const std::string& prefix) {
    const ListPage page = memory_.List({}, prefix, "", kMaxListPage).Take();
    EXPECT_EQ(page.objects.size(), 1U);
    return page.objects.at(0).key;
  }
  std::unique_ptr<BucketStore> Lake() {
    return BucketStore::Make({.primary = std::make_unique<FaultyObjectStore>(memory_),
                              .open = [this](const Context&, const BucketRecord&, bool) -> Result<std::unique_ptr<ObjectStore>> {
                                return std::unique_ptr<ObjectStore>(std::make_unique<FaultyObjectStore>(bucket_));
                              },
                              .log = log_},
                             {.reopen_ms = 0});
  }

  MemoryObjectStore memory_, bucket_;
  Log log_{"test", LogLevel::kError, [](std::string_view) {}};
  Metrics metrics_;
  ErrorJournal errors_;
};

TEST_F(FlippedBits, OfAnAppendLogAreFoundWithTheirOffsetAndNoOtherTextIsRead) {
  AppendLogWriter writer(memory_, "_logs/things/");
  ASSERT_THAT(writer.Append({}, {"one", "two", "three"}), Succeeds());
  const std::string key = OnlyKeyUnder("_logs/things/");
  EXPECT_TRUE(*CheckLogObject(key, Octets(key)));
  ForEachFlippedBit(Octets(key), [&](std::size_t at, const std::string& flipped) {
    EXPECT_THAT(CheckLogObject(key, flipped), FailsWith(ErrorCode::kCorruption)) << at;
    Put(key, flipped);
    AppendLogReader reader(memory_, "_logs/things/");
    ASSERT_THAT(reader.Refresh({}), Succeeds());
    ASSERT_FALSE(reader.damages().empty()) << at;
    EXPECT_LE(reader.damages()[0].offset, at);
    for (const LoggedRecord& record : reader.records()) EXPECT_THAT(record.text, testing::AnyOf("one", "two", "three")) << at;
  });
}

TEST_F(FlippedBits, OfAPackOfALogAreFound) {
  AppendLogWriter writer(memory_, "_logs/things/");
  for (const char* text : {"one", "two", "three"}) ASSERT_THAT(writer.Append({}, {text, "more"}), Succeeds());
  ASSERT_THAT(CompactAppendLog({}, memory_, "_logs/things/"), Succeeds());
  const std::string key = OnlyKeyUnder("_logs/things/");
  EXPECT_TRUE(*CheckLogObject(key, Octets(key)));
  ForEachFlippedBit(Octets(key), [&](std::size_t at, const std::string& flipped) {
    EXPECT_THAT(CheckLogObject(key, flipped), FailsWith(ErrorCode::kCorruption)) << at;
  });
  for (const char* key_of_none : {"", "/", "a", "_logs/x", "datasets/a/data/1-a.parquet", "_logs/journal/1-2.parquet"})
    EXPECT_FALSE(*CheckLogObject(key_of_none, "octets")) << key_of_none;
}

TEST_F(FlippedBits, OfTheErrorJournalAreToldWithTheRestOfIt) {
  const ErrorArchive::Options by_hand{.flush_interval_ms = 3'600'000};
  std::vector<std::string> written;
  {
    ErrorArchive archive(errors_, memory_, log_, by_hand);
    for (int i = 0; i < 3; ++i) {
      errors_.Record({}, "ingestd", "workers" + std::to_string(i), Error(ErrorCode::kUnavailable, "no room").Named("disk_full"));
      written.push_back("workers" + std::to_string(i));
    }
  }
  const std::string key = OnlyKeyUnder("_errors/");
  ForEachFlippedBit(Octets(key), [&](std::size_t at, const std::string& flipped) {
    Put(key, flipped);
    ErrorJournal later;
    ErrorArchive archive(later, memory_, log_, by_hand);
    const auto found = archive.Find({}, {});
    EXPECT_FALSE(found.damages.empty()) << at;
    for (const ErrorRecord& record : found.records) EXPECT_THAT(written, testing::Contains(record.object)) << at;
  });
}

TEST_F(FlippedBits, OfTheRecordTheOwnerOrTheMarkOfABucketShutIt) {
  ASSERT_THAT(Lake()->CreateBucket({}, {.name = "archive", .url = "s3://company/lake", .region = "eu-west-3"}), Succeeds());
  ASSERT_THAT(Lake()->PutIfAbsent({}, "_buckets/archive/a", "octets"), Succeeds());
  const auto none_is_taken = [&](MemoryObjectStore& store, const std::string& key) {
    const std::string whole = store.Get({}, key, {}).Take();
    ForEachFlippedBit(whole, [&](std::size_t at, const std::string& flipped) {
      ASSERT_THAT(store.Put({}, key, flipped), Succeeds());
      const auto lake = Lake();
      EXPECT_FALSE(lake->Get({}, "_buckets/archive/a", {})) << key << " at " << at;
      EXPECT_FALSE(lake->PutIfAbsent({}, "_buckets/archive/b", "octets")) << key << " at " << at;
    });
    ASSERT_THAT(store.Put({}, key, whole), Succeeds());
  };
  none_is_taken(memory_, RecordKeyOf("archive"));
  none_is_taken(memory_, kOwnerKey);
  none_is_taken(bucket_, kBucketMarkerKey);
  EXPECT_THAT(Lake()->PutIfAbsent({}, "_buckets/archive/b", "octets"), Succeeds()) << "nothing of all that was put there";
}

TEST_F(FlippedBits, RecordsAndOwnersFromBeforeSealsAreRead) {
  EXPECT_THAT(DecodeBucketOwner("01890000-0000-7000-8000-000000000001"), Succeeds());
  EXPECT_THAT(DecodeBucketRecord("a", R"({"name":"a","url":"/x","endpoint":"","region":"","style":"","ca_file":"","single_writer":false,)"
                                      R"("secret":"","created_micros":5})"),
              Succeeds());
}

TEST_F(FlippedBits, OfAMarkOfTheQuarantineMakeItNone) {
  Quarantine quarantine(memory_, errors_, log_);
  quarantine.Mark({}, {"datasets/a/data/1", 5, Sha256Hex("hello"), 4, Sha256Hex("hell"), 0});
  const std::string key = OnlyKeyUnder(std::string(kQuarantinePrefix));
  ForEachFlippedBit(Octets(key), [&](std::size_t at, const std::string& flipped) {
    Put(key, flipped);
    Quarantine later(memory_, errors_, log_);
    ASSERT_THAT(later.Load({}), Succeeds());
    EXPECT_TRUE(later.List().empty()) << at;
  });
}

TEST_F(FlippedBits, OfAFileThatAManifestNamesAreNeverHandedOut) {
  std::string octets(4096, '\0');  // of data, position deletes, rejects, embeddings: all of them come through the cache
  std::generate(octets.begin(), octets.end(), [n = 0U]() mutable { return static_cast<char>((n = n * 1'103'515'245U + 12'345U) >> 16U); });
  const auto directory = TemporaryDirectory::Create(testing::TempDir(), "flipped-").Take();
  const auto cache = ObjectCache::Open(memory_, {.directory = directory.path()}, metrics_, log_).Take();
  const ExpectedObject wanted{"datasets/a/data/1-a.parquet", 4096, Sha256Hex(octets)};
  ForEachFlippedBit(octets, [&](std::size_t at, const std::string& flipped) {
    Put(wanted.key, flipped);
    const auto file = cache->Fetch({}, wanted);
    ASSERT_FALSE(file) << at;
    EXPECT_EQ(file.error().reason(), "corrupt_object");
  });
  Put(wanted.key, octets);
  EXPECT_THAT(cache->Fetch({}, wanted), Succeeds());
}

}  // namespace
}  // namespace lakehouse::storage
