#pragma once
#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <latch>
#include <map>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "lakehouse/storage/object_store.h"
#include "storage_testing/matchers.h"

/// The promises of object_store.h, for every implementation and topology. Include it in one .cc and say which:
///   INSTANTIATE_TEST_SUITE_P(Memory, ObjectStoreContract, testing::Values(StoreKind{"memory", [](const std::string&) { ... }}));
namespace lakehouse::storage {

struct StoreKind {
  std::string name;
  /// An empty store, which may use this directory, which exists and is empty.
  std::function<std::shared_ptr<ObjectStore>(const std::string& directory)> open;
  /// Tests that a foreign server cannot pass, with what it lacks. Ours lack nothing.
  std::map<std::string, std::string> lacks = {};
  friend std::ostream& operator<<(std::ostream& out, const StoreKind& kind) { return out << kind.name; }
};

class ObjectStoreContract : public testing::TestWithParam<StoreKind> {
 protected:
  ObjectStoreContract() {
    std::string pattern = testing::TempDir() + "object_store_contract_XXXXXX";
    if (mkdtemp(pattern.data()) == nullptr) std::abort();
    directory_ = pattern;
    std::filesystem::create_directory(directory_ / "store");
    store_ = GetParam().open((directory_ / "store").string());
  }
  void SetUp() override {
    ASSERT_NE(store_, nullptr);
    const std::string test = testing::UnitTest::GetInstance()->current_test_info()->name();
    const auto lacked = GetParam().lacks.find(test.substr(0, test.find('/')));
    if (lacked != GetParam().lacks.end()) GTEST_SKIP() << GetParam().name << ": " << lacked->second;
  }
  ~ObjectStoreContract() override {
    store_.reset();
    std::filesystem::remove_all(directory_);
  }

  std::string WriteLocalFile(const std::string& name, const std::string& octets) {
    const std::string path = (directory_ / name).string();
    std::ofstream(path, std::ios::binary) << octets;
    return path;
  }
  static std::string ReadLocalFile(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  void PutAll(const std::vector<std::string>& keys) {
    for (const std::string& key : keys) ASSERT_THAT(store_->PutIfAbsent(ctx_, key, key), Succeeds());
  }
  std::string GetOrError(const std::string& key, std::optional<ByteRange> range = {}) {
    const Result<std::string> octets = store_->Get(ctx_, key, range);
    return octets ? *octets : "error: " + octets.error().ToString();
  }
  std::vector<std::string> ListAll(const std::string& prefix, const std::string& start_after = "", std::size_t limit = kMaxListPage) {
    std::vector<std::string> keys;
    std::string next = start_after;
    do {
      const Result<ListPage> page = store_->List(ctx_, prefix, next, limit);
      if (!page) return {"error: " + page.error().ToString()};
      EXPECT_LE(page->objects.size(), limit);
      for (const ObjectInfo& object : page->objects) keys.push_back(object.key);
      next = page->next;
    } while (!next.empty());
    return keys;
  }
  /// Runs it on as many threads, started together, with their numbers.
  static void InParallel(std::size_t threads, const std::function<void(std::size_t)>& run) {
    std::latch start(static_cast<std::ptrdiff_t>(threads));
    std::vector<std::thread> running;
    for (std::size_t i = 0; i < threads; ++i) {
      running.emplace_back([&, i] {
        start.arrive_and_wait();
        run(i);
      });
    }
    for (std::thread& thread : running) thread.join();
  }
  static std::string OctetsOf(std::size_t size, unsigned seed) {
    std::string octets(size, '\0');
    std::uint64_t state = seed;
    for (char& c : octets) {
      state = state * 6364136223846793005ULL + 1442695040888963407ULL;
      c = static_cast<char>(state >> 56U);
    }
    return octets;
  }

  const Context ctx_{.principal = "user:ann", .trace = "trace-1", .deadline = Deadline::After(120'000), .cancel = {}};
  std::filesystem::path directory_;
  std::shared_ptr<ObjectStore> store_;
};

/// Valid keys of every kind that has ever been trouble somewhere.
inline std::vector<std::string> AwkwardKeys() {
  std::string deep = "d";
  while (deep.size() + 2 <= kMaxKeyBytes) deep += "/d";
  std::string accents;
  while (accents.size() + 2 <= 300) accents += "\u00e9";
  return {"plain",
          "a b c",
          "caf\u00e9",
          "cafe\u0301",
          "\u65e5\u672c\u8a9e/\U0001f600.json",
          "100%",
          "100%25",
          "%2E%2E/x",
          "%2e",
          "a.%",
          "a%~",
          "%~",
          "%",
          "...",
          "..data/.hidden",
          ".tmp",
          ".tmp/x",
          "a/..b/c..",
          "dot./x.",
          "UPPER",
          "upper",
          "with:colon?and*star|pipe\"quote'",
          "~",
          "-rf",
          "con",
          "new\u2028line",
          "right\u202eleft",
          "a\u00a0b",
          std::string(255, 'x'),
          std::string(256, 'y') + "/" + std::string(256, 'z'),
          std::string(kMaxKeyBytes, '%'),
          std::string(kMaxKeyBytes, '.'),
          std::string(80, 'p'),
          std::string(80, 'p') + "/below",
          std::string(81, 'p'),
          std::string(80, 'p') + "-more",
          std::string(80, 'p') + "0/more",
          std::string(80, 'p') + ".",
          std::move(deep),
          accents,
          "a" + accents,
          "ab" + accents + "/x"};
}

/// No key, with what is wrong with it.
inline std::vector<std::string> InvalidKeys() {
  using namespace std::string_literals;
  return {"",
          "/",
          "/a",
          "a/",
          "a//b",
          ".",
          "..",
          "a/../b",
          "a/./b",
          "../a",
          "a/..",
          "./a",
          "a\0b"s,
          "a\nb",
          "a\rb",
          "a\tb",
          "a\x7f",
          "a\u0085b",
          "a\\b",
          "\xff",
          "\xc0\xaf",
          "\xed\xa0\x80",
          "\xf4\x90\x80\x80",
          "caf\xc3",
          "\x80",
          "a/\xe2\x82",
          "\xf5\x80\x80\x80",
          std::string(kMaxKeyBytes + 1, 'x')};
}

TEST_P(ObjectStoreContract, GivesBackWhatWasPut) {
  const std::string octets("a\0b\xff\r\n", 6);
  const auto put = store_->PutIfAbsent(ctx_, "datasets/workers/data/1.parquet", octets);
  ASSERT_THAT(put, Succeeds());
  EXPECT_EQ(put->key, "datasets/workers/data/1.parquet");
  EXPECT_EQ(put->size_bytes, 6U);
  EXPECT_EQ(GetOrError("datasets/workers/data/1.parquet"), octets);
  const auto head = store_->Head(ctx_, "datasets/workers/data/1.parquet");
  ASSERT_THAT(head, Succeeds());
  EXPECT_EQ(head->key, "datasets/workers/data/1.parquet");
  EXPECT_EQ(head->size_bytes, 6U);
  EXPECT_EQ(head->modified_micros, put->modified_micros);
}

TEST_P(ObjectStoreContract, AnEmptyObjectIsAnObject) {
  ASSERT_THAT(store_->PutIfAbsent(ctx_, "empty", ""), Succeeds());
  EXPECT_EQ(GetOrError("empty"), "");
  EXPECT_EQ(GetOrError("empty", ByteRange{0, 10}), "");
  EXPECT_THAT(store_->PutIfAbsent(ctx_, "empty", ""), FailsWith(ErrorCode::kAlreadyExists));
  EXPECT_THAT(ListAll(""), testing::ElementsAre("empty"));
}

TEST_P(ObjectStoreContract, PutIfAbsentLeavesWhatThereIs) {
  ASSERT_THAT(store_->PutIfAbsent(ctx_, "k", "first"), Succeeds());
  EXPECT_THAT(store_->PutIfAbsent(ctx_, "k", "second"), FailsWith(ErrorCode::kAlreadyExists));
  EXPECT_THAT(store_->PutIfAbsent(ctx_, "k", "first"), FailsWith(ErrorCode::kAlreadyExists)) << "equal octets make no difference";
  EXPECT_EQ(GetOrError("k"), "first");
}

TEST_P(ObjectStoreContract, PutReplacesAndMakes) {
  ASSERT_THAT(store_->Put(ctx_, "k", "a longer first"), Succeeds());
  const auto second = store_->Put(ctx_, "k", "second");
  ASSERT_THAT(second, Succeeds());
  EXPECT_EQ(second->size_bytes, 6U);
  EXPECT_EQ(GetOrError("k"), "second");
  EXPECT_EQ(store_->Head(ctx_, "k")->size_bytes, 6U);
  EXPECT_THAT(ListAll(""), testing::ElementsAre("k"));
}

TEST_P(ObjectStoreContract, AMissingKeyIsNotFoundAndDeletingItIsFine) {
  PutAll({"a/b/c", "ab"});
  for (const char* key : {"a", "a/b", "a/b/c/d", "a/b/cc", "missing", "x/y/z"}) {
    EXPECT_THAT(store_->Get(ctx_, key), FailsWith(ErrorCode::kNotFound)) << key;
    EXPECT_THAT(store_->Head(ctx_, key), FailsWith(ErrorCode::kNotFound)) << key;
    EXPECT_THAT(store_->GetToFile(ctx_, key, (directory_ / "out").string()), FailsWith(ErrorCode::kNotFound)) << key;
    EXPECT_THAT(store_->Delete(ctx_, key), Succeeds()) << key;
    EXPECT_FALSE(std::filesystem::exists(directory_ / "out")) << key;
  }
  EXPECT_THAT(ListAll(""), testing::ElementsAre("a/b/c", "ab"));
}

TEST_P(ObjectStoreContract, ADeletedKeyIsFreeAgain) {
  PutAll({"a/b/c", "a/b/d"});
  ASSERT_THAT(store_->Delete(ctx_, "a/b/c"), Succeeds());
  EXPECT_THAT(store_->Get(ctx_, "a/b/c"), FailsWith(ErrorCode::kNotFound));
  EXPECT_EQ(GetOrError("a/b/d"), "a/b/d");
  ASSERT_THAT(store_->Delete(ctx_, "a/b/d"), Succeeds());
  EXPECT_THAT(ListAll(""), testing::IsEmpty());
  ASSERT_THAT(store_->PutIfAbsent(ctx_, "a", "now an object"), Succeeds());
  ASSERT_THAT(store_->PutIfAbsent(ctx_, "a/b/c", "again"), Succeeds());
  EXPECT_EQ(GetOrError("a/b/c"), "again");
}

TEST_P(ObjectStoreContract, AnObjectAndOneBelowItLiveSideBySide) {
  PutAll({"a", "a/b", "a/b/c", "a.b", "a.b/c"});
  for (const char* key : {"a", "a/b", "a/b/c", "a.b", "a.b/c"}) EXPECT_EQ(GetOrError(key), key);
  ASSERT_THAT(store_->Delete(ctx_, "a"), Succeeds());
  EXPECT_THAT(ListAll(""), testing::ElementsAre("a.b", "a.b/c", "a/b", "a/b/c"));
}

TEST_P(ObjectStoreContract, EveryValidKeyWorks) {
  std::vector<std::string> keys = AwkwardKeys();
  for (const std::string& key : keys) {
    ASSERT_THAT(ValidateKey(key), Succeeds()) << key;
    ASSERT_THAT(store_->PutIfAbsent(ctx_, key, "of " + key), Succeeds()) << key;
  }
  for (const std::string& key : keys) EXPECT_EQ(GetOrError(key), "of " + key);
  std::sort(keys.begin(), keys.end());
  EXPECT_EQ(ListAll(""), keys);
  EXPECT_EQ(ListAll("", "", 1), keys) << "one by one";
  for (const std::string& key : keys) {
    const std::vector<std::string> below = ListAll(key);
    EXPECT_TRUE(std::all_of(below.begin(), below.end(), [&key](const std::string& found) { return found.starts_with(key); })) << key;
    EXPECT_EQ(below.empty() ? "" : below.front(), key);
    const auto after = std::upper_bound(keys.begin(), keys.end(), key);
    EXPECT_EQ(ListAll("", key, 7), std::vector<std::string>(after, keys.end())) << "after " << key;
  }
  for (const std::string& key : keys) EXPECT_THAT(store_->Delete(ctx_, key), Succeeds()) << key;
  EXPECT_THAT(ListAll(""), testing::IsEmpty());
}

TEST_P(ObjectStoreContract, RefusesInvalidKeysEverywhere) {
  const std::string path = WriteLocalFile("file", "x");
  for (const std::string& key : InvalidKeys()) {
    const auto put = store_->PutIfAbsent(ctx_, key, "x");
    EXPECT_THAT(put, FailsWith(ErrorCode::kInvalidArgument)) << key;
    EXPECT_EQ(put ? "" : put.error().reason(), "invalid_key") << key;
    EXPECT_THAT(store_->Put(ctx_, key, "x"), FailsWith(ErrorCode::kInvalidArgument)) << key;
    EXPECT_THAT(store_->PutFileIfAbsent(ctx_, key, path), FailsWith(ErrorCode::kInvalidArgument)) << key;
    EXPECT_THAT(store_->PutFile(ctx_, key, path), FailsWith(ErrorCode::kInvalidArgument)) << key;
    EXPECT_THAT(store_->Get(ctx_, key), FailsWith(ErrorCode::kInvalidArgument)) << key;
    EXPECT_THAT(store_->GetToFile(ctx_, key, path + ".out"), FailsWith(ErrorCode::kInvalidArgument)) << key;
    EXPECT_THAT(store_->Head(ctx_, key), FailsWith(ErrorCode::kInvalidArgument)) << key;
    EXPECT_THAT(store_->Delete(ctx_, key), FailsWith(ErrorCode::kInvalidArgument)) << key;
    EXPECT_EQ(store_->LocalPath(key), std::nullopt) << key;
  }
  EXPECT_THAT(ListAll(""), testing::IsEmpty());
}

TEST_P(ObjectStoreContract, RangesAtEveryEdge) {
  ASSERT_THAT(store_->PutIfAbsent(ctx_, "k", "0123456789"), Succeeds());
  EXPECT_EQ(GetOrError("k", ByteRange{0, std::nullopt}), "0123456789");
  EXPECT_EQ(GetOrError("k", ByteRange{0, 0}), "");
  EXPECT_EQ(GetOrError("k", ByteRange{0, 1}), "0");
  EXPECT_EQ(GetOrError("k", ByteRange{3, 4}), "3456");
  EXPECT_EQ(GetOrError("k", ByteRange{9, 1}), "9");
  EXPECT_EQ(GetOrError("k", ByteRange{9, 2}), "9");
  EXPECT_EQ(GetOrError("k", ByteRange{7, std::nullopt}), "789");
  EXPECT_EQ(GetOrError("k", ByteRange{10, 1}), "");
  EXPECT_EQ(GetOrError("k", ByteRange{10, std::nullopt}), "");
  EXPECT_EQ(GetOrError("k", ByteRange{11, 5}), "");
  constexpr auto kHuge = static_cast<std::uint64_t>(INT64_MAX);
  EXPECT_EQ(GetOrError("k", ByteRange{5, kHuge}), "56789");
  EXPECT_EQ(GetOrError("k", ByteRange{kHuge, kHuge}), "");
}

TEST_P(ObjectStoreContract, LargeObjectsComeBackWhole) {
  const std::string octets = OctetsOf((std::size_t{9} << 20U) + 7, 1);
  ASSERT_THAT(store_->PutIfAbsent(ctx_, "big", octets), Succeeds());
  EXPECT_TRUE(GetOrError("big") == octets);
  EXPECT_TRUE(GetOrError("big", ByteRange{(std::size_t{4} << 20U) - 3, (std::size_t{4} << 20U) + 5}) ==
              octets.substr((std::size_t{4} << 20U) - 3, (std::size_t{4} << 20U) + 5));
  const std::string path = (directory_ / "out").string();
  const auto got = store_->GetToFile(ctx_, "big", path);
  ASSERT_THAT(got, Succeeds());
  EXPECT_EQ(got->size_bytes, octets.size());
  EXPECT_TRUE(ReadLocalFile(path) == octets);
}

TEST_P(ObjectStoreContract, TakesAFileAndTheFileIsGone) {
  const std::string octets = OctetsOf((std::size_t{5} << 20U) + 1, 2);
  const std::string path = WriteLocalFile("upload", octets);
  const auto put = store_->PutFileIfAbsent(ctx_, "datasets/w/data/1.parquet", path);
  ASSERT_THAT(put, Succeeds());
  EXPECT_EQ(put->size_bytes, octets.size());
  EXPECT_FALSE(std::filesystem::exists(path));
  EXPECT_TRUE(GetOrError("datasets/w/data/1.parquet") == octets);
}

TEST_P(ObjectStoreContract, TakesAnEmptyFile) {
  ASSERT_THAT(store_->PutFileIfAbsent(ctx_, "k", WriteLocalFile("upload", "")), Succeeds());
  EXPECT_EQ(GetOrError("k"), "");
}

TEST_P(ObjectStoreContract, AFileThatCannotBeTakenStaysAsItWas) {
  ASSERT_THAT(store_->PutIfAbsent(ctx_, "k", "first"), Succeeds());
  const std::string path = WriteLocalFile("upload", "second");
  const auto mode = std::filesystem::status(path).permissions();
  EXPECT_THAT(store_->PutFileIfAbsent(ctx_, "k", path), FailsWith(ErrorCode::kAlreadyExists));
  EXPECT_EQ(ReadLocalFile(path), "second");
  EXPECT_EQ(std::filesystem::status(path).permissions(), mode);
  EXPECT_EQ(GetOrError("k"), "first");
}

TEST_P(ObjectStoreContract, PutFileReplacesAndMakes) {
  const std::string octets = OctetsOf((std::size_t{5} << 20U) + 1, 3);
  ASSERT_THAT(store_->PutFile(ctx_, "k", WriteLocalFile("first", "first")), Succeeds());
  EXPECT_EQ(GetOrError("k"), "first");
  const auto second = store_->PutFile(ctx_, "k", WriteLocalFile("second", octets));
  ASSERT_THAT(second, Succeeds());
  EXPECT_EQ(second->size_bytes, octets.size());
  EXPECT_FALSE(std::filesystem::exists(directory_ / "second"));
  EXPECT_TRUE(GetOrError("k") == octets);
}

TEST_P(ObjectStoreContract, AFileWithAnotherNameIsCopiedSoThatNobodyCanChangeTheObject) {
  const std::string path = WriteLocalFile("upload", "content");
  const std::string second_name = (directory_ / "second_name").string();
  std::filesystem::create_hard_link(path, second_name);
  ASSERT_THAT(store_->PutFileIfAbsent(ctx_, "k", path), Succeeds());
  std::ofstream(second_name) << "changed";
  EXPECT_EQ(GetOrError("k"), "content");
}

TEST_P(ObjectStoreContract, OnlyARegularFileCanBeTaken) {
  EXPECT_THAT(store_->PutFileIfAbsent(ctx_, "k", (directory_ / "missing").string()), FailsWith(ErrorCode::kNotFound));
  EXPECT_THAT(store_->PutFileIfAbsent(ctx_, "k", directory_.string()), FailsWith(ErrorCode::kInvalidArgument));
  const std::string path = WriteLocalFile("target", "secret");
  std::filesystem::create_symlink(path, directory_ / "link");
  EXPECT_FALSE(store_->PutFileIfAbsent(ctx_, "k", (directory_ / "link").string()));
  EXPECT_TRUE(std::filesystem::exists(path));
  EXPECT_THAT(store_->Head(ctx_, "k"), FailsWith(ErrorCode::kNotFound));
}

TEST_P(ObjectStoreContract, GetToFileMakesANewFileOnly) {
  ASSERT_THAT(store_->PutIfAbsent(ctx_, "k", "object"), Succeeds());
  const std::string path = WriteLocalFile("out", "mine");
  EXPECT_THAT(store_->GetToFile(ctx_, "k", path), FailsWith(ErrorCode::kAlreadyExists));
  EXPECT_EQ(ReadLocalFile(path), "mine");
  EXPECT_FALSE(store_->GetToFile(ctx_, "k", (directory_ / "no_such_directory" / "out").string()));
}

TEST_P(ObjectStoreContract, ACopyCanBeChangedWithoutChangingTheObject) {
  ASSERT_THAT(store_->PutIfAbsent(ctx_, "k", "object"), Succeeds());
  const std::string path = (directory_ / "copy").string();
  ASSERT_THAT(store_->GetToFile(ctx_, "k", path), Succeeds());
  std::ofstream(path) << "changed";
  EXPECT_EQ(GetOrError("k"), "object");
}

TEST_P(ObjectStoreContract, ALocalPathHoldsTheObjectReadOnly) {
  ASSERT_THAT(store_->PutIfAbsent(ctx_, "a/b.parquet", "object"), Succeeds());
  ASSERT_THAT(store_->PutFileIfAbsent(ctx_, "a/c.parquet", WriteLocalFile("upload", "taken")), Succeeds());
  const std::optional<std::string> path = store_->LocalPath("a/b.parquet");
  if (!path) GTEST_SKIP() << "this store has no local paths";
  EXPECT_EQ(ReadLocalFile(*path), "object");
  EXPECT_EQ(ReadLocalFile(*store_->LocalPath("a/c.parquet")), "taken");
  for (const char* key : {"a/b.parquet", "a/c.parquet"}) {
    EXPECT_EQ(std::filesystem::status(*store_->LocalPath(key)).permissions(), std::filesystem::perms(0444)) << key;
  }
  std::filesystem::create_hard_link(*path, directory_ / "linked");
  ASSERT_THAT(store_->Delete(ctx_, "a/b.parquet"), Succeeds());
  EXPECT_EQ(ReadLocalFile((directory_ / "linked").string()), "object") << "a reader keeps what it has linked";
}

TEST_P(ObjectStoreContract, ListsInOrderOfBytes) {
  PutAll({"a/b", "a", "a-b", "a.b", "a0", "B", "\u00e9", "b"});
  EXPECT_THAT(ListAll(""), testing::ElementsAre("B", "a", "a-b", "a.b", "a/b", "a0", "b", "\u00e9"));
}

TEST_P(ObjectStoreContract, APrefixNeedNotEndAtASlash) {
  PutAll({"log/0001.json", "log/0002.json", "log/0010.json", "logs/x", "lo"});
  EXPECT_THAT(ListAll("log/"), testing::ElementsAre("log/0001.json", "log/0002.json", "log/0010.json"));
  EXPECT_THAT(ListAll("log/000"), testing::ElementsAre("log/0001.json", "log/0002.json"));
  EXPECT_THAT(ListAll("log"), testing::ElementsAre("log/0001.json", "log/0002.json", "log/0010.json", "logs/x"));
  EXPECT_THAT(ListAll("log/0002.json"), testing::ElementsAre("log/0002.json"));
  EXPECT_THAT(ListAll("log/0002.json/"), testing::IsEmpty());
  EXPECT_THAT(ListAll("nothing"), testing::IsEmpty());
}

TEST_P(ObjectStoreContract, AListStartsAfterAnyText) {
  PutAll({"log/1", "log/2", "log/3", "z"});
  EXPECT_THAT(ListAll("log/", "log/1"), testing::ElementsAre("log/2", "log/3"));
  EXPECT_THAT(ListAll("log/", "log/15"), testing::ElementsAre("log/2", "log/3"));
  EXPECT_THAT(ListAll("log/", "a"), testing::ElementsAre("log/1", "log/2", "log/3"));
  EXPECT_THAT(ListAll("log/", "log/3"), testing::IsEmpty());
  EXPECT_THAT(ListAll("log/", "zz"), testing::IsEmpty());
  EXPECT_THAT(ListAll("", "log/"), testing::ElementsAre("log/1", "log/2", "log/3", "z"));
}

TEST_P(ObjectStoreContract, PagesAreFullAndTheLastOneSaysSo) {
  PutAll({"1", "2", "3", "4"});
  const auto first = store_->List(ctx_, "", "", 2);
  ASSERT_THAT(first, Succeeds());
  ASSERT_EQ(first->objects.size(), 2U);
  EXPECT_EQ(first->objects[1].size_bytes, 1U);
  EXPECT_EQ(first->next, "2");
  const auto second = store_->List(ctx_, "", first->next, 2);
  ASSERT_THAT(second, Succeeds());
  EXPECT_EQ(second->objects.size(), 2U);
  EXPECT_EQ(second->next, "") << "a page that ends with the last object is the end";
}

TEST_P(ObjectStoreContract, RefusesListsItCannotServe) {
  EXPECT_THAT(store_->List(ctx_, "", "", 0), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(store_->List(ctx_, "", "", kMaxListPage + 1), FailsWith(ErrorCode::kInvalidArgument));
  for (const char* prefix : {"/", "a//b", "../", "a/./", "\xff", "a\nb", "a\\b"}) {
    EXPECT_THAT(store_->List(ctx_, prefix, "", 1), FailsWith(ErrorCode::kInvalidArgument)) << prefix;
    EXPECT_THAT(store_->List(ctx_, "", prefix, 1), FailsWith(ErrorCode::kInvalidArgument)) << prefix;
  }
}

TEST_P(ObjectStoreContract, AWalkMeetsWhatStaysExactlyOnceWhileOthersComeAndGo) {
  std::vector<std::string> staying;
  for (int i = 0; i < 60; ++i) staying.push_back("d" + std::to_string(i % 5) + "/stays" + std::to_string(i));
  PutAll(staying);
  std::sort(staying.begin(), staying.end());
  std::atomic<bool> stop = false;
  std::thread churn([&] {
    for (int i = 0; !stop; i = (i + 1) % 40) {
      const std::string key = "d" + std::to_string(i % 7) + "/comes" + std::to_string(i);
      EXPECT_THAT(store_->Put(ctx_, key, "x"), Succeeds());
      if (i % 3 == 0) continue;
      EXPECT_THAT(store_->Delete(ctx_, key), Succeeds());
    }
  });
  for (int walk = 0; walk < 20; ++walk) {
    const std::vector<std::string> met = ListAll("d", "", 3);
    EXPECT_TRUE(std::is_sorted(met.begin(), met.end()));
    EXPECT_EQ(std::set<std::string>(met.begin(), met.end()).size(), met.size()) << "met twice";
    EXPECT_TRUE(std::includes(met.begin(), met.end(), staying.begin(), staying.end())) << "missed one";
  }
  stop = true;
  churn.join();
}

TEST_P(ObjectStoreContract, OfManyPutIfAbsentExactlyOneWins) {
  constexpr std::size_t kThreads = 8;
  const int rounds = GetParam().name == "memory" || GetParam().name == "local" ? 200 : 10;  // S3 servers have their own, of eight clients
  for (int round = 0; round < rounds; ++round) {
    const std::string key = "_catalog/log/" + std::to_string(round) + ".json";
    std::atomic<int> winners = 0;
    std::atomic<int> losers = 0;
    std::atomic<std::size_t> winner = kThreads;
    InParallel(kThreads, [&](std::size_t i) {
      const auto put = store_->PutIfAbsent(ctx_, key, "by " + std::to_string(i));
      if (put)
        ++winners, winner = i;
      else if (put.error().code() == ErrorCode::kAlreadyExists)
        ++losers;
      const Result<std::string> seen = store_->Get(ctx_, key);
      EXPECT_THAT(seen, Succeeds()) << "after any answer there is an object";
    });
    EXPECT_EQ(winners, 1);
    EXPECT_EQ(losers, static_cast<int>(kThreads) - 1);
    EXPECT_EQ(GetOrError(key), "by " + std::to_string(winner));
  }
}

TEST_P(ObjectStoreContract, OfManyFilesForOneKeyExactlyOneIsTaken) {
  constexpr std::size_t kThreads = 6;
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < kThreads; ++i) paths.push_back(WriteLocalFile("upload" + std::to_string(i), "by " + std::to_string(i)));
  InParallel(kThreads, [&](std::size_t i) { (void)store_->PutFileIfAbsent(ctx_, "k", paths[i]); });
  std::vector<std::string> taken;
  for (std::size_t i = 0; i < kThreads; ++i) {
    if (!std::filesystem::exists(paths[i])) taken.push_back("by " + std::to_string(i));
  }
  EXPECT_THAT(taken, testing::ElementsAre(GetOrError("k")));
}

TEST_P(ObjectStoreContract, ReadersNeverSeePartOfAReplacement) {
  const std::string old_octets(300'000, 'o');
  const std::string new_octets(200'000, 'n');
  ASSERT_THAT(store_->Put(ctx_, "k", old_octets), Succeeds());
  InParallel(4, [&](std::size_t i) {
    for (int round = 0; round < 15; ++round) {
      if (i == 0) {
        EXPECT_THAT(store_->Put(ctx_, "k", round % 2 == 0 ? new_octets : old_octets), Succeeds());
        continue;
      }
      const Result<std::string> seen = store_->Get(ctx_, "k");
      ASSERT_THAT(seen, Succeeds()) << "there is an object at any time";
      EXPECT_TRUE(*seen == old_octets || *seen == new_octets) << seen->size() << " octets";
    }
  });
}

TEST_P(ObjectStoreContract, PutsAndDeletesInOneDirectoryDoNotDisturbEachOther) {
  InParallel(4, [&](std::size_t i) {
    for (int round = 0; round < 20; ++round) {
      const std::string key = "shared/deep/" + std::to_string(i);
      ASSERT_THAT(store_->PutIfAbsent(ctx_, key, "x"), Succeeds());
      EXPECT_THAT(store_->Get(ctx_, key), Succeeds());
      ASSERT_THAT(store_->Delete(ctx_, key), Succeeds());
    }
  });
  EXPECT_THAT(ListAll(""), testing::IsEmpty());
}

TEST_P(ObjectStoreContract, WorkThatIsNoLongerWantedDoesNotBegin) {
  ASSERT_THAT(store_->PutIfAbsent(ctx_, "there", "x"), Succeeds());
  const std::string path = WriteLocalFile("upload", "x");
  std::stop_source stop;
  stop.request_stop();
  Context cancelled = ctx_;
  cancelled.cancel = stop.get_token();
  Context late = ctx_;
  late.deadline = Deadline::After(0);
  for (const auto& [context, code] : {std::pair(cancelled, ErrorCode::kCancelled), std::pair(late, ErrorCode::kDeadlineExceeded)}) {
    EXPECT_THAT(store_->PutIfAbsent(context, "k", "x"), FailsWith(code));
    EXPECT_THAT(store_->Put(context, "there", "y"), FailsWith(code));
    EXPECT_THAT(store_->PutFileIfAbsent(context, "k", path), FailsWith(code));
    EXPECT_THAT(store_->PutFile(context, "there", path), FailsWith(code));
    EXPECT_THAT(store_->Get(context, "there"), FailsWith(code));
    EXPECT_THAT(store_->GetToFile(context, "there", path + ".out"), FailsWith(code));
    EXPECT_THAT(store_->Head(context, "there"), FailsWith(code));
    EXPECT_THAT(store_->List(context, "", "", 1), FailsWith(code));
    EXPECT_THAT(store_->Delete(context, "there"), FailsWith(code));
  }
  EXPECT_EQ(GetOrError("there"), "x");
  EXPECT_TRUE(std::filesystem::exists(path));
  EXPECT_FALSE(std::filesystem::exists(path + ".out"));
  EXPECT_THAT(ListAll(""), testing::ElementsAre("there"));
}

}  // namespace lakehouse::storage
