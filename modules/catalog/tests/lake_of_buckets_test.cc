#include <gmock/gmock.h>

#include <filesystem>
#include <thread>

#include "catalog_testing/test_lake.h"
#include "lakehouse/base/file.h"
#include "lakehouse/catalog/copy_lake.h"
#include "lakehouse/catalog/fsck.h"
#include "lakehouse/catalog/vector_dataset.h"
#include "lakehouse/storage/bucket_key.h"
#include "lakehouse/storage/bucket_store.h"
#include "lakehouse/storage/error_journal.h"
#include "lakehouse/storage/local_object_store.h"
#include "scrub.h"
#include "storage_testing/faulty_object_store.h"

namespace lakehouse::catalog {
namespace {

using storage::StoreFault;
using storage::StoreOperation;
using testing::Contains;
using testing::ElementsAre;
using testing::Not;

/// A lake with a bucket "archive" beside primary. Dataset "a" has a file in each of them.
class LakeOfBuckets : public testing::Test {
 protected:
  LakeOfBuckets() {
    store_ = StoreOf("lake");
    EXPECT_TRUE(store_->CreateBucket({}, {.name = "archive"}));
    Open();
    EXPECT_TRUE(
        catalog_->Commit({}, CreateOf("a", {PutTestFile(*store_, kHere, 1, "in primary"), PutTestFile(*store_, kThere, 2, "there")})));
    EXPECT_TRUE(store_->Put({}, "_buckets/archive/mine/report.txt", "a report"));
  }
  static constexpr const char* kHere = "datasets/a/data/1-0190b3f4-0000-7000-8000-000000000001.parquet";
  static constexpr const char* kThere = "_buckets/archive/datasets/a/data/1-0190b3f4-0000-7000-8000-000000000002.parquet";

  std::string Path(const std::string& name) const { return directory_.path() + "/" + name; }
  std::unique_ptr<storage::BucketStore> StoreOf(const std::string& name) {
    return storage::BucketStore::Make(
        {.primary = storage::OpenLocalObjectStore(Path(name)).Take(),
         .open = [](const Context&, const storage::BucketRecord& record, bool create) -> Result<std::unique_ptr<storage::ObjectStore>> {
           if (!create && !std::filesystem::is_directory(record.url))
             return Error(ErrorCode::kUnavailable, record.url + " is no directory");
           return storage::OpenLocalObjectStore(record.url);
         },
         .log = lake_.log},
        {.primary_url = Path(name), .rescue = {}, .directories = {Path(name + "-buckets")}, .reopen_ms = 0});
  }
  void Open() {
    auto options = TestLake::QuietOptions();
    options.reader_grace_ms = 0;
    lake_.store = {store_.get(), [](storage::ObjectStore*) {}};
    catalog_.reset();
    catalog_ = lake_.Open(options).Take();
  }
  Result<CopyLakeReport> Copy(storage::ObjectStore& from, const std::string& to, CopyLakeOptions options = {}) {
    const auto target = storage::OpenLocalObjectStore(Path(to)).Take();
    options.spool = directory_.path();
    return CopyLake({}, from, *target, *lake_.codec, options);
  }
  FsckReport Fsck(storage::ObjectStore& store) { return RunFsck({}, store, *lake_.codec, {FsckLevel::kDigests, false}).Take(); }
  void Keep(std::int64_t versions) {
    lake_.clock.wall_micros += 1'000'000;
    CommitRequest request;
    request.retention.push_back({"", {.keep_last = versions}});
    ASSERT_TRUE(catalog_->Commit({}, request));
    lake_.clock.wall_micros += 1'000'000;
  }
  void TakeArchiveAway() { std::filesystem::rename(Path("lake-buckets"), Path("aside")); }
  void BringArchiveBack() { std::filesystem::rename(Path("aside"), Path("lake-buckets")); }
  bool Exists(const std::string& key) { return store_->Head({}, key).ok(); }

  TemporaryDirectory directory_ = TemporaryDirectory::Create(testing::TempDir(), "buckets-").Take();
  TestLake lake_;
  std::unique_ptr<storage::BucketStore> store_;
  std::unique_ptr<LocalCatalog> catalog_;
};

TEST_F(LakeOfBuckets, ACopyHoldsTheFilesOfEveryBucketAndOpensAlone) {
  const auto copied = Copy(*store_, "copy");
  ASSERT_TRUE(copied) << copied.error().ToString();
  EXPECT_EQ(Copy(*store_, "copy")->copied, 0);
  catalog_.reset();
  store_.reset();
  for (const char* gone : {"lake", "lake-buckets"}) std::filesystem::rename(Path(gone), Path(std::string("gone-") + gone));

  store_ = StoreOf("copy");
  EXPECT_EQ(store_->Get({}, kThere, {}).Take(), "there");
  EXPECT_EQ(store_->Get({}, "_buckets/archive/mine/report.txt", {}).Take(), "a report");
  const auto buckets = store_->ListBuckets({}, true).Take();
  ASSERT_EQ(buckets.size(), 2U);
  EXPECT_EQ(buckets[1].record.url, storage::kInsidePrimary);
  EXPECT_TRUE(buckets[1].health.reachable);
  const FsckReport sound = Fsck(*store_);
  EXPECT_TRUE(sound.IsClean());
  EXPECT_TRUE(sound.findings.empty());
  EXPECT_EQ(sound.files, 2);
  EXPECT_EQ(sound.unreferenced, 0);

  Open();
  ASSERT_TRUE(
      catalog_->Commit({}, ChangeOf("a", Operation::kAppend, {PutTestFile(*store_, "_buckets/archive/datasets/a/data/2-x.parquet", 1)})));
  const auto again = Copy(*store_, "second");
  ASSERT_TRUE(again) << again.error().ToString();
  EXPECT_TRUE(Fsck(*StoreOf("second")).IsClean());
  EXPECT_EQ(StoreOf("second")->Get({}, kThere, {}).Take(), "there");
}

TEST_F(LakeOfBuckets, ACopyDoesNotSucceedWithoutABucketAndTheEarlierOneStays) {
  ASSERT_TRUE(Copy(*store_, "copy"));
  TakeArchiveAway();
  store_ = StoreOf("lake");
  const auto refused = Copy(*store_, "copy");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason(), "bucket_away");
  EXPECT_TRUE(Fsck(*StoreOf("copy")).IsClean());
  BringArchiveBack();
  EXPECT_TRUE(Copy(*store_, "copy"));
}

TEST_F(LakeOfBuckets, WhatVersionsLetGoIsRemovedInEveryBucketAndFromTheCopy) {
  constexpr const char* kStays = "_buckets/archive/datasets/a/data/1-0190b3f4-0000-7000-8000-000000000003.parquet";
  constexpr const char* kOnItsWay = "_buckets/archive/datasets/a/data/1-0190b3f4-0000-7000-8000-000000000004.parquet";
  ASSERT_TRUE(Copy(*store_, "copy"));
  lake_.clock.wall_micros += 1'000'000;
  ASSERT_TRUE(catalog_->Commit({}, ChangeOf("a", Operation::kReplace, {PutTestFile(*store_, kStays, 1, "stays")})));
  PutTestFile(*store_, kOnItsWay, 1);
  Keep(1);
  EXPECT_EQ(catalog_->CollectGarbage({}, {true})->expired_versions, 1);
  EXPECT_FALSE(Exists(kHere));
  EXPECT_FALSE(Exists(kThere)) << "of this writer, and let go all the same";
  EXPECT_TRUE(Exists(kStays));
  EXPECT_TRUE(Exists(kOnItsWay)) << "of this writer, and perhaps about to be committed";
  EXPECT_TRUE(Exists("_buckets/archive/mine/report.txt"));
  EXPECT_EQ(Copy(*store_, "copy", {.prune = true})->pruned, 3) << "two files and a manifest";
  EXPECT_FALSE(std::filesystem::exists(Path("copy/") + kThere));
  EXPECT_TRUE(Fsck(*StoreOf("copy")).IsClean());

  Open();  // another epoch
  EXPECT_EQ(catalog_->CollectGarbage({}, {true})->objects, 1);
  EXPECT_FALSE(Exists(kOnItsWay));
  TakeArchiveAway();
  EXPECT_EQ(catalog_->CollectGarbage({}, {true}).error().reason(), "bucket_away") << "nobody can say what is in it";
}

TEST_F(LakeOfBuckets, AScrubReadsEveryBucketAndDoesNotTakeOneThatIsAwayForDamaged) {
  storage::ErrorJournal errors;
  storage::Quarantine quarantine(*store_, errors, lake_.log, lake_.clock);
  const auto scrub = [&] {
    auto run = LakeScrub({*store_, *catalog_, *lake_.codec, quarantine, lake_.log, lake_.metrics, lake_.clock}, 0, {}).Run({});
    EXPECT_TRUE(run) << run.error().ToString();
    return run ? std::move(run).Take() : ScrubRun{};
  };
  EXPECT_EQ(scrub().damaged, 0);
  TakeArchiveAway();
  const ScrubRun partial = scrub();
  EXPECT_EQ(partial.unreachable, 1);
  EXPECT_EQ(partial.damaged, 0);
  EXPECT_FALSE(quarantine.Find(kThere));
  BringArchiveBack();
  ASSERT_TRUE(store_->Put({}, kThere, "THERE"));
  EXPECT_EQ(scrub().damaged, 1);
  EXPECT_TRUE(quarantine.Find(kThere));
  TakeArchiveAway();
  EXPECT_EQ(scrub().healed, 0);
  EXPECT_TRUE(quarantine.Find(kThere)) << "out of sight is not whole";
  BringArchiveBack();
  ASSERT_TRUE(store_->Put({}, kThere, "there"));
  EXPECT_EQ(scrub().healed, 1);
}

/// A vector index as its service leaves it: generations in the catalog, batches beside them.
class LakeOfVectors : public testing::Test {
 protected:
  LakeOfVectors() {
    lake_.store = {&source_, [](storage::ObjectStore*) {}};
    auto options = TestLake::QuietOptions();
    options.reader_grace_ms = 0;
    catalog_ = lake_.Open(options).Take();
    CommitRequest create = CreateOf("vectors_i", {});
    create.changes[0].attributes = {{kVectorLifeAttribute, "life"}, {"vector.log_sequence", "0"}};
    EXPECT_TRUE(catalog_->Commit({}, create));
  }
  static std::string BatchOf(int number) { return "_vectors/i/log/life-" + std::to_string(number); }
  static std::string FileOf(int generation) {
    return "_vectors/i/gen-" + std::to_string(generation) + "-x/1-" + std::to_string(generation) + ".parquet";
  }
  void Write(int number) { ASSERT_TRUE(memory_.PutIfAbsent({}, BatchOf(number), "batch " + std::to_string(number))); }
  std::int64_t Head() { return catalog_->Describe({}, {"vectors_i", {}})->dataset.head.version; }
  /// All batches up to this one become a generation, and go.
  void Fold(int generation, int last) {
    lake_.clock.wall_micros += 1'000'000;
    CommitRequest fold =
        ChangeOf("vectors_i", Operation::kUpsert, {PutTestFile(memory_, FileOf(generation), 1, "g" + std::to_string(generation))}, Head());
    fold.changes[0].summary = {{kGenerationSummary, std::to_string(last)}};
    fold.changes[0].attributes = {{"vector.log_sequence", std::to_string(last)}};
    ASSERT_TRUE(catalog_->Commit({}, fold));
    for (int number = 1; number <= last; ++number) ASSERT_TRUE(memory_.Delete({}, BatchOf(number)));
  }
  void Promote() {
    lake_.clock.wall_micros += 1'000'000;
    CommitRequest promote = ChangeOf("vectors_i", Operation::kUpsert, {}, Head());
    promote.changes[0].attributes = {{"vector.promotion", std::to_string(lake_.clock.wall_micros)}};
    ASSERT_TRUE(catalog_->Commit({}, promote));
  }
  Result<CopyLakeReport> Copy(storage::ObjectStore& to, CopyLakeOptions options = {}) {
    options.spool = directory_.path();
    return CopyLake({}, source_, to, *lake_.codec, options);
  }
  /// The batch up to which everything is there, in the generation or after it.
  int LastIn(storage::ObjectStore& store) {
    TestLake lake;
    lake.store = {&store, [](storage::ObjectStore*) {}};
    auto options = TestLake::QuietOptions();
    options.may_write = false;
    const auto catalog = lake.Open(options);
    if (!catalog) return -1;
    const auto described = (*catalog)->Describe({}, {"vectors_i", {}});
    if (!described) return -1;
    int last = std::stoi(described->dataset.attributes.at("vector.log_sequence"));
    while (store.Head({}, BatchOf(last + 1))) ++last;
    for (int beyond = last + 1; beyond < 20; ++beyond) EXPECT_FALSE(store.Head({}, BatchOf(beyond))) << "a gap before " << beyond;
    return last;
  }

  storage::MemoryObjectStore memory_;
  storage::FaultyObjectStore source_{memory_};
  storage::MemoryObjectStore target_;
  TestLake lake_;
  TemporaryDirectory directory_ = TemporaryDirectory::Create(testing::TempDir(), "vectors-").Take();
  std::unique_ptr<LocalCatalog> catalog_;
};

TEST_F(LakeOfVectors, ACopyHasTheBatchesThatNoGenerationHoldsYet) {
  for (int number = 1; number <= 3; ++number) Write(number);
  Fold(1, 2);
  ASSERT_TRUE(memory_.Put({}, "_vectors/i/gen-1-x/index-10.lhv", "saved index"));
  PutTestFile(memory_, "_vectors/i/gen-2-x/1-left.parquet", 1, "a generation that was never committed");
  ASSERT_TRUE(Copy(target_));
  EXPECT_EQ(LastIn(target_), 3);
  EXPECT_TRUE(target_.Head({}, "_vectors/i/gen-1-x/index-10.lhv"));
  EXPECT_FALSE(target_.Head({}, "_vectors/i/gen-2-x/1-left.parquet"));
  Write(4);
  Fold(2, 4);
  Write(5);
  ASSERT_TRUE(Copy(target_, {.prune = true}));
  EXPECT_EQ(LastIn(target_), 5);
  EXPECT_FALSE(target_.Head({}, BatchOf(3))) << "what was erased must not live on in old batches";
}

TEST_F(LakeOfVectors, AGenerationMadeMeanwhileTakesNothingFromTheCopy) {
  for (const StoreOperation held : {StoreOperation::kList, StoreOperation::kGet}) {
    storage::MemoryObjectStore target;
    const int first = held == StoreOperation::kList ? 0 : 3;
    for (int number = 1; number <= 3; ++number) Write(first + number);
    source_.Inject({.action = StoreFault::Action::kHold, .operations = {held}, .key_prefix = "_vectors/"});
    std::thread copier([&] {
      const auto copied = Copy(target);
      EXPECT_TRUE(copied) << copied.error().ToString();
    });
    source_.AwaitHeld(1);
    Fold(first == 0 ? 1 : 2, first + 3);
    source_.Release();
    copier.join();
    source_.ClearFaults();
    EXPECT_EQ(LastIn(target), first + 3);
  }
}

TEST_F(LakeOfVectors, ACopyThatIsCutOffAnywhereHasNoGapAndNoLessThanBefore) {
  Write(1);
  Write(2);
  ASSERT_TRUE(Copy(target_));
  Fold(1, 2);
  for (int number = 3; number <= 5; ++number) Write(number);
  for (std::size_t nth = 1;; ++nth) {
    storage::FaultyObjectStore faulty(target_);
    faulty.Inject({.action = StoreFault::Action::kFail, .nth = nth, .times = StoreFault::kAlways, .code = ErrorCode::kInternal});
    const auto copied = Copy(faulty);
    EXPECT_GE(LastIn(target_), 2) << nth;
    if (copied) break;
  }
  EXPECT_EQ(LastIn(target_), 5);
}

TEST_F(LakeOfVectors, RetentionKeepsWhatTheIndexServesAndLetsTheRestGoBelowVectors) {
  for (int generation = 1; generation <= 4; ++generation) Fold(generation, generation);
  Promote();
  Promote();
  lake_.clock.wall_micros += 1'000'000;
  CommitRequest keep;
  keep.retention.push_back({"", {.keep_last = 1}});
  ASSERT_TRUE(catalog_->Commit({}, keep));
  lake_.clock.wall_micros += 1'000'000;
  EXPECT_EQ(catalog_->CollectGarbage({}, {true})->expired_versions, 3) << "the empty one and two generations";
  const auto keys_at = [&](std::int64_t version) {
    std::vector<std::string> keys;
    const auto resolved = catalog_->Resolve({}, {{{"vectors_i", {.version = version}}}});
    if (!resolved) return std::vector<std::string>{std::string(resolved.error().reason())};
    for (const DataFile& file : resolved->tables.at(0).files) keys.push_back(file.key);
    return keys;
  };
  EXPECT_THAT(keys_at(3), ElementsAre("snapshot_expired"));
  EXPECT_THAT(keys_at(4), Contains(FileOf(3))) << "the generation before the newest";
  EXPECT_THAT(keys_at(7), Contains(FileOf(4)));
  EXPECT_TRUE(RunFsck({}, memory_, *lake_.codec, {FsckLevel::kDigests, false})->IsClean());

  // Rewritten: the files of before are needed by the generation before only, and go with it.
  lake_.clock.wall_micros += 1'000'000;
  for (int generation = 5; generation <= 6; ++generation) {
    lake_.clock.wall_micros += 1'000'000;
    CommitRequest rewrite = ChangeOf("vectors_i", Operation::kReplace, {PutTestFile(memory_, FileOf(generation), 1, "r")});
    rewrite.changes[0].summary = {{kGenerationSummary, "9"}};
    ASSERT_TRUE(catalog_->Commit({}, rewrite));
  }
  lake_.clock.wall_micros += 1'000'000;
  ASSERT_TRUE(catalog_->CollectGarbage({}, {true}));
  for (int generation = 1; generation <= 4; ++generation) EXPECT_FALSE(memory_.Head({}, FileOf(generation))) << generation;
  for (int generation = 5; generation <= 6; ++generation) EXPECT_TRUE(memory_.Head({}, FileOf(generation))) << generation;
}

}  // namespace
}  // namespace lakehouse::catalog
