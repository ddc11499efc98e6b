#include "lakehouse/storage/quarantine.h"

#include <gmock/gmock.h>

#include <thread>

#include "lakehouse/base/file.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/base/metrics.h"
#include "lakehouse/storage/error_journal.h"
#include "lakehouse/storage/memory_object_store.h"
#include "lakehouse/storage/object_cache.h"
#include "storage_testing/faulty_object_store.h"

namespace lakehouse::storage {
namespace {

using testing::HasSubstr;

class QuarantineTest : public testing::Test {
 protected:
  Quarantine Open() { return Quarantine(faulty_, errors_, log_); }
  static DamagedObject Damage(const std::string& key) { return {key, 5, Sha256Hex("hello"), 4, Sha256Hex("hell"), 0}; }

  MemoryObjectStore memory_;
  FaultyObjectStore faulty_{memory_};
  ErrorJournal errors_;
  Log log_{"test", LogLevel::kError, [](std::string_view) {}};
  Metrics metrics_;
  TemporaryDirectory directory_ = TemporaryDirectory::Create(testing::TempDir(), "quarantine-").Take();
};

TEST_F(QuarantineTest, AMarkOutlivesTheProcessAndIsToldOnce) {
  {
    auto quarantine = Open();
    quarantine.Mark({}, Damage("datasets/a/data/1"));
    quarantine.Mark({}, Damage("datasets/a/data/1"));
    ASSERT_TRUE(quarantine.Find("datasets/a/data/1"));
    EXPECT_EQ(errors_.Find({}).size(), 1U);
    EXPECT_EQ(errors_.Find({}).at(0).kind, "corrupt_object");
    EXPECT_EQ(errors_.Find({}).at(0).object, "datasets/a/data/1");
  }
  auto later = Open();
  EXPECT_FALSE(later.Find("datasets/a/data/1"));
  ASSERT_TRUE(later.Load({}));
  ASSERT_EQ(later.List().size(), 1U);
  EXPECT_EQ(later.List()[0].found_sha256, Sha256Hex("hell"));
  ASSERT_TRUE(later.Clear({}, "datasets/a/data/1"));
  auto last = Open();
  ASSERT_TRUE(last.Load({}));
  EXPECT_TRUE(last.List().empty());
}

TEST_F(QuarantineTest, AMarkThatCannotBeWrittenWorksAllTheSameAndIsWrittenWithTheNext) {
  auto quarantine = Open();
  faulty_.Inject({.operations = {StoreOperation::kPut}, .key_prefix = std::string(kQuarantinePrefix)});
  quarantine.Mark({}, Damage("a"));
  EXPECT_TRUE(quarantine.Find("a"));
  auto other = Open();
  ASSERT_TRUE(other.Load({}));
  EXPECT_TRUE(other.List().empty());
  ASSERT_TRUE(quarantine.Load({}));
  EXPECT_TRUE(quarantine.Find("a")) << "what is not written yet is not forgotten";
  quarantine.Mark({}, Damage("b"));
  ASSERT_TRUE(other.Load({}));
  EXPECT_EQ(other.List().size(), 2U);
}

TEST_F(QuarantineTest, WhoFollowsLearnsOfMarksThatOthersMakeAndTakeAway) {
  auto one = Open(), other = Open();
  one.Follow(1);
  const auto until = [&](bool marked) {
    const Deadline deadline = Deadline::After(60'000);
    while (one.Find("a").has_value() != marked && *deadline.RemainingMs() > 0) std::this_thread::yield();
    return one.Find("a").has_value() == marked;
  };
  other.Mark({}, Damage("a"));
  EXPECT_TRUE(until(true));
  ASSERT_TRUE(other.Clear({}, "a"));
  EXPECT_TRUE(until(false));
  for (int i = 0; i < 200; ++i) {
    const std::string key = "own" + std::to_string(i);
    one.Mark({}, Damage(key));
    ASSERT_TRUE(one.Find(key)) << "what is read at the same time may not know of it yet";
    ASSERT_TRUE(one.Clear({}, key));
    ASSERT_FALSE(one.Find(key));
  }
}

TEST_F(QuarantineTest, ADamagedMarkIsPassedOver) {
  auto quarantine = Open();
  quarantine.Mark({}, Damage("a"));
  const auto page = memory_.List({}, std::string(kQuarantinePrefix), "", 10).Take();
  ASSERT_EQ(page.objects.size(), 1U);
  const std::string octets = memory_.Get({}, page.objects[0].key, {}).Take();
  for (std::size_t at = 0; at < octets.size(); ++at) {
    std::string flipped = octets;
    flipped[at] = static_cast<char>(flipped[at] ^ 1);
    ASSERT_TRUE(memory_.Put({}, page.objects[0].key, flipped));
    auto later = Open();
    ASSERT_TRUE(later.Load({})) << at;
    for (const DamagedObject& object : later.List()) EXPECT_EQ(object.key, "a") << at;
  }
}

TEST_F(QuarantineTest, TheErrorSaysWhatWasExpectedWhatWasFoundAndWhatToDo) {
  const Error error = DamageError(Damage("datasets/a/data/1"));
  EXPECT_EQ(error.code(), ErrorCode::kCorruption);
  EXPECT_EQ(error.reason(), "corrupt_object");
  for (const std::string& part : {std::string("datasets/a/data/1"), Sha256Hex("hello"), Sha256Hex("hell"), std::string("backup")})
    EXPECT_THAT(error.message(), HasSubstr(part));
  EXPECT_THAT(error.details(), HasSubstr("\"found_bytes\":4"));
  EXPECT_EQ(DamageError({"k", 5, "x", -1, {}, 0}).reason(), "missing_object");
}

TEST_F(QuarantineTest, TheCacheMarksWhatItMeetsRefusesItAndServesTheRest) {
  auto quarantine = Open();
  ASSERT_TRUE(memory_.Put({}, "bad", "hell0"));
  ASSERT_TRUE(memory_.Put({}, "good", "hello"));
  const auto cache =
      ObjectCache::Open(faulty_, {.directory = directory_.path() + "/cache", .quarantine = &quarantine}, metrics_, log_).Take();
  const ExpectedObject bad{"bad", 5, Sha256Hex("hello")}, good{"good", 5, Sha256Hex("hello")};
  EXPECT_EQ(cache->Fetch({}, bad).error().reason(), "corrupt_object");
  ASSERT_TRUE(quarantine.Find("bad"));
  EXPECT_EQ(quarantine.Find("bad")->found_sha256, Sha256Hex("hell0"));

  faulty_.ForgetCalls();
  EXPECT_EQ(cache->Fetch({}, bad).error().reason(), "corrupt_object");
  EXPECT_TRUE(faulty_.calls().empty()) << "it is refused at once";
  EXPECT_TRUE(cache->Fetch({}, good));

  ASSERT_TRUE(memory_.Put({}, "bad", "hello"));
  ASSERT_TRUE(quarantine.Clear({}, "bad"));
  EXPECT_TRUE(cache->Fetch({}, bad));
}

TEST_F(QuarantineTest, WhatOnlyCameWrongOnceIsFetchedAgainAndNotMarked) {
  auto quarantine = Open();
  ASSERT_TRUE(memory_.Put({}, "k", "hell0"));
  faulty_.Inject({.action = StoreFault::Action::kHold, .operations = {StoreOperation::kGetToFile}, .nth = 2});
  const auto cache =
      ObjectCache::Open(faulty_, {.directory = directory_.path() + "/cache", .quarantine = &quarantine}, metrics_, log_).Take();
  std::thread reader([&] { EXPECT_TRUE(cache->Fetch({}, {"k", 5, Sha256Hex("hello")})); });
  faulty_.AwaitHeld(1);
  EXPECT_TRUE(memory_.Put({}, "k", "hello"));
  faulty_.Release();
  reader.join();
  EXPECT_TRUE(quarantine.List().empty());
}

}  // namespace
}  // namespace lakehouse::storage
