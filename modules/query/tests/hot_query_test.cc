#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <thread>

#include "test_lake.h"

namespace lakehouse::query {
namespace {

namespace fs = std::filesystem;
using ::testing::AnyOf;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// Rows that do not compress away: several blocks of a native file.
constexpr const char* kMany = "SELECT range AS id, md5(CAST(range AS VARCHAR)) AS word, range % 97 AS part FROM range(60000)";
constexpr const char* kAsked[] = {
    "SELECT count(*), sum(id), min(word), max(word) FROM t",
    "SELECT word FROM t WHERE id = 4711",
    "SELECT part, count(*), max(word) FROM t GROUP BY part ORDER BY part",
    "SELECT a.part, count(*) FROM t a JOIN t b ON a.id = b.part GROUP BY a.part ORDER BY a.part LIMIT 5",
};

class HotQueryTest : public ::testing::Test {
 protected:
  void SetUp() override {
    lake_.Put("t", kMany, 3);
    for (const char* sql : kAsked) answers_.push_back(lake_.Rows(sql));
  }
  HotTable Pin(std::optional<std::int64_t> version = {}) {
    auto pinned = lake_.query->Pin(lake_.context(), {"t", version});
    EXPECT_TRUE(pinned.ok()) << pinned.error().ToString();
    return pinned ? *pinned : HotTable();
  }
  HotStats Stats() { return lake_.query->LoadHotStats(lake_.context(), {}).Take(); }
  /// Waits until the statistics say so.
  HotStats Until(const std::function<bool(const HotStats&)>& wanted) {
    const Deadline patience = Deadline::After(120'000);
    while (*patience.RemainingMs() > 0) {
      HotStats stats = Stats();
      if (wanted(stats)) return stats;
      std::this_thread::yield();
    }
    ADD_FAILURE() << "not after two minutes: " << Stats().datasets.at(0).state << ": " << Stats().datasets.at(0).message;
    return Stats();
  }
  static bool IsReady(const HotStats& stats) { return stats.datasets.at(0).state == "ready" && stats.used_bytes > 0; }
  std::vector<fs::path> Files() const {
    std::vector<fs::path> files;
    if (fs::exists(Directory()))
      for (const auto& entry : fs::directory_iterator(Directory()))
        if (entry.path().extension() == ".duckdb") files.push_back(entry.path());
    return files;
  }
  std::string Directory() const { return lake_.path() + "/hot"; }
  void ExpectTheSameAnswers(const std::string& when) {
    for (std::size_t i = 0; i < std::size(kAsked); ++i) EXPECT_EQ(lake_.Rows(kAsked[i]), answers_[i]) << when << ": " << kAsked[i];
  }
  bool ReadsNativeFile() { return lake_.Rows("EXPLAIN SELECT sum(id) FROM t").find("READ_PARQUET") == std::string::npos; }

  TestLake lake_;
  std::vector<std::string> answers_;
};

/// Other octets at these places. `silently`: the file looks as it did.
void Corrupt(const fs::path& path, const std::vector<off_t>& places, bool silently) {
  struct stat before;
  ASSERT_EQ(stat(path.c_str(), &before), 0);
  ASSERT_EQ(chmod(path.c_str(), 0644), 0);
  const int file = open(path.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(file, 0);
  for (const off_t at : places) {
    char octet = 0;
    ASSERT_EQ(pread(file, &octet, 1, at), 1);
    octet = static_cast<char>(octet ^ 0x21);
    ASSERT_EQ(pwrite(file, &octet, 1, at), 1);
  }
  const timespec times[] = {before.st_atim, before.st_mtim};
  if (silently) {
    ASSERT_EQ(futimens(file, times), 0);
  }
  ASSERT_EQ(fchmod(file, 0444), 0) << "by its descriptor: the damage may be found, and the file gone, at any moment";
  close(file);
}

/// One in every 64 KiB behind the headers.
void Flip(const fs::path& path, bool silently) {
  std::vector<off_t> places;
  for (off_t at = 3 * 4096 + 100; at < static_cast<off_t>(fs::file_size(path)); at += 64 << 10) places.push_back(at);
  Corrupt(path, places, silently);
}

TEST_F(HotQueryTest, APinnedDatasetGivesTheSameAnswersFromANativeFile) {
  EXPECT_FALSE(ReadsNativeFile());
  const HotTable pinned = Pin();
  EXPECT_EQ(pinned.state, "ready") << pinned.message;
  EXPECT_EQ(pinned.ready_version, 1);
  ASSERT_EQ(Files().size(), 1u);
  EXPECT_EQ(pinned.bytes, static_cast<std::int64_t>(fs::file_size(Files()[0])));
  EXPECT_TRUE(ReadsNativeFile());
  ExpectTheSameAnswers("pinned");
  const auto whole = lake_.Ask("SELECT * FROM t", ResultFormat::kCsv);
  ASSERT_TRUE(whole.ok());
  const HotStats stats = Stats();
  EXPECT_GE(stats.statements, 5);
  EXPECT_EQ(stats.built, 1);
  EXPECT_EQ(stats.rerun, 0);

  const auto evicted = lake_.query->Evict(lake_.context(), {"T"});
  ASSERT_TRUE(evicted.ok());
  EXPECT_TRUE(evicted->evicted);
  EXPECT_EQ(evicted->freed_bytes, pinned.bytes);
  EXPECT_TRUE(Files().empty());
  EXPECT_FALSE(ReadsNativeFile());
  ExpectTheSameAnswers("evicted");
  const auto parquet = lake_.Ask("SELECT * FROM t", ResultFormat::kCsv);
  ASSERT_TRUE(parquet.ok());
  EXPECT_EQ(whole->body, parquet->body) << "in the same order, too";
  EXPECT_FALSE(lake_.query->Evict(lake_.context(), {"t"})->evicted);
  EXPECT_FALSE(lake_.query->Evict(lake_.context(), {""}).ok());
}

TEST_F(HotQueryTest, FollowsTheNewestVersionAndKeepsNothingOfTheOldOne) {
  Pin();
  lake_.Put("t", "SELECT 1 AS id, 'new' AS word, 2 AS part");
  EXPECT_EQ(lake_.Rows("SELECT word FROM t"), "[\"new\"]") << "at once, from Parquet if need be";
  const HotStats stats = Until([](const HotStats& now) { return IsReady(now) && now.datasets[0].ready_version == 2; });
  EXPECT_EQ(stats.built, 2);
  EXPECT_EQ(Files().size(), 1u);
  EXPECT_EQ(lake_.Rows("SELECT word FROM t"), "[\"new\"]");
  EXPECT_EQ(lake_.Rows("SELECT count(*) FROM t AT (VERSION => 1)"), "[60000]");
}

TEST_F(HotQueryTest, APinOfAVersionStaysWithIt) {
  lake_.Put("t", "SELECT 1 AS id, 'new' AS word, 2 AS part");
  const HotTable pinned = Pin(1);
  EXPECT_EQ(pinned.ready_version, 1) << pinned.message;
  EXPECT_EQ(lake_.Rows("SELECT count(*) FROM t"), "[1]");
  EXPECT_EQ(lake_.Rows("SELECT count(*) FROM t AT (VERSION => 1)"), "[60000]");
  EXPECT_EQ(Stats().statements, 1);
  EXPECT_FALSE(lake_.query->Pin(lake_.context(), {"t", 7}).ok());
  EXPECT_FALSE(lake_.query->Pin(lake_.context(), {"nothing", {}}).ok());
}

TEST_F(HotQueryTest, WhateverHappensToTheFileTheAnswersAreTheSame) {
  Pin();
  const std::pair<const char*, std::function<void()>> harms[] = {
      {"a flipped octet", [&] { Flip(Files().at(0), false); }},
      {"flipped octets that nothing tells of", [&] { Flip(Files().at(0), true); }},
      {"an empty file", [&] { chmod(Files().at(0).c_str(), 0644), fs::resize_file(Files().at(0), 0); }},
      {"half a file", [&] { chmod(Files().at(0).c_str(), 0644), fs::resize_file(Files().at(0), 300'000); }},
      {"no file", [&] { fs::remove(Files().at(0)); }},
      {"no directory", [&] { fs::remove_all(Directory()); }},
  };
  for (const auto& [harm, inflict] : harms) {
    for (const bool was_attached : {false, true}) {
      SCOPED_TRACE(std::string(harm) + (was_attached ? ", attached" : ""));
      Until(IsReady);
      ASSERT_EQ(Files().size(), 1u);
      if (was_attached) {
        EXPECT_EQ(lake_.Rows(kAsked[1]), answers_[1]);
      }
      inflict();
      ExpectTheSameAnswers("at once");
    }
  }
  Until([](const HotStats& stats) { return IsReady(stats) && stats.damaged > 5; });
  EXPECT_GT(Stats().rerun, 0) << "what no stamp tells, checksums do";
  ExpectTheSameAnswers("made again");
}

TEST_F(HotQueryTest, NoOctetOfTheFileCanBeAnotherWithoutBeingFound) {
  const char* given = std::getenv("LAKEHOUSE_TEST_SEED");
  const unsigned seed = given != nullptr ? static_cast<unsigned>(std::stoul(given)) : std::random_device()();
  SCOPED_TRACE("LAKEHOUSE_TEST_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);
  Pin();
  for (int trial = 0; trial < 12; ++trial) {
    Until(IsReady);
    const fs::path file = Files().at(0);
    // Half of them in the three headers, where versions and roots stand.
    const auto limit = trial % 2 == 0 ? 3u * 4096 : static_cast<unsigned>(fs::file_size(file));
    const auto at = static_cast<off_t>(trial % 4 == 0 ? random() % 200 + random() % 3 * 4096 : random() % limit);
    Corrupt(file, {at}, true);
    // Another process reads it anew.
    const auto seen = lake_.Ask(kAsked[trial % 4], ResultFormat::kJsonRows, "reader " + std::to_string(trial));
    ASSERT_TRUE(seen.ok()) << "octet " << at << ": " << seen.error().ToString();
    EXPECT_EQ(seen->body, answers_[static_cast<std::size_t>(trial) % 4]) << "octet " << at;
  }
  EXPECT_GT(Stats().rerun, 0);
}

TEST_F(HotQueryTest, WorkersLetGoOfFilesThatWereReplaced) {
  for (int version = 1; version <= 5; ++version) {
    lake_.Put("s", "SELECT " + std::to_string(version) + " AS v");
    if (version == 1) {
      ASSERT_TRUE(lake_.query->Pin(lake_.context(), {"s", {}}).ok());
    }
    Until([&](const HotStats& now) { return IsReady(now) && now.datasets[0].ready_version == version; });
    EXPECT_EQ(lake_.Rows("SELECT v FROM s"), "[" + std::to_string(version) + "]");
    EXPECT_EQ(lake_.Rows("SELECT v + 1 FROM s"), "[" + std::to_string(version + 1) + "]");
    EXPECT_EQ(lake_.Rows("SELECT sum(v) FROM s, t WHERE id = 1"), "[" + std::to_string(version) + "]");
  }
  EXPECT_EQ(Stats().rerun, 0);
  int open = 0;
  for (const auto& process : fs::directory_iterator("/proc")) {
    std::error_code ignored;
    for (const auto& fd : fs::directory_iterator(process.path() / "fd", ignored)) {
      const std::string target = fs::read_symlink(fd.path(), ignored).string();
      if (target.find(fs::path(lake_.path()).filename()) != std::string::npos && target.find(".duckdb") != std::string::npos) ++open;
    }
  }
  EXPECT_LE(open, 1);
  EXPECT_TRUE(open == 1 || geteuid() != 0) << "only root sees what its workers have open";
}

TEST_F(HotQueryTest, WhoseViewNarrowsReadsTheFileNoMore) {
  lake_.catalog.LetSee("ann", {.name = "one"});
  lake_.catalog.LetSee("bob", {.name = "two", .views = {{.dataset = "t", .redactions = {{.column = "word"}}}}});
  lake_.catalog.LetSee("cyd", {.name = "three", .views = {{.dataset = "t", .row_filter = "id = 7"}}});
  Pin();
  const std::string sql = "SELECT min(word), count(*) FROM t WHERE id < 9";
  const auto ask = [&](const std::string& who) {
    const auto seen = lake_.Ask(sql, ResultFormat::kJsonRows, "key:" + who);
    return seen ? seen->body : seen.error().ToString();
  };
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(ask("ann"), "[\"1679091c5a880faf6fb5e6087eb1b2dc\",9]");
    EXPECT_EQ(ask("bob"), "[null,9]");
    EXPECT_EQ(ask("cyd"), "[\"8f14e45fceea167a5a36dedd4bea2543\",1]");
  }
  EXPECT_EQ(Stats().statements, 2) << "ann's";
  lake_.catalog.LetSee("ann", {.name = "one", .views = {{.dataset = "t", .row_filter = "id = 8"}}});
  EXPECT_EQ(ask("ann"), "[\"c9f0f895fb98ab9159f51fd0297e236d\",1]");
  EXPECT_EQ(Stats().statements, 2);
}

TEST_F(HotQueryTest, AttachedFilesCannotBeNamedOrListed) {
  Pin();
  EXPECT_EQ(lake_.Rows(kAsked[0]), answers_[0]);
  for (const char* sql :
       {"SHOW TABLES", "SHOW ALL TABLES", "SELECT table_catalog, table_name FROM information_schema.tables", "SHOW DATABASES",
        "SELECT * FROM duckdb_databases()", "FROM \"hot:t\".main.rows", "FROM \"hot:t\".rows", "FROM rows"}) {
    const std::string seen = lake_.Rows(sql);
    EXPECT_THAT(seen, AnyOf(StartsWith("ERROR not"), StartsWith("ERROR dataset_not_found"), Eq("[\"t\"]"))) << sql;
    EXPECT_THAT(seen, Not(HasSubstr("duckdb\""))) << sql;
  }
}

TEST_F(HotQueryTest, AResultOnItsWayGoesOnFromParquetWhenTheFileIsHarmed) {
  lake_.Put("long", "SELECT range AS id, md5(CAST(range AS VARCHAR)) AS word FROM range(400000)", 2);
  const std::string sql = "SELECT id, word FROM long";
  const auto expected = lake_.Ask(sql);
  ASSERT_TRUE(expected.ok());
  ASSERT_TRUE(lake_.query->Pin(lake_.context(), {"long", {}}).ok());
  ASSERT_EQ(Files().size(), 1u) << Stats().datasets.at(0).message;
  QueryRequest request;
  request.sql = sql;
  const auto result = lake_.query->Run(lake_.context(), request);
  ASSERT_TRUE(result.ok()) << result.error().ToString();
  std::string body;
  auto octets = (*result)->Next(lake_.context());
  Flip(Files().at(0), true);
  while (octets.ok() && *octets) {
    body += **octets;
    octets = (*result)->Next(lake_.context());
  }
  ASSERT_TRUE(octets.ok()) << octets.error().ToString();
  EXPECT_TRUE(body == expected->body) << body.size() << " octets instead of " << expected->body.size();
  EXPECT_EQ((*result)->summary().rows, 400'000);
  EXPECT_EQ(Stats().rerun, 1);
}

TEST_F(HotQueryTest, AnotherProcessTakesOverWhatIsWholeAndMakesTheRestAgain) {
  Pin();
  lake_.Restart();
  Until(IsReady);
  EXPECT_EQ(Stats().built, 1);
  EXPECT_TRUE(ReadsNativeFile());
  ExpectTheSameAnswers("restarted");

  lake_.query.reset();
  Flip(Files().at(0), true);
  std::ofstream(Directory() + "/0123.tmp") << "half a file";
  lake_.Restart();
  ExpectTheSameAnswers("restarted over damage");
  Until(IsReady);
  EXPECT_EQ(Stats().built, 2);
  Until([&](const HotStats&) { return !fs::exists(Directory() + "/0123.tmp"); });  // swept behind

  lake_.query.reset();
  std::ofstream(Directory() + "/pins.json") << "{]";
  lake_.Restart();
  EXPECT_TRUE(Stats().datasets.empty());
  ExpectTheSameAnswers("restarted without a list");
}

TEST_F(HotQueryTest, CallersWithAViewNeverReadIt) {
  catalog::Profile profile{.name = "narrow", .views = {{.dataset = "t", .columns = {"id"}, .row_filter = "id < 3"}}};
  lake_.catalog.LetSee("ann", profile);
  Pin();
  const auto seen = lake_.Ask("SELECT * FROM t ORDER BY id", ResultFormat::kJsonRows, "key:ann");
  ASSERT_TRUE(seen.ok()) << seen.error().ToString();
  EXPECT_EQ(seen->body, "[0],[1],[2]");
  EXPECT_EQ(Stats().statements, 0);
}

TEST_F(HotQueryTest, ADatasetThatDoesNotFitFailsAndIsReadFromParquet) {
  TestLake::Options options;
  options.query.hot_bytes = 100'000;
  TestLake small(options);
  small.Put("t", kMany);
  const auto pinned = small.query->Pin(small.context(), {"t", {}});
  ASSERT_TRUE(pinned.ok());
  EXPECT_EQ(pinned->state, "failed");
  EXPECT_THAT(pinned->message, HasSubstr("100000"));
  EXPECT_EQ(small.Rows(kAsked[0]), answers_[0]);
}

TEST_F(HotQueryTest, DeletedRowsAndOddTypesAreAsInParquet) {
  const std::string select =
      "SELECT range AS id, CAST(range AS HUGEINT) AS h, CAST(range / 4.0 AS DECIMAL(9,2)) AS d, [range, NULL] AS l, {'a': range} AS s, "
      "MAP {'k': range} AS m, CAST('{\"x\":' || range || '}' AS JSON) AS j, TIMESTAMPTZ '2026-01-01 00:00:00+02' AS z FROM range(100)";
  const auto data = lake_.WriteFile(select);
  const auto deletes = lake_.WriteFile("SELECT '" + data.key + "' AS file_path, 3::BIGINT AS pos", catalog::FileContent::kPositionDeletes);
  lake_.catalog.Add("odd", lake_.SchemaOf(select), {data, deletes});
  const std::string sql = "SELECT *, typeof(COLUMNS(*)) FROM odd ORDER BY id LIMIT 5";
  const std::string before = lake_.Rows(sql);
  ASSERT_THAT(before, Not(HasSubstr("ERROR")));
  const auto pinned = lake_.query->Pin(lake_.context(), {"odd", {}});
  ASSERT_TRUE(pinned.ok());
  EXPECT_EQ(pinned->state, "ready") << pinned->message;
  EXPECT_EQ(lake_.Rows(sql), before);
  EXPECT_EQ(Stats().statements, 1);
}

}  // namespace
}  // namespace lakehouse::query
