#include "lakehouse/catalog/copy_lake.h"

#include <gmock/gmock.h>

#include <map>
#include <thread>

#include "catalog_testing/test_lake.h"
#include "checkpoint.h"
#include "lakehouse/base/file.h"
#include "lakehouse/catalog/fsck.h"
#include "segment.h"
#include "storage_testing/faulty_object_store.h"

namespace lakehouse::catalog {
namespace {

using storage::StoreFault;
using storage::StoreOperation;

class CopyLakeTest : public testing::Test {
 protected:
  CopyLakeTest() {
    lake_.store = {&source_, [](storage::ObjectStore*) {}};
    auto options = TestLake::QuietOptions();
    options.reader_grace_ms = 0;
    options.checkpoint_records = 1;
    catalog_ = lake_.Open(options).Take();
    EXPECT_TRUE(catalog_->Commit({}, CreateOf("a", {File()})));
    Append();
    EXPECT_TRUE(source_.Put({}, "_vectors/i/log/1", "vectors"));
    EXPECT_TRUE(source_.Put({}, "mine/report.txt", "a report"));
    EXPECT_TRUE(source_.Put({}, "_errors/x", "errors of that server"));
  }
  DataFile File() {
    const std::string number = std::to_string(++files_);
    return PutTestFile(memory_, "datasets/a/data/1-" + number + ".parquet", 1, "octets " + number);
  }
  void Append() { ASSERT_TRUE(catalog_->Commit({}, ChangeOf("a", Operation::kAppend, {File()}))); }
  Result<CopyLakeReport> Copy(storage::ObjectStore& to, CopyLakeOptions options = {}) {
    options.spool = directory_.path();
    return CopyLake({}, source_, to, *lake_.codec, options);
  }
  FsckReport Fsck(storage::ObjectStore& store, bool repair = false) {
    return RunFsck({}, store, *lake_.codec, {FsckLevel::kDigests, repair}).Take();
  }
  /// What a reader sees of the lake in a store: every version of every dataset with its files.
  static std::string ContentOf(storage::ObjectStore& store) {
    TestLake lake;
    lake.store = {&store, [](storage::ObjectStore*) {}};
    auto options = TestLake::QuietOptions();
    options.may_write = false;
    const auto catalog = lake.Open(options);
    if (!catalog) return "ERROR " + catalog.error().ToString();
    std::string content;
    const auto listed = (*catalog)->ListDatasets({}, {}).Take();
    for (const Dataset& dataset : listed.datasets) {
      const auto history = (*catalog)->History({}, {dataset.name, {}, 1000}).Take();
      for (const Snapshot& snapshot : history.snapshots) {
        content += dataset.name + std::to_string(snapshot.version) + ":";
        const auto resolved = (*catalog)->Resolve({}, {{{dataset.name, {.version = snapshot.version}}}});
        if (!resolved) content += std::string(resolved.error().reason());
        if (resolved)
          for (const DataFile& file : resolved->tables.at(0).files) content += store.Get({}, file.key, {}).Take() + ",";
        content += "\n";
      }
    }
    return content;
  }

  storage::MemoryObjectStore memory_;
  storage::FaultyObjectStore source_{memory_};
  storage::MemoryObjectStore target_;
  TestLake lake_;
  TemporaryDirectory directory_ = TemporaryDirectory::Create(testing::TempDir(), "copy-").Take();
  std::unique_ptr<LocalCatalog> catalog_;
  int files_ = 0;
};

TEST_F(CopyLakeTest, ACopyIsTheSameLake) {
  const auto report = Copy(target_);
  ASSERT_TRUE(report) << report.error().ToString();
  EXPECT_EQ(report->sequence, 3);
  EXPECT_EQ(report->copied, 6) << "two files, two manifests, two objects of others";
  EXPECT_EQ(ContentOf(target_), ContentOf(memory_));
  EXPECT_EQ(target_.Get({}, "mine/report.txt", {}).Take(), "a report");
  EXPECT_FALSE(target_.Head({}, "_errors/x"));
  EXPECT_FALSE(target_.Head({}, kCopyingKey));
  EXPECT_TRUE(Fsck(target_).IsClean());
  EXPECT_EQ(Fsck(target_).findings.size(), 0U);
  EXPECT_EQ(Fsck(target_).checkpoints, 1) << "a start from it need not read the whole log";
}

TEST_F(CopyLakeTest, TheNextOneCopiesOnlyWhatIsNew) {
  ASSERT_TRUE(Copy(target_));
  EXPECT_EQ(Copy(target_)->copied, 0);
  Append();
  ASSERT_TRUE(source_.Put({}, "mine/report.txt", "A report"));
  const auto report = Copy(target_);
  ASSERT_TRUE(report) << report.error().ToString();
  EXPECT_EQ(report->copied, 3);
  EXPECT_EQ(report->sequence, 4);
  EXPECT_EQ(ContentOf(target_), ContentOf(memory_));
  EXPECT_EQ(target_.Get({}, "mine/report.txt", {}).Take(), "A report");
  EXPECT_TRUE(Fsck(target_).IsClean());
}

TEST_F(CopyLakeTest, WhatIsDeclaredComesAlongAndGoesWhenItIsDeclaredNoLonger) {
  for (const char* key :
       {"_schedules/night/definition.json", "_schedules/night/state.json", "_corpora/c/definition.json", "_corpora/c/image"})
    ASSERT_TRUE(source_.Put({}, key, "first"));
  ASSERT_TRUE(Copy(target_));
  EXPECT_EQ(target_.Get({}, "_schedules/night/definition.json", {}).Take(), "first");
  EXPECT_EQ(target_.Get({}, "_corpora/c/image", {}).Take(), "first");
  ASSERT_TRUE(source_.Put({}, "_schedules/night/state.json", "later"));
  ASSERT_TRUE(Copy(target_));
  EXPECT_EQ(target_.Get({}, "_schedules/night/state.json", {}).Take(), "later") << "of the same length";
  for (const char* key :
       {"_schedules/night/definition.json", "_schedules/night/state.json", "_corpora/c/definition.json", "mine/report.txt"})
    ASSERT_TRUE(source_.Delete({}, key));
  ASSERT_TRUE(Copy(target_));
  for (const char* key : {"_schedules/night/definition.json", "_schedules/night/state.json", "_corpora/c/definition.json"})
    EXPECT_FALSE(target_.Head({}, key)) << key;
  EXPECT_TRUE(target_.Head({}, "_corpora/c/image"));
  EXPECT_TRUE(target_.Head({}, "mine/report.txt")) << "what users put there stays in a backup";
  EXPECT_TRUE(Fsck(target_).IsClean());
}

TEST_F(CopyLakeTest, FollowsALogThatWasPackedMeanwhile) {
  ASSERT_TRUE(Copy(target_));
  while (catalog_->LoadStatus({}, {})->sequence < kSegmentRecords + 3) {
    CommitRequest request;
    request.events.push_back({"lake", "test", {}});
    ASSERT_TRUE(catalog_->Commit({}, request));
  }
  ASSERT_TRUE(Copy(target_));
  ASSERT_TRUE(catalog_->Maintain({}));
  ASSERT_FALSE(memory_.Head({}, RecordKey(1))) << "the source packed its log";
  ASSERT_TRUE(Copy(target_));
  EXPECT_FALSE(target_.Head({}, RecordKey(1)));
  EXPECT_TRUE(Fsck(target_).IsClean());
  EXPECT_EQ(Fsck(target_).segments, 1);
  EXPECT_EQ(ContentOf(target_), ContentOf(memory_));
}

TEST_F(CopyLakeTest, ATargetThatIsSomethingElseIsLeftAlone) {
  ASSERT_TRUE(target_.Put({}, "something", "else"));
  EXPECT_EQ(Copy(target_).error().reason(), "target_not_empty");
  storage::MemoryObjectStore other;
  TestLake stranger;
  stranger.store = {&other, [](storage::ObjectStore*) {}};
  ASSERT_TRUE(stranger.Open());
  EXPECT_EQ(Copy(other).error().reason(), "other_history");
  EXPECT_EQ(Copy(other, {.into_empty = true}).error().reason(), "target_not_empty");
  storage::MemoryObjectStore none;
  EXPECT_EQ(CopyLake({}, none, target_, *lake_.codec, {}).error().reason(), "no_lake");
}

TEST_F(CopyLakeTest, ABackupThatWasWrittenToIsNoBackupAnyMore) {
  ASSERT_TRUE(Copy(target_));
  TestLake lake;
  lake.store = {&target_, [](storage::ObjectStore*) {}};
  ASSERT_TRUE(lake.Open());  // which begins an epoch of its own
  EXPECT_EQ(Copy(target_).error().reason(), "other_history");
  Append();
  EXPECT_EQ(Copy(target_).error().reason(), "other_history");
}

TEST_F(CopyLakeTest, ARestoreWantsAnEmptyTargetAndGoesOnWithItsOwn) {
  ASSERT_TRUE(Copy(target_, {.into_empty = true}));
  EXPECT_EQ(Copy(target_, {.into_empty = true}).error().reason(), "target_not_empty");
}

TEST_F(CopyLakeTest, CutOffAnywhereItIsResumedAndUntilThenNotOpened) {
  for (std::size_t nth = 1;; ++nth) {
    storage::MemoryObjectStore below;
    storage::FaultyObjectStore faulty(below);
    faulty.Inject({.action = StoreFault::Action::kFail, .nth = nth, .times = StoreFault::kAlways, .code = ErrorCode::kInternal});
    const auto cut = Copy(faulty, {.into_empty = true});
    faulty.ClearFaults();
    if (cut) break;
    const std::string content = ContentOf(below);
    const bool is_closed = content.starts_with("ERROR") || content.empty() || content == ContentOf(memory_);
    EXPECT_TRUE(is_closed) << nth << ": " << content;
    const auto again = Copy(faulty, {.into_empty = !below.List({}, "", "", 1)->objects.empty() && bool(below.Head({}, kCopyingKey))});
    ASSERT_TRUE(again) << nth << ": " << again.error().ToString();
    EXPECT_EQ(ContentOf(below), ContentOf(memory_)) << nth;
    EXPECT_TRUE(Fsck(below).IsClean()) << nth;
  }
}

TEST_F(CopyLakeTest, AnOldBackupStaysABackupWhenTheNextOneIsCutOff) {
  ASSERT_TRUE(Copy(target_));
  const std::string before = ContentOf(target_);
  Append();
  Append();
  for (std::size_t nth = 1;; ++nth) {
    storage::FaultyObjectStore faulty(target_);
    faulty.Inject({.action = StoreFault::Action::kFail, .nth = nth, .times = StoreFault::kAlways, .code = ErrorCode::kInternal});
    const auto cut = Copy(faulty);
    EXPECT_TRUE(Fsck(target_).IsClean()) << nth;
    EXPECT_THAT(ContentOf(target_), testing::EndsWith(before)) << nth;
    if (cut) break;
  }
  EXPECT_EQ(ContentOf(target_), ContentOf(memory_));
}

TEST_F(CopyLakeTest, WhatIsDamagedInTheSourceIsNamedAndNotCopied) {
  ASSERT_TRUE(memory_.Put({}, "datasets/a/data/1-1.parquet", "octets X"));
  const auto report = Copy(target_);
  ASSERT_TRUE(report) << report.error().ToString();
  EXPECT_THAT(report->damaged, testing::ElementsAre("datasets/a/data/1-1.parquet"));
  EXPECT_FALSE(target_.Head({}, "datasets/a/data/1-1.parquet"));
  ASSERT_TRUE(memory_.Put({}, "datasets/a/data/1-1.parquet", "octets 1"));
  EXPECT_EQ(Copy(target_)->copied, 1);
  EXPECT_TRUE(Fsck(target_).IsClean());
}

TEST_F(CopyLakeTest, WhatIsDamagedInTheBackupIsCopiedAnewWhenAskedToLook) {
  ASSERT_TRUE(Copy(target_));
  ASSERT_TRUE(target_.Put({}, "datasets/a/data/1-1.parquet", "octets X"));
  EXPECT_EQ(Copy(target_)->copied, 0) << "its length is right, and reading everything takes long";
  EXPECT_EQ(Copy(target_, {.verify_all = true})->copied, 1);
  EXPECT_TRUE(Fsck(target_).IsClean());
}

TEST_F(CopyLakeTest, ATargetThatLiesIsFoundOut) {
  storage::FaultyObjectStore liar(target_);
  liar.Inject({.action = StoreFault::Action::kPretend, .operations = {StoreOperation::kPutIfAbsent}, .key_prefix = "datasets/"});
  EXPECT_FALSE(Copy(liar));
}

TEST_F(CopyLakeTest, CommitsAndCollectionsMeanwhileDoNotDisturbIt) {
  source_.Inject({.action = StoreFault::Action::kHold, .operations = {StoreOperation::kGet}, .key_prefix = "datasets/a/data/"});
  std::thread copier([&] {
    const auto report = Copy(target_);
    EXPECT_TRUE(report) << report.error().ToString();
  });
  source_.AwaitHeld(1);
  CommitRequest keep;
  keep.retention.push_back({"a", {.keep_last = 1}});
  EXPECT_TRUE(catalog_->Commit({}, keep));
  lake_.clock.wall_micros += 1'000'000;
  EXPECT_TRUE(catalog_->Commit({}, ChangeOf("a", Operation::kReplace, {File()})));
  lake_.clock.wall_micros += 1'000'000;
  EXPECT_EQ(catalog_->CollectGarbage({}, {true})->expired_versions, 2);
  source_.Release();
  copier.join();
  EXPECT_TRUE(Fsck(target_).IsClean());
  EXPECT_EQ(ContentOf(target_), ContentOf(memory_));
  EXPECT_GE(Copy(target_, {.prune = true})->pruned, 0);
  EXPECT_EQ(Fsck(target_).unreferenced, 0) << "what was collected left the backup, too";
}

TEST_F(CopyLakeTest, FsckRepairsWhatIsDerivedAndNothingElse) {
  ASSERT_TRUE(catalog_->Maintain({}));
  catalog_.reset();
  const std::string content = ContentOf(memory_);
  std::vector<std::string> derived{"_catalog/format.json"};
  for (const auto& object : memory_.List({}, std::string(kCheckpointPrefix), "", 100).Take().objects) derived.push_back(object.key);
  ASSERT_GE(derived.size(), 3U);
  std::map<std::string, std::string> whole;
  for (const std::string& key : derived) whole[key] = memory_.Get({}, key, {}).Take();
  for (const std::string& key : derived) {
    for (const auto& [object, octets] : whole) ASSERT_TRUE(memory_.Put({}, object, octets));
    ASSERT_TRUE(memory_.Put({}, key, "damaged"));
    const auto shown = Fsck(memory_);
    EXPECT_FALSE(shown.IsClean()) << key;
    EXPECT_FALSE(shown.findings.at(0).repair.empty()) << key;
    EXPECT_TRUE(Fsck(memory_, true).IsClean()) << key;
    EXPECT_TRUE(Fsck(memory_).IsClean()) << key;
    EXPECT_EQ(ContentOf(memory_), content) << key;
  }
  ASSERT_TRUE(memory_.Put({}, "_catalog/gc.boundary", "damaged"));
  Fsck(memory_, true);
  EXPECT_TRUE(Fsck(memory_).IsClean());
  ASSERT_TRUE(memory_.Put({}, "datasets/a/data/1-1.parquet", "octets X"));
  EXPECT_FALSE(Fsck(memory_, true).IsClean());
  EXPECT_EQ(memory_.Get({}, "datasets/a/data/1-1.parquet", {}).Take(), "octets X") << "data is never touched";
}

}  // namespace
}  // namespace lakehouse::catalog
