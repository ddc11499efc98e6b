#include "lakehouse/storage/error_archive.h"

#include <gmock/gmock.h>

#include <thread>

#include "lakehouse/storage/bucket_store.h"
#include "lakehouse/storage/memory_object_store.h"
#include "storage_testing/faulty_object_store.h"
#include "storage_testing/matchers.h"

namespace lakehouse::storage {
namespace {

constexpr ErrorArchive::Options kByHand{.flush_interval_ms = 3'600'000};

class Archive : public testing::Test {
 protected:
  static std::vector<std::string> ObjectsOf(const ErrorArchive::Found& found) {
    std::vector<std::string> objects;
    for (const ErrorRecord& record : found.records) objects.push_back(record.object);
    return objects;
  }
  static void Fail(ErrorJournal& journal, const std::string& object, const std::string& reason = "disk_full") {
    journal.Record({.principal = "user:ann", .trace = "r-1", .deadline = {}, .cancel = {}}, "ingestd", object,
                   Error(ErrorCode::kUnavailable, "no room for password=hunter2").Named(reason));
  }
  MemoryObjectStore below_;
  FaultyObjectStore store_{below_};
  Log log_{"test", LogLevel::kDebug, [](std::string_view) {}};
};

TEST_F(Archive, WhatOneProcessRecordedTheNextOneFinds) {
  {
    ErrorJournal journal;
    ErrorArchive archive(journal, store_, log_, kByHand);
    Fail(journal, "a");
    EXPECT_EQ(*archive.Flush({}), 1U);
    EXPECT_EQ(*archive.Flush({}), 0U);
    Fail(journal, "b");  // written when it ends
    EXPECT_THAT(ObjectsOf(archive.Find({}, {})), testing::ElementsAre("a", "b")) << "once, though one is in the store and in memory";
  }
  ErrorJournal journal;
  ErrorArchive archive(journal, store_, log_, kByHand);
  Fail(journal, "c", "timeout");
  const auto found = archive.Find({}, {});
  EXPECT_THAT(ObjectsOf(found), testing::ElementsAre("a", "b", "c"));
  EXPECT_EQ(found.unreadable, "");
  EXPECT_EQ(found.records[0].kind, "disk_full");
  EXPECT_EQ(found.records[0].request_id, "r-1");
  EXPECT_THAT(found.records[0].message, testing::Not(testing::HasSubstr("hunter2")));
  EXPECT_THAT(ObjectsOf(archive.Find({}, {.kind = "timeout"})), testing::ElementsAre("c"));
  EXPECT_THAT(ObjectsOf(archive.Find({}, {.limit = 2})), testing::ElementsAre("b", "c"));
}

TEST_F(Archive, SeveralProcessesSeeEachOther) {
  ErrorJournal one, other;
  ErrorArchive first(one, store_, log_, kByHand), second(other, store_, log_, kByHand);
  Fail(one, "of one");
  Fail(other, "of the other");
  ASSERT_THAT(first.Flush({}), Succeeds());
  ASSERT_THAT(second.Flush({}), Succeeds());
  EXPECT_EQ(first.Find({}, {}).records.size(), 2U);
  EXPECT_EQ(second.Find({}, {}).records.size(), 2U);
}

TEST_F(Archive, AStoreThatIsAwayIsSaidAndMemoryAnswers) {
  ErrorJournal journal;
  ErrorArchive archive(journal, store_, log_, kByHand);
  Fail(journal, "a");
  store_.Inject({.times = StoreFault::kAlways});
  EXPECT_THAT(archive.Flush({}), FailsWith(ErrorCode::kUnavailable));
  const auto found = archive.Find({}, {});
  EXPECT_THAT(ObjectsOf(found), testing::ElementsAre("a"));
  EXPECT_NE(found.unreadable, "");
  store_.ClearFaults();
  EXPECT_EQ(*archive.Flush({}), 1U);
  EXPECT_EQ(archive.Find({}, {}).unreadable, "");
}

TEST_F(Archive, ItWritesByItself) {
  ErrorJournal journal;
  ErrorArchive archive(journal, store_, log_, {.flush_interval_ms = 5});
  store_.Inject({.action = StoreFault::Action::kHoldAnswer, .operations = {StoreOperation::kPutIfAbsent}});
  Fail(journal, "a");
  store_.AwaitHeld(1);  // the put has happened
  store_.Release();
  EXPECT_EQ(below_.List({}, "_errors/", "", 10)->objects.size(), 1U);
}

TEST_F(Archive, WhatMemoryPushesOutWhileTheStoreIsAwayTakesNothingElseWithIt) {
  ErrorJournal journal({.capacity = 2});
  {
    ErrorArchive archive(journal, store_, log_, kByHand);
    store_.Inject({.times = StoreFault::kAlways});
    Fail(journal, "a");
    Fail(journal, "b");
    EXPECT_THAT(archive.Flush({}), FailsWith(ErrorCode::kUnavailable));
    Fail(journal, "c");
    Fail(journal, "d");
    store_.ClearFaults();
    EXPECT_EQ(*archive.Flush({}), 4U);
  }
  ErrorJournal other;
  ErrorArchive next(other, store_, log_, kByHand);
  EXPECT_THAT(ObjectsOf(next.Find({}, {})), testing::ElementsAre("a", "b", "c", "d"));
}

TEST_F(Archive, ARecordThatGoesFromMemoryToTheStoreWhileSomebodyLooksIsFound) {
  ErrorJournal journal({.capacity = 1});
  ErrorArchive archive(journal, store_, log_, kByHand);
  Fail(journal, "a");
  store_.Inject({.action = StoreFault::Action::kHoldAnswer, .operations = {StoreOperation::kList}});
  ErrorArchive::Found found;
  std::thread looker([&] { found = archive.Find({}, {}); });
  store_.AwaitHeld(1);
  EXPECT_EQ(*archive.Flush({}), 1U);
  Fail(journal, "b");
  store_.Release();
  looker.join();
  EXPECT_THAT(ObjectsOf(found), testing::Contains("a"));
}

/// A lake with a rescue bucket, whose primary may be away.
class ArchiveWithRescue : public Archive {
 protected:
  ArchiveWithRescue() {
    auto primary = std::make_unique<FaultyObjectStore>(below_);
    primary_ = primary.get();
    BucketStore::Options options;
    options.rescue = BucketRecord{.name = "rescue", .url = "s3://rescue"};
    options.reopen_ms = 0;
    lake_ = BucketStore::Make({.primary = std::move(primary),
                               .open = [this](const Context&, const BucketRecord&, bool) -> Result<std::unique_ptr<ObjectStore>> {
                                 if (rescue_is_away_) return Error(ErrorCode::kUnavailable, "rescue is away");
                                 return std::unique_ptr<ObjectStore>(std::make_unique<FaultyObjectStore>(rescue_));
                               },
                               .log = log_},
                              std::move(options));
  }
  MemoryObjectStore rescue_;
  bool rescue_is_away_ = false;
  FaultyObjectStore* primary_ = nullptr;
  std::unique_ptr<BucketStore> lake_;
};

TEST_F(ArchiveWithRescue, RescueKeepsWhatPrimaryDoesNotTakeAndEveryRecordIsFoundOnce) {
  {
    ErrorJournal journal;
    ErrorArchive archive(journal, *lake_, log_, kByHand);
    Fail(journal, "a");
    ASSERT_THAT(archive.Flush({}), Succeeds());
    primary_->Inject({.times = StoreFault::kAlways});
    Fail(journal, "b");
    EXPECT_EQ(*archive.Flush({}), 1U);
    EXPECT_EQ(*archive.Flush({}), 0U) << "once";
    const auto found = archive.Find({}, {});
    EXPECT_THAT(ObjectsOf(found), testing::ElementsAre("a", "b"));
    EXPECT_TRUE(found.has_rescue);
    EXPECT_NE(found.unreadable, "");
    EXPECT_EQ(found.rescue_unreadable, "");
  }
  // The process is gone, primary still away: the next one finds what rescue has.
  ErrorJournal journal;
  ErrorArchive archive(journal, *lake_, log_, kByHand);
  EXPECT_THAT(ObjectsOf(archive.Find({}, {})), testing::ElementsAre("b"));
  primary_->ClearFaults();
  EXPECT_THAT(ObjectsOf(archive.Find({}, {})), testing::ElementsAre("a", "b"));
}

TEST_F(ArchiveWithRescue, PrimaryGetsTheRestOnceItIsBackAndNothingIsShownTwice) {
  ErrorJournal journal;
  ErrorArchive archive(journal, *lake_, log_, kByHand);
  primary_->Inject({.times = StoreFault::kAlways});
  Fail(journal, "a");
  ASSERT_THAT(archive.Flush({}), Succeeds());
  primary_->ClearFaults();
  Fail(journal, "b");
  EXPECT_EQ(*archive.Flush({}), 2U) << "primary's journal has no holes";
  ErrorJournal other;
  ErrorArchive next(other, *lake_, log_, kByHand);
  EXPECT_THAT(ObjectsOf(next.Find({}, {})), testing::ElementsAre("a", "b"));
  Fail(journal, "c");
  ASSERT_THAT(archive.Flush({}), Succeeds());
  EXPECT_EQ(next.Compact({})->packs, 1);
  EXPECT_THAT(ObjectsOf(next.Find({}, {})), testing::ElementsAre("a", "b", "c"));
  EXPECT_TRUE(next.Find({}, {}).damages.empty());
}

TEST_F(ArchiveWithRescue, ABatchThatNeitherTookDoesNotStandInTheWayOfWhatRescueGetsLater) {
  ErrorJournal journal;
  ErrorArchive archive(journal, *lake_, log_, kByHand);
  primary_->Inject({.times = StoreFault::kAlways});
  rescue_is_away_ = true;
  Fail(journal, "a");
  Fail(journal, "b");
  EXPECT_THAT(archive.Flush({}), FailsWith(ErrorCode::kUnavailable));
  primary_->ClearFaults();
  rescue_is_away_ = false;
  ASSERT_THAT(archive.Flush({}), Succeeds());
  primary_->Inject({.times = StoreFault::kAlways});
  Fail(journal, "c");
  ASSERT_THAT(archive.Flush({}), Succeeds());
  ErrorJournal other;
  ErrorArchive next(other, *lake_, log_, kByHand);
  EXPECT_THAT(ObjectsOf(next.Find({}, {})), testing::Contains("c")) << "primary is still away";
  primary_->ClearFaults();
  EXPECT_THAT(ObjectsOf(next.Find({}, {})), testing::ElementsAre("a", "b", "c"));
}

}  // namespace
}  // namespace lakehouse::storage
