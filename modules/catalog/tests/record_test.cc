#include "record.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "catalog_testing/plain_table_codec.h"
#include "checkpoint.h"
#include "gc_boundary.h"
#include "lake_format.h"
#include "lakehouse/base/file.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/base/json_view.h"
#include "manifest.h"

namespace lakehouse::catalog {
namespace {

/// A transaction that uses every part of the format.
Transaction FullTransaction() {
  SnapshotRecord snapshot;
  snapshot.dataset = "workers";
  snapshot.version = 1;
  snapshot.operation = Operation::kCreate;
  snapshot.schema = Schema{{{"id", "BIGINT", 1, {}}, {"e-mail", "VARCHAR", 2, "email"}}, std::string(64, 'f')};
  snapshot.rows = 100'000;
  snapshot.size_bytes = 5'000'000;
  snapshot.file_count = 2;
  snapshot.manifest = ObjectRef{"datasets/workers/manifest/1-x.parquet", 4096, std::string(64, 'a')};
  snapshot.summary = {{"source", "Löhne \"2026\".csv"}, {"job", "7"}};
  snapshot.attributes = {{"owner", "ann"}};
  Transaction transaction;
  transaction.commit_id = "019a0000-0000-7000-8000-000000000001";
  transaction.principal = "user:ann";
  transaction.idempotency = IdempotencyRecord{"key-1", std::string(64, 'b'), 200, RecordedResponse{{{"workers", 1, 100'000}}}};
  transaction.changes.resize(6);
  transaction.changes[0].snapshot = snapshot;
  transaction.changes[1].drop = DropRecord{"clients", 3};
  transaction.changes[2].epoch = EpochRecord{"8f0f7a52-0000-4000-8000-000000000000", "host:1"};
  transaction.changes[3].condemned = KeysRecord{{"datasets/clients/data/1.parquet"}};
  transaction.changes[4].deleted = KeysRecord{{"datasets/clients/data/0.parquet"}};
  transaction.changes[5].erased = KeysRecord{{"datasets/workers/data/0.parquet"}};
  transaction.events.push_back({"dataset:workers", "ingest.create", {{"rows_in", "100003"}, {"rejected", "3"}}});
  return transaction;
}

std::string FullRecord() {
  const std::string json = EncodeTransaction(FullTransaction()).Take();
  return AssembleRecord({42, std::string(64, 'c'), 7, 1'700'000'000'123'456}, std::span(&json, 1));
}

/// Compares with the file beside the tests; LH_ACCEPT=1 writes it.
void ExpectGolden(const std::string& name, const std::string& octets) {
  const std::string path = std::string(LAKEHOUSE_CATALOG_GOLDEN) + "/" + name;
  if (std::getenv("LH_ACCEPT") != nullptr) {
    std::ofstream(path, std::ios::binary) << octets;
    GTEST_SKIP() << "wrote " << path;
  }
  const auto expected = ReadFile(path);
  ASSERT_TRUE(expected) << expected.error().ToString();
  EXPECT_EQ(octets, *expected) << "the format changed: old lakes must stay readable";
}

TEST(Record, HasTheseBytes) { ExpectGolden("commit-record.json", FullRecord()); }
TEST(Record, FormatHasTheseBytes) { ExpectGolden("format.json", EncodeFormat({"8f0f7a52-0000-4000-8000-000000000000", 1})); }
TEST(Record, BoundaryHasTheseBytes) { ExpectGolden("gc.boundary", EncodeBoundary(3000)); }

TEST(Record, IsCanonicalJson) {
  const std::string octets = FullRecord();
  const auto canonical = CanonicalJson(octets);
  ASSERT_TRUE(canonical);
  EXPECT_EQ(octets, *canonical);
}

TEST(Record, ReadsBackWhatItWrote) {
  const std::string octets = FullRecord();
  const auto record = DecodeRecord(octets);
  ASSERT_TRUE(record) << record.error().ToString();
  EXPECT_EQ(record->header.seq, 42);
  EXPECT_EQ(record->header.epoch, 7);
  ASSERT_EQ(record->txns.size(), 1U);
  EXPECT_EQ(EncodeTransaction(record->txns[0]).Take(), EncodeTransaction(FullTransaction()).Take());
  EXPECT_EQ(record->txns[0].changes[0].snapshot->summary.at("source"), "Löhne \"2026\".csv");
}

TEST(Record, NoticesEveryFlippedBit) {
  const std::string octets = FullRecord();
  for (std::size_t bit = 0; bit < octets.size() * 8; ++bit) {
    std::string flipped = octets;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    const auto record = DecodeRecord(flipped);
    ASSERT_FALSE(record) << "bit " << bit;
    ASSERT_EQ(record.error().code(), ErrorCode::kCorruption);
  }
}

TEST(Record, NoticesEveryCut) {
  const std::string octets = FullRecord();
  for (std::size_t length = 0; length < octets.size(); ++length)
    ASSERT_FALSE(DecodeRecord(std::string_view(octets).substr(0, length))) << length;
}

TEST(Record, RefusesAChangeThatIsTwoThings) {
  Transaction transaction = FullTransaction();
  transaction.changes[1].erased = KeysRecord{{"a"}};
  const std::string json = EncodeTransaction(transaction).Take();
  EXPECT_FALSE(DecodeRecord(AssembleRecord({1, kNoRecordSha256, 1, 1}, std::span(&json, 1))));
}

TEST(Record, LeavesALargeAnswerToTheChanges) {
  Transaction transaction;
  for (int i = 0; i < 200; ++i) {
    ChangeRecord change;
    change.snapshot = SnapshotRecord{};
    change.snapshot->dataset = "dataset_" + std::to_string(i);
    transaction.changes.push_back(std::move(change));
  }
  EXPECT_FALSE(RecordedResponseOf(transaction));
  transaction.changes.resize(3);
  EXPECT_TRUE(RecordedResponseOf(transaction));
}

TEST(Record, KeysSortAsTheirNumbers) {
  EXPECT_EQ(RecordKey(42), "_catalog/log/00000000000000000042.json");
  EXPECT_EQ(SequenceOfRecordKey(RecordKey(INT64_MAX)), INT64_MAX);
  EXPECT_FALSE(SequenceOfRecordKey("_catalog/log/42.json"));
  EXPECT_FALSE(SequenceOfRecordKey("_catalog/log/0000000000000000004x.json"));
  EXPECT_FALSE(SequenceOfRecordKey("_catalog/log/-0000000000000000042.json"));
}

TEST(Boundary, NoticesEveryFlippedBit) {
  const std::string octets = EncodeBoundary(3000);
  EXPECT_EQ(DecodeBoundary(octets).Take(), 3000);
  for (std::size_t bit = 0; bit < octets.size() * 8; ++bit) {
    std::string flipped = octets;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    ASSERT_FALSE(DecodeBoundary(flipped)) << "bit " << bit;
  }
}

TEST(Manifest, KeepsNullsBoundsAndContents) {
  PlainTableCodec codec;
  FileList files = {{FileContent::kData, "datasets/a/data/1", 10, std::string(64, 'a'), 5, {{1, 0, "-5", "7"}, {3, 5, {}, {}}}},
                    {FileContent::kPositionDeletes, "datasets/a/deletes/1", 11, std::string(64, 'b'), 2, {}}};
  const std::string octets = EncodeManifest({}, codec, files).Take();
  const auto read = DecodeManifest({}, codec, octets);
  ASSERT_TRUE(read) << read.error().ToString();
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ((*read)[1].content, FileContent::kPositionDeletes);
  ASSERT_EQ((*read)[0].statistics.size(), 2U);
  EXPECT_EQ((*read)[0].statistics[0].lower, "-5");
  EXPECT_EQ((*read)[0].statistics[1].null_count, 5);
  EXPECT_FALSE((*read)[0].statistics[1].upper);
  EXPECT_EQ(TotalsOf(*read).rows, 3);
}

}  // namespace
}  // namespace lakehouse::catalog
