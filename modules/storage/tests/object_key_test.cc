#include "lakehouse/storage/object_key.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "key_path.h"
#include "storage_testing/matchers.h"

namespace lakehouse::storage {
namespace {

TEST(ObjectKey, AFaultSaysWhatIsWrongWithoutRepeatingControlCharacters) {
  const Status refused = ValidateKey("a\x1b[31m/b");
  ASSERT_THAT(refused, FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_EQ(refused.error().message(), "key \"a?[31m/b\" has a control character");
  EXPECT_EQ(ValidateKey("a/../b").error().message(), "key \"a/../b\" has the segment \"..\"");
  EXPECT_EQ(ValidateKey(std::string(2000, 'k')).error().message(),
            "key \"" + std::string(80, 'k') + "...\" has 2000 bytes; at most 1024 are allowed");
}

TEST(ObjectKey, APrefixMayBeTheBeginningOfAKey) {
  for (const char* prefix : {"", "a", "a/", "a/..", ".", "..", "_catalog/log/0000"})
    EXPECT_THAT(ValidateKeyPrefix(prefix), Succeeds()) << prefix;
  for (const char* prefix : {"/", "a//", "../", "a/./b", "\n", "\xc3"})
    EXPECT_THAT(ValidateKeyPrefix(prefix), FailsWith(ErrorCode::kInvalidArgument)) << prefix;
}

TEST(ObjectKey, WhatTheSystemWritesIsReserved) {
  EXPECT_EQ(ReservedPrefixOf("_catalog/log/1.json"), "_catalog/");
  EXPECT_EQ(ReservedPrefixOf("datasets/w/data/1.parquet"), "datasets/");
  EXPECT_EQ(ReservedPrefixOf("_vectors/i/log/1"), "_vectors/");
  EXPECT_EQ(ReservedPrefixOf("_logs/trials/1"), "_logs/");
  EXPECT_EQ(ReservedPrefixOf("_errors/1"), "_errors/");
  for (const char* key : {"datasets", "datasets_of_mine/x", "x/datasets/y", "_catalogue/x", "reports/1.csv"})
    EXPECT_EQ(ReservedPrefixOf(key), "") << key;
}

TEST(KeyPath, AnOrdinaryKeyIsItsOwnPath) {
  for (const char* key :
       {"_catalog/format.json", "_catalog/log/00000000000000000042.json", "_catalog/gc.boundary",
        "datasets/workers/data/7-0199aa00-0000-7000-8000-000000000000.parquet", "_vectors/i/gen-3-0199/part-0.parquet", "a b/\u00e9.csv"}) {
    EXPECT_EQ(PathOfKey(key).ToString(), key);
  }
}

TEST(KeyPath, TheRulesForTheRest) {
  EXPECT_EQ(PathOfKey("a").ToString(), "a.%");
  EXPECT_EQ(PathOfKey("a/b").ToString(), "a/b.%");
  EXPECT_EQ(PathOfKey("v1.2/x.csv").ToString(), "v1%2E2/x.csv");
  EXPECT_EQ(PathOfKey("100%.csv").ToString(), "100%25.csv");
  EXPECT_EQ(PathOfKey(".tmp").ToString(), "%2Etmp.%");
  EXPECT_EQ(PathOfKey(".tmp/x.y").ToString(), "%2Etmp/x.y");
  EXPECT_EQ(PathOfKey(std::string(80, 'n') + ".csv").ToString(), std::string(80, 'n') + "%~/%2Ecsv.%");
}

/// Names that rub against every rule, out of few letters.
std::string AwkwardKey(std::mt19937_64& random) {
  static constexpr const char* kPieces[] = {".", "%", "%~", ".%", "%2E",    "%25",
                                            "/", "a", "~",  "2E", "\u00e9", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"};
  while (true) {
    std::string key;
    for (std::uint64_t left = 1 + random() % 12; left > 0; --left) key += kPieces[random() % std::size(kPieces)];
    if (ValidateKey(key)) return key;
  }
}

TEST(KeyPath, DifferentKeysNeverShareAFileAndNoFileIsADirectory) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  std::set<std::string> keys;
  for (int i = 0; i < 20'000; ++i) keys.insert(AwkwardKey(random));
  std::set<std::string> files;
  std::set<std::string> directories;
  for (const std::string& key : keys) {
    const KeyPath path = PathOfKey(key);
    EXPECT_TRUE(files.insert(path.ToString()).second) << key;
    std::string key_again;
    std::string directory;
    for (const std::string& name : path.directories) {
      ASSERT_LE(name.size(), 255U) << key;
      EXPECT_NE(name.front(), '.') << key;
      directories.insert(directory += '/' + name);
      key_again += KeyPartOfDirectory(name).value_or("?");
    }
    ASSERT_LE(path.file.size(), 255U) << key;
    EXPECT_NE(path.file.front(), '.') << key;
    EXPECT_EQ(key_again + KeyPartOfFile(path.file).value_or("?"), key);
  }
  for (const std::string& file : files) EXPECT_FALSE(directories.contains('/' + file)) << file;
}

}  // namespace
}  // namespace lakehouse::storage
