#include "retention.h"

#include <gmock/gmock.h>

#include <thread>

#include "catalog_testing/test_lake.h"
#include "lakehouse/catalog/fsck.h"
#include "storage_testing/faulty_object_store.h"

namespace lakehouse::catalog {
namespace {

using storage::StoreFault;
using storage::StoreOperation;
using testing::ElementsAre;

constexpr std::int64_t kSecond = 1'000'000;

/// A dataset "a" whose version n has the one file that FileOf(n) names; a second lies between two versions.
class RetentionTest : public testing::Test {
 protected:
  RetentionTest() {
    lake_.store = {&faulty_, [](storage::ObjectStore*) {}};
    Open();
    Commit(CreateOf("a", {PutTestFile(memory_, FileOf(1), 1, "octets of version 1")}));
    for (std::int64_t version = 2; version <= 6; ++version) Replace(version);
  }
  static std::string FileOf(std::int64_t version) { return "datasets/a/data/1-" + std::to_string(version) + ".parquet"; }
  void Open(std::int64_t grace_ms = 0) {
    auto options = TestLake::QuietOptions();
    options.reader_grace_ms = grace_ms;
    options.checkpoint_records = 1;
    catalog_.reset();
    catalog_ = lake_.Open(options).Take();
  }
  void Commit(const CommitRequest& request) {
    lake_.clock.wall_micros += kSecond;
    const auto committed = catalog_->Commit({}, request);
    ASSERT_TRUE(committed) << committed.error().ToString();
  }
  void Replace(std::int64_t version) {
    Commit(ChangeOf("a", Operation::kReplace, {PutTestFile(memory_, FileOf(version), 1, "octets of version " + std::to_string(version))}));
  }
  void Tag(const std::string& name, std::optional<std::int64_t> version, std::optional<std::int64_t> until = {}) {
    CommitRequest request;
    request.tags.push_back({"a", name, version, until});
    Commit(request);
  }
  void Keep(const std::string& dataset, Retention policy) {
    CommitRequest request;
    request.retention.push_back({dataset, policy});
    Commit(request);
  }
  CollectGarbageResponse Collect(bool run = true) {
    auto collected = catalog_->CollectGarbage({}, {run});
    EXPECT_TRUE(collected) << collected.error().ToString();
    return collected ? std::move(collected).Take() : CollectGarbageResponse{};
  }
  /// The versions whose file is there, which are those that can be read.
  std::vector<std::int64_t> Kept() {
    std::vector<std::int64_t> versions;
    for (std::int64_t version = 1; version <= 9; ++version) {
      const auto resolved = catalog_->Resolve({}, {{{"a", {.version = version}}}});
      if (!resolved) continue;
      EXPECT_TRUE(memory_.Head({}, FileOf(version))) << version;
      versions.push_back(version);
    }
    return versions;
  }
  bool IsClean() {
    const auto report = RunFsck({}, memory_, *lake_.codec, {FsckLevel::kDigests, false}).Take();
    for (const FsckFinding& finding : report.findings) ADD_FAILURE() << finding.reason << " " << finding.key << " " << finding.message;
    EXPECT_EQ(report.unreferenced, 0);
    return report.IsClean();
  }

  storage::MemoryObjectStore memory_;
  storage::FaultyObjectStore faulty_{memory_};
  TestLake lake_;
  std::unique_ptr<LocalCatalog> catalog_;
};

TEST_F(RetentionTest, WithoutAPolicyEverythingStays) {
  EXPECT_EQ(Collect().objects, 0);
  EXPECT_THAT(Kept(), ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST_F(RetentionTest, TheLastVersionsAreKeptAndTheFilesOfTheOthersGoAlsoOfThisWriter) {
  Keep("a", {.keep_last = 2});
  const auto shown = Collect(false);
  EXPECT_EQ(shown.expired_versions, 4);
  EXPECT_EQ(shown.objects, 8) << "a file and a manifest each";
  EXPECT_THAT(Kept(), ElementsAre(1, 2, 3, 4, 5, 6)) << "a dry run changes nothing";

  EXPECT_EQ(Collect().expired_versions, 4);
  EXPECT_THAT(Kept(), ElementsAre(5, 6));
  EXPECT_FALSE(memory_.Head({}, FileOf(4)));
  EXPECT_TRUE(IsClean());
  EXPECT_EQ(Collect().objects, 0);
  const auto old = catalog_->Resolve({}, {{{"a", {.version = 1}}}});
  EXPECT_EQ(old.error().reason(), "snapshot_expired");
  const auto history = catalog_->History({}, {"a", {}, 100});
  ASSERT_EQ(history->snapshots.size(), 6U) << "what happened stays known";
  EXPECT_TRUE(history->snapshots.back().expired);
  EXPECT_FALSE(history->snapshots.front().expired);
}

TEST_F(RetentionTest, TheLakesPolicyHoldsForDatasetsWithoutTheirOwn) {
  Keep("", {.keep_last = 1});
  Keep("a", {.keep_last = 3});
  Collect();
  EXPECT_THAT(Kept(), ElementsAre(4, 5, 6));
  Keep("a", {});
  Collect();
  EXPECT_THAT(Kept(), ElementsAre(6));
  EXPECT_EQ(catalog_->LoadStatus({}, {})->retention->keep_last, 1);
}

TEST_F(RetentionTest, AgeCountsFromWhenAnotherVersionTookThePlace) {
  Keep("a", {.keep_for_seconds = 4});  // version 6 took the place of 5 a second ago
  Collect();
  EXPECT_THAT(Kept(), ElementsAre(3, 4, 5, 6));
  lake_.clock.wall_micros += 1000 * kSecond;
  Collect();
  EXPECT_THAT(Kept(), ElementsAre(6)) << "the head is always kept";
  EXPECT_TRUE(IsClean());
}

TEST_F(RetentionTest, ATagKeepsItsVersionUntilItGoesAndAPinUntilItsEnd) {
  Tag("audit", 2);
  Tag("pin", 3, lake_.clock.wall_micros + 100 * kSecond);
  Keep("a", {.keep_last = 1});
  Collect();
  EXPECT_THAT(Kept(), ElementsAre(2, 3, 6));
  EXPECT_EQ(catalog_->Describe({}, {"a", {}})->dataset.tags.size(), 2U);
  lake_.clock.wall_micros += 200 * kSecond;
  Collect();
  EXPECT_THAT(Kept(), ElementsAre(2, 6));
  Tag("audit", std::nullopt);
  Collect();
  EXPECT_THAT(Kept(), ElementsAre(6));
  EXPECT_TRUE(IsClean());
}

TEST_F(RetentionTest, ATagOnWhatIsNotThereIsRefused) {
  Keep("a", {.keep_last = 1});
  Collect();
  const auto tag = [&](TagChange change) {
    CommitRequest request;
    request.tags.push_back(std::move(change));
    const auto committed = catalog_->Commit({}, request);
    return committed ? std::string() : std::string(committed.error().reason());
  };
  EXPECT_EQ(tag({"a", "x", 1, {}}), "snapshot_not_found");
  EXPECT_EQ(tag({"a", "x", 7, {}}), "snapshot_not_found");
  EXPECT_EQ(tag({"b", "x", 1, {}}), "dataset_not_found");
  EXPECT_EQ(tag({"a", "x", {}, {}}), "tag_not_found");
  EXPECT_EQ(tag({"a", "no spaces", 6, {}}), "invalid_argument");
  EXPECT_EQ(tag({"a", "", 6, {}}), "invalid_argument");
  EXPECT_EQ(tag({"a", "x", 6, {}}), "");
}

TEST_F(RetentionTest, AnExpiredVersionCannotBeRestoredAndARestoredOneKeepsItsFiles) {
  CommitRequest restore = ChangeOf("a", Operation::kRestore, {});
  restore.changes[0].restore_version = 2;
  Commit(restore);
  Keep("a", {.keep_last = 1});
  Collect();
  EXPECT_TRUE(memory_.Head({}, FileOf(2))) << "version 7 is made of it";
  EXPECT_TRUE(catalog_->Resolve({}, {{{"a", {}}}}));
  restore.changes[0].restore_version = 3;
  EXPECT_EQ(catalog_->Commit({}, restore).error().reason(), "snapshot_expired");
  EXPECT_TRUE(IsClean());
}

TEST_F(RetentionTest, ReadersOfTheLastHeadsHaveTheirGrace) {
  Open(3'500);
  Keep("a", {.keep_last = 1});
  Collect();
  EXPECT_THAT(Kept(), ElementsAre(3, 4, 5, 6));
}

TEST_F(RetentionTest, ADroppedDatasetGoesByItsAgeAlone) {
  CommitRequest drop;
  drop.drops.emplace_back("a");
  Commit(drop);
  Keep("a", {.keep_last = 2});
  Collect();
  EXPECT_THAT(Kept(), ElementsAre(5, 6));
  Keep("a", {.keep_for_seconds = 0});
  Collect();
  EXPECT_TRUE(Kept().empty());
  EXPECT_FALSE(memory_.Head({}, FileOf(6)));
  EXPECT_TRUE(IsClean());
}

TEST_F(RetentionTest, TagsPoliciesAndWhatExpiredOutliveTheProcessWithAndWithoutACheckpoint) {
  Tag("audit", 2, 5'000'000'000'000'000);
  Keep("a", {.keep_last = 2});
  Keep("", {.keep_for_seconds = 7});
  Collect();
  for (const bool with_checkpoint : {false, true}) {
    if (with_checkpoint) {
      ASSERT_TRUE(catalog_->Maintain({}));
    }
    Open();
    EXPECT_THAT(Kept(), ElementsAre(2, 5, 6));
    const Dataset dataset = catalog_->Describe({}, {"a", {}})->dataset;
    ASSERT_EQ(dataset.tags.size(), 1U);
    EXPECT_EQ(dataset.tags[0].until_micros, 5'000'000'000'000'000);
    EXPECT_EQ(dataset.retention->keep_last, 2);
    EXPECT_EQ(catalog_->LoadStatus({}, {})->retention->keep_for_seconds, 7);
    EXPECT_TRUE(IsClean());
  }
}

TEST_F(RetentionTest, ATagThatComesWhileAVersionIsAboutToExpireSavesIt) {
  Keep("a", {.keep_last = 1});
  faulty_.Inject({.action = StoreFault::Action::kHold, .operations = {StoreOperation::kPutIfAbsent}, .key_prefix = "_catalog/log/"});
  std::thread tagger([&] {
    CommitRequest request;
    request.tags.push_back({"a", "saved", 2, {}});
    EXPECT_TRUE(catalog_->Commit({}, request));
  });
  faulty_.AwaitHeld(1);  // the tag is on its way, and not yet part of the state that the collection looks at
  std::thread collector([&] { Collect(); });
  faulty_.Release();
  tagger.join();
  collector.join();
  Collect();
  const auto kept = Kept();
  EXPECT_THAT(kept, testing::AnyOf(ElementsAre(2, 6), ElementsAre(6)));
  EXPECT_TRUE(IsClean());
}

TEST_F(RetentionTest, EveryFailureOnTheWayLeavesACleanLakeAndCanBeRepeated) {
  Keep("a", {.keep_last = 2});
  for (std::size_t nth = 1; nth < 60; ++nth) {
    faulty_.ForgetCalls();
    faulty_.Inject({.action = StoreFault::Action::kLoseAnswer, .nth = nth, .times = StoreFault::kAlways});
    (void)catalog_->CollectGarbage({}, {true}).ok();
    const bool was_reached = faulty_.calls().size() >= nth;
    faulty_.ClearFaults();
    const auto report = RunFsck({}, memory_, *lake_.codec, {FsckLevel::kDigests, false}).Take();
    EXPECT_TRUE(report.IsClean()) << nth;
    Open();
    const std::int64_t head = catalog_->Describe({}, {"a", {}})->dataset.head.version;
    for (const std::int64_t version : {head - 1, head}) EXPECT_TRUE(catalog_->Resolve({}, {{{"a", {.version = version}}}})) << nth;
    if (!was_reached) break;
    Replace(6 + static_cast<std::int64_t>(nth));
  }
  Collect();
  EXPECT_TRUE(IsClean());
}

/// A writer that slept through a collection: the record it was about to write is refused, or names nothing that is gone.
TEST_F(RetentionTest, AStalledWriterCommitsNothingThatWasCollectedMeanwhile) {
  Keep("a", {.keep_last = 1});
  faulty_.Inject({.action = StoreFault::Action::kHold, .operations = {StoreOperation::kPutIfAbsent}, .key_prefix = "_catalog/log/"});
  CommitRequest restore = ChangeOf("a", Operation::kRestore, {});
  restore.changes[0].restore_version = 1;
  Result<CommitResponse> outcome = CommitResponse{};
  std::thread stalled([&] { outcome = catalog_->Commit({}, restore); });
  faulty_.AwaitHeld(1);

  TestLake other;  // a second writer over the same store: there is no lock, so it takes over
  other.store = {&memory_, [](storage::ObjectStore*) {}};
  other.clock.wall_micros = lake_.clock.wall_micros + 10 * kSecond;
  auto options = TestLake::QuietOptions();
  options.reader_grace_ms = 0;
  const auto second = other.Open(options).Take();
  EXPECT_EQ(second->CollectGarbage({}, {true})->expired_versions, 5);
  EXPECT_FALSE(memory_.Head({}, FileOf(1)));

  faulty_.Release();
  stalled.join();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().reason(), "fenced");
  EXPECT_TRUE(second->Resolve({}, {{{"a", {}}}}));
  EXPECT_TRUE(IsClean());
}

}  // namespace
}  // namespace lakehouse::catalog
