#include "garbage.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <thread>

#include "catalog_testing/test_lake.h"
#include "lakehouse/catalog/fsck.h"
#include "storage_testing/faulty_object_store.h"

namespace lakehouse::catalog {
namespace {

using storage::StoreFault;
using storage::StoreOperation;

constexpr const char* kNamed = "datasets/a/data/1-0190b3f4-0000-7000-8000-000000000001.parquet";
constexpr const char* kForgotten = "datasets/a/data/1-0190b3f4-0000-7000-8000-000000000002.parquet";

/// A lake over a store that can fail.
struct GarbageLake {
  storage::MemoryObjectStore below;
  storage::FaultyObjectStore faulty{below};
  TestLake lake;
  GarbageLake() {
    lake.store = {&faulty, [](storage::ObjectStore*) {}};
  }

  /// In epoch 2, with one named file and one of epoch 1 that was uploaded and never committed.
  std::unique_ptr<LocalCatalog> OpenWithGarbage() {
    EXPECT_TRUE(lake.Open().Take()->Commit({}, CreateOf("a", {PutTestFile(faulty, kNamed, 5)})));
    PutTestFile(faulty, kForgotten, 3);
    return lake.Open().Take();
  }
  bool Exists(const std::string& key) { return below.Head({}, key).ok(); }
  FsckReport Fsck() { return RunFsck({}, below, *lake.codec, {FsckLevel::kDigests, false}).Take(); }
};

class Garbage : public testing::Test, protected GarbageLake {};

TEST_F(Garbage, IsShownAndOnlyRemovedWhenAskedFor) {
  const auto catalog = OpenWithGarbage();
  const auto shown = catalog->CollectGarbage({}, {});
  ASSERT_TRUE(shown) << shown.error().ToString();
  EXPECT_FALSE(shown->ran);
  EXPECT_EQ(shown->objects, 1);
  EXPECT_EQ(shown->size_bytes, 15);
  EXPECT_EQ(shown->first.at(0).key, kForgotten);
  EXPECT_TRUE(Exists(kForgotten));

  const auto ran = catalog->CollectGarbage({}, {true});
  ASSERT_TRUE(ran) << ran.error().ToString();
  EXPECT_TRUE(ran->ran);
  EXPECT_EQ(ran->objects, 1);
  EXPECT_FALSE(Exists(kForgotten));
  EXPECT_TRUE(Exists(kNamed));
  EXPECT_EQ(catalog->CollectGarbage({}, {true})->objects, 0);
  EXPECT_TRUE(Fsck().IsClean());
  EXPECT_EQ(Fsck().unreferenced, 0);
}

TEST_F(Garbage, IsNotWhatSomebodyDeclared) {
  const auto catalog = OpenWithGarbage();
  const std::vector<std::string> keys = {"_schedules/night/definition.json", "_schedules/night/state.json", "_corpora/c/definition.json",
                                         "_corpora/c/image", "_buckets/b.json"};
  for (const std::string& key : keys) ASSERT_TRUE(below.Put({}, key, "{}"));
  EXPECT_EQ(catalog->CollectGarbage({}, {true})->objects, 1);
  for (const std::string& key : keys) EXPECT_TRUE(Exists(key)) << key;
}

TEST_F(Garbage, OfThisWriterIsLeftAloneBecauseItMayBeOnItsWayIntoACommit) {
  const auto catalog = OpenWithGarbage();
  PutTestFile(faulty, "datasets/a/data/2-0190b3f4-0000-7000-8000-000000000003.parquet", 3);
  PutTestFile(faulty, "datasets/a/data/of-somebody-else.parquet", 3);
  PutTestFile(faulty, "datasets/a/notes/1-x.parquet", 3);
  EXPECT_EQ(catalog->CollectGarbage({}, {true})->objects, 1);
  EXPECT_EQ(Fsck().unreferenced, 3);
}

TEST_F(Garbage, IsNotLeftByACommitForWhoseRecordThereWasNoRoom) {
  const auto catalog = OpenWithGarbage();
  const auto commit = [&](const char* key) {
    return catalog->Commit({}, ChangeOf("a", Operation::kAppend, {PutTestFile(faulty, key, 1)}));
  };
  const auto manifests = [&] { return below.List({}, "datasets/a/manifest/", "", 100)->objects.size(); };
  faulty.Inject({.operations = {StoreOperation::kPutIfAbsent}, .key_prefix = "_catalog/log/", .reason = "disk_full"});
  EXPECT_EQ(commit("datasets/a/data/2-x.parquet").error().reason(), "disk_full");
  EXPECT_EQ(manifests(), 1U) << "that of the first version";
  ASSERT_TRUE(commit("datasets/a/data/2-y.parquet"));
  EXPECT_EQ(manifests(), 2U);
  EXPECT_TRUE(Fsck().IsClean());
}

TEST_F(Garbage, ThatACrashLeftIsNamedByFsckAndTakenAwayUnderTheNextWriter) {
  std::string orphan;
  {
    const auto catalog = OpenWithGarbage();
    faulty.Inject({.operations = {StoreOperation::kPutIfAbsent}, .key_prefix = "_catalog/log/", .reason = "disk_full"});
    faulty.Inject({.operations = {StoreOperation::kDelete}, .key_prefix = "datasets/"});
    EXPECT_FALSE(catalog->Commit({}, ChangeOf("a", Operation::kAppend, {PutTestFile(faulty, "datasets/a/data/2-x.parquet", 1)})));
    orphan = below.List({}, "datasets/a/manifest/2-", "", 100)->objects.at(0).key;
    EXPECT_EQ(catalog->CollectGarbage({}, {true})->objects, 1) << "that of the writer before; this one may still want its own";
    EXPECT_TRUE(Exists(orphan));
  }
  const FsckReport report = Fsck();
  EXPECT_TRUE(report.IsClean());
  const auto named =
      std::find_if(report.findings.begin(), report.findings.end(), [&](const FsckFinding& one) { return one.key == orphan; });
  ASSERT_NE(named, report.findings.end());
  EXPECT_EQ(named->reason, "unreferenced");
  EXPECT_EQ(lake.Open().Take()->CollectGarbage({}, {true})->objects, 2) << "the manifest and its file";
  EXPECT_FALSE(Exists(orphan));
  EXPECT_EQ(Fsck().unreferenced, 0);
}

TEST_F(Garbage, EveryOldVersionKeepsItsFilesAlsoAfterADrop) {
  {
    const auto catalog = OpenWithGarbage();
    ASSERT_TRUE(catalog->Commit({}, ChangeOf("a", Operation::kReplace, {PutTestFile(faulty, "datasets/a/data/2-b.parquet", 1)})));
    CommitRequest drop;
    drop.drops.emplace_back("a");
    ASSERT_TRUE(catalog->Commit({}, drop));
  }
  EXPECT_EQ(lake.Open().Take()->CollectGarbage({}, {true})->objects, 1);
  EXPECT_TRUE(Exists(kNamed));
  EXPECT_TRUE(Exists("datasets/a/data/2-b.parquet"));
}

TEST_F(Garbage, ACommitBetweenFindingAndCondemningSavesItsFile) {
  const auto catalog = OpenWithGarbage();
  const DataFile saved = PutTestFile(faulty, kForgotten, 3);
  faulty.Inject({.action = StoreFault::Action::kHoldAnswer, .operations = {StoreOperation::kList}, .key_prefix = "datasets/"});
  std::thread collector([&] { EXPECT_TRUE(catalog->CollectGarbage({}, {true})); });
  faulty.AwaitHeld(1);
  ASSERT_TRUE(catalog->Commit({}, ChangeOf("a", Operation::kAppend, {saved})));
  faulty.Release();
  collector.join();
  EXPECT_TRUE(Exists(kForgotten));
  EXPECT_TRUE(Fsck().IsClean());
}

TEST_F(Garbage, WhatWasCondemnedAndNotRemovedIsRemovedTheNextTime) {
  const auto catalog = OpenWithGarbage();
  const DataFile late = PutTestFile(faulty, kForgotten, 3);
  faulty.Inject({.operations = {StoreOperation::kDelete}, .key_prefix = "datasets/"});
  EXPECT_FALSE(catalog->CollectGarbage({}, {true}));
  EXPECT_TRUE(Exists(kForgotten));
  const auto committed = catalog->Commit({}, ChangeOf("a", Operation::kAppend, {late}));
  ASSERT_FALSE(committed);
  EXPECT_EQ(committed.error().reason(), "condemned");
  EXPECT_EQ(catalog->CollectGarbage({}, {true})->objects, 1);
  EXPECT_FALSE(Exists(kForgotten));
  EXPECT_TRUE(Fsck().IsClean());
}

TEST_F(Garbage, NothingIsRemovedWhileAManifestCannotBeRead) {
  const auto catalog = OpenWithGarbage();
  const auto page = below.List({}, "datasets/a/manifest/", "", 10).Take();
  ASSERT_EQ(page.objects.size(), 1U);
  ASSERT_TRUE(below.Delete({}, page.objects[0].key));
  const auto collected = catalog->CollectGarbage({}, {true});
  ASSERT_FALSE(collected);
  EXPECT_EQ(collected.error().code(), ErrorCode::kCorruption);
  EXPECT_TRUE(Exists(kForgotten));
}

TEST(GarbageFaults, EveryFailureOnTheWayLeavesACleanLakeAndCanBeRepeated) {
  for (std::size_t nth = 1;; ++nth) {
    GarbageLake world;
    const auto catalog = world.OpenWithGarbage();
    world.faulty.ForgetCalls();
    world.faulty.Inject({.action = StoreFault::Action::kLoseAnswer, .nth = nth, .times = StoreFault::kAlways});
    (void)catalog->CollectGarbage({}, {true}).ok();
    const bool was_reached = world.faulty.calls().size() >= nth;
    world.faulty.ClearFaults();
    EXPECT_TRUE(world.Exists(kNamed)) << nth;
    EXPECT_TRUE(world.Fsck().IsClean()) << nth;
    const auto repeated = world.lake.Open().Take()->CollectGarbage({}, {true});
    ASSERT_TRUE(repeated) << nth << ": " << repeated.error().ToString();
    EXPECT_FALSE(world.Exists(kForgotten)) << nth;
    EXPECT_TRUE(world.Fsck().IsClean()) << nth;
    if (!was_reached) break;
  }
}

TEST(GarbageKey, OnlyKeysThatTheCatalogMakesHaveAnEpoch) {
  EXPECT_EQ(EpochOfKey("datasets/a/data/7-0190.parquet"), 7);
  EXPECT_EQ(EpochOfKey("datasets/a/b/manifest/12-x.parquet"), 12);
  EXPECT_EQ(EpochOfKey("_vectors/a/gen-3-0190/12-x.parquet"), 12);
  for (const char* key :
       {"datasets/a/data/x-7.parquet", "datasets/a/data/7.parquet", "datasets/a/data/-7-x.parquet", "datasets/a/data/0-x.parquet",
        "datasets/a/other/7-x.parquet", "mine/a/data/7-x.parquet", "datasets/a/data/7-x", "datasets/a/data/99999999999999999999-x.parquet"})
    EXPECT_EQ(EpochOfKey(key), std::nullopt) << key;
}

}  // namespace
}  // namespace lakehouse::catalog
