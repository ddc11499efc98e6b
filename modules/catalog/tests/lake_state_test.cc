#include "lake_state.h"

#include <gmock/gmock.h>

#include <random>

#include "catalog_testing/plain_table_codec.h"
#include "checkpoint.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/catalog/dataset_name.h"
#include "lakehouse/catalog/schema.h"

namespace lakehouse::catalog {
namespace {

/// Makes records that continue a state.
class RecordMaker {
 public:
  LakeState state;

  CommitRecord Next(std::vector<ChangeRecord> changes, std::optional<IdempotencyRecord> idempotency = {}) {
    const LogHead& head = state.head();
    CommitRecord record;
    record.header = {head.sequence + 1, head.sha256, std::max<std::int64_t>(head.epoch, 1), head.time_micros + 10};
    if (head.epoch == 0) changes.insert(changes.begin(), Epoch());
    record.txns.push_back({"commit-" + std::to_string(record.header.seq), "user:ann", std::move(idempotency), std::move(changes), {}});
    return record;
  }
  void MustApply(std::vector<ChangeRecord> changes, std::optional<IdempotencyRecord> idempotency = {}) {
    const CommitRecord record = Next(std::move(changes), std::move(idempotency));
    const auto applied = state.Apply(record, Digest(record.header.seq));
    ASSERT_TRUE(applied) << applied.error().ToString();
  }
  static std::string Digest(std::int64_t seed) {
    std::string digest = std::to_string(seed);
    return digest + std::string(64 - digest.size(), '0');
  }
  static ChangeRecord Epoch() {
    ChangeRecord change;
    change.epoch = EpochRecord{"lake-1", "test"};
    return change;
  }
  static ChangeRecord Snapshot(const std::string& dataset, std::int64_t version, bool with_schema, std::int32_t schema_id = 0) {
    ChangeRecord change;
    change.snapshot = SnapshotRecord{};
    change.snapshot->dataset = dataset;
    change.snapshot->version = version;
    change.snapshot->schema_id = schema_id;
    change.snapshot->rows = version;
    if (with_schema) change.snapshot->schema = CompleteSchema({{{"id", "BIGINT", 0, {}}}, ""});
    return change;
  }
  static ChangeRecord Drop(const std::string& dataset, std::int64_t version) {
    ChangeRecord change;
    change.drop = DropRecord{dataset, version};
    return change;
  }
};

TEST(LakeState, FollowsTheChainOnly) {
  RecordMaker maker;
  maker.MustApply({});
  const auto fails = [&](auto mend) {
    CommitRecord record = maker.Next({});
    mend(record);
    const auto prepared = maker.state.Prepare(record, RecordMaker::Digest(2));
    return !prepared && prepared.error().code() == ErrorCode::kCorruption;
  };
  EXPECT_TRUE(fails([](CommitRecord& r) { r.header.seq = 3; }));
  EXPECT_TRUE(fails([](CommitRecord& r) { r.header.seq = 1; }));
  EXPECT_TRUE(fails([](CommitRecord& r) { r.header.prev_sha256 = RecordMaker::Digest(9); }));
  EXPECT_TRUE(fails([](CommitRecord& r) { r.header.time -= 10; }));
  EXPECT_TRUE(fails([](CommitRecord& r) { r.header.epoch = 0; }));
  EXPECT_TRUE(fails([](CommitRecord& r) { r.header.epoch = 2; })) << "an epoch needs its record";
  EXPECT_TRUE(fails([](CommitRecord& r) {
    r.header.epoch = 3;
    r.txns[0].changes.push_back(RecordMaker::Epoch());
  })) << "epochs rise by one";
  EXPECT_FALSE(fails([](CommitRecord&) {}));
}

TEST(LakeState, StaysAsItWasWhenARecordContradictsIt) {
  RecordMaker maker;
  maker.MustApply({RecordMaker::Snapshot("a", 1, true)});
  const CommitRecord wrong = maker.Next({RecordMaker::Snapshot("b", 1, true), RecordMaker::Snapshot("a", 3, false)});
  EXPECT_FALSE(maker.state.Apply(wrong, RecordMaker::Digest(2)));
  EXPECT_EQ(maker.state.head().sequence, 1);
  EXPECT_EQ(maker.state.Find("b"), nullptr);
  EXPECT_FALSE(maker.state.Apply(maker.Next({RecordMaker::Snapshot("c", 1, false)}), RecordMaker::Digest(2)))
      << "a first snapshot needs a schema";
  EXPECT_FALSE(maker.state.Apply(maker.Next({RecordMaker::Drop("a", 2)}), RecordMaker::Digest(2)));
  EXPECT_FALSE(maker.state.Apply(maker.Next({RecordMaker::Drop("b", 1)}), RecordMaker::Digest(2)));
}

TEST(LakeState, KeepsAThousandSnapshotsAndKnowsWhereAllBegan) {
  RecordMaker maker;
  constexpr std::int64_t kVersions = 2500;
  for (std::int64_t version = 1; version <= kVersions; ++version) maker.MustApply({RecordMaker::Snapshot("a", version, version == 1)});
  const DatasetRef dataset = maker.state.Find("A");
  EXPECT_EQ(dataset->recent.size(), kRecentSnapshots);
  EXPECT_EQ(dataset->FindRecent(kVersions - 1000), nullptr);
  EXPECT_EQ(dataset->FindRecent(kVersions - 999)->version, kVersions - 999);
  for (std::int64_t version : {1L, 999L, 1000L, 1001L, 2500L}) {
    const auto point = dataset->points.FindVersion(version);
    ASSERT_TRUE(point) << version;
    EXPECT_EQ(point->sequence, version);
    EXPECT_EQ(dataset->points.FindAtSequence(version)->version, version);
    EXPECT_EQ(dataset->points.FindAtTime(point->time_micros)->version, version);
    EXPECT_EQ(dataset->points.FindAtTime(point->time_micros + 9)->version, version);
  }
  EXPECT_FALSE(dataset->points.FindVersion(2501));
  EXPECT_FALSE(dataset->points.FindVersion(0));
  EXPECT_FALSE(dataset->points.FindAtTime(9));
}

TEST(LakeState, KeepsWhatAReaderHolds) {
  RecordMaker maker;
  maker.MustApply({RecordMaker::Snapshot("a", 1, true)});
  const DatasetRef held = maker.state.Find("a");
  maker.MustApply({RecordMaker::Snapshot("a", 2, false)});
  maker.MustApply({RecordMaker::Drop("a", 2)});
  EXPECT_EQ(held->head().version, 1);
  EXPECT_FALSE(held->dropped);
  EXPECT_EQ(maker.state.live_datasets(), 0);
}

TEST(IdempotencyWindow, ForgetsAfterAHundredThousandTransactions) {
  IdempotencyWindow window;
  const auto key = [](int i) { return IdempotencyRecord{"key-" + std::to_string(i), "digest", 200, {}}; };
  window.Add(1, 0, "ann", key(0));
  const auto first = IdempotencyWindow::KeyOf("ann", "key-0");
  for (std::int64_t i = 1; i < IdempotencyWindow::kTransactions; ++i) window.Add(1 + i, 0, "ann", std::nullopt);
  ASSERT_NE(window.Find(first), nullptr);
  EXPECT_EQ(window.Find(first)->sequence, 1);
  EXPECT_EQ(window.Find(IdempotencyWindow::KeyOf("bob", "key-0")), nullptr);
  window.Add(200'000, 0, "ann", std::nullopt);
  EXPECT_EQ(window.Find(first), nullptr);
}

/// Random lakes: what a checkpoint keeps is all there is.
TEST(LakeState, ComesBackFromACheckpointAsItWas) {
  const auto seed = std::random_device()();
  std::mt19937 random(seed);
  RecordMaker maker;
  PlainTableCodec codec;
  for (int i = 0; i < 400; ++i) {
    const std::string name = "d" + std::to_string(random() % 5);
    const DatasetRef dataset = maker.state.Find(name);
    const std::int64_t head = dataset ? dataset->head().version : 0;
    std::optional<IdempotencyRecord> key;
    if (random() % 2 == 0) key = IdempotencyRecord{"key-" + std::to_string(i), std::to_string(random()), 200, {}};
    const bool fresh_schema = !dataset || dataset->dropped;
    const auto schemas = static_cast<std::int32_t>(dataset ? dataset->schemas.size() : 0);
    if (dataset && !dataset->dropped && random() % 8 == 0)
      maker.MustApply({RecordMaker::Drop(name, head)}, key);
    else
      maker.MustApply({RecordMaker::Snapshot(name, head + 1, fresh_schema, fresh_schema ? schemas : dataset->head().schema_id)}, key);
  }
  std::map<std::string, std::string> parts;
  const auto keep = [&](const ObjectRef& part, std::string_view rows) -> Status { return parts[part.key] = rows, Ok{}; };
  const std::string octets = EncodeCheckpoint({}, codec, maker.state, keep).Take();
  const CheckpointName name{maker.state.head().sequence, Sha256Hex(octets)};
  auto restored =
      DecodeCheckpoint({}, codec, name, octets, [&](const ObjectRef& part) -> Result<std::string> { return parts.at(part.key); });
  ASSERT_TRUE(restored) << restored.error().ToString() << " seed " << seed;
  EXPECT_EQ(EncodeCheckpoint({}, codec, *restored, keep).Take(), octets) << "seed " << seed;
  EXPECT_EQ(restored->live_datasets(), maker.state.live_datasets());
  EXPECT_EQ(restored->head().sha256, maker.state.head().sha256);
  for (const auto& entry : maker.state.idempotency().entries()) EXPECT_NE(restored->idempotency().Find(entry.key), nullptr);
  // And goes on as the original does.
  const CommitRecord next = maker.Next({RecordMaker::Snapshot("new", 1, true)});
  EXPECT_TRUE(restored->Apply(next, RecordMaker::Digest(1)));
}

TEST(DatasetName, GivesThePredecessorsId) {
  EXPECT_EQ(DatasetIdOf("workers"), DatasetIdOf("workers"));
  EXPECT_NE(DatasetIdOf("workers"), DatasetIdOf("clients"));
}

TEST(DatasetName, FindsTheNearest) {
  NearestName nearest("wrokers");
  for (const char* name : {"clients", "workers", "worker_notes"}) nearest.Consider(name);
  EXPECT_EQ(nearest.best(), "workers");
  NearestName far("zzz");
  far.Consider("workers");
  EXPECT_FALSE(far.best());
}

TEST(Schema, FingerprintRestsOnNamesTypesAndOrder) {
  const std::vector<Column> columns = {{"a", "BIGINT", 1, {}}, {"b", "VARCHAR", 2, {}}};
  EXPECT_EQ(FingerprintOf(columns), FingerprintOf({{"a", "BIGINT", 7, "email"}, {"b", "VARCHAR", 8, {}}}));
  EXPECT_NE(FingerprintOf(columns), FingerprintOf({columns[1], columns[0]}));
  EXPECT_NE(FingerprintOf({{"ab", "c", 1, {}}}), FingerprintOf({{"a", "bc", 1, {}}}));
}

TEST(Schema, RefusesColumnsThatCannotBeToldApart) {
  EXPECT_FALSE(CheckSchema({{{"a", "BIGINT", 1, {}}, {"A", "BIGINT", 2, {}}}, ""}));
  EXPECT_FALSE(CheckSchema({{{"a", "BIGINT", 1, {}}, {"b", "BIGINT", 1, {}}}, ""}));
  EXPECT_FALSE(CheckSchema({{{"", "BIGINT", 1, {}}}, ""}));
  EXPECT_FALSE(CheckSchema({{{"a", "", 1, {}}}, ""}));
  EXPECT_FALSE(CheckSchema({{{"a", "BIGINT", 1, {}}}, "another fingerprint"}));
  EXPECT_TRUE(CheckSchema({{{"a", "BIGINT", 0, {}}, {"b", "BIGINT", 0, {}}}, ""}));
}

TEST(Schema, NumbersTheColumnsThatHaveNoId) {
  const Schema schema = CompleteSchema({{{"a", "BIGINT", 5, {}}, {"b", "BIGINT", 0, {}}}, ""});
  EXPECT_EQ(schema.columns[0].field_id, 5);
  EXPECT_EQ(schema.columns[1].field_id, 6);
}

TEST(Schema, SaysWhatMoved) {
  const Schema from = CompleteSchema({{{"a", "BIGINT", 0, {}}, {"b", "BIGINT", 0, {}}}, ""});
  const Schema to = CompleteSchema({{{"b", "BIGINT", 0, {}}, {"a", "BIGINT", 0, {}}}, ""});
  const auto differences = CompareSchemas(from, to);
  ASSERT_EQ(differences.size(), 2U);
  EXPECT_EQ(differences[0].change, "moved");
}

}  // namespace
}  // namespace lakehouse::catalog
