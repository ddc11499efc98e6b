#include "scrub.h"

#include <gmock/gmock.h>

#include <thread>

#include "catalog_testing/test_lake.h"
#include "lakehouse/catalog/fsck.h"
#include "lakehouse/storage/append_log.h"
#include "lakehouse/storage/error_journal.h"
#include "storage_testing/faulty_object_store.h"

namespace lakehouse::catalog {
namespace {

using storage::StoreFault;
using storage::StoreOperation;

constexpr const char* kFile = "datasets/a/data/1-0190b3f4-0000-7000-8000-000000000001.parquet";

class Scrub : public testing::Test {
 protected:
  Scrub() {
    lake_.store = {&faulty_, [](storage::ObjectStore*) {}};
    auto options = TestLake::QuietOptions();
    options.checkpoint_records = 2;
    catalog_ = lake_.Open(options).Take();
    EXPECT_TRUE(catalog_->Commit({}, CreateOf("a", {PutTestFile(memory_, kFile, 5)})));
    EXPECT_TRUE(catalog_->Commit({}, ChangeOf("a", Operation::kAppend, {PutTestFile(memory_, "datasets/a/data/1-b.parquet", 1, "b")})));
    EXPECT_TRUE(catalog_->Maintain({}));
  }
  LocalUpkeep::Parts Parts() { return {memory_, *catalog_, *lake_.codec, quarantine_, lake_.log, lake_.metrics, lake_.clock, checks_}; }
  /// Things whose first octet says whether they are sound.
  static SelfChecks ChecksOfThings() {
    return {{"_logs/things/",
             [](const storage::ObjectInfo& object, const SelfCheckedObjects::Read& read) -> Result<bool> {
               if (!object.key.ends_with(".thing")) return false;
               if (LH_TRY(read(0, 1)) == "+") return true;
               return Error(ErrorCode::kCorruption, "it begins with something else").Named("thing_damaged");
             },
             true},
            {"_buckets/nowhere/_logs/", [](const storage::ObjectInfo&, const SelfCheckedObjects::Read&) -> Result<bool> { return true; }}};
  }
  ScrubRun Run() {
    auto run = LakeScrub(Parts(), 0, {}).Run({});
    EXPECT_TRUE(run) << run.error().ToString();
    return run ? std::move(run).Take() : ScrubRun{};
  }
  std::string Get(const std::string& key) { return memory_.Get({}, key, {}).Take(); }
  std::vector<std::string> AllKeys() {
    std::vector<std::string> keys;
    for (const auto& object : memory_.List({}, "", "", 1000).Take().objects) keys.push_back(object.key);
    return keys;
  }

  storage::MemoryObjectStore memory_;
  storage::FaultyObjectStore faulty_{memory_};
  TestLake lake_;
  storage::ErrorJournal errors_;
  storage::Quarantine quarantine_{memory_, errors_, lake_.log, lake_.clock};
  std::unique_ptr<LocalCatalog> catalog_;
  SelfChecks checks_;
};

TEST_F(Scrub, ReadsEveryObjectOfASoundLakeOnce) {
  const ScrubRun run = Run();
  EXPECT_EQ(run.objects, static_cast<std::int64_t>(AllKeys().size()));
  EXPECT_EQ(run.damaged, 0);
  EXPECT_GT(run.bytes, 1000);
  EXPECT_TRUE(quarantine_.List().empty());
}

TEST_F(Scrub, FindsOneFlippedBitInAnObjectOfEveryKindAndSeesItHealed) {
  for (const std::string& key : AllKeys()) {
    const std::string whole = Get(key);
    std::string flipped = whole;
    flipped[flipped.size() / 2] = static_cast<char>(flipped[flipped.size() / 2] ^ 4);
    ASSERT_TRUE(memory_.Put({}, key, flipped));
    EXPECT_EQ(Run().damaged, 1) << key;
    ASSERT_TRUE(quarantine_.Find(key)) << key;
    EXPECT_EQ(quarantine_.Find(key)->found_sha256, Sha256Hex(flipped)) << key;
    ASSERT_TRUE(memory_.Put({}, key, whole));
    EXPECT_EQ(Run().healed, 1) << key;
    EXPECT_FALSE(quarantine_.Find(key)) << key;
  }
}

TEST_F(Scrub, SaysWhatWasExpectedOfAFileAndThatOneIsMissing) {
  ASSERT_TRUE(memory_.Put({}, kFile, "other rows"));
  EXPECT_EQ(Run().damaged, 1);
  EXPECT_EQ(quarantine_.Find(kFile)->expected_sha256, Sha256Hex("rows of a table"));
  EXPECT_EQ(quarantine_.Find(kFile)->expected_bytes, 15);
  ASSERT_TRUE(memory_.Delete({}, kFile));
  EXPECT_EQ(Run().damaged, 1);
  EXPECT_EQ(quarantine_.Find(kFile)->found_bytes, -1);
  EXPECT_EQ(errors_.Find({}).size(), 1U) << "the journal is told once, not with every scrub";
}

TEST_F(Scrub, AMarkOfWhatNothingNamesGoes) {
  quarantine_.Mark({}, {"datasets/gone/data/1-x.parquet", 1, "x", -1, {}, 0});
  EXPECT_EQ(Run().healed, 1);
  EXPECT_TRUE(quarantine_.List().empty());
}

TEST_F(Scrub, AStoreThatFailsEndsItAndNothingIsMarked) {
  for (std::size_t nth = 1; nth < 12; ++nth) {
    faulty_.ClearFaults();
    faulty_.Inject({.operations = {StoreOperation::kGet, StoreOperation::kList}, .nth = nth, .times = StoreFault::kAlways});
    const auto run = LakeScrub({faulty_, *catalog_, *lake_.codec, quarantine_, lake_.log, lake_.metrics, lake_.clock}, 0, {}).Run({});
    EXPECT_FALSE(run) << nth;
    EXPECT_TRUE(quarantine_.List().empty()) << nth;
  }
}

TEST_F(Scrub, EndsWithItsContextWhileItWaitsForItsRate) {
  std::stop_source stop;
  Context context;
  context.cancel = stop.get_token();
  faulty_.Inject({.action = StoreFault::Action::kHold, .operations = {StoreOperation::kGet}});
  std::thread stopper([&] {
    faulty_.AwaitHeld(1);
    faulty_.Release();
    stop.request_stop();
  });
  const auto run = LakeScrub({faulty_, *catalog_, *lake_.codec, quarantine_, lake_.log, lake_.metrics, lake_.clock}, 1, {}).Run(context);
  stopper.join();
  ASSERT_FALSE(run);
  EXPECT_EQ(run.error().code(), ErrorCode::kCancelled);
}

TEST_F(Scrub, WhatStandsBesideTheDatasetsIsCheckedByWhoeverKnowsIt) {
  checks_ = ChecksOfThings();
  const std::int64_t without = Run().objects;
  ASSERT_TRUE(memory_.Put({}, "_logs/things/a.thing", "+ sound"));
  ASSERT_TRUE(memory_.Put({}, "_logs/things/b.thing", "- damaged"));
  ASSERT_TRUE(memory_.Put({}, "_logs/things/letter", "dear"));
  const ScrubRun run = Run();
  EXPECT_EQ(run.objects, without + 2);
  EXPECT_EQ(run.damaged, 1);
  ASSERT_TRUE(quarantine_.Find("_logs/things/b.thing"));
  EXPECT_EQ(quarantine_.Find("_logs/things/b.thing")->found_sha256, Sha256Hex("- damaged"));
  const auto report = RunFsck({}, memory_, *lake_.codec, {FsckLevel::kDigests, true, checks_});
  EXPECT_EQ(report->besides, 2);
  ASSERT_EQ(report->findings.size(), 1U);
  EXPECT_EQ(report->findings[0].reason, "thing_damaged");
  EXPECT_TRUE(report->findings[0].repaired) << "it is derived";
  EXPECT_FALSE(memory_.Head({}, "_logs/things/b.thing"));
  EXPECT_EQ(Run().healed, 1) << "what is gone is no damage";
}

TEST_F(Scrub, GarbageIsCollectedAndOldErrorsGoWhenTheirTimeHasCome) {
  constexpr const char* kLeft = "datasets/a/data/1-0190b3f4-0000-7000-8000-000000000009.parquet";
  ASSERT_TRUE(memory_.Put({}, kLeft, "of a writer before"));
  catalog_.reset();
  catalog_ = lake_.Open().Take();
  storage::AppendLogWriter old(memory_, "_errors/");
  ASSERT_TRUE(old.Append({}, {"long ago"}));
  lake_.clock.wall_micros = SystemClock().WallMicros() + 3'600'000'000;
  LocalUpkeep::Options options{.scrub_bytes_per_second = 0};
  options.collect_interval_ms = 1;
  options.keep_errors_ms = 60'000;
  options.error_logs = {"_errors/"};
  {
    const auto upkeep = LocalUpkeep::Start(Parts(), options);
    const Deadline deadline = Deadline::After(60'000);
    while (!upkeep->LoadState({}, {})->last_collection && *deadline.RemainingMs() > 0) std::this_thread::yield();
    EXPECT_EQ(upkeep->LoadState({}, {})->collect_interval_ms, 1);
  }
  options.collect_interval_ms = 0;
  const auto later = LocalUpkeep::Start(Parts(), options);
  const auto last = later->LoadState({}, {})->last_collection;
  ASSERT_TRUE(last);
  EXPECT_FALSE(last->failed) << *last->failed;
  EXPECT_FALSE(memory_.Head({}, kLeft));
  EXPECT_TRUE(memory_.List({}, "_errors/", "", 10)->objects.empty());
  EXPECT_TRUE(later->Collect({}));
  EXPECT_EQ(later->LoadState({}, {})->last_collection->objects, 0);
}

TEST_F(Scrub, RunsInTheBackgroundWhenAskedAndRemembersTheLastRun) {
  {
    const auto upkeep = LocalUpkeep::Start(Parts(), {.scrub_bytes_per_second = 0});
    EXPECT_FALSE(upkeep->LoadState({}, {})->last_scrub);
    ASSERT_TRUE(memory_.Put({}, kFile, "other rows"));
    ASSERT_TRUE(upkeep->StartScrub({}, {}));
    const Deadline deadline = Deadline::After(60'000);
    while (!upkeep->LoadState({}, {})->last_scrub && *deadline.RemainingMs() > 0) std::this_thread::yield();
    const auto state = upkeep->LoadState({}, {});
    ASSERT_TRUE(state->last_scrub);
    EXPECT_EQ(state->last_scrub->damaged, 1);
    EXPECT_FALSE(state->scrub);
    ASSERT_EQ(state->quarantine.size(), 1U);
    EXPECT_EQ(state->quarantine[0].key, kFile);
  }
  const auto later = LocalUpkeep::Start(Parts(), {.scrub_bytes_per_second = 0});
  EXPECT_EQ(later->LoadState({}, {})->last_scrub->damaged, 1);
}

}  // namespace
}  // namespace lakehouse::catalog
