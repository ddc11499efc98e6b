#pragma once
#include <gmock/gmock.h>

#include <functional>
#include <memory>
#include <ostream>
#include <thread>

#include "catalog_testing/test_lake.h"
#include "lakehouse/catalog/catalog.h"

/// The promises of catalog.h, for every implementation and topology. Include it in one .cc and say which:
///   INSTANTIATE_TEST_SUITE_P(Local, CatalogContract, testing::Values(CatalogTopology{"local", [] { ... }}));
namespace lakehouse::catalog {

/// An empty catalog and the store its files are in.
struct CatalogWorld {
  std::shared_ptr<Catalog> catalog;
  std::shared_ptr<storage::ObjectStore> store;
};
struct CatalogTopology {
  std::string name;
  std::function<CatalogWorld()> open;
  friend std::ostream& operator<<(std::ostream& out, const CatalogTopology& topology) { return out << topology.name; }
};

MATCHER_P(CatalogFailsWith, code, std::string(WireName(code))) {
  if (arg)
    *result_listener << "which is a value";
  else
    *result_listener << WireName(arg.error().code()) << ": " << arg.error().ToString();
  return !arg && arg.error().code() == code;
}

class CatalogContract : public testing::TestWithParam<CatalogTopology> {
 protected:
  CatalogWorld world_ = GetParam().open();
  Catalog& catalog_ = *world_.catalog;
  Context ann_{"user:ann", "trace-1", Deadline::After(60'000), {}};

  DataFile File(const std::string& key, std::int64_t rows) { return PutTestFile(*world_.store, key, rows, "octets of " + key); }
  CommitResponse MustCommit(const CommitRequest& request) {
    const auto committed = catalog_.Commit(ann_, request);
    if (!committed) ADD_FAILURE() << committed.error().ToString();
    return committed ? *committed : CommitResponse{};
  }
  /// workers, version 1: 10 rows in one file.
  void CreateWorkers() { MustCommit(CreateOf("workers", {File("datasets/workers/data/1", 10)})); }
  ResolvedTable MustResolve(const std::string& name, SnapshotSelector at = {}) {
    const auto resolved = catalog_.Resolve(ann_, {{{name, at}}});
    if (!resolved) ADD_FAILURE() << resolved.error().ToString();
    return resolved ? resolved->tables.at(0) : ResolvedTable{};
  }
  std::vector<std::string> KeysOf(const ResolvedTable& table) {
    std::vector<std::string> keys;
    for (const DataFile& file : table.files) keys.push_back(file.key);
    return keys;
  }
};

TEST_P(CatalogContract, StartsEmpty) {
  const auto list = catalog_.ListDatasets(ann_, {});
  ASSERT_TRUE(list);
  EXPECT_TRUE(list->datasets.empty());
  EXPECT_FALSE(list->more);
}

TEST_P(CatalogContract, ShowsACommitToTheNextReader) {
  DataFile file = File("datasets/workers/data/1", 10);
  file.statistics = {{1, 0, "1", "10"}, {2, 3, std::nullopt, "zoë \"the\" z\n"}};
  CommitRequest request = CreateOf("workers", {file});
  request.changes[0].summary = {{"source", "workers.csv"}};
  request.changes[0].attributes = {{"owner", "ann"}};
  const CommitResponse committed = MustCommit(request);
  ASSERT_EQ(committed.snapshots.size(), 1U);
  EXPECT_EQ(committed.snapshots[0].version, 1);
  EXPECT_EQ(committed.snapshots[0].rows, 10);
  EXPECT_FALSE(committed.replayed);

  const ResolvedTable table = MustResolve("workers");
  EXPECT_EQ(table.snapshot.version, 1);
  EXPECT_EQ(table.snapshot.sequence, committed.sequence);
  EXPECT_EQ(table.snapshot.time_micros, committed.time_micros);
  EXPECT_EQ(table.snapshot.operation, Operation::kCreate);
  EXPECT_EQ(table.snapshot.rows, 10);
  EXPECT_EQ(table.snapshot.principal, "user:ann");
  EXPECT_EQ(table.snapshot.summary.at("source"), "workers.csv");
  ASSERT_EQ(table.files.size(), 1U);
  EXPECT_EQ(table.files[0].key, file.key);
  EXPECT_EQ(table.files[0].sha256, file.sha256);
  EXPECT_EQ(table.files[0].size_bytes, file.size_bytes);
  ASSERT_EQ(table.files[0].statistics.size(), 2U);
  EXPECT_EQ(table.files[0].statistics[0].lower, "1");
  EXPECT_EQ(table.files[0].statistics[1].lower, std::nullopt);
  EXPECT_EQ(table.files[0].statistics[1].upper, "zoë \"the\" z\n");
  EXPECT_EQ(table.files[0].statistics[1].null_count, 3);
  ASSERT_EQ(table.snapshot.schema.columns.size(), 2U);
  EXPECT_EQ(table.snapshot.schema.columns[1].field_id, 2);

  const auto described = catalog_.Describe(ann_, {"workers", {}});
  ASSERT_TRUE(described);
  EXPECT_EQ(described->dataset.attributes.at("owner"), "ann");
  EXPECT_EQ(described->dataset.created_micros, committed.time_micros);
  EXPECT_EQ(described->dataset.id.size(), 36U);
  EXPECT_EQ(described->dataset.id[14], '5') << "a UUID of version 5";
}

TEST_P(CatalogContract, KeepsADatasetWithoutFiles) {
  MustCommit(CreateOf("workers", {}));
  const ResolvedTable table = MustResolve("workers");
  EXPECT_TRUE(table.files.empty());
  EXPECT_FALSE(table.snapshot.manifest);
}

TEST_P(CatalogContract, AppendsToAnyHeadAndReplacesAll) {
  CreateWorkers();
  MustCommit(ChangeOf("workers", Operation::kAppend, {File("datasets/workers/data/2", 5)}));
  EXPECT_EQ(MustResolve("workers").snapshot.rows, 15);
  MustCommit(ChangeOf("workers", Operation::kReplace, {File("datasets/workers/data/3", 7)}));
  const ResolvedTable table = MustResolve("workers");
  EXPECT_EQ(table.snapshot.version, 3);
  EXPECT_EQ(table.snapshot.rows, 7);
  EXPECT_EQ(KeysOf(table), std::vector<std::string>{"datasets/workers/data/3"});
}

TEST_P(CatalogContract, ComparesNamesWithoutCase) {
  MustCommit(CreateOf("Workers", {}));
  EXPECT_EQ(MustResolve("wORKERS").name, "Workers");
  EXPECT_THAT(catalog_.Commit(ann_, CreateOf("workers", {})), CatalogFailsWith(ErrorCode::kAlreadyExists));
}

TEST_P(CatalogContract, SubtractsDeletedRows) {
  CreateWorkers();
  DataFile deletes = File("datasets/workers/deletes/1", 4);
  deletes.content = FileContent::kPositionDeletes;
  MustCommit(ChangeOf("workers", Operation::kUpsert, {File("datasets/workers/data/2", 4), deletes}, 1));
  const ResolvedTable table = MustResolve("workers");
  EXPECT_EQ(table.snapshot.rows, 10);
  EXPECT_EQ(table.snapshot.file_count, 3);
  EXPECT_EQ(table.files[2].content, FileContent::kPositionDeletes);
}

TEST_P(CatalogContract, RefusesAnUpsertOnAnOldBase) {
  CreateWorkers();
  MustCommit(ChangeOf("workers", Operation::kAppend, {File("datasets/workers/data/2", 5)}));
  const auto late = catalog_.Commit(ann_, ChangeOf("workers", Operation::kUpsert, {File("datasets/workers/data/3", 1)}, 1));
  ASSERT_THAT(late, CatalogFailsWith(ErrorCode::kConflict));
  EXPECT_EQ(late.error().reason(), "base_moved");
  EXPECT_EQ(MustResolve("workers").snapshot.version, 2);
}

TEST_P(CatalogContract, RefusesAnUpsertWithoutABase) {
  CreateWorkers();
  EXPECT_THAT(catalog_.Commit(ann_, ChangeOf("workers", Operation::kUpsert, {})), CatalogFailsWith(ErrorCode::kInvalidArgument));
}

TEST_P(CatalogContract, CompactsWithoutLosingARow) {
  CreateWorkers();
  CommitRequest compact = ChangeOf("workers", Operation::kCompact, {File("datasets/workers/data/9", 10)}, 1);
  compact.changes[0].remove = {"datasets/workers/data/1"};
  CommitRequest lossy = compact;
  lossy.changes[0].add = {File("datasets/workers/data/8", 9)};
  EXPECT_THAT(catalog_.Commit(ann_, lossy), CatalogFailsWith(ErrorCode::kInvalidArgument));
  MustCommit(compact);
  EXPECT_EQ(KeysOf(MustResolve("workers")), std::vector<std::string>{"datasets/workers/data/9"});
}

TEST_P(CatalogContract, CommitsAllOfATransactionOrNothing) {
  CreateWorkers();
  CommitRequest both = ChangeOf("workers", Operation::kAppend, {File("datasets/workers/data/2", 5)});
  both.changes.push_back(ChangeOf("nowhere", Operation::kAppend, {}).changes[0]);
  EXPECT_THAT(catalog_.Commit(ann_, both), CatalogFailsWith(ErrorCode::kNotFound));
  EXPECT_EQ(MustResolve("workers").snapshot.version, 1);
  both.changes[1] = CreateOf("clients", {}).changes[0];
  const CommitResponse committed = MustCommit(both);
  EXPECT_EQ(committed.snapshots.size(), 2U);
  EXPECT_EQ(MustResolve("workers").snapshot.sequence, MustResolve("clients").snapshot.sequence);
}

TEST_P(CatalogContract, ExplainsASchemaConflictColumnByColumn) {
  CreateWorkers();
  CommitRequest other = ChangeOf("workers", Operation::kAppend, {});
  other.changes[0].schema = TestSchema({{"id", "VARCHAR"}, {"full_name", "VARCHAR"}, {"age", "INTEGER"}});
  const auto refused = catalog_.Commit(ann_, other);
  ASSERT_THAT(refused, CatalogFailsWith(ErrorCode::kAlreadyExists));
  EXPECT_EQ(refused.error().reason(), "schema_conflict");
  EXPECT_EQ(refused.error().details(), R"([{"column":"id","change":"retyped","from_type":"BIGINT","to_type":"VARCHAR"},)"
                                       R"({"column":"name → full_name","change":"renamed","from_type":"VARCHAR","to_type":"VARCHAR"},)"
                                       R"({"column":"age","change":"added","to_type":"INTEGER"}])");
}

TEST_P(CatalogContract, RefusesToCreateWhatExists) {
  CreateWorkers();
  const auto same = catalog_.Commit(ann_, CreateOf("workers", {}));
  ASSERT_THAT(same, CatalogFailsWith(ErrorCode::kAlreadyExists));
  EXPECT_EQ(same.error().reason(), "dataset_exists");
  const auto other = catalog_.Commit(ann_, CreateOf("workers", {}, TestSchema({{"x", "DOUBLE"}})));
  ASSERT_THAT(other, CatalogFailsWith(ErrorCode::kAlreadyExists));
  EXPECT_EQ(other.error().reason(), "schema_conflict");
}

TEST_P(CatalogContract, RefusesFilesThatAreNotInTheStore) {
  DataFile file{FileContent::kData, "datasets/workers/data/none", 5, std::string(64, 'a'), 1, {}};
  const auto refused = catalog_.Commit(ann_, CreateOf("workers", {file}));
  ASSERT_THAT(refused, CatalogFailsWith(ErrorCode::kInvalidArgument));
  EXPECT_EQ(refused.error().reason(), "missing_object");
  DataFile shorter = File("datasets/workers/data/1", 1);
  shorter.size_bytes += 1;
  EXPECT_THAT(catalog_.Commit(ann_, CreateOf("workers", {shorter})), CatalogFailsWith(ErrorCode::kInvalidArgument));
}

TEST_P(CatalogContract, RefusesBadNames) {
  for (const char* name : {"", "_hidden", "a.b", "a b", "système", "system", "SYSTEM_x", "information_schema", "a/b", "-a"})
    EXPECT_THAT(catalog_.Commit(ann_, CreateOf(name, {})), CatalogFailsWith(ErrorCode::kInvalidArgument)) << name;
  EXPECT_THAT(catalog_.Commit(ann_, CreateOf(std::string(129, 'a'), {})), CatalogFailsWith(ErrorCode::kInvalidArgument));
  MustCommit(CreateOf(std::string(128, 'a'), {}));
  MustCommit(CreateOf("2024-sales_eu", {}));
  MustCommit(CreateOf("systems", {}));
}

TEST_P(CatalogContract, NamesTheNearestDataset) {
  CreateWorkers();
  const auto missed = catalog_.Resolve(ann_, {{{"worker", {}}}});
  ASSERT_THAT(missed, CatalogFailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(missed.error().message(), testing::HasSubstr("the nearest name is \"workers\""));
}

TEST_P(CatalogContract, TravelsByVersionTimeAndSequence) {
  CreateWorkers();
  const CommitResponse second = MustCommit(ChangeOf("workers", Operation::kAppend, {File("datasets/workers/data/2", 5)}));
  EXPECT_EQ(MustResolve("workers", {.version = 1}).snapshot.rows, 10);
  EXPECT_EQ(MustResolve("workers", {.time_micros = second.time_micros}).snapshot.version, 2);
  EXPECT_EQ(MustResolve("workers", {.time_micros = second.time_micros - 1}).snapshot.version, 1);
  EXPECT_EQ(MustResolve("workers", {.sequence = second.sequence - 1}).snapshot.version, 1);
  EXPECT_THAT(catalog_.Resolve(ann_, {{{"workers", {.version = 3}}}}), CatalogFailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(catalog_.Resolve(ann_, {{{"workers", {.version = 0}}}}), CatalogFailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(catalog_.Resolve(ann_, {{{"workers", {.time_micros = 0}}}}), CatalogFailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(catalog_.Resolve(ann_, {{{"workers", {.sequence = second.sequence + 1}}}}), CatalogFailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(catalog_.Resolve(ann_, {{{"workers", {.version = 1, .sequence = 1}}}}), CatalogFailsWith(ErrorCode::kInvalidArgument));
}

TEST_P(CatalogContract, TimeRisesWithEveryCommit) {
  CreateWorkers();
  std::int64_t last = MustResolve("workers").snapshot.time_micros;
  for (int i = 0; i < 5; ++i) {
    const CommitResponse committed = MustCommit(ChangeOf("workers", Operation::kAppend, {}));
    EXPECT_GT(committed.time_micros, last);
    last = committed.time_micros;
  }
}

TEST_P(CatalogContract, DropsADatasetAndStillShowsItsPast) {
  CreateWorkers();
  CommitRequest drop;
  drop.drops = {"workers"};
  const CommitResponse dropped = MustCommit(drop);
  EXPECT_THAT(catalog_.Resolve(ann_, {{{"workers", {}}}}), CatalogFailsWith(ErrorCode::kNotFound));
  EXPECT_TRUE(catalog_.ListDatasets(ann_, {})->datasets.empty());
  EXPECT_EQ(MustResolve("workers", {.version = 1}).snapshot.rows, 10);
  EXPECT_THAT(catalog_.Resolve(ann_, {{{"workers", {.sequence = dropped.sequence}}}}), CatalogFailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(catalog_.Commit(ann_, drop), CatalogFailsWith(ErrorCode::kNotFound));

  // The name is free, even for another schema, and versions go on: a number never means two things.
  const CommitResponse again = MustCommit(CreateOf("workers", {}, TestSchema({{"x", "DOUBLE"}})));
  EXPECT_EQ(again.snapshots[0].version, 2);
  EXPECT_EQ(MustResolve("workers").snapshot.schema.columns[0].name, "x");
  EXPECT_EQ(MustResolve("workers", {.version = 1}).snapshot.schema.columns[0].name, "id");
}

TEST_P(CatalogContract, RestoresAnOldVersionAsANewOne) {
  CreateWorkers();
  MustCommit(ChangeOf("workers", Operation::kReplace, {File("datasets/workers/data/2", 5)}));
  CommitRequest restore = ChangeOf("workers", Operation::kRestore, {});
  restore.changes[0].restore_version = 1;
  EXPECT_EQ(MustCommit(restore).snapshots[0].version, 3);
  const ResolvedTable table = MustResolve("workers");
  EXPECT_EQ(table.snapshot.rows, 10);
  EXPECT_EQ(table.snapshot.operation, Operation::kRestore);
  EXPECT_EQ(KeysOf(table), std::vector<std::string>{"datasets/workers/data/1"});
  restore.changes[0].restore_version = 7;
  EXPECT_THAT(catalog_.Commit(ann_, restore), CatalogFailsWith(ErrorCode::kNotFound));
}

TEST_P(CatalogContract, RefusesToRestoreFilesThatAreGone) {
  CreateWorkers();
  MustCommit(ChangeOf("workers", Operation::kReplace, {File("datasets/workers/data/2", 5)}));
  ASSERT_TRUE(world_.store->Delete({}, "datasets/workers/data/1"));
  CommitRequest restore = ChangeOf("workers", Operation::kRestore, {});
  restore.changes[0].restore_version = 1;
  const auto refused = catalog_.Commit(ann_, restore);
  ASSERT_THAT(refused, CatalogFailsWith(ErrorCode::kUnprocessable));
  EXPECT_EQ(refused.error().reason(), "files_gone");
}

TEST_P(CatalogContract, BringsADroppedDatasetBack) {
  CreateWorkers();
  CommitRequest drop;
  drop.drops = {"workers"};
  MustCommit(drop);
  CommitRequest restore = ChangeOf("workers", Operation::kRestore, {});
  restore.changes[0].restore_version = 1;
  MustCommit(restore);
  EXPECT_EQ(MustResolve("workers").snapshot.rows, 10);
}

TEST_P(CatalogContract, GivesARetryTheFirstAnswer) {
  CommitRequest request = CreateOf("workers", {File("datasets/workers/data/1", 10)});
  request.idempotency = Idempotency{"key-1", "digest-1"};
  const CommitResponse first = MustCommit(request);
  const CommitResponse again = MustCommit(request);
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(again.commit_id, first.commit_id);
  EXPECT_EQ(again.sequence, first.sequence);
  EXPECT_EQ(again.snapshots.at(0).version, 1);
  EXPECT_EQ(MustResolve("workers").snapshot.version, 1);

  request.idempotency->request_sha256 = "digest-2";
  const auto other = catalog_.Commit(ann_, request);
  ASSERT_THAT(other, CatalogFailsWith(ErrorCode::kUnprocessable));
  EXPECT_EQ(other.error().reason(), "idempotency_mismatch");
}

TEST_P(CatalogContract, KeepsThePrincipalsKeysApart) {
  CommitRequest request = CreateOf("workers", {});
  request.idempotency = Idempotency{"key-1", "digest-1"};
  MustCommit(request);
  Context bob = ann_;
  bob.principal = "user:bob";
  CommitRequest other = CreateOf("clients", {});
  other.idempotency = Idempotency{"key-1", "digest-of-bob"};
  const auto committed = catalog_.Commit(bob, other);
  ASSERT_TRUE(committed) << committed.error().ToString();
  EXPECT_FALSE(committed->replayed);
}

TEST_P(CatalogContract, RefusesWhatARecordCannotHold) {
  CommitRequest request = CreateOf("workers", {});
  request.idempotency = Idempotency{"key\xff", "digest"};
  EXPECT_THAT(catalog_.Commit(ann_, request), CatalogFailsWith(ErrorCode::kInvalidArgument));
  request.idempotency.reset();
  request.changes[0].summary["text"] = std::string(20'000, 'x');
  EXPECT_THAT(catalog_.Commit(ann_, request), CatalogFailsWith(ErrorCode::kTooLarge));
  request.changes[0].summary.clear();
  for (int i = 0; i < 100; ++i) request.events.push_back({"entity", "kind", {{"text", std::string(15'000, 'x')}}});
  EXPECT_THAT(catalog_.Commit(ann_, request), CatalogFailsWith(ErrorCode::kTooLarge));
  request.events.clear();
  MustCommit(request);
}

TEST_P(CatalogContract, ForgetsNothingOfARefusedCommit) {
  CommitRequest request = ChangeOf("workers", Operation::kAppend, {});
  request.idempotency = Idempotency{"key-1", "digest-1"};
  EXPECT_THAT(catalog_.Commit(ann_, request), CatalogFailsWith(ErrorCode::kNotFound));
  MustCommit(CreateOf("workers", {}));
  EXPECT_FALSE(MustCommit(request).replayed) << "a refusal used the key up";
}

TEST_P(CatalogContract, ListsByPrefixInPages) {
  for (const char* name : {"b2", "A1", "b1", "c", "b3"}) MustCommit(CreateOf(name, {}));
  const auto page = catalog_.ListDatasets(ann_, {"B", "", 2});
  ASSERT_TRUE(page);
  ASSERT_EQ(page->datasets.size(), 2U);
  EXPECT_EQ(page->datasets[0].name, "b1");
  EXPECT_TRUE(page->more);
  const auto rest = catalog_.ListDatasets(ann_, {"b", page->datasets[1].name, 2});
  ASSERT_EQ(rest->datasets.size(), 1U);
  EXPECT_EQ(rest->datasets[0].name, "b3");
  EXPECT_FALSE(rest->more);
  EXPECT_THAT(catalog_.ListDatasets(ann_, {"", "", 0}), CatalogFailsWith(ErrorCode::kInvalidArgument));
}

TEST_P(CatalogContract, TellsTheHistoryNewestFirst) {
  CreateWorkers();
  for (int i = 2; i <= 5; ++i) MustCommit(ChangeOf("workers", Operation::kAppend, {File("datasets/workers/data/" + std::to_string(i), 1)}));
  const auto page = catalog_.History(ann_, {"workers", {}, 2});
  ASSERT_TRUE(page);
  ASSERT_EQ(page->snapshots.size(), 2U);
  EXPECT_EQ(page->snapshots[0].version, 5);
  EXPECT_TRUE(page->more);
  const auto rest = catalog_.History(ann_, {"workers", 4, 100});
  ASSERT_EQ(rest->snapshots.size(), 3U);
  EXPECT_EQ(rest->snapshots[2].version, 1);
  EXPECT_FALSE(rest->more);
}

TEST_P(CatalogContract, ShowsWhatChangedBetweenTwoVersions) {
  CreateWorkers();
  MustCommit(ChangeOf("workers", Operation::kReplace, {File("datasets/workers/data/2", 5)}));
  const auto diff = catalog_.Diff(ann_, {"workers", 1, 2});
  ASSERT_TRUE(diff);
  EXPECT_TRUE(diff->columns.empty());
  EXPECT_EQ(diff->rows_before, 10);
  EXPECT_EQ(diff->rows_after, 5);
  ASSERT_EQ(diff->added.size(), 1U);
  EXPECT_EQ(diff->added[0].key, "datasets/workers/data/2");
  ASSERT_EQ(diff->removed.size(), 1U);
  EXPECT_EQ(diff->removed[0].key, "datasets/workers/data/1");
}

TEST_P(CatalogContract, RegistersOnceAndRecognisesTheSecondTime) {
  File("objects/a", 0);
  RegisterRequest request{"legacy", {{}, "sha256:abc"}, {{FileContent::kData, "objects/a", 0, "", 3, {}}}};
  const auto first = catalog_.Register(ann_, request);
  ASSERT_TRUE(first) << first.error().ToString();
  EXPECT_FALSE(first->existing);
  EXPECT_EQ(first->dataset.head.rows, 3);
  const auto second = catalog_.Register(ann_, request);
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->existing);
  EXPECT_EQ(second->dataset.id, first->dataset.id);
  EXPECT_EQ(second->dataset.head.version, 1);
  request.schema.fingerprint = "sha256:def";
  const auto other = catalog_.Register(ann_, request);
  ASSERT_THAT(other, CatalogFailsWith(ErrorCode::kAlreadyExists));
  EXPECT_EQ(other.error().reason(), "schema_conflict");
  EXPECT_THAT(catalog_.Register(ann_, {"", {{}, "x"}, {}}), CatalogFailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(catalog_.Register(ann_, {"fine", {{}, ""}, {}}), CatalogFailsWith(ErrorCode::kInvalidArgument));
}

TEST_P(CatalogContract, WritesEventsIntoTheLog) {
  CommitRequest request = CreateOf("workers", {});
  request.events.push_back({"dataset:workers", "ingest.create", {{"source", "a.csv"}}});
  const CommitResponse committed = MustCommit(request);
  const auto read = catalog_.ReadRecords(ann_, {committed.sequence, 10});
  ASSERT_TRUE(read);
  ASSERT_EQ(read->records.size(), 1U);
  EXPECT_EQ(read->head_sequence, committed.sequence);
  EXPECT_EQ(read->records[0].sequence, committed.sequence);
  EXPECT_THAT(read->records[0].json.text,
              testing::HasSubstr(R"({"entity":"dataset:workers","fields":{"source":"a.csv"},"kind":"ingest.create"})"));
  const auto beyond = catalog_.ReadRecords(ann_, {committed.sequence + 1, 10});
  ASSERT_TRUE(beyond);
  EXPECT_TRUE(beyond->records.empty());
}

TEST_P(CatalogContract, KeepsCellValuesOutOfTheLog) {
  DataFile file = File("datasets/workers/data/1", 10);
  file.statistics = {{1, 0, "canary-lower", "canary-upper"}};
  const CommitResponse committed = MustCommit(CreateOf("workers", {file}));
  const auto read = catalog_.ReadRecords(ann_, {committed.sequence, 1});
  ASSERT_TRUE(read);
  EXPECT_THAT(read->records.at(0).json.text, testing::Not(testing::HasSubstr("canary")));
}

TEST_P(CatalogContract, TellsItsStatus) {
  CreateWorkers();
  const auto status = catalog_.LoadStatus(ann_, {});
  ASSERT_TRUE(status);
  EXPECT_EQ(status->role, GetParam().name == "follower" ? Role::kFollower : Role::kWriter);
  EXPECT_EQ(status->dataset_count, 1);
  EXPECT_EQ(status->sequence, MustResolve("workers").snapshot.sequence);
  EXPECT_EQ(status->head_sha256.size(), 64U);
  EXPECT_EQ(status->lake_id.size(), 36U);
}

TEST_P(CatalogContract, HasOneProfile) {
  const auto profile = catalog_.LoadProfile(ann_, {"default"});
  ASSERT_TRUE(profile);
  EXPECT_TRUE(profile->profile.datasets.empty());
  EXPECT_THAT(catalog_.LoadProfile(ann_, {"nobody"}), CatalogFailsWith(ErrorCode::kNotFound));
}

TEST_P(CatalogContract, KeepsProfilesInVersionsAndKeys) {
  const auto before = catalog_.LoadAccess(ann_, {});
  ASSERT_TRUE(before);
  EXPECT_TRUE(before->changed);
  EXPECT_TRUE(before->keys.empty());
  EXPECT_FALSE(catalog_.LoadAccess(ann_, {before->sequence})->changed);

  ChangeAccessRequest change;
  change.change.profile = Profile{};
  change.change.profile->name = "analyst";
  change.change.profile->datasets = {"work*"};
  change.change.profile->views.push_back({"workers", {"id", "email"}, "id > 3", {{"email", RedactionKind::kMask, 1, 2}}});
  change.change.profile->limits.max_rows = 7;
  EXPECT_EQ(catalog_.ChangeAccess(ann_, change)->version, 1);
  change.change.profile->datasets = {};
  const auto second = catalog_.ChangeAccess(ann_, change);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->version, 2);
  EXPECT_EQ(catalog_.LoadProfile(ann_, {"analyst"})->profile.version, 1) << "the second waits to be activated";

  ChangeAccessRequest key;
  key.is_new = true;
  key.change.key = ApiKey{};
  key.change.key->id = "k1";
  key.change.key->profile = "analyst";
  key.change.key->scopes = {Scope::kRead, Scope::kWrite};
  key.change.key->sha256 = std::string(64, 'a');
  key.change.activation = ProfileActivation{"analyst", 2};
  ASSERT_TRUE(catalog_.ChangeAccess(ann_, key)) << "a key and an activation in one record";
  EXPECT_THAT(catalog_.ChangeAccess(ann_, key), CatalogFailsWith(ErrorCode::kAlreadyExists));
  EXPECT_THAT(catalog_.ChangeAccess(ann_, {}), CatalogFailsWith(ErrorCode::kInvalidArgument));
  key.change.activation->version = 3;
  EXPECT_THAT(catalog_.ChangeAccess(ann_, key), CatalogFailsWith(ErrorCode::kNotFound));

  const auto after = catalog_.LoadAccess(ann_, {before->sequence});
  ASSERT_TRUE(after);
  EXPECT_GT(after->sequence, second->sequence);
  ASSERT_EQ(after->profiles.size(), 2u);
  EXPECT_EQ(after->profiles[0].views.at(0).redactions.at(0).keep_suffix, 2);
  EXPECT_EQ(after->profiles[0].limits.max_rows, 7);
  ASSERT_EQ(after->active.size(), 1u);
  EXPECT_EQ(after->active[0].version, 2);
  ASSERT_EQ(after->keys.size(), 1u);
  EXPECT_THAT(after->keys[0].scopes, testing::ElementsAre(Scope::kRead, Scope::kWrite));
}

TEST_P(CatalogContract, DoesNothingAfterTheDeadline) {
  Context late = ann_;
  late.deadline = Deadline::After(0);
  EXPECT_THAT(catalog_.Commit(late, CreateOf("workers", {})), CatalogFailsWith(ErrorCode::kDeadlineExceeded));
  EXPECT_THAT(catalog_.ListDatasets(late, {}), CatalogFailsWith(ErrorCode::kDeadlineExceeded));
  EXPECT_TRUE(catalog_.ListDatasets(ann_, {})->datasets.empty());
}

TEST_P(CatalogContract, TakesCommitsFromManyThreads) {
  MustCommit(CreateOf("workers", {}));
  constexpr int kThreads = 8;
  constexpr int kEach = 5;
  std::vector<DataFile> files;
  for (int i = 0; i < kThreads * kEach; ++i) files.push_back(File("datasets/workers/data/" + std::to_string(i), 1));
  std::vector<std::thread> threads;
  std::atomic<int> failed = 0;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i)
        if (!catalog_.Commit(
                ann_, ChangeOf("workers", Operation::kAppend, {files[static_cast<std::size_t>(t) * kEach + static_cast<std::size_t>(i)]})))
          ++failed;
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
  const ResolvedTable table = MustResolve("workers");
  EXPECT_EQ(table.snapshot.rows, kThreads * kEach);
  EXPECT_EQ(table.snapshot.version, 1 + kThreads * kEach);
}

}  // namespace lakehouse::catalog
