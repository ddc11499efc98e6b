#include "lakehouse/storage/object_cache.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "lakehouse/base/file.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/storage/local_object_store.h"
#include "lakehouse/storage/memory_object_store.h"

namespace lakehouse::storage {
namespace {

using ::testing::HasSubstr;

class ObjectCacheTest : public ::testing::Test {
 protected:
  /// The octets as an object of the store, and what a manifest would say of it.
  ExpectedObject Put(ObjectStore& store, const std::string& key, std::string_view octets) {
    EXPECT_TRUE(store.Put(context_, key, octets).ok());
    return {key, static_cast<std::int64_t>(octets.size()), Sha256Hex(octets)};
  }
  std::unique_ptr<ObjectCache> Open(ObjectStore& store, std::uint64_t max_bytes = 1u << 30) {
    auto cache = ObjectCache::Open(store, {.directory = directory(), .max_bytes = max_bytes}, metrics_, log_);
    EXPECT_TRUE(cache.ok());
    return std::move(cache).Take();
  }
  std::string directory() const { return place_.path() + "/cache"; }
  std::uint64_t Count(const std::string& name) { return metrics_.counter("lakehouse_storage_cache_" + name + "_total", "").value(); }
  std::size_t Copies() const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory())) count += entry.path().extension() == ".object" ? 1u : 0u;
    return count;
  }

  TemporaryDirectory place_ = TemporaryDirectory::Create(::testing::TempDir(), "object-cache-").Take();
  Metrics metrics_;
  Log log_{"test", LogLevel::kError, [](std::string_view) {}};
  Context context_;
  MemoryObjectStore memory_;  // stands for every store without local files
};

TEST_F(ObjectCacheTest, GivesAFileWithTheObjectsOctets) {
  const auto object = Put(memory_, "a/b", "hello");
  const auto cache = Open(memory_);
  const auto file = cache->Fetch(context_, object);
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(*ReadFile(file->path()), "hello");
}

TEST_F(ObjectCacheTest, FetchesAndChecksAnObjectOnce) {
  const auto object = Put(memory_, "a/b", "hello");
  const auto cache = Open(memory_);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(cache->Fetch(context_, object).ok());
  EXPECT_EQ(Count("downloads"), 1u);
  EXPECT_EQ(Count("checks"), 1u);
  EXPECT_EQ(Count("hits"), 4u);
}

TEST_F(ObjectCacheTest, ManyThreadsThatWantOneObjectFetchItOnce) {
  const auto object = Put(memory_, "a/b", std::string(1u << 20, 'x'));
  const auto cache = Open(memory_);
  std::atomic<int> good = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 16; ++i) threads.emplace_back([&] { good += cache->Fetch(context_, object).ok() ? 1 : 0; });
  }
  EXPECT_EQ(good, 16);
  EXPECT_EQ(Count("downloads"), 1u);
}

TEST_F(ObjectCacheTest, OctetsThatAreNotThoseOfTheManifestAreCorruption) {
  const auto object = Put(memory_, "data/x.parquet", "hello");
  ASSERT_TRUE(memory_.Put(context_, "data/x.parquet", "hellO").ok());
  const auto cache = Open(memory_);
  const auto file = cache->Fetch(context_, object);
  ASSERT_FALSE(file.ok());
  EXPECT_EQ(file.error().code(), ErrorCode::kCorruption);
  EXPECT_THAT(file.error().message(), HasSubstr("data/x.parquet"));
  EXPECT_THAT(file.error().message(), HasSubstr("fsck"));
  EXPECT_EQ(Copies(), 0u);
}

TEST_F(ObjectCacheTest, ACutObjectIsCorruption) {
  const auto object = Put(memory_, "k", "hello");
  ASSERT_TRUE(memory_.Put(context_, "k", "hell").ok());
  EXPECT_EQ(Open(memory_)->Fetch(context_, object).error().code(), ErrorCode::kCorruption);
}

TEST_F(ObjectCacheTest, AMissingObjectIsCorruptionToo) {
  const auto cache = Open(memory_);
  const auto file = cache->Fetch(context_, {"gone", 5, Sha256Hex("hello")});
  ASSERT_FALSE(file.ok());
  EXPECT_EQ(file.error().code(), ErrorCode::kCorruption);
  EXPECT_EQ(file.error().reason(), "missing_object");
}

TEST_F(ObjectCacheTest, ADamagedCopyIsFetchedAgain) {
  const auto object = Put(memory_, "k", "hello");
  const auto cache = Open(memory_);
  const std::string path = cache->Fetch(context_, object)->path();
  ASSERT_TRUE(ReplaceFile(path, "jello").ok());
  const auto file = cache->Fetch(context_, object);
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(*ReadFile(file->path()), "hello");
}

TEST_F(ObjectCacheTest, ADeletedCopyIsFetchedAgain) {
  const auto object = Put(memory_, "k", "hello");
  const auto cache = Open(memory_);
  const std::string path = cache->Fetch(context_, object)->path();
  ASSERT_EQ(unlink(path.c_str()), 0);
  EXPECT_EQ(*ReadFile(cache->Fetch(context_, object)->path()), "hello");
}

TEST_F(ObjectCacheTest, CopiesOfAnEarlierRunAreCheckedAndUsed) {
  const auto good = Put(memory_, "good", "hello");
  const auto bad = Put(memory_, "bad", "world");
  std::string bad_path;
  {
    const auto cache = Open(memory_);
    ASSERT_TRUE(cache->Fetch(context_, good).ok());
    bad_path = cache->Fetch(context_, bad)->path();
  }
  ASSERT_TRUE(ReplaceFile(bad_path, "wor1d").ok());
  const auto cache = Open(memory_);
  EXPECT_EQ(*ReadFile(cache->Fetch(context_, good)->path()), "hello");
  EXPECT_EQ(Count("downloads"), 2u);
  EXPECT_EQ(*ReadFile(cache->Fetch(context_, bad)->path()), "world");
  EXPECT_EQ(Count("downloads"), 3u);
}

TEST_F(ObjectCacheTest, TheLeastRecentlyUsedCopiesGoFirst) {
  const auto cache = Open(memory_, 250);
  std::vector<ExpectedObject> objects;
  for (char c : {'a', 'b', 'c'}) objects.push_back(Put(memory_, std::string(1, c), std::string(100, c)));
  ASSERT_TRUE(cache->Fetch(context_, objects[0]).ok());
  ASSERT_TRUE(cache->Fetch(context_, objects[1]).ok());
  ASSERT_TRUE(cache->Fetch(context_, objects[0]).ok());
  ASSERT_TRUE(cache->Fetch(context_, objects[2]).ok());  // b goes
  EXPECT_EQ(Copies(), 2u);
  ASSERT_TRUE(cache->Fetch(context_, objects[0]).ok());
  EXPECT_EQ(Count("downloads"), 3u);
  ASSERT_TRUE(cache->Fetch(context_, objects[1]).ok());
  EXPECT_EQ(Count("downloads"), 4u);
}

TEST_F(ObjectCacheTest, CopiesInUseStayHoweverFullItIs) {
  const auto cache = Open(memory_, 150);
  std::vector<ObjectCache::File> held;
  for (char c : {'a', 'b', 'c', 'd'}) {
    auto file = cache->Fetch(context_, Put(memory_, std::string(1, c), std::string(100, c)));
    ASSERT_TRUE(file.ok());
    held.push_back(std::move(*file));
  }
  for (const auto& file : held) EXPECT_TRUE(std::filesystem::exists(file.path()));
  held.clear();
  ASSERT_TRUE(cache->Fetch(context_, Put(memory_, "e", std::string(100, 'e'))).ok());
  EXPECT_EQ(Copies(), 1u);
}

TEST_F(ObjectCacheTest, LocalObjectsAreReadInPlaceAndCheckedWhenTheyChange) {
  const auto store = OpenLocalObjectStore(place_.path() + "/lake").Take();
  const auto object = Put(*store, "datasets/w/x.parquet", "hello");
  const auto cache = Open(*store);
  const auto file = cache->Fetch(context_, object);
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file->path(), store->LocalPath(object.key));
  ASSERT_TRUE(cache->Fetch(context_, object).ok());
  EXPECT_EQ(Count("checks"), 1u);
  EXPECT_EQ(Copies(), 0u);

  ASSERT_EQ(chmod(file->path().c_str(), 0644), 0);
  {  // one octet, in place
    const UniqueFd fd(open(file->path().c_str(), O_WRONLY));
    ASSERT_EQ(pwrite(fd.get(), "j", 1, 0), 1);
  }
  EXPECT_EQ(cache->Fetch(context_, object).error().code(), ErrorCode::kCorruption);
}

TEST_F(ObjectCacheTest, ManyObjectsComeInTheOrderAsked) {
  std::vector<ExpectedObject> objects;
  for (int i = 0; i < 40; ++i) objects.push_back(Put(memory_, "k" + std::to_string(i), "octets " + std::to_string(i)));
  const auto cache = Open(memory_);
  const auto files = cache->FetchAll(context_, objects);
  ASSERT_TRUE(files.ok());
  ASSERT_EQ(files->size(), 40u);
  for (std::size_t i = 0; i < 40; ++i) EXPECT_EQ(*ReadFile((*files)[i].path()), "octets " + std::to_string(i));
}

TEST_F(ObjectCacheTest, OneBadObjectFailsTheWholeLot) {
  std::vector<ExpectedObject> objects{Put(memory_, "a", "1"), Put(memory_, "b", "2")};
  objects[1].sha256 = Sha256Hex("3");
  EXPECT_EQ(Open(memory_)->FetchAll(context_, objects).error().code(), ErrorCode::kCorruption);
}

TEST_F(ObjectCacheTest, WhatTheLakeHasDeletedIsForgottenAlsoByALaterRunAndOnceNobodyHoldsIt) {
  const auto gone = Put(memory_, "gone", "the same"), stays = Put(memory_, "stays", "the same");
  ASSERT_TRUE(Open(memory_)->FetchAll(context_, {gone, stays}).ok());
  ASSERT_EQ(Copies(), 2u);
  const auto cache = Open(memory_);
  {
    const auto held = cache->Fetch(context_, gone);
    ASSERT_TRUE(held.ok());
    EXPECT_FALSE(cache->Forget({"gone", "never there"}));
    EXPECT_EQ(*ReadFile(held->path()), "the same");
  }
  EXPECT_TRUE(cache->Forget({"gone", "never there"}));
  EXPECT_EQ(Copies(), 1u);
  EXPECT_TRUE(cache->Fetch(context_, stays).ok());
  EXPECT_EQ(Count("downloads"), 2u);
  cache->ForgetAll();
  EXPECT_EQ(Copies(), 0u);
}

TEST_F(ObjectCacheTest, CopiesNamedAsTheyOnceWereGo) {
  ASSERT_TRUE(CreateDirectories(directory()));
  ASSERT_TRUE(ReplaceFile(directory() + "/" + Sha256Hex("x") + ".object", "x"));
  Open(memory_);
  EXPECT_EQ(Copies(), 0u);
}

TEST_F(ObjectCacheTest, AnEndedContextStopsIt) {
  const auto object = Put(memory_, "a", "1");
  const auto cache = Open(memory_);
  Context late = context_;
  late.deadline = Deadline::After(0);
  EXPECT_EQ(cache->Fetch(late, object).error().code(), ErrorCode::kDeadlineExceeded);
}

}  // namespace
}  // namespace lakehouse::storage
