#include "lakehouse/catalog/collection_follower.h"

#include <gmock/gmock.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "catalog_testing/test_lake.h"
#include "lakehouse/base/file.h"

namespace lakehouse::catalog {
namespace {

using testing::ElementsAre;

/// Remembers what it was told.
class ToldCopies final : public LocalCopies {
 public:
  void Forget(const std::vector<std::string>& keys) override {
    const std::scoped_lock lock(mutex_);
    forgotten_.insert(forgotten_.end(), keys.begin(), keys.end());
  }
  void ForgetAll() override {
    const std::scoped_lock lock(mutex_);
    ++everything_;
  }
  bool Sweep() override {
    const std::scoped_lock lock(mutex_);
    ++sweeps_;
    changed_.notify_all();
    return !in_use_;
  }
  void SetInUse(bool in_use) {
    const std::scoped_lock lock(mutex_);
    in_use_ = in_use;
  }
  /// As many since it was made.
  void AwaitSweeps(int sweeps) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return sweeps_ >= sweeps; });
  }
  std::vector<std::string> forgotten() {
    const std::scoped_lock lock(mutex_);
    return forgotten_;
  }
  int everything() {
    const std::scoped_lock lock(mutex_);
    return everything_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> forgotten_;
  int everything_ = 0;
  int sweeps_ = 0;
  bool in_use_ = false;
};

class CollectionFollowerTest : public testing::Test {
 protected:
  static std::string KeyOf(int number) {
    return "datasets/a/data/1-0190b3f4-0000-7000-8000-00000000000" + std::to_string(number) + ".parquet";
  }
  /// A version of the dataset goes, with its file; the lake's own objects of it too.
  void CollectOne(LocalCatalog& catalog, int number) {
    ASSERT_TRUE(catalog.Commit({}, ChangeOf("a", Operation::kReplace, {PutTestFile(*lake_.store, KeyOf(number + 1), 1, "octets")})));
    lake_.clock.wall_micros += 1'000'000;
    const auto ran = catalog.CollectGarbage({}, {true});
    ASSERT_TRUE(ran) << ran.error().ToString();
    ASSERT_FALSE(lake_.store->Head({}, KeyOf(number)));
  }
  std::unique_ptr<LocalCatalog> OpenLakeOfOneVersion() {
    LocalCatalog::Options options = TestLake::QuietOptions();
    options.reader_grace_ms = 0;
    auto catalog = lake_.Open(options).Take();
    CommitRequest create = CreateOf("a", {PutTestFile(*lake_.store, KeyOf(1), 1, "octets")});
    create.retention.push_back({"a", {.keep_last = 1}});
    EXPECT_TRUE(catalog->Commit({}, create));
    return catalog;
  }
  std::unique_ptr<CollectionFollower> Follow(LocalCatalog& catalog, ToldCopies& copies, bool knows_the_last = true) {
    CollectionFollower::Options options{.mark_path = place_.path() + "/mark", .poll_ms = 1, .last_collection = {}};
    if (knows_the_last) options.last_collection = [&catalog] { return catalog.LastCollection(); };
    return std::make_unique<CollectionFollower>(catalog, copies, lake_.log, std::move(options));
  }
  std::string Mark() {
    const auto text = ReadFile(place_.path() + "/mark");
    return text ? *text : std::string();
  }
  void AwaitMark(std::int64_t sequence) {
    while (Mark() != std::to_string(sequence)) std::this_thread::yield();
  }

  TemporaryDirectory place_ = TemporaryDirectory::Create(testing::TempDir(), "collections-").Take();
  TestLake lake_;
};

TEST_F(CollectionFollowerTest, TellsWhichObjectsWentAlsoThoseThatWentWhileItDidNotRun) {
  const auto catalog = OpenLakeOfOneVersion();
  CollectOne(*catalog, 1);
  ToldCopies copies;
  {
    const auto follower = Follow(*catalog, copies);  // a first start knows nothing of before
    copies.AwaitSweeps(1);
    AwaitMark(catalog->LoadStatus({}, {})->sequence);
    EXPECT_EQ(copies.everything(), 1);
    CollectOne(*catalog, 2);
    AwaitMark(catalog->LastCollection());
    EXPECT_THAT(copies.forgotten(), testing::Contains(KeyOf(2)));
  }
  CollectOne(*catalog, 3);
  for (const bool knows_the_last : {true, false}) {
    ToldCopies later;
    const std::string before = Mark();
    const auto follower = Follow(*catalog, later, knows_the_last);
    later.AwaitSweeps(1);
    EXPECT_THAT(later.forgotten(), testing::Contains(KeyOf(3)));
    EXPECT_EQ(later.everything(), 0);
    AwaitMark(catalog->LastCollection());
    ASSERT_TRUE(ReplaceFile(place_.path() + "/mark", before));
  }
}

TEST_F(CollectionFollowerTest, WhatIsInUseIsSweptAgainAndMarkedOnlyThen) {
  const auto catalog = OpenLakeOfOneVersion();
  CollectOne(*catalog, 1);
  ToldCopies copies;
  copies.SetInUse(true);
  const auto follower = Follow(*catalog, copies);
  copies.AwaitSweeps(3);
  EXPECT_EQ(Mark(), "");
  copies.SetInUse(false);
  AwaitMark(catalog->LoadStatus({}, {})->sequence);
}

TEST_F(CollectionFollowerTest, ACheckpointKnowsWhenObjectsWentLast) {
  std::int64_t last = 0;
  {
    const auto catalog = OpenLakeOfOneVersion();
    CollectOne(*catalog, 1);
    last = catalog->LastCollection();
    EXPECT_GT(last, 0);
  }
  LocalCatalog::Options options = TestLake::QuietOptions();
  options.checkpoint_records = 1;
  ASSERT_TRUE(lake_.Open(options).Take()->Maintain({}));
  EXPECT_EQ(lake_.Open().Take()->LastCollection(), last);
}

}  // namespace
}  // namespace lakehouse::catalog
