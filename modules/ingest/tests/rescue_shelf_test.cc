#include "rescue_shelf.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "lakehouse/base/failpoint.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/base/log.h"
#include "lakehouse/ingest/local_ingest.h"
#include "lakehouse/storage/bucket_store.h"
#include "lakehouse/storage/memory_object_store.h"
#include "lakehouse/storage/sealed_json.h"
#include "storage_testing/faulty_object_store.h"
#include "storage_testing/flipped_bits.h"
#include "storage_testing/matchers.h"

namespace lakehouse::ingest {
namespace {

using storage::Succeeds;

/// Wall time that the test moves; an hour must not pass in a test.
class MovedClock final : public Clock {
 public:
  std::int64_t WallMicros() const override { return SystemClock().WallMicros() + ahead_micros; }
  std::int64_t SteadyNanos() const override { return SystemClock().SteadyNanos(); }
  std::int64_t ahead_micros = 0;
};

class RescueShelfTest : public testing::Test {
 protected:
  RescueShelfTest() {
    std::string pattern = testing::TempDir() + "rescue_shelf_XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    directory_ = pattern;
    storage::BucketStore::Options options;
    options.rescue = storage::BucketRecord{.name = "rescue", .url = "s3://rescue"};
    lake_ = storage::BucketStore::Make(
        {.primary = std::make_unique<storage::MemoryObjectStore>(),
         .open = [this](const Context&, const storage::BucketRecord&, bool) -> Result<std::unique_ptr<storage::ObjectStore>> {
           return std::unique_ptr<storage::ObjectStore>(std::make_unique<storage::FaultyObjectStore>(rescue_));
         },
         .log = log_},
        std::move(options));
    shelf_.emplace(*lake_, clock_);
  }
  ~RescueShelfTest() override {
    (void)ArmFailpoints("");
    std::filesystem::remove_all(directory_);
  }
  std::string Path(const std::string& name) const { return (directory_ / name).string(); }
  std::string WriteSource(const std::string& octets) {
    std::ofstream(Path("source"), std::ios::binary) << octets;
    return Path("source");
  }
  RescueIntent IntentOf(const std::string& octets, const std::string& id = kId) {
    RescueIntent intent{id, "user:ann", "req-1", {}, static_cast<std::int64_t>(octets.size()), 1'795'282'328'000'000, "disk full"};
    intent.request.name = "people";
    intent.request.file_name = "people.csv";
    intent.request.sha256 = Sha256Hex(octets);
    intent.request.bucket = "primary";
    intent.request.base_fingerprint = "";
    intent.request.base_version = 0;
    return intent;
  }
  std::vector<std::string> Keys() {
    std::vector<std::string> keys;
    const auto page = rescue_.List({}, "", "", storage::kMaxListPage);
    for (const storage::ObjectInfo& object : page->objects) keys.push_back(object.key);
    return keys;
  }

  static constexpr const char* kId = "01890000-0000-7000-8000-000000000001";
  std::filesystem::path directory_;
  Log log_{"test", LogLevel::kError, [](std::string_view) {}};
  storage::MemoryObjectStore rescue_;
  std::unique_ptr<storage::BucketStore> lake_;
  MovedClock clock_;
  std::optional<RescueShelf> shelf_;
};

TEST_F(RescueShelfTest, AnIntentHasTheseOctets) {
  ASSERT_THAT(shelf_->Put({}, IntentOf("id\n1\n"), WriteSource("id\n1\n")), Succeeds());
  EXPECT_FALSE(std::filesystem::exists(Path("source"))) << "it was taken";
  EXPECT_EQ(*rescue_.Get({}, std::string("_rescue/") + kId + "/source", {}), "id\n1\n");
  EXPECT_EQ(
      *rescue_.Get({}, std::string("_rescue/") + kId + "/intent.json", {}),
      storage::SealJson(
          R"({"id":"01890000-0000-7000-8000-000000000001","principal":"user:ann","trace":"req-1","request":{"name":"people","mode":"auto",)"
          R"("key":"","path":"","file_name":"people.csv","sha256":")" +
          Sha256Hex("id\n1\n") +
          R"(","owned":false,"preview":false,"columns":{},"fill_missing":false,"reject_misfits":false,"new_schema":false,"bucket":"primary",)"
          R"("base_fingerprint":"","base_version":0},"size_bytes":5,"accepted_micros":1795282328000000,"why":"disk full"})"));
}

TEST_F(RescueShelfTest, OneFlippedBitAnywhereInAnIntentItsFileOrWhyItIsHeldIsNoticed) {
  const RescueIntent intent = IntentOf("id\n1\n");
  ASSERT_THAT(shelf_->Put({}, intent, WriteSource("id\n1\n")), Succeeds());
  ASSERT_THAT(shelf_->Hold({}, kId, Error(ErrorCode::kConflict, "it was dropped").Named("base_changed")), Succeeds());
  const auto with_each_flip = [&](const std::string& name, const auto& check) {
    const std::string key = std::string("_rescue/") + kId + "/" + name, whole = rescue_.Get({}, key, {}).Take();
    storage::ForEachFlippedBit(whole, [&](std::size_t at, const std::string& flipped) {
      ASSERT_THAT(rescue_.Put({}, key, flipped), Succeeds());
      check(at);
    });
    ASSERT_THAT(rescue_.Put({}, key, whole), Succeeds());
  };
  with_each_flip("intent.json", [&](std::size_t at) {
    EXPECT_THAT(shelf_->Load({}, kId), storage::FailsWith(ErrorCode::kCorruption)) << at;
    EXPECT_EQ(shelf_->List({})->at(0).hold->code, "corrupt_object") << at;
  });
  with_each_flip("hold.json", [&](std::size_t at) {
    EXPECT_EQ(shelf_->Load({}, kId)->hold->code, "held") << "it stays held, for a reason that nobody can read, at " << at;
  });
  const auto check_source = [&] {
    const std::string key = "_buckets/rescue/_rescue/" + std::string(kId) + "/source";
    const auto load = [&](const std::string& name) { return lake_->Get({}, name, {}); };
    const auto read = [&](std::uint64_t offset, std::uint64_t length) { return lake_->Get({}, key, storage::ByteRange{offset, length}); };
    return CheckRescuedFile(key, rescue_.Head({}, key.substr(std::string("_buckets/rescue/").size()))->size_bytes, read, load);
  };
  EXPECT_TRUE(*check_source());
  with_each_flip("source", [&](std::size_t at) {
    EXPECT_THAT(check_source(), storage::FailsWith(ErrorCode::kCorruption)) << at;
    EXPECT_THAT(shelf_->Fetch({}, intent, Path("fetched" + std::to_string(at))), storage::FailsWith(ErrorCode::kCorruption)) << at;
  });
  EXPECT_EQ(shelf_->Load({}, kId)->hold->code, "base_changed");
}

TEST_F(RescueShelfTest, WhatWasPutIsListedFetchedHeldReleasedAndRemoved) {
  EXPECT_TRUE(shelf_->Exists({}));
  ASSERT_THAT(shelf_->Put({}, IntentOf("id\n1\n"), WriteSource("id\n1\n")), Succeeds());
  auto listed = shelf_->List({});
  ASSERT_THAT(listed, Succeeds());
  ASSERT_EQ(listed->size(), 1U);
  EXPECT_EQ((*listed)[0].intent.request.name, "people");
  EXPECT_FALSE((*listed)[0].hold);
  ASSERT_THAT(shelf_->Fetch({}, (*listed)[0].intent, Path("fetched")), Succeeds());
  EXPECT_EQ(std::filesystem::file_size(Path("fetched")), 5U);
  ASSERT_THAT(shelf_->Hold({}, kId, Error(ErrorCode::kConflict, "it was dropped").Named("base_changed")), Succeeds());
  EXPECT_EQ(shelf_->Load({}, kId)->hold->code, "base_changed");
  ASSERT_THAT(shelf_->Release({}, kId), Succeeds());
  EXPECT_FALSE(shelf_->Load({}, kId)->hold);
  ASSERT_THAT(shelf_->Remove({}, kId), Succeeds());
  EXPECT_TRUE(Keys().empty());
  EXPECT_EQ(shelf_->Load({}, kId).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(shelf_->Load({}, "../../etc").error().code(), ErrorCode::kNotFound);
}

TEST_F(RescueShelfTest, AFileWithoutAnIntentCountsForNothingAndGoesAfterAnHour) {
  ASSERT_THAT(ArmFailpoints("ingest.rescue.after_source:1:error"), Succeeds());
  EXPECT_FALSE(shelf_->Put({}, IntentOf("id\n1\n"), WriteSource("id\n1\n")));
  EXPECT_TRUE(shelf_->List({})->empty());
  ASSERT_THAT(shelf_->Sweep({}), Succeeds());
  EXPECT_EQ(Keys().size(), 1U) << "its intent may be on its way";
  clock_.ahead_micros = 3'601'000'000;
  ASSERT_THAT(shelf_->Put({}, IntentOf("id\n2\n", "01890000-0000-7000-8000-000000000002"), WriteSource("id\n2\n")), Succeeds());
  ASSERT_THAT(shelf_->Sweep({}), Succeeds());
  EXPECT_EQ(Keys().size(), 2U) << "that of the intent stays, however old";
}

TEST_F(RescueShelfTest, AFileThatWasDamagedThereIsNotBroughtIn) {
  ASSERT_THAT(shelf_->Put({}, IntentOf("id\n1\n"), WriteSource("id\n1\n")), Succeeds());
  ASSERT_THAT(rescue_.Put({}, std::string("_rescue/") + kId + "/source", "id\n9\n"), Succeeds());
  EXPECT_EQ(shelf_->Fetch({}, IntentOf("id\n1\n"), Path("fetched")).error().code(), ErrorCode::kCorruption);
  ASSERT_THAT(rescue_.Put({}, std::string("_rescue/") + kId + "/intent.json", "{}"), Succeeds());
  const auto listed = shelf_->List({});
  ASSERT_EQ(listed->size(), 1U);
  EXPECT_EQ((*listed)[0].hold->code, "corrupt_object") << "it is told, not passed over";
}

TEST_F(RescueShelfTest, ALakeWithoutRescueHasNone) {
  const auto plain = storage::BucketStore::Make({.primary = std::make_unique<storage::MemoryObjectStore>(), .open = {}, .log = log_}, {});
  RescueShelf none(*plain, clock_);
  EXPECT_FALSE(none.Exists({}));
  EXPECT_FALSE(RescueShelf(static_cast<storage::ObjectStore&>(rescue_), clock_).Exists({})) << "nor has a store without buckets";
}

}  // namespace
}  // namespace lakehouse::ingest
