#include "lakehouse/storage/append_log.h"

#include <gmock/gmock.h>

#include <memory>

#include "lakehouse/base/failpoint.h"
#include "lakehouse/storage/memory_object_store.h"
#include "log_batch.h"
#include "storage_testing/faulty_object_store.h"
#include "storage_testing/matchers.h"

namespace lakehouse::storage {
namespace {

constexpr const char* kPrefix = "_errors/";

std::vector<std::string> TextsOf(const AppendLogReader& reader) {
  std::vector<std::string> texts;
  for (const LoggedRecord& record : reader.records()) texts.push_back(record.text);
  return texts;
}

class AppendLog : public testing::Test {
 protected:
  std::vector<std::string> Keys() {
    std::vector<std::string> keys;
    const ListPage page = below_.List({}, kPrefix, "", kMaxListPage).Take();
    for (const ObjectInfo& object : page.objects) keys.push_back(object.key);
    return keys;
  }
  std::unique_ptr<AppendLogReader> Read() {
    auto reader = std::make_unique<AppendLogReader>(below_, kPrefix);
    EXPECT_THAT(reader->Refresh({}), Succeeds());
    return reader;
  }
  MemoryObjectStore below_;
  FaultyObjectStore store_{below_};
};

TEST_F(AppendLog, GivesBackWhatSeveralWritersWrote) {
  AppendLogWriter first(store_, kPrefix), second(store_, kPrefix);
  EXPECT_EQ(*first.Append({}, {"a", "b"}), 2U);
  EXPECT_EQ(*second.Append({}, {"x"}), 1U);
  EXPECT_EQ(*first.Append({}, {"c"}), 1U);
  EXPECT_EQ(*first.Append({}, {}), 0U);
  AppendLogReader reader(below_, kPrefix);
  ASSERT_THAT(reader.Refresh({}), Succeeds());
  EXPECT_THAT(TextsOf(reader), testing::ElementsAre("a", "b", "c", "x"));
  EXPECT_TRUE(reader.damages().empty());
  EXPECT_EQ(*second.Append({}, {"y"}), 1U);
  ASSERT_THAT(reader.Refresh({}), Succeeds());
  EXPECT_THAT(TextsOf(reader), testing::ElementsAre("a", "b", "c", "x", "y"));
}

TEST_F(AppendLog, WhatDoesNotFitIntoOneObjectIsLeftForTheNext) {
  AppendLogWriter writer(store_, kPrefix);
  const std::vector<std::string> records(2'500, "r");
  EXPECT_EQ(*writer.Append({}, records), 1'000U);
  EXPECT_EQ(*writer.Append({}, {std::string(3U << 20U, 'x'), "y"}), 1U) << "one that is too large alone goes alone";
}

TEST_F(AppendLog, NothingIsWrittenTwiceOrLostWhateverHappensToOneRequest) {
  for (const auto action : {StoreFault::Action::kFail, StoreFault::Action::kLoseAnswer, StoreFault::Action::kLoseRequest}) {
    AppendLogWriter writer(store_, kPrefix);
    store_.Inject({.action = action, .operations = {StoreOperation::kPutIfAbsent}});
    std::vector<std::string> records = {"a"};
    auto appended = writer.Append({}, records);
    if (!appended) {
      records.emplace_back("b");  // what came meanwhile
      appended = writer.Append({}, records);
    }
    ASSERT_THAT(appended, Succeeds());
    records.erase(records.begin(), records.begin() + static_cast<std::ptrdiff_t>(*appended));
    records.emplace_back("c");
    while (!records.empty()) {
      const std::size_t count = *writer.Append({}, records);
      records.erase(records.begin(), records.begin() + static_cast<std::ptrdiff_t>(count));
    }
    std::vector<std::string> texts;
    const auto reader = Read();
    for (const LoggedRecord& record : reader->records())
      if (record.writer == writer.writer() && record.text != "b") texts.push_back(record.text);
    EXPECT_THAT(texts, testing::ElementsAre("a", "c"));
    EXPECT_TRUE(reader->damages().empty());
  }
}

TEST_F(AppendLog, ATornEndIsToleratedAndDamageInTheMiddleIsNamedWithItsPlace) {
  AppendLogWriter writer(store_, kPrefix);
  ASSERT_THAT(writer.Append({}, {"one", "two", "three"}), Succeeds());
  const std::string key = Keys().at(0);
  const std::string octets = below_.Get({}, key, {}).Take();
  for (std::size_t length = 0; length < octets.size(); ++length) {
    ASSERT_THAT(below_.Put({}, key, octets.substr(0, length)), Succeeds());
    const auto reader = Read();
    EXPECT_TRUE(reader->damages().empty()) << length;
    EXPECT_LT(reader->records().size(), 3U) << length;
  }
  std::size_t named = 0;
  for (std::size_t at = 0; at < octets.size(); ++at) {
    std::string damaged = octets;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    ASSERT_THAT(below_.Put({}, key, damaged), Succeeds());
    const auto reader = Read();
    for (const std::string& text : TextsOf(*reader)) EXPECT_THAT(text, testing::AnyOf("one", "two", "three")) << at;
    for (const LogDamage& damage : reader->damages()) {
      EXPECT_LE(damage.offset, at);
      ++named;
    }
    EXPECT_TRUE(reader->records().size() < 3 || !reader->damages().empty()) << "a flip at " << at << " goes unnoticed";
  }
  EXPECT_GT(named, octets.size() / 2);
}

TEST_F(AppendLog, AMissingOrExchangedBatchIsNoticed) {
  AppendLogWriter writer(store_, kPrefix);
  for (const char* record : {"a", "b", "c"}) ASSERT_THAT(writer.Append({}, {record}), Succeeds());
  const std::vector<std::string> keys = Keys();
  const std::string second = below_.Get({}, keys[1], {}).Take();
  ASSERT_THAT(below_.Delete({}, keys[1]), Succeeds());
  EXPECT_EQ(Read()->damages().size(), 1U);
  ASSERT_THAT(below_.Put({}, keys[1], EncodeLogBatch({writer.writer(), 2}, "", {"forged"})), Succeeds());
  EXPECT_EQ(Read()->damages().size(), 2U) << "it names no batch before it, and the third names another one";
  ASSERT_THAT(below_.Put({}, keys[1], second), Succeeds());
  ASSERT_THAT(below_.Delete({}, keys[0]), Succeeds());
  EXPECT_TRUE(Read()->damages().empty()) << "what is old may be removed";
}

TEST_F(AppendLog, OnlyTheNewestAreRead) {
  for (int i = 0; i < 5; ++i) {
    AppendLogWriter writer(store_, kPrefix);
    ASSERT_THAT(writer.Append({}, {std::to_string(i)}), Succeeds());
  }
  AppendLogReader reader(below_, kPrefix, 2);
  ASSERT_THAT(reader.Refresh({}), Succeeds());
  EXPECT_THAT(TextsOf(reader), testing::ElementsAre("3", "4"));
}

TEST_F(AppendLog, AStoreThatIsAwayTakesNothingFromWhatWasRead) {
  AppendLogWriter writer(store_, kPrefix);
  ASSERT_THAT(writer.Append({}, {"a"}), Succeeds());
  AppendLogReader reader(store_, kPrefix);
  ASSERT_THAT(reader.Refresh({}), Succeeds());
  store_.Inject({.times = StoreFault::kAlways});
  EXPECT_THAT(reader.Refresh({}), FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(TextsOf(reader), testing::ElementsAre("a"));
}

class CompactedAppendLog : public AppendLog {
 protected:
  ~CompactedAppendLog() override { (void)ArmFailpoints(""); }
  /// Seven batches of one writer, two of another.
  void Write() {
    for (int i = 0; i < 7; ++i) ASSERT_THAT(first_.Append({}, {"a" + std::to_string(i), "b"}), Succeeds());
    for (int i = 0; i < 2; ++i) ASSERT_THAT(second_.Append({}, {"x" + std::to_string(i)}), Succeeds());
  }
  void ExpectWhole(const std::string& after) {
    const auto reader = Read();
    EXPECT_EQ(TextsOf(*reader),
              (std::vector<std::string>{"a0", "b", "a1", "b", "a2", "b", "a3", "b", "a4", "b", "a5", "b", "a6", "b", "x0", "x1"}))
        << after;
    EXPECT_TRUE(reader->damages().empty()) << after << ": " << (reader->damages().empty() ? "" : reader->damages()[0].what);
  }
  AppendLogWriter first_{store_, kPrefix}, second_{store_, kPrefix};
};

TEST_F(CompactedAppendLog, HasFewerObjectsTheSameRecordsAndAnUnbrokenChain) {
  Write();
  AppendLogReader before(below_, kPrefix);
  ASSERT_THAT(before.Refresh({}), Succeeds());
  const auto done = CompactAppendLog({}, store_, kPrefix);
  ASSERT_THAT(done, Succeeds());
  EXPECT_EQ(done->batches, 9);
  EXPECT_EQ(done->packs, 2);
  EXPECT_EQ(done->removed, 9);
  EXPECT_EQ(Keys().size(), 2U);
  ExpectWhole("a compaction");
  ASSERT_THAT(before.Refresh({}), Succeeds());
  EXPECT_EQ(before.records().size(), 16U) << "who read it before reads nothing twice";
  EXPECT_EQ(CompactAppendLog({}, store_, kPrefix)->packs, 0) << "there is nothing left to do";
  ASSERT_THAT(first_.Append({}, {"later"}), Succeeds());
  EXPECT_EQ(Read()->records().size(), 17U);
  EXPECT_TRUE(Read()->damages().empty()) << "the chain goes on behind the pack";
}

TEST_F(CompactedAppendLog, IsReadWholeWhereverItWasInterruptedAndFinishedByTheNextOne) {
  Write();
  for (const char* point : {"storage.log.after_pack", "storage.log.between_deletes"}) {
    for (int nth = 1; nth <= 9; ++nth) {
      ASSERT_THAT(ArmFailpoints(std::string(point) + ":" + std::to_string(nth) + ":error"), Succeeds());
      (void)CompactAppendLog({}, store_, kPrefix);
      ASSERT_THAT(ArmFailpoints(""), Succeeds());
      ExpectWhole(std::string(point) + " " + std::to_string(nth));
    }
  }
  ASSERT_THAT(CompactAppendLog({}, store_, kPrefix), Succeeds());
  EXPECT_EQ(Keys().size(), 2U);
  ExpectWhole("all");
}

TEST_F(CompactedAppendLog, LeavesDamageWhereItIsAndSaysWhere) {
  Write();
  const std::string damaged = Keys()[3];
  std::string octets = *below_.Get({}, damaged, {});
  octets[octets.size() - 4] ^= 1;
  ASSERT_THAT(below_.Put({}, damaged, octets), Succeeds());
  const auto before = Read()->damages();
  ASSERT_EQ(before.size(), 2U) << "the line, and the chain behind it";
  const auto done = CompactAppendLog({}, store_, kPrefix);
  ASSERT_THAT(done, Succeeds());
  EXPECT_EQ(done->packs, 3) << "before it, behind it, and the other writer's";
  EXPECT_TRUE(below_.Head({}, damaged)) << "it is evidence";
  const auto after = Read()->damages();
  ASSERT_EQ(after.size(), 2U);
  EXPECT_EQ(after[0].key, damaged);
  EXPECT_EQ(after[0].offset, before[0].offset);
}

TEST_F(CompactedAppendLog, OfAPackEveryFlippedBitIsFound) {
  Write();
  ASSERT_THAT(CompactAppendLog({}, store_, kPrefix), Succeeds());
  const std::string key = Keys()[0], octets = *below_.Get({}, key, {});
  for (std::size_t at = 0; at < octets.size(); ++at) {
    std::string flipped = octets;
    flipped[at] ^= 1;
    ASSERT_THAT(below_.Put({}, key, flipped), Succeeds());
    EXPECT_FALSE(Read()->damages().empty()) << "offset " << at;
  }
}

TEST_F(CompactedAppendLog, KeepsThePackOfAWriterWhoseAnswerWasLost) {
  Write();
  store_.Inject({.action = StoreFault::Action::kLoseAnswer, .operations = {StoreOperation::kPutIfAbsent}});
  ASSERT_THAT(CompactAppendLog({}, store_, kPrefix), Succeeds()) << "what is there is what was to be written";
  ExpectWhole("a lost answer");
}

TEST_F(AppendLog, APackHasTheseOctets) {
  const std::string writer = "01890000-0000-7000-8000-000000000001";
  const std::vector<std::string> batches{EncodeLogBatch({writer, 1}, "", {"one"}), EncodeLogBatch({writer, 2}, "00", {"two"})};
  EXPECT_EQ(EncodeLogPack({writer, 1, 2}, batches),
            R"(f5838341 {"batches":[115,117],"first":1,"last":2,"version":1,"writer":"01890000-0000-7000-8000-000000000001"})"
            "\n" +
                batches[0] + batches[1]);
  EXPECT_EQ(LogPackKey(kPrefix, {writer, 1, 2}), "_errors/" + writer + "/00000000000000000001-00000000000000000002.log");
}

}  // namespace
}  // namespace lakehouse::storage
