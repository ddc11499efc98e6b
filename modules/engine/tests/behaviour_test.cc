// What DuckDB 1.5.6 does inside a worker and the rest of the system relies on, or must guard against. When one of these changes with
// another version, somebody else's room has to know.
#include <gmock/gmock.h>

#include <filesystem>
#include <thread>

#include "engine_testing/worker_fixture.h"

namespace lakehouse::engine {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
namespace fs = std::filesystem;

class BehaviourTest : public testing::Test {
 protected:
  void SetUp() override { fixture_ = std::make_unique<WorkerFixture>(LAKEHOUSE_TEST_WORKER); }

  static Result<Session::Answer> RunOn(sandbox::Worker& worker, RunRequest request) {
    Session session(worker);
    Context context;
    context.deadline = Deadline::After(120'000);
    return session.RunToEnd(context, std::move(request));
  }
  Result<Session::Answer> Run(const std::string& sql, const std::string& prelude = "") {
    return RunOn(fixture_->worker(), {.prelude = prelude, .statement = sql});
  }
  std::string Rows(const std::string& sql, const std::string& prelude = "") {
    const auto answer = Run(sql, prelude);
    return answer ? answer->body : "ERROR " + std::string(answer.error().reason()) + ": " + answer.error().ToString();
  }
  /// A Parquet file of this query, outside the worker.
  std::string MakeParquet(const std::string& name, const std::string& sql) {
    const std::string path = fixture_->path() + "/" + name;
    const auto answer =
        RunOn(fixture_->worker(), {.statement = sql, .format = Format::kParquet, .max_rows = UINT64_MAX, .max_bytes = UINT64_MAX});
    EXPECT_TRUE(answer.ok()) << answer.error().ToString();
    EXPECT_TRUE(ReplaceFile(path, answer->body).ok());
    return path;
  }
  /// A native file with table t, closed and taken out of the worker.
  std::string MakeNative(const std::string& name, const std::string& sql) {
    Session session(fixture_->worker());
    Context context;
    context.deadline = Deadline::After(120'000);
    for (const std::string& statement : {std::string("ATTACH " + QuoteText(AttachPath("tmp/made.duckdb")) + " AS made"),
                                         "CREATE TABLE made.t AS " + sql, std::string("CHECKPOINT made"), std::string("DETACH made")}) {
      const auto done = session.RunToEnd(context, {.statement = statement, .format = Format::kNone, .keep_connection = true});
      EXPECT_TRUE(done.ok()) << statement << ": " << done.error().ToString();
    }
    const std::string path = fixture_->path() + "/" + name;
    const Status taken = fixture_->worker().Take("tmp/made.duckdb", path);
    EXPECT_TRUE(taken.ok()) << taken.error().ToString();
    return path;
  }
  std::string Link(const std::string& path) { return WorkerFixture::Must(fixture_->worker().Link(path)); }

  std::unique_ptr<WorkerFixture> fixture_;
};

TEST_F(BehaviourTest, AFileLinkedAfterTheEngineOpenedIsReadThroughAView) {
  const std::string link = Link(MakeParquet("a.parquet", "SELECT range AS id, range % 7 AS g FROM range(1000)"));
  const std::string prelude = "CREATE TEMP VIEW t AS FROM read_parquet(" + QuoteText(link) + ")";
  EXPECT_EQ(Rows("SELECT count(*), sum(id) FROM t WHERE g = 3", prelude), "[143,71500]");
}

TEST_F(BehaviourTest, TempViewsEndWithTheirConnection) {
  EXPECT_EQ(Rows("FROM v", "CREATE TEMP VIEW v AS SELECT 1"), "[1]");
  EXPECT_THAT(Rows("FROM v"), HasSubstr("ERROR catalog"));
}

TEST_F(BehaviourTest, ANameThatIsNoViewBecomesAFileWhenItIsOne) {
  const std::string link = Link(MakeParquet("a.parquet", "SELECT 5 AS x"));
  EXPECT_EQ(Rows("FROM \"" + link + "\""), "[5]") << "so the gate must refuse such names";
}

TEST_F(BehaviourTest, FilesOutsideAreRefusedByTheEngine) {
  for (const char* sql :
       {"FROM read_text('/etc/passwd')", "FROM read_csv('/etc/passwd')", "FROM '/etc/passwd'", "FROM read_blob('/proc/self/environ')",
        "FROM read_text('../../secret')", "COPY (SELECT 1) TO '/tmp/out.csv'", "ATTACH '/tmp/x.duckdb'", "FROM glob('/*')",
        "FROM read_parquet('https://example.com/x.parquet')", "FROM read_text('in/../../x')"})
    EXPECT_THAT(Rows(sql), HasSubstr("ERROR")) << sql;
  EXPECT_TRUE(fixture_->worker().healthy());
}

TEST_F(BehaviourTest, SettingsAndExtensionsAreLocked) {
  for (const char* sql :
       {"SET GLOBAL threads=8", "SET enable_external_access=true", "SET GLOBAL allowed_directories=['/']", "SET memory_limit='8GB'",
        "RESET lock_configuration", "INSTALL httpfs", "LOAD httpfs", "SET temp_directory='/tmp'", "CREATE PERSISTENT SECRET s (TYPE s3)"})
    EXPECT_THAT(Rows(sql), HasSubstr("ERROR")) << sql;
  EXPECT_EQ(Rows("SELECT 1"), "[1]");
}

TEST_F(BehaviourTest, LinkedFilesCannotBeListedOrOverwritten) {
  const std::string link = Link(MakeParquet("a.parquet", "SELECT 5 AS x"));
  if (fixture_->worker().jail().landlock_abi == 0) GTEST_SKIP() << "this kernel has no Landlock";
  EXPECT_EQ(Rows("SELECT count(*) FROM glob('in/*')"), "[0]");
  EXPECT_THAT(Rows("COPY (SELECT 1) TO 'in/new.parquet'"), HasSubstr("ERROR"));
  EXPECT_THAT(Rows("COPY (SELECT 1) TO '" + link + "'"), HasSubstr("ERROR"));
  EXPECT_EQ(Rows("FROM read_parquet('" + link + "')"), "[5]");
}

TEST_F(BehaviourTest, TheLockLeavesTheseOpenSoThatGateAndJailMustStopThem) {
  EXPECT_THAT(Rows("ATTACH ':memory:' AS m"), testing::Not(HasSubstr("ERROR")));
  EXPECT_THAT(Rows("COPY (SELECT 1) TO 'tmp/out.parquet'"), testing::Not(HasSubstr("ERROR")));
  EXPECT_THAT(Rows("SELECT sql FROM duckdb_views() WHERE view_name = 'v'", "CREATE TEMP VIEW v AS SELECT 'secret path'"),
              HasSubstr("secret path"));
  EXPECT_THAT(Rows("SELECT value FROM duckdb_settings() WHERE name = 'allowed_directories'"), HasSubstr("in/"));
}

TEST_F(BehaviourTest, MemoryBeyondTheAddressSpaceIsACleanErrorAndTheNextStatementWorks) {
  if (sandbox::kSanitized) GTEST_SKIP() << "a sanitizer's build has no limit of address space";
  sandbox::WorkerOptions options;
  options.jail.address_space_bytes = 2ull << 30;
  WorkerFixture small(LAKEHOUSE_TEST_WORKER, {}, options);
  const auto answer = RunOn(small.worker(), {.statement = "SELECT len(range(500000000))"});
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), ErrorCode::kResourceExhausted) << answer.error().ToString();
  EXPECT_EQ(answer.error().reason(), "out_of_memory");
  ASSERT_TRUE(small.worker().healthy());
  EXPECT_EQ(RunOn(small.worker(), {.statement = "SELECT 1"})->body, "[1]");
}

TEST_F(BehaviourTest, WhatExceedsTheMemoryLimitSpillsToTmpInsideTheJailUpToALimit) {
  const std::string sql = "SELECT count(DISTINCT v) FROM (SELECT repeat(md5(range::VARCHAR), 4) AS v FROM range(1000000))";
  WorkerFixture roomy(LAKEHOUSE_TEST_WORKER, {.memory_bytes = 64u << 20});
  const auto answer = RunOn(roomy.worker(), {.statement = sql});
  ASSERT_TRUE(answer.ok()) << answer.error().ToString();
  EXPECT_EQ(answer->body, "[1000000]");
  WorkerFixture tight(LAKEHOUSE_TEST_WORKER, {.memory_bytes = 64u << 20, .spill_bytes = 8u << 20});
  const auto refused = RunOn(tight.worker(), {.statement = sql});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().reason(), "out_of_memory") << refused.error().ToString();
  EXPECT_EQ(RunOn(tight.worker(), {.statement = "SELECT 1"})->body, "[1]");
}

TEST_F(BehaviourTest, LoggingToAFileBySelectCostsTheWorkerAndNobodyElse) {
  const std::string outcome = Rows("SELECT * FROM enable_logging(storage='file', storage_config={'path': '/tmp/lakehouse-log'})");
  const std::string next = Rows("SELECT 1");
  EXPECT_THAT(outcome + next, HasSubstr("ERROR")) << "so the gate must refuse it";
  EXPECT_FALSE(fs::exists("/tmp/lakehouse-log"));
  fixture_->Restart();
  EXPECT_EQ(Rows("SELECT 1"), "[1]");
}

TEST_F(BehaviourTest, ANativeFileIsReadBySeveralWorkersAtOnceAndWrittenByNone) {
  const std::string path = MakeNative("hot.duckdb", "SELECT range AS id FROM range(1000)");
  EXPECT_FALSE(fs::exists(path + ".wal")) << "a clean close leaves none";
  fs::permissions(path, fs::perms::owner_read | fs::perms::group_read | fs::perms::others_read);
  WorkerFixture other(LAKEHOUSE_TEST_WORKER);
  std::vector<std::thread> threads;
  for (sandbox::Worker* worker : {&fixture_->worker(), &other.worker()})
    threads.emplace_back([worker, &path] {
      const std::string link = WorkerFixture::Must(worker->Link(path));
      for (int i = 0; i < 20; ++i) {
        const auto answer = RunOn(
            *worker, {.prelude = "ATTACH IF NOT EXISTS '" + AttachPath(link) + "' AS h (READ_ONLY); CREATE TEMP VIEW t AS FROM h.main.t",
                      .statement = "SELECT sum(id) FROM t"});
        EXPECT_TRUE(answer.ok() && answer->body == "[499500]") << (answer ? answer->body : answer.error().ToString());
      }
      const auto writing = RunOn(*worker, {.statement = "INSERT INTO h.main.t VALUES (1)"});
      EXPECT_FALSE(writing.ok());
    });
  for (std::thread& thread : threads) thread.join();
}

TEST_F(BehaviourTest, MergeOnReadGivesTheRowsWithoutTheDeletedOnes) {
  const std::string base = Link(MakeParquet("base.parquet", "SELECT range AS id, 'v' || range AS v FROM range(50000)"));
  const std::string deletes = Link(MakeParquet("deletes.parquet", "SELECT 'base' AS file_path, range * 10 AS pos FROM range(5000)"));
  const std::string added = Link(MakeParquet("added.parquet", "SELECT 0::BIGINT AS id, 'new' AS v"));
  const std::string view = "CREATE TEMP VIEW t AS SELECT * EXCLUDE (file_row_number) FROM read_parquet('" + base +
                           "', file_row_number=true) b ANTI JOIN (SELECT pos FROM read_parquet('" + deletes +
                           "') WHERE file_path = 'base') d ON b.file_row_number = d.pos UNION ALL FROM read_parquet('" + added + "')";
  EXPECT_EQ(Rows("SELECT count(*), sum(id), min(v) FROM t", view), "[45001,1125000000,\"new\"]");
  const auto plan = RunOn(fixture_->worker(), {.prelude = view, .statement = "SELECT count(*) FROM t", .explain = Explain::kPlan});
  ASSERT_TRUE(plan.ok()) << plan.error().ToString();
  EXPECT_THAT(plan->body, AnyOf(HasSubstr("HASH_JOIN"), HasSubstr("ANTI")));
}

TEST_F(BehaviourTest, ADamagedFileIsCorruptionAndNotTheCallersFault) {
  const std::string path = MakeParquet("a.parquet", "SELECT range AS x FROM range(100)");
  fs::resize_file(path, fs::file_size(path) - 5);
  const auto answer = Run("SELECT 1 FROM t", "CREATE TEMP VIEW t AS FROM read_parquet('" + Link(path) + "')");
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), ErrorCode::kCorruption) << answer.error().ToString();
  EXPECT_EQ(answer.error().reason(), "unreadable_file");
}

TEST_F(BehaviourTest, TheWordCorruptInTheDataIsNoDamage) {
  for (const char* sql :
       {"SELECT CAST('corrupt' AS INTEGER)", "SELECT CAST('No magic bytes found' AS DATE)", "SELECT strptime('corrupt', '%Y')",
        "SELECT regexp_matches('a', '(corrupt')", "SELECT CAST('corrupt' AS JSON)", "SELECT corrupt"}) {
    const auto answer = Run(sql);
    ASSERT_FALSE(answer.ok()) << sql;
    EXPECT_EQ(answer.error().code(), ErrorCode::kInvalidArgument) << sql << ": " << answer.error().ToString();
  }
}

TEST_F(BehaviourTest, APreludeThatIsWrongIsOurFault) {
  const auto answer = Run("SELECT 1", "CREATE TEMP VIEW v AS SELECT * FROM nowhere");
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), ErrorCode::kInternal);
  EXPECT_EQ(answer.error().reason(), "prelude_failed");
  EXPECT_TRUE(fixture_->worker().healthy());
}

TEST_F(BehaviourTest, DeepNestingIsAnErrorAndNotACrash) {
  Session session(fixture_->worker());
  Context context;
  context.deadline = Deadline::After(120'000);
  for (const std::size_t depth : {1'000u, 10'000u, 45'000u}) {
    const std::string sql = "SELECT " + std::string(depth, '(') + "1" + std::string(depth, ')');
    const auto tree = session.Parse(context, sql);
    EXPECT_TRUE(tree.ok() || tree.error().code() == ErrorCode::kInvalidArgument) << depth << tree.error().ToString();
  }
  EXPECT_EQ(Rows("SELECT 1"), "[1]");
}

TEST_F(BehaviourTest, AStatementThatIgnoresInterruptsIsKilled) {
  Session session(fixture_->worker());
  Context context;
  context.deadline = Deadline::After(300);
  const auto answer = session.RunToEnd(context, {.statement = "SELECT levenshtein(repeat('a', 300000), repeat('b', 300000))"});
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), ErrorCode::kDeadlineExceeded) << answer.error().ToString();
  EXPECT_FALSE(fixture_->worker().healthy());
}

TEST_F(BehaviourTest, TheClockOfAWorkerIsUtc) { EXPECT_EQ(Rows("SELECT current_setting('TimeZone')"), "[\"UTC\"]"); }

TEST_F(BehaviourTest, TextAndTreeGiveTheSameRows) {
  Session session(fixture_->worker());
  Context context;
  context.deadline = Deadline::After(120'000);
  for (const char* sql :
       {"SELECT 1 + 2 * 3, 'it''s', [1,2], {'a': 1}",
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT sum(n) FROM r",
        "SELECT x, count(*) FROM (VALUES (1), (1), (2)) v(x) GROUP BY ALL ORDER BY ALL", "FROM range(5) SELECT range WHERE range > 2",
        "SELECT row_number() OVER (ORDER BY range DESC) r, range FROM range(3) QUALIFY r < 3", "DESCRIBE SELECT 1 AS a",
        "SELECT CASE WHEN range = 1 THEN 'one' ELSE 'other' END FROM range(2) ORDER BY 1", "SELECT * EXCLUDE (b) FROM (SELECT 1 a, 2 b)",
        "SELECT list_transform([1,2,3], lambda x: x + 1)", "SELECT 1 UNION SELECT 2 EXCEPT SELECT 1",
        "SELECT DATE '2024-01-01' + INTERVAL 1 MONTH"}) {
    const auto tree = session.Parse(context, sql);
    ASSERT_TRUE(tree.ok()) << sql << tree.error().ToString();
    const auto by_text = session.RunToEnd(context, {.statement = sql});
    const auto by_tree = session.RunToEnd(context, {.statement = *tree, .is_tree = true});
    ASSERT_TRUE(by_text.ok() && by_tree.ok()) << sql << (by_tree ? "" : by_tree.error().ToString());
    EXPECT_EQ(by_text->body, by_tree->body) << sql;
  }
}

}  // namespace
}  // namespace lakehouse::engine
