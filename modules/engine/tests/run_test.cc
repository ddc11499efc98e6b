#include <gmock/gmock.h>

#include <charconv>
#include <cmath>
#include <cstdio>
#include <functional>
#include <random>
#include <stop_token>

#include "engine_testing/worker_fixture.h"
#include "lakehouse/base/json_view.h"
#include "lakehouse/engine/functions.h"

namespace lakehouse::engine {
namespace {

using testing::HasSubstr;

/// One worker for all tests of the file: what one statement does must not show in the next.
class RunTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { fixture_ = std::make_unique<WorkerFixture>(LAKEHOUSE_TEST_WORKER); }
  static void TearDownTestSuite() { fixture_.reset(); }
  void SetUp() override {
    if (!fixture_->worker().healthy()) fixture_->Restart();
    context_.deadline = Deadline::After(120'000);
    session_ = std::make_unique<Session>(fixture_->worker());
  }

  Result<Session::Answer> Run(const std::string& sql, Format format = Format::kJsonRows) {
    RunRequest request;
    request.statement = sql;
    request.format = format;
    return session_->RunToEnd(context_, std::move(request));
  }
  std::string Rows(const std::string& sql, Format format = Format::kJsonRows) {
    const Result<Session::Answer> answer = Run(sql, format);
    return answer ? answer->body : "ERROR " + answer.error().ToString();
  }

  static std::unique_ptr<WorkerFixture> fixture_;
  Context context_;
  std::unique_ptr<Session> session_;
};

std::unique_ptr<WorkerFixture> RunTest::fixture_;

TEST_F(RunTest, ASelectGivesColumnsAndRows) {
  const auto answer = Run("SELECT 1 AS id, 'a' AS name, NULL AS nothing UNION ALL SELECT 2, 'b', 3 ORDER BY 1");
  ASSERT_TRUE(answer.ok()) << answer.error().ToString();
  EXPECT_EQ(answer->body, R"([1,"a",null],[2,"b",3])");
  EXPECT_EQ(answer->columns, (std::vector<Column>{{"id", "INTEGER"}, {"name", "VARCHAR"}, {"nothing", "INTEGER"}}));
  EXPECT_EQ(answer->summary.rows, 2u);
  EXPECT_EQ(answer->summary.bytes, answer->body.size());
  EXPECT_EQ(answer->summary.truncated, Truncated::kNone);
}

TEST_F(RunTest, ViewsThatMayStayAreMadeOnce) {
  const auto ask = [&](const std::string& prelude, const std::string& sql, bool plan_may_stay = true) {
    RunRequest request;
    request.prelude = prelude;
    request.statement = sql;
    request.views_may_stay = true;
    request.plan_may_stay = plan_may_stay;
    const auto answer = session_->RunToEnd(context_, std::move(request));
    return answer ? answer->body : "ERROR " + answer.error().ToString();
  };
  const std::string one = "CREATE TEMP VIEW v AS SELECT 1 AS a;";  // running it again on its connection would fail
  const std::string two = "CREATE TEMP VIEW v AS SELECT 2 AS a;";
  for (int round = 0; round < 4; ++round) {
    EXPECT_EQ(ask(one, "SELECT a FROM v"), "[1]");
    EXPECT_EQ(ask(two, "SELECT a FROM v"), "[2]");
    EXPECT_EQ(ask(one, "SELECT a + 1 FROM v", false), "[2]");
    EXPECT_THAT(ask(two, "SELECT error('stop') FROM v"), HasSubstr("stop"));
    EXPECT_THAT(ask(one, "SELECT b FROM v"), HasSubstr("ERROR"));
  }
  EXPECT_THAT(ask("", "SELECT a FROM v"), HasSubstr("ERROR")) << "a view is seen only by requests that bring it";
  EXPECT_THAT(Rows("SELECT a FROM v"), HasSubstr("ERROR"));
  for (int view = 0; view < 12; ++view)  // more than are kept
    EXPECT_EQ(ask("CREATE TEMP VIEW w AS SELECT " + std::to_string(view) + " AS a;", "SELECT a FROM w"), "[" + std::to_string(view) + "]");
  for (int statement = 0; statement < 24; ++statement)
    EXPECT_EQ(ask(one, "SELECT a + " + std::to_string(statement % 12) + " FROM v"), "[" + std::to_string(1 + statement % 12) + "]");
}

TEST_F(RunTest, ALongResultKeepsItsOrderItsLimitsAndItsErrors) {
  const std::string sql = "SELECT range AS id FROM range(200000)";
  std::string rows;
  for (int row = 0; row < 200'000; ++row) rows += (row == 0 ? "[" : ",[") + std::to_string(row) + "]";
  const auto run = [&](std::uint64_t max_rows, std::uint64_t max_bytes) {
    return session_->RunToEnd(context_, {.statement = sql, .format = Format::kJsonRows, .max_rows = max_rows, .max_bytes = max_bytes});
  };
  const auto all = run(UINT64_MAX, UINT64_MAX);
  ASSERT_TRUE(all.ok()) << all.error().ToString();
  EXPECT_TRUE(all->body == rows) << all->body.size() << " octets, expected " << rows.size();

  const auto some = run(123'456, UINT64_MAX);
  ASSERT_TRUE(some.ok()) << some.error().ToString();
  EXPECT_EQ(some->summary.truncated, Truncated::kRows);
  EXPECT_EQ(some->summary.rows, 123'456u);
  EXPECT_TRUE(some->body == rows.substr(0, some->body.size()));
  EXPECT_THAT(some->body, testing::EndsWith("[123455]"));

  const auto part = run(UINT64_MAX, 1'000'000);
  ASSERT_TRUE(part.ok()) << part.error().ToString();
  EXPECT_EQ(part->summary.truncated, Truncated::kBytes);
  EXPECT_LE(part->body.size(), 1'000'000u);
  EXPECT_TRUE(part->body == rows.substr(0, part->body.size()));
  EXPECT_EQ(Rows("SELECT 1"), "[1]") << "the worker goes on";
}

TEST_F(RunTest, ALongResultThatNobodyReadsEndsWhenItIsCancelled) {
  std::stop_source cancel;
  Context context = context_;
  context.cancel = cancel.get_token();
  RunRequest request{.statement = "SELECT repeat('x', 1000), range FROM range(3000000)", .format = Format::kJsonRows};
  const auto stream = session_->Run(context, std::move(request));
  ASSERT_TRUE(stream.ok()) << stream.error().ToString();
  for (int part = 0; part < 8; ++part) ASSERT_TRUE((*stream)->Next(context).ok());
  cancel.request_stop();
  Result<std::optional<std::string>> next = (*stream)->Next(context);
  while (next.ok() && *next) next = (*stream)->Next(context);
  ASSERT_FALSE(next.ok());
  EXPECT_EQ(next.error().code(), ErrorCode::kCancelled);
}

TEST_F(RunTest, NumbersThatJsonReadersWouldChangeAreStrings) {
  EXPECT_EQ(
      Rows("SELECT 9007199254740992, 9007199254740993, -9007199254740993, 18446744073709551615::UBIGINT, "
           "170141183460469231731687303715884105727, 5::HUGEINT"),
      R"([9007199254740992,"9007199254740993","-9007199254740993","18446744073709551615","170141183460469231731687303715884105727",5])");
  EXPECT_EQ(Rows("SELECT 1.50, -0.05, 123456789012345678901234567890.12::DECIMAL(38,2), .5::DECIMAL(2,2)"),
            R"(["1.50","-0.05","123456789012345678901234567890.12","0.50"])");
  EXPECT_EQ(Rows("SELECT 1e0, .1::DOUBLE, 1e22, 'nan'::DOUBLE, '-inf'::FLOAT, .1::FLOAT"), R"([1.0,0.1,1e+22,"nan","-inf",0.1])");
}

TEST_F(RunTest, NumbersHaveTheShortestTextThatReadsBackAsThem) {
  std::string sql = "SELECT * FROM (VALUES ";
  std::string expected;
  std::mt19937_64 random(20'261'122);
  const auto add = [&](double value) {
    char text[64];
    std::snprintf(text, sizeof text, "%.17g", value);
    const std::string exact = text;
    std::string shortest(text, std::to_chars(text, text + sizeof text, value).ptr);
    if (shortest.find_first_not_of("-0123456789") == std::string::npos) shortest += ".0";
    sql += (expected.empty() ? "('" : ",('") + exact + "'::DOUBLE)";
    expected += (expected.empty() ? "[" : ",[") + shortest + "]";
  };
  for (const double value : {0.0, -0.0, 0.01, -0.01, 0.1, 1.0, 99'999.99, 99'999.0, 1e5, 100'000.01, 1e-3, 0.005, 1e15, 1e300, 5e-324}) {
    add(value);
    add(-value);
  }
  for (int i = 0; i < 2'000; ++i) {
    const double amount = static_cast<double>(static_cast<std::int64_t>(random() % 30'000'000) - 15'000'000) / 100;
    add(amount);
    add(std::nextafter(amount, 1e9));
    add(std::nextafter(amount, -1e9));
    add(amount / 10);
  }
  EXPECT_EQ(Rows(sql + ") AS t(v)"), expected);
}

TEST_F(RunTest, DatesAndTimesAreIso8601) {
  EXPECT_EQ(
      Rows("SELECT DATE '2024-02-29', TIMESTAMP '2024-02-29 12:34:56.789', TIMESTAMPTZ '2024-01-01 00:00:00+02', TIME '01:02:03.5', "
           "TIMESTAMP_NS '2024-01-01 00:00:00.000000001', TIMETZ '01:02:03+05:30', DATE '-infinity', DATE '0044-03-15 (BC)', DATE "
           "'12345-01-01'"),
      R"(["2024-02-29","2024-02-29T12:34:56.789","2023-12-31T22:00:00Z","01:02:03.5","2024-01-01T00:00:00.000000001","01:02:03+05:30","-infinity","-0043-03-15","+12345-01-01"])");
  EXPECT_EQ(Rows("SELECT TIMESTAMP '0044-03-15 (BC) 01:02:03' AS t, TIMESTAMPTZ '2024-01-01 00:00:00+02' AS z", Format::kCsv),
            "t,z\n0044-03-15 (BC) 01:02:03,2023-12-31 22:00:00+00\n");
}

TEST_F(RunTest, NestedValuesAreNestedJson) {
  EXPECT_EQ(Rows("SELECT [1,NULL,3], {'a': 1, 'b': ['x']}, MAP {'k': 1}, [[1],[]]::INT[][], [1,2,3]::INT[3], row(1,'z')"),
            R"([[1,null,3],{"a":1,"b":["x"]},[{"key":"k","value":1}],[[1],[]],[1,2,3],[1,"z"]])");
}

TEST_F(RunTest, TextIsEscapedAndBlobsAreBase64) {
  EXPECT_EQ(
      Rows(
          R"(SELECT 'quote " back \ ' || chr(10) || chr(1) || 'é', 'abc'::BLOB, ''::BLOB, '00000000-0000-0000-0000-0000000000ff'::UUID, '10110'::BIT, 'b'::ENUM('a','b'))"),
      "[\"quote \\\" back \\\\ \\n\\u0001é\",\"YWJj\",\"\",\"00000000-0000-0000-0000-0000000000ff\",\"10110\",\"b\"]");
}

TEST_F(RunTest, CsvQuotesWhatNeedsItAndTellsNullFromEmpty) {
  EXPECT_EQ(
      Rows(R"(SELECT 'a,b' AS "x,y", 'say "hi"' AS q, '' AS empty, NULL AS nothing, TIMESTAMP '2024-01-01 00:00:00' AS t, [1,2] AS l)",
           Format::kCsv),
      "\"x,y\",q,empty,nothing,t,l\n\"a,b\",\"say \"\"hi\"\"\",\"\",,2024-01-01 00:00:00,\"[1,2]\"\n");
}

TEST_F(RunTest, NdjsonHasOneObjectPerLineAndKeepsEqualNamesApart) {
  EXPECT_EQ(Rows("SELECT 1 AS a, 2 AS a, 'x' AS a_1", Format::kNdjson), "{\"a\":1,\"a_1\":2,\"a_1_1\":\"x\"}\n");
}

TEST_F(RunTest, AParquetResultIsAFileThatReadsBack) {
  const auto answer = Run("SELECT 1 AS a; -- with a comment", Format::kParquet);
  ASSERT_TRUE(answer.ok()) << answer.error().ToString();
  EXPECT_EQ(answer->body.substr(0, 4), "PAR1");
  EXPECT_EQ(answer->columns, (std::vector<Column>{{"a", "INTEGER"}}));
  EXPECT_EQ(answer->summary.rows, 1u);
}

TEST_F(RunTest, RowsAndBytesAreCutWhereTheRequestSays) {
  RunRequest request;
  request.statement = "SELECT * FROM range(100000)";
  request.max_rows = 2'500;
  auto answer = session_->RunToEnd(context_, request);
  ASSERT_TRUE(answer.ok()) << answer.error().ToString();
  EXPECT_EQ(answer->summary.rows, 2'500u);
  EXPECT_EQ(answer->summary.truncated, Truncated::kRows);
  request.max_rows = 1'000'000;
  request.max_bytes = 1'000;
  answer = session_->RunToEnd(context_, request);
  ASSERT_TRUE(answer.ok()) << answer.error().ToString();
  EXPECT_EQ(answer->summary.truncated, Truncated::kBytes);
  EXPECT_LE(answer->body.size(), 1'000u);
  EXPECT_EQ(answer->body.back(), ']');
}

TEST_F(RunTest, AParquetResultIsCutAtItsRowsAndSaysSoOnlyThen) {
  RunRequest request;
  request.statement = "FROM range(10)";
  request.format = Format::kParquet;
  for (const std::uint64_t max_rows : {9u, 10u, 11u}) {
    request.max_rows = max_rows;
    const auto answer = session_->RunToEnd(context_, request);
    ASSERT_TRUE(answer.ok()) << answer.error().ToString();
    EXPECT_EQ(answer->summary.rows, std::min<std::uint64_t>(max_rows, 10));
    EXPECT_EQ(answer->summary.truncated, max_rows < 10 ? Truncated::kRows : Truncated::kNone);
  }
  request.max_bytes = 10;
  EXPECT_EQ(session_->RunToEnd(context_, request).error().code(), ErrorCode::kTooLarge);
}

TEST_F(RunTest, OneHugeValueDoesNotPassTheByteLimit) {
  RunRequest request;
  request.statement = "SELECT repeat('x', 100000000)";
  const auto answer = session_->RunToEnd(context_, request);
  ASSERT_TRUE(answer.ok()) << answer.error().ToString();
  EXPECT_EQ(answer->summary.truncated, Truncated::kBytes);
  EXPECT_EQ(answer->summary.rows, 0u);
}

TEST_F(RunTest, ParseGivesTheTreeAndUnparseTheText) {
  const auto tree = session_->Parse(context_, "SELECT a FROM t AT (VERSION => 3)");
  ASSERT_TRUE(tree.ok()) << tree.error().ToString();
  EXPECT_THAT(*tree, HasSubstr("at_clause"));
  const auto text = session_->Unparse(context_, *tree);
  ASSERT_TRUE(text.ok()) << text.error().ToString();
  EXPECT_THAT(*text, HasSubstr("AT (VERSION => 3)"));
}

TEST_F(RunTest, ATreeRunsLikeItsText) {
  const auto tree = session_->Parse(context_, "SELECT 1 + 1 AS two");
  ASSERT_TRUE(tree.ok());
  RunRequest request;
  request.statement = *tree;
  request.is_tree = true;
  const auto answer = session_->RunToEnd(context_, request);
  ASSERT_TRUE(answer.ok()) << answer.error().ToString();
  EXPECT_EQ(answer->body, "[2]");
}

TEST_F(RunTest, ParseRefusesWhatIsNoSingleSelect) {
  const auto reason = [&](const char* sql) {
    const auto tree = session_->Parse(context_, sql);
    return tree ? std::string("parsed") : std::string(tree.error().reason());
  };
  EXPECT_EQ(reason("SELECT 1; SELECT 2"), "not_one_statement");
  EXPECT_EQ(reason(""), "not_one_statement");
  EXPECT_EQ(reason(";"), "not_one_statement");
  for (const char* sql : {"INSERT INTO t VALUES (1)", "DROP TABLE t", "COPY t TO 'x'", "ATTACH 'x'", "SET threads=1", "EXPLAIN SELECT 1",
                          "CALL pragma_version()", "CREATE TABLE t AS SELECT 1", "DELETE FROM t", "LOAD x", "BEGIN",
                          "PREPARE p AS SELECT 1", "CHECKPOINT", "VACUUM"})
    EXPECT_EQ(reason(sql), "not_select") << sql;
  for (const char* sql : {"FROM t", "TABLE t", "VALUES (1)", "DESCRIBE t", "SUMMARIZE t", "SHOW TABLES", "WITH x AS (SELECT 1) FROM x"})
    EXPECT_EQ(reason(sql), "parsed") << sql;
}

TEST_F(RunTest, PlacesAreCountedInOctetsWhoeverFindsTheFault) {
  const std::string before = "SELECT 'größe 日本 😀' AS \"ß\", ";
  const std::string here = R"({"position":)" + std::to_string(before.size()) + "}";
  const auto of_the_grammar = session_->Parse(context_, before + "FROM FROM");
  ASSERT_FALSE(of_the_grammar.ok());
  EXPECT_EQ(of_the_grammar.error().reason(), "parser");
  EXPECT_EQ(of_the_grammar.error().details(), R"({"position":)" + std::to_string(before.size() + 5) + "}");
  const auto at_the_end = session_->Parse(context_, before + "x FROM");
  ASSERT_FALSE(at_the_end.ok());
  EXPECT_EQ(at_the_end.error().details(), R"({"position":)" + std::to_string(before.size() + 6) + "}");
  const auto of_the_binder = Run(before + "nothing FROM range(3)");
  ASSERT_FALSE(of_the_binder.ok());
  EXPECT_EQ(of_the_binder.error().reason(), "binder");
  EXPECT_EQ(of_the_binder.error().details(), here);
}

TEST_F(RunTest, ErrorsOfTheStatementNameTheirPlace) {
  const auto parsed = session_->Parse(context_, "SELECT a FROM");
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(parsed.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(parsed.error().reason(), "parser");
  EXPECT_EQ(parsed.error().details(), R"({"position":13})");
  const auto bound = Run("SELECT nothing FROM range(3)");
  ASSERT_FALSE(bound.ok());
  EXPECT_EQ(bound.error().reason(), "binder");
  EXPECT_EQ(bound.error().details(), R"({"position":7})");
  const auto missing = Run("SELECT * FROM nowhere");
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().reason(), "catalog");
  const auto converted = Run("SELECT x::INT FROM (VALUES ('1'), ('a')) v(x)");
  ASSERT_FALSE(converted.ok());
  EXPECT_EQ(converted.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(converted.error().reason(), "conversion");
  EXPECT_TRUE(fixture_->worker().healthy());
}

// Without the second look, about one of a hundred of these said "Interrupted!", the word of the threads that the error stopped.
TEST_F(RunTest, AnErrorOfOneThreadIsNotHiddenByTheStopOfAnother) {
  RunRequest request;
  request.statement = "SELECT CAST(CASE WHEN i = 900000 THEN 'x' ELSE '1' END AS INTEGER) FROM range(1000000) t(i)";
  request.max_rows = UINT64_MAX;
  request.max_bytes = UINT64_MAX;
  for (int round = 0; round < 100; ++round) {
    const auto answer = session_->RunToEnd(context_, request);
    ASSERT_FALSE(answer.ok());
    ASSERT_EQ(answer.error().reason(), "conversion") << "round " << round << ": " << answer.error().ToString();
  }
}

TEST_F(RunTest, AnErrorInTheMiddleOfAResultEndsTheStreamAndTheNextStatementWorks) {
  RunRequest request;
  request.statement = "SELECT CASE WHEN range < 2000000 THEN range ELSE error('middle') END FROM range(3000000)";
  request.max_rows = UINT64_MAX;
  request.max_bytes = UINT64_MAX;
  const auto stream = session_->Run(context_, request);
  ASSERT_TRUE(stream.ok()) << stream.error().ToString();
  std::size_t octets = 0;
  for (;;) {
    const auto bytes = (*stream)->Next(context_);
    if (!bytes) {
      EXPECT_THAT(bytes.error().message(), HasSubstr("middle"));
      break;
    }
    ASSERT_TRUE(bytes->has_value()) << "the stream ended without its error";
    octets += (*bytes)->size();
  }
  EXPECT_GT(octets, 0u);
  EXPECT_EQ(Rows("SELECT 1"), "[1]");
}

TEST_F(RunTest, TypesWithoutAnEncodingAreRefusedByName) {
  for (const char* sql :
       {"SELECT union_value(a := 1) AS u", "SELECT 1::BIGNUM AS u", "SELECT [union_value(a := 1)] AS u", "SELECT 1::VARIANT AS u"}) {
    const auto answer = Run(sql);
    ASSERT_FALSE(answer.ok()) << sql;
    EXPECT_EQ(answer.error().reason(), "unsupported_type") << sql << answer.error().ToString();
  }
  EXPECT_TRUE(fixture_->worker().healthy());
  EXPECT_EQ(Rows("SELECT 1"), "[1]");
}

TEST_F(RunTest, ADeadlineInterruptsAndTheWorkerGoesOn) {
  Context context;
  context.deadline = Deadline::After(200);
  RunRequest request;
  request.statement = "SELECT count(*) FROM range(10000000000) a, range(10) b";
  const auto answer = session_->RunToEnd(context, request);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), ErrorCode::kDeadlineExceeded);
  EXPECT_TRUE(fixture_->worker().healthy());
  EXPECT_EQ(Rows("SELECT 1"), "[1]");
}

TEST_F(RunTest, DroppingAStreamInTheMiddleFreesTheWorker) {
  RunRequest request;
  request.statement = "SELECT * FROM range(1000000000)";
  request.max_rows = UINT64_MAX;
  request.max_bytes = UINT64_MAX;
  {
    const auto stream = session_->Run(context_, request);
    ASSERT_TRUE(stream.ok());
    ASSERT_TRUE((*stream)->Next(context_).ok());
  }
  EXPECT_TRUE(fixture_->worker().healthy());
  EXPECT_EQ(Rows("SELECT 1"), "[1]");
}

TEST_F(RunTest, ExplainSplitsAndRuns) {
  const auto split = SplitExplain("  -- why\n explain /* really */ ANALYZE\nSELECT 1");
  EXPECT_EQ(split.explain, Explain::kAnalyze);
  EXPECT_EQ(split.statement, "SELECT 1");
  EXPECT_EQ(SplitExplain("EXPLAINS").explain, Explain::kNo);
  EXPECT_EQ(SplitExplain("EXPLAIN SELECT 1").explain, Explain::kPlan);
  RunRequest request;
  request.statement = "SELECT 42";
  request.explain = Explain::kPlan;
  const auto answer = session_->RunToEnd(context_, request);
  ASSERT_TRUE(answer.ok()) << answer.error().ToString();
  EXPECT_THAT(answer->body, HasSubstr("PROJECTION"));
}

TEST_F(RunTest, ParametersAreBound) {
  RunRequest request;
  request.statement = "SELECT $2 || $1";
  request.parameters = {"a'", "b"};
  const auto answer = session_->RunToEnd(context_, request);
  ASSERT_TRUE(answer.ok()) << answer.error().ToString();
  EXPECT_EQ(answer->body, R"(["ba'"])");
  request.parameters.pop_back();
  EXPECT_FALSE(session_->RunToEnd(context_, request).ok());
}

TEST_F(RunTest, AKeptConnectionKeepsItsTablesUntilItEnds) {
  RunRequest request;
  request.statement = "CREATE TEMP TABLE kept AS SELECT 7 AS x";
  request.format = Format::kNone;
  request.keep_connection = true;
  auto made = session_->RunToEnd(context_, request);
  ASSERT_TRUE(made.ok()) << made.error().ToString();
  EXPECT_EQ(made->summary.rows, 1u);
  request.statement = "FROM kept";
  request.format = Format::kJsonRows;
  EXPECT_EQ(session_->RunToEnd(context_, request)->body, "[7]");
  ASSERT_TRUE(session_->EndConnection(context_).ok());
  EXPECT_FALSE(session_->RunToEnd(context_, request).ok());
}

TEST_F(RunTest, ANulOctetIsRefused) {
  using namespace std::string_literals;
  EXPECT_FALSE(session_->Parse(context_, "SELECT 1\0; DROP TABLE x"s).ok());
  EXPECT_FALSE(Run("SELECT 1\0 + 1"s).ok());
}

TEST_F(RunTest, ProgressIsReportedWhileAStatementRuns) {
  std::vector<double> percents;
  // Runs until enough has been seen, or the time is over.
  const auto run = [&](const char* sql, Format format, std::int64_t at_most_ms, const std::function<bool(double)>& enough) {
    percents.clear();
    std::stop_source seen;
    RunRequest request;
    request.statement = sql;
    request.format = format;
    request.on_progress = [&](double percent) {
      percents.push_back(percent);
      if (enough(percent)) seen.request_stop();
    };
    (void)session_->RunToEnd(Context{.principal = {}, .trace = {}, .deadline = Deadline::After(at_most_ms), .cancel = seen.get_token()},
                             request);
  };
  run("SELECT count(*) FROM range(300000000000) t(i) WHERE i % 7 = 3", Format::kJsonRows, 60'000,
      [&](double) { return percents.size() == 3; });
  EXPECT_THAT(percents, testing::SizeIs(testing::Ge(3))) << "signs of life";
  EXPECT_THAT(percents, testing::Each(-1)) << "DuckDB 1.5.6 does not count here";
  // Here it counts. On a busy machine about one statement in twenty is never counted by DuckDB and stays at -1 to its end, so
  // several are given a chance; each must show signs of life.
  bool counted = false;
  for (int attempt = 0; attempt < 12 && !counted; ++attempt) {
    run("CREATE OR REPLACE TEMP TABLE t AS SELECT count(*) FROM range(300000000000) t(i) WHERE i % 7 = 3", Format::kNone, 5'000,
        [&](double percent) { return percent >= 0; });
    ASSERT_FALSE(percents.empty());
    counted = percents.back() >= 0;
  }
  EXPECT_TRUE(counted);
}

TEST_F(RunTest, TheLibraryIsTheOneThisWasWrittenFor) { EXPECT_EQ(LinkedDuckDbVersion(), kDuckDbVersion); }

TEST_F(RunTest, TheFunctionsAreListed) {
  const auto functions = ListFunctions(context_, *session_);
  ASSERT_TRUE(functions.ok()) << functions.error().ToString();
  EXPECT_GT(functions->size(), 500u);
}

}  // namespace
}  // namespace lakehouse::engine
