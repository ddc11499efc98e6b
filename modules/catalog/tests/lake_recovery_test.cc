#include <gmock/gmock.h>
#include <unistd.h>

#include <thread>

#include "catalog_testing/test_lake.h"
#include "lakehouse/base/file.h"
#include "lakehouse/catalog/fsck.h"
#include "lakehouse/catalog/inspect.h"
#include "lakehouse/storage/local_object_store.h"
#include "storage_testing/faulty_object_store.h"

// What a lake is after its process ended: read again, damaged, old, shared.
namespace lakehouse::catalog {
namespace {

using testing::HasSubstr;

LocalCatalog::Options FollowerOptions() {
  LocalCatalog::Options options = TestLake::QuietOptions();
  options.may_write = false;
  return options;
}

/// A lake with a few records, and its objects.
class LakeRecovery : public testing::Test {
 protected:
  TestLake lake_;

  storage::ObjectStore& store() { return *lake_.store; }
  void MakeLake() {
    const auto catalog = lake_.Open().Take();
    ASSERT_TRUE(catalog->Commit({}, CreateOf("a", {PutTestFile(store(), "datasets/a/data/1", 5)})));
    ASSERT_TRUE(catalog->Commit({}, ChangeOf("a", Operation::kAppend, {PutTestFile(store(), "datasets/a/data/2", 6)})));
    ASSERT_TRUE(catalog->Commit({}, CreateOf("b", {})));
  }
  void MakeLongLake(int versions) {
    const auto catalog = lake_.Open().Take();
    ASSERT_TRUE(catalog->Commit({}, CreateOf("a", {PutTestFile(store(), "datasets/a/data/1", 1)})));
    for (int version = 2; version <= versions; ++version)
      ASSERT_TRUE(catalog->Commit({}, ChangeOf("a", Operation::kReplace, {PutTestFile(store(), "datasets/a/data/1", version)})));
    ASSERT_TRUE(catalog->Maintain({}));
  }
  std::vector<std::string> KeysUnder(const std::string& prefix) {
    std::vector<std::string> keys;
    const storage::ListPage page = store().List({}, prefix, "", storage::kMaxListPage).Take();
    for (const storage::ObjectInfo& object : page.objects) keys.push_back(object.key);
    return keys;
  }
  void Damage(const std::string& key, std::size_t offset) {
    std::string octets = store().Get({}, key).Take();
    octets[offset] = static_cast<char>(octets[offset] ^ 0x10);
    ASSERT_TRUE(store().Put({}, key, octets));
  }
  FsckReport Fsck(FsckLevel level = FsckLevel::kDigests, bool repair = false) {
    return RunFsck({}, store(), *lake_.codec, {level, repair}).Take();
  }
};

TEST_F(LakeRecovery, FindsEverythingAgain) {
  MakeLake();
  const auto catalog = lake_.Open().Take();
  const auto resolved = catalog->Resolve({}, {{{"a", {}}, {"b", {}}}});
  ASSERT_TRUE(resolved);
  EXPECT_EQ(resolved->tables[0].snapshot.rows, 11);
  EXPECT_EQ(resolved->tables[0].files.size(), 2U);
  EXPECT_EQ(catalog->LoadStatus({}, {})->epoch, 2);
  EXPECT_TRUE(Fsck().IsClean());
}

TEST_F(LakeRecovery, NoticesAFlippedBitInAnyRecord) {
  MakeLake();
  for (const std::string& key : KeysUnder("_catalog/log/")) {
    const std::string octets = store().Get({}, key).Take();
    for (std::size_t offset = 0; offset < octets.size(); offset += 7) {
      Damage(key, offset);
      const auto opened = lake_.Open(FollowerOptions());
      ASSERT_FALSE(opened) << key << " at " << offset;
      EXPECT_EQ(opened.error().code(), ErrorCode::kCorruption);
      ASSERT_TRUE(store().Put({}, key, octets));
    }
    Damage(key, octets.size() / 2);
    EXPECT_FALSE(Fsck(FsckLevel::kChain).IsClean());
    ASSERT_TRUE(store().Put({}, key, octets));
  }
  EXPECT_TRUE(lake_.Open(FollowerOptions()));
}

TEST_F(LakeRecovery, TakesAGapForDamage) {
  MakeLake();
  ASSERT_TRUE(store().Delete({}, KeysUnder("_catalog/log/")[1]));
  const auto opened = lake_.Open();
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::kCorruption);
  EXPECT_EQ(opened.error().reason(), "log_gap");
  EXPECT_FALSE(Fsck(FsckLevel::kChain).IsClean());
}

TEST_F(LakeRecovery, ManyRecordsFetchedSideBySideAreTakenInTheirOrderAndAGapIsStillDamage) {
  MakeLake();
  {
    const auto catalog = lake_.Open().Take();
    CommitRequest event;
    event.events.push_back({"lake", "test", {{"a", "b"}}});
    for (int i = 0; i < 300; ++i) ASSERT_TRUE(catalog->Commit({}, event));
  }
  const std::int64_t head = (*lake_.Open(FollowerOptions()))->LoadStatus({}, {})->sequence;
  LocalCatalog::Options many = FollowerOptions();
  many.read_ahead = 64;
  {
    const auto opened = lake_.Open(many);
    ASSERT_TRUE(opened) << opened.error().ToString();
    EXPECT_EQ((*opened)->LoadStatus({}, {})->sequence, head);
  }
  const auto keys = KeysUnder("_catalog/log/");
  for (const std::size_t lost : {std::size_t{3}, keys.size() / 2, keys.size() - 2}) {
    const std::string octets = store().Get({}, keys[lost]).Take();
    ASSERT_TRUE(store().Delete({}, keys[lost]));
    const auto opened = lake_.Open(many);
    ASSERT_FALSE(opened) << keys[lost];
    EXPECT_EQ(opened.error().reason(), "log_gap");
    ASSERT_TRUE(store().Put({}, keys[lost], octets.substr(1)));
    EXPECT_FALSE(lake_.Open(many)) << keys[lost];
    ASSERT_TRUE(store().Put({}, keys[lost], octets));
  }
  EXPECT_TRUE(lake_.Open(many));
}

TEST_F(LakeRecovery, NoticesRecordsThatChangedPlaces) {
  MakeLake();
  const auto keys = KeysUnder("_catalog/log/");
  const std::string second = store().Get({}, keys[1]).Take();
  ASSERT_TRUE(store().Put({}, keys[1], store().Get({}, keys[2]).Take()));
  ASSERT_TRUE(store().Put({}, keys[2], second));
  EXPECT_EQ(lake_.Open().error().code(), ErrorCode::kCorruption);
}

TEST_F(LakeRecovery, NoticesARecordOfAnotherLake) {
  MakeLake();
  TestLake other;
  {
    ASSERT_TRUE(other.Open().Take()->Commit({}, CreateOf("x", {})));
  }
  const auto keys = KeysUnder("_catalog/log/");
  ASSERT_TRUE(store().Put({}, keys[1], other.store->Get({}, keys[1]).Take())) << "well formed, with the right number";
  const auto open = [&] {
    const auto opened = lake_.Open();
    _exit(!opened && opened.error().reason() == "broken_chain" ? 0 : 1);
  };
  // In a child: a lake that took this record would end in an assertion, not in a wrong answer.
  EXPECT_EXIT(open(), testing::ExitedWithCode(0), "") << "only the chain tells";
}

TEST_F(LakeRecovery, RefusesTheFormatOfAnotherLakeOrLayout) {
  MakeLake();
  ASSERT_TRUE(store().Put({}, "_catalog/format.json", R"({"lake_id":"other","layout_version":1})"));
  EXPECT_EQ(lake_.Open().error().code(), ErrorCode::kCorruption);
  ASSERT_TRUE(store().Put({}, "_catalog/format.json", R"({"lake_id":"other","layout_version":2})"));
  EXPECT_EQ(lake_.Open().error().reason(), "layout_version");
}

TEST_F(LakeRecovery, NeverReturnsAManifestThatIsNotTheCommittedOne) {
  MakeLake();
  for (const std::string& key : KeysUnder("datasets/a/manifest/")) {
    const std::string octets = store().Get({}, key).Take();
    for (std::size_t offset = 0; offset < octets.size(); offset += 11) {
      Damage(key, offset);
      const auto catalog = lake_.Open(FollowerOptions()).Take();
      const bool first = !catalog->Resolve({}, {{{"a", {.version = 1}}}}).ok();
      const bool second = !catalog->Resolve({}, {{{"a", {.version = 2}}}}).ok();
      ASSERT_TRUE(first || second) << key << " at " << offset;
      ASSERT_TRUE(store().Put({}, key, octets));
    }
    ASSERT_TRUE(store().Put({}, key, octets + "x"));
    EXPECT_FALSE(Fsck(FsckLevel::kReachable).IsClean());
    ASSERT_TRUE(store().Put({}, key, octets));
  }
  EXPECT_TRUE(Fsck().IsClean());
}

TEST_F(LakeRecovery, FsckSeesWhatIsMissingAndWhatIsOther) {
  MakeLake();
  ASSERT_TRUE(store().Put({}, "datasets/a/data/1", "rows of a tablE"));
  EXPECT_TRUE(Fsck(FsckLevel::kReachable).IsClean()) << "the length is right";
  EXPECT_THAT(Fsck().findings.at(0).message, HasSubstr("SHA-256"));
  ASSERT_TRUE(store().Delete({}, "datasets/a/data/2"));
  EXPECT_EQ(Fsck(FsckLevel::kReachable).findings.at(0).reason, "missing_object");
  ASSERT_TRUE(store().PutIfAbsent({}, "datasets/a/data/orphan", "never committed"));
  EXPECT_EQ(Fsck(FsckLevel::kReachable).unreferenced, 1);
}

TEST_F(LakeRecovery, StartsFromACheckpointAndReadsOldVersionsFromSegments) {
  MakeLongLake(2200);
  EXPECT_EQ(KeysUnder("_catalog/segments/").size(), 2U);
  EXPECT_EQ(KeysUnder("_catalog/checkpoint/0").size(), 1U);
  EXPECT_LT(KeysUnder("_catalog/log/").size(), 300U);
  storage::FaultyObjectStore counting(store());
  const auto catalog = LocalCatalog::Open({}, {counting, *lake_.codec, lake_.log, lake_.metrics, lake_.clock}, FollowerOptions()).Take();
  EXPECT_LT(counting.CountCalls(storage::StoreOperation::kGet), 10U) << "the checkpoint says it all";
  for (const std::int64_t version : {1, 2, 999, 1000, 1001, 1199, 1200, 1201, 2200}) {
    const auto resolved = catalog->Resolve({}, {{{"a", {.version = version}}}});
    ASSERT_TRUE(resolved) << version << ": " << resolved.error().ToString();
    EXPECT_EQ(resolved->tables[0].snapshot.rows, version);
    const auto at_time = catalog->Describe({}, {"a", {.time_micros = resolved->tables[0].snapshot.time_micros}});
    EXPECT_EQ(at_time->dataset.head.version, version);
  }
  const auto history = catalog->History({}, {"a", 1203, 1300});
  ASSERT_TRUE(history);
  EXPECT_EQ(history->snapshots.size(), 1202U);
  EXPECT_EQ(history->snapshots.back().version, 1);
  EXPECT_EQ(catalog->ReadRecords({}, {990, 20})->records.size(), 20U);
  const FsckReport report = Fsck(FsckLevel::kChain);
  EXPECT_TRUE(report.findings.empty());
  EXPECT_EQ(report.records, 2201);
}

TEST_F(LakeRecovery, KeepsTheChainThroughSegmentsWithoutAnyCheckpoint) {
  MakeLongLake(1100);
  for (const std::string& key : KeysUnder("_catalog/checkpoint/")) ASSERT_TRUE(store().Delete({}, key));
  const auto catalog = lake_.Open().Take();
  EXPECT_EQ(catalog->Describe({}, {"a", {}})->dataset.head.version, 1100);
}

TEST_F(LakeRecovery, PassesOverADamagedCheckpoint) {
  MakeLongLake(1100);
  for (const std::string& key : KeysUnder("_catalog/checkpoint/")) {
    Damage(key, 100);
    EXPECT_EQ(lake_.Open(FollowerOptions()).Take()->Describe({}, {"a", {}})->dataset.head.version, 1100) << key;
    EXPECT_EQ(Fsck(FsckLevel::kChain).findings.at(0).reason, "corrupt_checkpoint") << key;
    Damage(key, 100);
    EXPECT_TRUE(Fsck(FsckLevel::kChain).findings.empty()) << "mended";
  }
  ASSERT_TRUE(store().Delete({}, KeysUnder("_catalog/checkpoint/parts/")[0]));
  EXPECT_EQ(lake_.Open(FollowerOptions()).Take()->Describe({}, {"a", {}})->dataset.head.version, 1100);
  EXPECT_EQ(Fsck(FsckLevel::kChain).findings.at(0).reason, "corrupt_checkpoint");
  EXPECT_TRUE(Fsck(FsckLevel::kChain, true).IsClean()) << "a checkpoint is derived: repair removes it";
  EXPECT_TRUE(Fsck(FsckLevel::kChain).findings.empty());
}

TEST_F(LakeRecovery, KeepsTwoCheckpointsAndTheirPartsOnly) {
  LocalCatalog::Options options = TestLake::QuietOptions();
  options.checkpoint_records = 2;
  const auto catalog = lake_.Open(options).Take();
  ASSERT_TRUE(catalog->Commit({}, CreateOf("a", {})));
  for (int i = 0; i < 12; ++i) {
    ASSERT_TRUE(catalog->Commit({}, ChangeOf("a", Operation::kAppend, {})));
    ASSERT_TRUE(catalog->Maintain({}));
  }
  EXPECT_EQ(KeysUnder("_catalog/checkpoint/0").size(), 2U);
  EXPECT_EQ(KeysUnder("_catalog/checkpoint/parts/").size(), 2U);
  EXPECT_TRUE(Fsck(FsckLevel::kChain).findings.empty());
}

TEST_F(LakeRecovery, NoticesADamagedOrMissingSegment) {
  MakeLongLake(1100);
  for (const std::string& key : KeysUnder("_catalog/checkpoint/")) ASSERT_TRUE(store().Delete({}, key));
  const std::string key = KeysUnder("_catalog/segments/")[0];
  const std::string octets = store().Get({}, key).Take();
  Damage(key, octets.size() / 2);
  EXPECT_EQ(lake_.Open().error().code(), ErrorCode::kCorruption);
  EXPECT_FALSE(Fsck(FsckLevel::kChain).IsClean());
  ASSERT_TRUE(store().Delete({}, key));
  EXPECT_EQ(lake_.Open().error().code(), ErrorCode::kCorruption);
}

TEST_F(LakeRecovery, RemembersIdempotencyKeysThroughCheckpointsAndSegments) {
  CommitRequest request = CreateOf("k", {});
  request.idempotency = Idempotency{"key", "digest"};
  std::int64_t sequence = 0;
  {
    const auto catalog = lake_.Open().Take();
    sequence = catalog->Commit({}, request)->sequence;
  }
  MakeLongLake(1100);
  const auto catalog = lake_.Open().Take();
  const auto again = catalog->Commit({}, request);
  ASSERT_TRUE(again) << again.error().ToString();
  EXPECT_TRUE(again->replayed);
  EXPECT_EQ(again->sequence, sequence);
}

TEST_F(LakeRecovery, KeepsTimeRisingWhateverTheClockDoes) {
  constexpr std::int64_t kDay = 86'400'000'000;
  const auto catalog = lake_.Open().Take();
  std::int64_t last = catalog->Commit({}, CreateOf("a", {}))->time_micros;
  for (const std::int64_t jump : {-kDay, 5 * 365 * kDay, -10 * 365 * kDay, std::int64_t{0}}) {
    lake_.clock.wall_micros += jump;
    const std::int64_t time = catalog->Commit({}, ChangeOf("a", Operation::kAppend, {}))->time_micros;
    EXPECT_GT(time, last);
    last = time;
  }
  const auto reopened = lake_.Open().Take();
  EXPECT_EQ(reopened->Describe({}, {"a", {.time_micros = last}})->dataset.head.version, 5);
}

TEST_F(LakeRecovery, LetsOneProcessWriteAndOthersFollow) {
  const auto directory = TemporaryDirectory::Create(testing::TempDir(), "lock").Take();
  lake_.store = storage::OpenLocalObjectStore(directory.path() + "/lake").Take();
  auto first = lake_.Open().Take();
  const auto second = lake_.Open().Take();
  EXPECT_EQ(second->LoadStatus({}, {})->role, Role::kFollower);
  EXPECT_TRUE(FileSize(directory.path() + "/lake/_catalog/lock")) << "where the documents say";
  EXPECT_THAT(KeysUnder("_catalog/"), testing::Not(testing::Contains(HasSubstr("lock")))) << "a lock is no object";
  ASSERT_TRUE(first->Commit({}, CreateOf("a", {})));
  EXPECT_TRUE(second->Describe({}, {"a", {}})) << "a follower sees a commit at the next call";
  const auto refused = second->Commit({}, CreateOf("b", {}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "not_writer");
  first.reset();
  ASSERT_TRUE(second->Commit({}, CreateOf("b", {}))) << "the writer is gone";
  EXPECT_EQ(second->LoadStatus({}, {})->role, Role::kWriter);
  EXPECT_EQ(second->LoadStatus({}, {})->epoch, 2);
}

TEST_F(LakeRecovery, LetsAFollowerFallFarBehind) {
  {
    const auto catalog = lake_.Open().Take();
    ASSERT_TRUE(catalog->Commit({}, CreateOf("a", {})));
  }
  const auto follower = lake_.Open(FollowerOptions()).Take();
  {
    const auto catalog = lake_.Open().Take();
    for (int i = 0; i < 1200; ++i) ASSERT_TRUE(catalog->Commit({}, ChangeOf("a", Operation::kAppend, {})));
    ASSERT_TRUE(catalog->Maintain({}));
  }
  EXPECT_EQ(follower->Describe({}, {"a", {}})->dataset.head.version, 1201) << "the records it needs stand in a segment now";
}

TEST_F(LakeRecovery, MaintainsItselfInTheBackground) {
  LocalCatalog::Options options = TestLake::QuietOptions();
  options.maintain_in_background = true;
  options.checkpoint_records = 10;
  {
    const auto catalog = lake_.Open(options).Take();
    ASSERT_TRUE(catalog->Commit({}, CreateOf("a", {})));
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(catalog->Commit({}, ChangeOf("a", Operation::kAppend, {})));
    const auto deadline = Deadline::After(20'000);
    while (KeysUnder("_catalog/checkpoint/").empty() && *deadline.RemainingMs() > 0) std::this_thread::yield();
  }
  EXPECT_FALSE(KeysUnder("_catalog/checkpoint/").empty());
  EXPECT_TRUE(Fsck(FsckLevel::kChain).IsClean());
}

TEST_F(LakeRecovery, ShowsItsObjectsToPeople) {
  MakeLongLake(1100);
  const auto show = [&](const std::string& key) {
    const auto text = InspectCatalogObject({}, *lake_.codec, key, store().Get({}, key).Take());
    return text ? *text : text.error().ToString();
  };
  EXPECT_THAT(show(KeysUnder("_catalog/log/").back()), HasSubstr("replace a version 1100: 1100 rows, 1 files"));
  EXPECT_THAT(show(KeysUnder("_catalog/segments/")[0]), HasSubstr("create a version 1: 1 rows"));
  EXPECT_THAT(show(KeysUnder("_catalog/checkpoint/")[0]), HasSubstr("part _catalog/checkpoint/parts/"));
  EXPECT_THAT(show(KeysUnder("_catalog/checkpoint/parts/")[0]), HasSubstr("dataset a 0 {"));
  EXPECT_THAT(show("_catalog/gc.boundary"), HasSubstr("boundary: 1000"));
  EXPECT_THAT(show("_catalog/format.json"), HasSubstr("layout: 1"));
  EXPECT_THAT(show(KeysUnder("datasets/a/manifest/")[0]), HasSubstr("data datasets/a/data/1"));
  EXPECT_FALSE(InspectCatalogObject({}, *lake_.codec, "datasets/a/data/1", "x"));
}

TEST_F(LakeRecovery, ProfilesKeysTagsPoliciesAndWhatExpiredSurviveCheckpointsSegmentsAndTheLossOfEither) {
  auto options = TestLake::QuietOptions();
  options.reader_grace_ms = 0;
  options.checkpoint_records = 1;
  const auto told = [](LocalCatalog& catalog) {
    const auto access = catalog.LoadAccess({}, {}).Take();
    const auto a = catalog.Describe({}, {"a", {}}).Take().dataset;
    std::string text = "access " + std::to_string(access.sequence);
    for (const auto& profile : access.profiles) text += " " + profile.name + std::to_string(profile.version);
    for (const auto& active : access.active) text += " active " + active.name + std::to_string(active.version);
    for (const auto& key : access.keys) text += " key " + key.id + key.sha256;
    for (const auto& tag : a.tags) text += " tag " + tag.name + std::to_string(tag.version);
    if (a.retention) text += " keep " + std::to_string(a.retention->keep_last.value_or(0));
    if (const auto of_lake = catalog.LoadStatus({}, {})->retention) text += " for " + std::to_string(of_lake->keep_for_seconds.value_or(0));
    for (const std::int64_t version : {1, 2, 3, 4}) text += catalog.Resolve({}, {{{"a", {.version = version}}}}) ? " +" : " -";
    return text;
  };
  std::string before;
  {
    const auto catalog = lake_.Open(options).Take();
    ASSERT_TRUE(catalog->Commit({}, CreateOf("a", {PutTestFile(store(), "datasets/a/data/1-1.parquet", 5)})));
    for (const char* file : {"datasets/a/data/1-2.parquet", "datasets/a/data/1-3.parquet", "datasets/a/data/1-4.parquet"}) {
      lake_.clock.wall_micros += 1'000'000;
      ASSERT_TRUE(catalog->Commit({}, ChangeOf("a", Operation::kReplace, {PutTestFile(store(), file, 1)})));
    }
    ChangeAccessRequest profile, key;
    profile.change.profile.emplace().name = "analyst";
    profile.change.activation = ProfileActivation{"analyst", 0};
    ASSERT_TRUE(catalog->ChangeAccess({}, profile));
    key.change.key.emplace();
    key.change.key->id = "0011223344556677";
    key.change.key->sha256 = std::string(64, 'a');
    key.change.key->scopes = {Scope::kRead};
    key.is_new = true;
    const auto changed = catalog->ChangeAccess({}, key);
    ASSERT_TRUE(changed) << changed.error().ToString();
    CommitRequest keep;
    keep.tags.push_back({"a", "first", 1, {}});
    keep.retention = {{"a", {.keep_last = 1}}, {"", {.keep_for_seconds = 7}}};
    ASSERT_TRUE(catalog->Commit({}, keep));
    lake_.clock.wall_micros += 1'000'000;
    ASSERT_EQ(catalog->CollectGarbage({}, {true})->expired_versions, 2);
    before = told(*catalog);
    EXPECT_THAT(before,
                testing::EndsWith("active analyst1 key 0011223344556677" + std::string(64, 'a') + " tag first1 keep 1 for 7 + - - +"));
  }
  EXPECT_EQ(told(*lake_.Open(options).Take()), before) << "from the records";
  {
    const auto catalog = lake_.Open(options).Take();
    while (catalog->LoadStatus({}, {})->sequence < 1'002) {
      CommitRequest request;
      request.events.push_back({"lake", "test", {}});
      ASSERT_TRUE(catalog->Commit({}, request));
    }
    ASSERT_TRUE(catalog->Maintain({}));
  }
  ASSERT_EQ(KeysUnder("_catalog/segments/").size(), 1U);
  EXPECT_EQ(told(*lake_.Open(options).Take()), before) << "from the checkpoint";
  EXPECT_TRUE(RunFsck({}, store(), *lake_.codec, {FsckLevel::kDigests, false})->IsClean());
  for (const std::string& key : KeysUnder("_catalog/checkpoint")) ASSERT_TRUE(store().Delete({}, key));
  EXPECT_EQ(told(*lake_.Open(options).Take()), before) << "from the segment";
}

}  // namespace
}  // namespace lakehouse::catalog
