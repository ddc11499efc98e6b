#include "lakehouse/query/local_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "test_lake.h"

namespace lakehouse::query {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class LocalQueryTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    lake_ = std::make_unique<TestLake>();
    lake_->Put("numbers", "SELECT range AS id, range % 10 AS g, 'row ' || range AS name FROM range(10000)", 3);
    lake_->Put("history", "SELECT 1 AS v", 1, 1'704'067'200'000'000);  // 2024-01-01
    lake_->Put("history", "SELECT 2 AS v", 1, 1'704'153'600'000'000);  // 2024-01-02
    lake_->Put("history", "SELECT 3 AS v", 1, 1'704'240'000'000'000);  // 2024-01-03
    lake_->Put("words", "SELECT 'größe' AS \"Größe\", 'x' AS \"two words\", 1 AS \"select\", 2 AS \"quote\"\"d\", 'x' AS \"名前\"");
    lake_->catalog.Add("nothing", lake_->SchemaOf("SELECT 1::BIGINT AS a, 'x' AS b, [1] AS c, {'k': 1} AS d"), {});
  }
  static void TearDownTestSuite() { lake_.reset(); }
  std::string Rows(const std::string& sql) { return lake_->Rows(sql); }

  static std::unique_ptr<TestLake> lake_;
};
std::unique_ptr<TestLake> LocalQueryTest::lake_;

TEST_F(LocalQueryTest, AnswersWithRowsAndSaysWhatItRead) {
  const auto answer = lake_->Ask("SELECT id, name FROM numbers WHERE id < 3 ORDER BY id");
  ASSERT_TRUE(answer.ok()) << answer.error().ToString();
  EXPECT_EQ(answer->body, R"([0,"row 0"],[1,"row 1"],[2,"row 2"])");
  ASSERT_EQ(answer->header.columns.size(), 2u);
  EXPECT_EQ(answer->header.columns[1].type, "VARCHAR");
  EXPECT_EQ(answer->header.versions.at("numbers"), 1);
  EXPECT_GT(answer->header.sequence, 0);
  EXPECT_EQ(answer->header.query_id.size(), 36u);
  EXPECT_EQ(answer->summary.rows, 3);
  EXPECT_EQ(answer->summary.truncated, "");
}

TEST_F(LocalQueryTest, ReadsSeveralFilesAndDatasets) {
  EXPECT_EQ(Rows("SELECT count(*), sum(id), count(DISTINCT g) FROM numbers"), "[10000,49995000,10]");
  EXPECT_EQ(Rows("SELECT n.name, h.v FROM numbers n JOIN history h ON n.id = h.v"), R"(["row 3",3])");
}

TEST_F(LocalQueryTest, SpeaksEveryFormat) {
  EXPECT_EQ(lake_->Ask("SELECT 1 AS a, 'x' AS b", ResultFormat::kNdjson)->body, "{\"a\":1,\"b\":\"x\"}\n");
  EXPECT_EQ(lake_->Ask("SELECT 1 AS a, 'x' AS b", ResultFormat::kCsv)->body, "a,b\n1,x\n");
  EXPECT_THAT(lake_->Ask("SELECT 1 AS a", ResultFormat::kParquet)->body, AllOf(StartsWith("PAR1"), ::testing::EndsWith("PAR1")));
  EXPECT_THAT(lake_->Ask("SELECT 1 AS a", ResultFormat::kArrowStream)->body, StartsWith("\xFF\xFF\xFF\xFF"));
}

TEST_F(LocalQueryTest, TravelsInTime) {
  EXPECT_EQ(Rows("SELECT v FROM history"), "[3]");
  EXPECT_EQ(Rows("SELECT v FROM history AT (VERSION => 1)"), "[1]");
  EXPECT_EQ(Rows("SELECT v FROM history AT (TIMESTAMP => '2024-01-02 12:00:00')"), "[2]");
  EXPECT_EQ(Rows("SELECT v FROM history AT (TIMESTAMP => TIMESTAMP '2024-01-01')"), "[1]");
  EXPECT_EQ(Rows("SELECT v FROM history AT (TIMESTAMP => now() - INTERVAL 1 HOUR)"), "[3]");
  EXPECT_EQ(Rows("SELECT a.v, b.v FROM history a, history b AT (VERSION => 2)"), "[3,2]") << "alias first, then AT";
  EXPECT_EQ(Rows("SELECT history.v FROM history AT (VERSION => 2)"), "[2]") << "the name stays usable";
  EXPECT_THAT(Rows("SELECT v FROM history AT (VERSION => 9)"), StartsWith("ERROR not_found"));
  EXPECT_THAT(Rows("SELECT v FROM history AT (TIMESTAMP => '1999-01-01')"), StartsWith("ERROR not_found"));
}

TEST_F(LocalQueryTest, ReadsTheWholeLakeAtARecord) {
  QueryRequest request;
  request.sql = "SELECT v FROM history";
  request.sequence =
      lake_->catalog.Resolve(lake_->context(), {.tables = {{.name = "history", .at = {.version = 2}}}})->tables[0].snapshot.sequence;
  const auto result = lake_->query->Run(lake_->context(), request);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ((*result)->header().sequence, request.sequence);
  EXPECT_EQ(**(*result)->Next(lake_->context()), "[2]");
}

TEST_F(LocalQueryTest, SchemaMainIsTheLake) {
  EXPECT_EQ(Rows("SELECT count(*) FROM main.numbers"), "[10000]");
  EXPECT_EQ(Rows("SELECT n.id FROM main.numbers n WHERE n.id = 5"), "[5]");
  EXPECT_EQ(Rows("WITH numbers AS (SELECT 1 AS x) SELECT count(*) FROM numbers, main.numbers"), "[10000]");
}

TEST_F(LocalQueryTest, NamesCompareWithoutCase) { EXPECT_EQ(Rows("SELECT count(*) FROM NUMBERS"), "[10000]"); }

TEST_F(LocalQueryTest, ColumnsMayHaveAnyName) {
  EXPECT_EQ(Rows("SELECT \"Größe\", \"two words\", \"select\", \"quote\"\"d\", 名前 FROM words"), R"(["größe","x",1,2,"x"])");
  EXPECT_EQ(Rows("SELECT * FROM main.words"), R"(["größe","x",1,2,"x"])");
  EXPECT_THAT(Rows("SELECT größe FROM words"), ::testing::AnyOf(R"(["größe"])", StartsWith("ERROR")));
}

TEST_F(LocalQueryTest, ADatasetWithoutFilesIsEmptyAndTyped) {
  const auto answer = lake_->Ask("SELECT * FROM nothing");
  ASSERT_TRUE(answer.ok()) << answer.error().ToString();
  EXPECT_EQ(answer->body, "");
  ASSERT_EQ(answer->header.columns.size(), 4u);
  EXPECT_EQ(answer->header.columns[0].type, "BIGINT");
  EXPECT_EQ(answer->header.columns[2].type, "INTEGER[]");
  EXPECT_EQ(Rows("SELECT count(*) FROM nothing"), "[0]");
}

TEST_F(LocalQueryTest, DescribesSummarizesExplainsAndLists) {
  EXPECT_THAT(Rows("DESCRIBE numbers"), HasSubstr(R"(["name","VARCHAR")"));
  EXPECT_THAT(Rows("SUMMARIZE SELECT id FROM numbers"), HasSubstr(R"("9999")"));
  EXPECT_EQ(Rows("SHOW TABLES"), R"(["history"],["nothing"],["numbers"],["words"])");
  EXPECT_EQ(Rows("SELECT count(*) FROM (SHOW TABLES) WHERE name LIKE 'n%'"), "[2]");
  EXPECT_THAT(Rows("EXPLAIN SELECT * FROM numbers WHERE id = 5"), HasSubstr("id=5"));
  EXPECT_THAT(Rows("EXPLAIN SELECT * FROM main.numbers"), HasSubstr("physical_plan"));
  EXPECT_THAT(Rows("EXPLAIN ANALYZE SELECT count(*) FROM numbers"), HasSubstr("analyzed_plan"));
  EXPECT_EQ(Rows("PIVOT (SELECT g, id FROM numbers WHERE id < 20) ON g IN (1, 2) USING sum(id)"), "[12,14]");
}

TEST_F(LocalQueryTest, PivotFindsItsValues) {
  const auto pivoted = lake_->Ask("PIVOT (SELECT g, id FROM numbers WHERE id < 20) ON g USING sum(id)");
  ASSERT_TRUE(pivoted.ok()) << pivoted.error().ToString();
  const auto listed = lake_->Ask("SELECT DISTINCT CAST(g AS VARCHAR) FROM numbers WHERE id < 20 ORDER BY ALL");
  ASSERT_TRUE(listed.ok());
  std::string names;
  for (const ResultColumn& column : pivoted->header.columns) names += (names.empty() ? "[\"" : ",[\"") + column.name + "\"]";
  EXPECT_EQ(names, listed->body);
  EXPECT_EQ(
      Rows("WITH few AS (FROM (VALUES ('b', 1), ('a', 2), (NULL, 4), ('it''s', 8)) t(k, n)) pivot few on k using sum(n) ORDER BY ALL"),
      "[2,1,8]");
  EXPECT_EQ(Rows("PIVOT (VALUES (1, true, 10), (2, false, 20)) t(a, b, n) ON a, b USING sum(n)"), "[null,10,20,null]");
  EXPECT_EQ(Rows("PIVOT (SELECT 1 AS a, 2 AS n WHERE false) ON a USING sum(n) GROUP BY n"), "");
  EXPECT_EQ(Rows("PIVOT (VALUES ('x', 1), ('y', 2)) t(k, n) ON upper(k) IN ('X'), k USING max(n)").substr(0, 1), "[");
  EXPECT_THAT(Rows("PIVOT numbers ON id USING count(*)"), AllOf(StartsWith("ERROR too_many_values"), HasSubstr("IN ('a', 'b')")));
  EXPECT_THAT(Rows("PIVOT numbers ON getenv('HOME') USING count(*)"), StartsWith("ERROR not_allowed"));
  EXPECT_THAT(Rows("PIVOT numbers ON g; DROP TABLE numbers"), StartsWith("ERROR not_allowed"));
  EXPECT_THAT(Rows("PIVOT '/etc/passwd' ON a"), StartsWith("ERROR not_allowed"));
  EXPECT_THAT(Rows("PIVOT numbers ON g) FROM numbers --"), StartsWith("ERROR parser"));
}

TEST_F(LocalQueryTest, FiltersReachTheScan) {
  const std::string plan = Rows("EXPLAIN SELECT name FROM numbers WHERE id = 4242");
  EXPECT_THAT(plan, HasSubstr("READ_PARQUET"));
  EXPECT_THAT(plan, HasSubstr("Filters: id=4242"));
}

// ---- errors ----------------------------------------------------------------------------------------------------------------

TEST_F(LocalQueryTest, SaysWhichDatasetIsMissingAndWhichIsNear) {
  EXPECT_THAT(Rows("SELECT * FROM numberz"), AllOf(StartsWith("ERROR not_found"), HasSubstr("numbers")));
  EXPECT_THAT(Rows("SELECT * FROM duckdb_settings"), StartsWith("ERROR not_found"));
  EXPECT_THAT(Rows("SELECT * FROM information_schema.tables"), StartsWith("ERROR dataset_not_found"));
}

TEST_F(LocalQueryTest, RefusesWithTheRuleAndThePosition) {
  const auto answer = lake_->Ask("SELECT 1, getenv('HOME')");
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), ErrorCode::kPermissionDenied);
  EXPECT_EQ(answer.error().reason(), "not_allowed");
  EXPECT_EQ(answer.error().details(), R"({"rule":"function","position":10})");
  EXPECT_EQ(lake_->Ask("EXPLAIN SELECT getenv('HOME')").error().details(), R"({"rule":"function","position":15})");
}

TEST_F(LocalQueryTest, RefusesEverythingButOneSelect) {
  for (const char* sql :
       {"CREATE TABLE x (a INT)", "SELECT 1; SELECT 2", "EXPLAIN ANALYZE CREATE TABLE x (a INT)", "SET threads = 9", "PRAGMA version",
        "IMPORT DATABASE 'x'", "RESET ALL", "PRAGMA import_database('x')", "EXPORT DATABASE 'x'", "COPY (SELECT 1) TO 'x.csv'"})
    EXPECT_THAT(Rows(sql), ::testing::AnyOf(StartsWith("ERROR not_allowed"), StartsWith("ERROR parser"))) << sql;
  EXPECT_THAT(Rows("SELECT"), StartsWith("ERROR parser"));
}

TEST_F(LocalQueryTest, ARefusedStatementIsNamedAndPointedAt) {
  const auto refusal = [&](const std::string& sql) {
    const auto answer = lake_->Ask(sql);
    return answer ? "answered" : std::string(answer.error().reason()) + ": " + answer.error().message() + " " + answer.error().details();
  };
  EXPECT_THAT(refusal("  DROP TABLE numbers"), AllOf(StartsWith("not_allowed: DROP is not served"), HasSubstr(R"("position":2)")));
  EXPECT_THAT(refusal("SELECT 1; SET threads = 9"), AllOf(HasSubstr("a second one begins (SET)"), HasSubstr(R"("position":10)")));
  EXPECT_THAT(refusal("EXPLAIN DELETE FROM numbers"), AllOf(HasSubstr("DELETE is not served"), HasSubstr(R"("position":8)")));
  EXPECT_THAT(refusal("FROM (PIVOT numbers ON g)"), AllOf(HasSubstr("PIVOT without its values"), HasSubstr(R"("position":0)")));
  EXPECT_THAT(refusal("IMPORT DATABASE 'in'"), StartsWith("not_allowed: IMPORT is not served"))
      << "the parser would look for in/schema.sql";
  EXPECT_THAT(refusal("SELECT 1; PRAGMA import_database('in')"), HasSubstr("a second one begins (PRAGMA)"));
  EXPECT_THAT(refusal("SELECT $1"), AllOf(HasSubstr("parameters"), HasSubstr(R"("position":0)")));
  EXPECT_THAT(refusal("SHOW TABLES FROM x"), HasSubstr(R"({"rule":"show","position":0})"));
  EXPECT_THAT(refusal(" ; -- nothing"), StartsWith("no_statement: "));
  EXPECT_EQ(lake_->Ask("").error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(LocalQueryTest, AdviceThatACallerCannotFollowIsLeftOut) {
  const auto words = [&](const std::string& sql) { return lake_->Ask(sql).error().message(); };
  EXPECT_THAT(words("SELECT " + std::string(10'000, '(') + "1" + std::string(10'000, ')')), HasSubstr("nested too deep"));
  std::string deep = "1";
  for (int i = 0; i < 2'000; ++i) deep = "(SELECT " + deep + ")";
  EXPECT_THAT(words("SELECT " + deep), ::testing::Not(HasSubstr("SET ")));
  EXPECT_THAT(words("SELECT unnest(range(1000000000))"), ::testing::Not(HasSubstr("solutions")));
}

TEST_F(LocalQueryTest, PointsAtTheMistake) {
  const auto binder = lake_->Ask("SELECT nope FROM numbers");
  ASSERT_FALSE(binder.ok());
  EXPECT_EQ(binder.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(binder.error().details(), HasSubstr("\"position\":7"));
  EXPECT_THAT(lake_->Ask("EXPLAIN SELECT nope FROM numbers").error().details(), HasSubstr("\"position\":15"));
}

TEST_F(LocalQueryTest, ATextThatIsTooLongIsNotRead) {
  const auto answer = lake_->Ask("SELECT '" + std::string(100'000, 'x') + "'");
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), ErrorCode::kTooLarge);
  EXPECT_TRUE(lake_->Ask("SELECT length('" + std::string(99'000, 'x') + "')").ok());
}

TEST_F(LocalQueryTest, SurvivesTenThousandParentheses) {
  const std::string open(10'000, '(');
  const std::string close(10'000, ')');
  const std::string rows = Rows("SELECT " + open + "1" + close);
  EXPECT_THAT(rows, ::testing::AnyOf("[1]", StartsWith("ERROR")));
  EXPECT_EQ(Rows("SELECT 1"), "[1]");
}

TEST_F(LocalQueryTest, ANumberBeyondAllIsNamed) {
  EXPECT_THAT(Rows("SELECT 1e1000"), AllOf(StartsWith("ERROR invalid_argument"), HasSubstr("DOUBLE")));
}

TEST_F(LocalQueryTest, AnErrorInTheMiddleOfAResultIsAnError) {
  const auto answer = lake_->Ask(
      "SELECT CASE WHEN i = 900000 THEN error_now ELSE 1 END FROM (SELECT i, CAST(CASE WHEN i = 900000 THEN 'x' ELSE '1' END AS INTEGER) "
      "AS error_now FROM range(1000000) t(i))");
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), ErrorCode::kInvalidArgument);
}

// ---- limits ----------------------------------------------------------------------------------------------------------------

TEST_F(LocalQueryTest, CutsAtTheRowsAskedForAndSaysSo) {
  QueryRequest request;
  request.sql = "SELECT id FROM numbers ORDER BY id";
  request.max_rows = 2;
  const auto result = lake_->query->Run(lake_->context(), request);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(**(*result)->Next(lake_->context()), "[0],[1]");
  EXPECT_EQ(*(*result)->Next(lake_->context()), std::nullopt);
  EXPECT_EQ((*result)->summary().rows, 2);
  EXPECT_EQ((*result)->summary().truncated, "rows");
}

TEST_F(LocalQueryTest, ACrossJoinWithoutEndIsCancelledPromptly) {
  const auto stop = std::make_unique<std::stop_source>();
  Context context = lake_->context();
  context.cancel = stop->get_token();
  std::jthread canceller([&] {
    // As soon as a worker is busy with it.
    while (lake_->workers->Inspect().busy == 0) std::this_thread::yield();
    stop->request_stop();
  });
  QueryRequest request;
  request.sql = "SELECT sum(a.id * b.id * c.id % 7) FROM numbers a, numbers b, numbers c";
  const auto result = lake_->query->Run(context, request);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kCancelled);
  EXPECT_EQ(Rows("SELECT 1"), "[1]");
}

TEST_F(LocalQueryTest, ADeadlineEndsAQuery) {
  Context context = lake_->context();
  context.deadline = Deadline::After(300);
  QueryRequest request;
  request.sql = "SELECT sum(a.id * b.id * c.id % 7) FROM numbers a, numbers b, numbers c";
  const auto result = lake_->query->Run(context, request);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code(), ErrorCode::kDeadlineExceeded);
  EXPECT_THAT(result.error().message(), AllOf(HasSubstr("stopped after "), HasSubstr("X-Lakehouse-Timeout-Ms")));
}

TEST_F(LocalQueryTest, DroppingAResultFreesItsWorker) {
  for (int i = 0; i < 6; ++i) {  // more than there are workers
    QueryRequest request;
    request.sql = "SELECT a.id, b.name FROM numbers a, numbers b";
    const auto result = lake_->query->Run(lake_->context(), request);
    ASSERT_TRUE(result.ok()) << result.error().ToString();
    ASSERT_TRUE((*result)->Next(lake_->context()).ok());
  }
  EXPECT_EQ(Rows("SELECT 1"), "[1]");
}

TEST_F(LocalQueryTest, ManyCallersAtOnceGetTheirOwnAnswers) {
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> callers;
    for (int caller = 0; caller < 8; ++caller) {
      callers.emplace_back([&, caller] {
        for (int i = 0; i < 20; ++i) {
          const int id = caller * 1000 + i;
          const auto answer = lake_->Ask("SELECT id, name FROM numbers WHERE id = " + std::to_string(id), ResultFormat::kJsonRows,
                                         "principal " + std::to_string(caller % 2));
          const std::string expected = "[" + std::to_string(id) + ",\"row " + std::to_string(id) + "\"]";
          if (!answer || answer->body != expected) ++wrong;
        }
      });
    }
  }
  EXPECT_EQ(wrong, 0);
}

// ---- books -----------------------------------------------------------------------------------------------------------------

TEST_F(LocalQueryTest, RemembersWhatWasAsked) {
  TestLake lake;
  lake.Put("t", "SELECT 1 AS a");
  ASSERT_TRUE(lake.Ask("SELECT a FROM t", ResultFormat::kJsonRows, "ann").ok());
  ASSERT_FALSE(lake.Ask("SELECT version()", ResultFormat::kJsonRows, "bob").ok());
  {
    QueryRequest request;
    request.sql = "SELECT * FROM range(100000000)";
    ASSERT_TRUE(lake.query->Run(lake.context(), request).ok());
  }
  const auto recent = lake.query->Recent(lake.context(), {});
  ASSERT_TRUE(recent.ok());
  ASSERT_EQ(recent->queries.size(), 3u);
  EXPECT_EQ(recent->queries[0].outcome, "dropped");
  EXPECT_EQ(recent->queries[1].outcome, "not_allowed");
  EXPECT_EQ(recent->queries[1].principal, "bob");
  EXPECT_EQ(recent->queries[2].outcome, "ok");
  EXPECT_EQ(recent->queries[2].rows, 1);
  EXPECT_EQ(recent->queries[2].sql, "SELECT a FROM t");
  EXPECT_GT(recent->queries[2].duration_micros, 0);
  EXPECT_EQ(recent->queries[2].sql_sha256.size(), 64u);
}

TEST_F(LocalQueryTest, AVerdictIsRememberedPerPrincipal) {
  Counter& hits = lake_->metrics.counter("lakehouse_query_verdict_hits_total", "");
  const auto before = hits.value();
  ASSERT_TRUE(lake_->Ask("SELECT 12345", ResultFormat::kJsonRows, "ann").ok());
  ASSERT_TRUE(lake_->Ask("SELECT 12345", ResultFormat::kJsonRows, "bob").ok());
  EXPECT_EQ(hits.value(), before);
  ASSERT_TRUE(lake_->Ask("SELECT 12345", ResultFormat::kJsonRows, "ann").ok());
  EXPECT_EQ(hits.value(), before + 1);
}

TEST_F(LocalQueryTest, AskedAgainItAnswersTheSameWhateverCameBetween) {
  const std::string ask = "SELECT count(*), max(name) FROM numbers WHERE id < 100";
  const std::string answer = R"([100,"row 99"])";
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(Rows(ask), answer);
    EXPECT_EQ(Rows("SELECT g, count(*) FROM numbers WHERE g < 2 GROUP BY g ORDER BY g"), "[0,1000],[1,1000]");
    EXPECT_THAT(Rows("SELECT CAST(name AS INTEGER) FROM numbers"), StartsWith("ERROR"));
    EXPECT_EQ(Rows(ask), answer);
    EXPECT_THAT(Rows("SELECT nothing FROM numbers"), StartsWith("ERROR"));
    EXPECT_EQ(Rows("SELECT id, name FROM numbers WHERE id = 7777"), R"([7777,"row 7777"])");
    EXPECT_EQ(lake_->Ask("SELECT g FROM numbers WHERE id = 5", ResultFormat::kCsv)->body, "g\n5\n");
    EXPECT_EQ(lake_->Ask("SELECT g FROM numbers WHERE id = 5", ResultFormat::kNdjson)->body, "{\"g\":5}\n");
    EXPECT_THAT(lake_->Ask("SELECT g FROM numbers WHERE id = 5", ResultFormat::kParquet)->body, StartsWith("PAR1"));
    {
      (void)lake_->query->Run(lake_->context(), {.sql = "SELECT id, name FROM numbers", .max_rows = 7});
    }  // its reader leaves
    EXPECT_EQ(lake_->Ask("SELECT id FROM numbers")->summary.rows, 10'000);
    EXPECT_EQ(Rows("SELECT n.id FROM numbers n JOIN numbers m ON n.id = m.id AND m.id = 9"), "[9]");
  }
}

TEST_F(LocalQueryTest, TheClockAndChanceAreAskedAnew) {
  for (const char* unsteady :
       {"SELECT localtimestamp", "SELECT current_localtimestamp()", "SELECT now()", "SELECT current_timestamp", "SELECT random()",
        "SELECT uuid()", "SELECT age(TIMESTAMP '2020-01-01 00:00:00.000001') = INTERVAL 1 DAY, now()", "SELECT ago(INTERVAL 1 DAY)",
        "SELECT string_agg(id, ',') FROM (SELECT id FROM numbers USING SAMPLE 20 ROWS)", "SELECT epoch_us(transaction_timestamp())",
        "WITH t AS (SELECT localtimestamp AS moment) SELECT moment FROM t", "SELECT (SELECT localtimestamp) FROM numbers LIMIT 1",
        "SELECT Localtimestamp FROM numbers LIMIT 1"}) {
    const std::string first = Rows(unsteady);
    ASSERT_THAT(first, ::testing::Not(StartsWith("ERROR"))) << unsteady;
    EXPECT_NE(Rows(unsteady), first) << unsteady;
  }
}

TEST_F(LocalQueryTest, ANewVersionIsSeenByAKnownStatement) {
  TestLake lake;
  lake.Put("t", "SELECT 1 AS a");
  EXPECT_EQ(lake.Rows("SELECT a FROM t"), "[1]");
  lake.Put("t", "SELECT 2 AS a");
  EXPECT_EQ(lake.Rows("SELECT a FROM t"), "[2]");
}

TEST_F(LocalQueryTest, DamagedFilesAreNeverRead) {
  TestLake lake;
  lake.Put("t", "SELECT range AS a FROM range(1000)");
  auto head = lake.catalog.Head("t");
  head.files[0].sha256 = std::string(64, '0');
  lake.catalog.Add("t", head.snapshot.schema, head.files);
  EXPECT_THAT(lake.Rows("SELECT * FROM t"), AllOf(StartsWith("ERROR corrupt_object"), HasSubstr(head.files[0].key)));
  EXPECT_EQ(lake.Rows("SELECT count(*) FROM t AT (VERSION => 1)"), "[1000]");
}

TEST_F(LocalQueryTest, BindsParameters) {
  const auto rows = [](const std::string& sql, std::vector<QueryParameter> parameters) -> std::string {
    QueryRequest request;
    request.sql = sql;
    request.parameters = std::move(parameters);
    auto result = lake_->query->Run(lake_->context(), request);
    if (!result) return "ERROR " + std::string(result.error().reason()) + ": " + result.error().message();
    std::string body;
    while (auto octets = (*result)->Next(lake_->context()).Take()) body += *octets;
    return body;
  };
  EXPECT_EQ(rows("SELECT name FROM numbers WHERE id = $1", {{.integer = 7}}), R"(["row 7"])");
  EXPECT_EQ(rows("SELECT name FROM numbers WHERE id = $1", {{.integer = 8}}), R"(["row 8"])") << "a verdict holds for its values only";
  EXPECT_EQ(rows("SELECT ? || ?, $1", {{.text = "it's "}, {.text = "'; DROP"}}), R"(["it's '; DROP","it's "])");
  EXPECT_EQ(rows("SELECT $1, $2, $3, typeof($4)", {{.number = 0.5}, {.truth = true}, {}, {.integer = 1}}), R"([0.5,true,null,"INTEGER"])");
  EXPECT_EQ(rows("SELECT v FROM history AT (VERSION => $1)", {{.integer = 2}}), "[2]");
  EXPECT_EQ(rows("SELECT count(*) FROM (FROM numbers LIMIT $1)", {{.integer = 3}}), "[3]");
  EXPECT_THAT(rows("SELECT $1, $3", {{}, {}}), StartsWith("ERROR parameters"));
  EXPECT_THAT(rows("SELECT $1", {{}, {}}), StartsWith("ERROR parameters"));
  EXPECT_THAT(rows("SELECT $name", {{}}), StartsWith("ERROR parameters"));
  EXPECT_THAT(rows("SELECT 1", {{}}), StartsWith("ERROR parameters"));
  EXPECT_THAT(rows("SELECT read_text($1)", {{.text = "/etc/passwd"}}), StartsWith("ERROR not_allowed"));
  EXPECT_THAT(rows("SELECT $1", {}), StartsWith("ERROR not_allowed"));
}

TEST(SlowReaders, KeepNoWorkerFromOthersAndLoseNothing) {
  TestLake lake;  // two workers
  QueryRequest big;
  big.sql = "SELECT range AS id, repeat('x', 500) AS text FROM range(40000)";
  big.format = ResultFormat::kCsv;
  auto first = lake.query->Run(lake.context("ann"), big);
  auto second = lake.query->Run(lake.context("ann"), big);
  ASSERT_TRUE(first.ok() && second.ok());
  ASSERT_TRUE((*first)->Next(lake.context("ann")).ok());  // both have begun, and their readers sleep
  const auto answer = lake.Ask("SELECT 42", ResultFormat::kJsonRows, "bob");
  ASSERT_TRUE(answer.ok()) << answer.error().ToString();
  EXPECT_EQ(answer->body, "[42]");

  std::string text;
  while (true) {
    auto octets = (*second)->Next(lake.context("ann"));
    ASSERT_TRUE(octets.ok()) << octets.error().ToString();
    if (!*octets) break;
    text += **octets;
  }
  EXPECT_EQ(text.size(), lake.Ask(big.sql, ResultFormat::kCsv)->body.size());
  EXPECT_EQ((*second)->summary().rows, 40000);
  first = Error(ErrorCode::kCancelled, "the reader leaves");
  EXPECT_EQ(lake.Rows("SELECT 1"), "[1]");
}

}  // namespace
}  // namespace lakehouse::query
