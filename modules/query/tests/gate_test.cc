#include "gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gate_at.h"
#include "side_engine.h"

namespace lakehouse::query {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr std::int64_t kNow = 1'700'000'000'000'000;
constexpr std::int64_t kDayMicros = 86'400'000'000;

class GateTest : public ::testing::Test {
 protected:
  Result<Verdict> Check(const std::string& sql) { return CheckTree(maker_.Tree(sql)); }

  Result<Verdict> CheckTree(const std::string& tree) {
    auto document = JsonDocument::Parse(tree);
    if (!document) return std::move(document).TakeError();
    GateOptions options;
    options.now_micros = kNow;
    options.dataset_of = [](std::string_view schema, std::string_view name) -> std::optional<std::string> {
      if (schema.empty() || schema == "main") return std::string(name);
      return std::nullopt;
    };
    return Gate(document->root(), FunctionList::Reviewed(), options);
  }

  /// The rule that refuses it; "" when it passes, the code's name when it fails otherwise.
  std::string RuleOf(const std::string& sql) {
    const auto verdict = Check(sql);
    if (verdict) return "";
    if (verdict.error().code() != ErrorCode::kPermissionDenied) return std::string(WireName(verdict.error().code()));
    EXPECT_EQ(verdict.error().reason(), "not_allowed");
    const auto details = JsonDocument::Parse(verdict.error().details());
    EXPECT_TRUE(details.ok()) << verdict.error().details();
    return std::string(details->root().Find("rule")->AsString().value_or("?"));
  }

  std::vector<std::string> DatasetsOf(const std::string& sql) {
    const auto verdict = Check(sql);
    if (!verdict) return {"ERROR " + verdict.error().ToString()};
    std::vector<std::string> names;
    for (const auto& table : verdict->tables) names.push_back(table.dataset);
    return names;
  }

  SideEngine maker_;
};

// ---- what passes -------------------------------------------------------------------------------------------------------

TEST_F(GateTest, PassesWhatPeopleAsk) {
  for (const char* sql : {
           "SELECT 1",
           "SELECT a, count(*) FROM t GROUP BY ALL ORDER BY 2 DESC LIMIT 10",
           "FROM t",
           "TABLE t",
           "VALUES (1, 'a'), (2, 'b')",
           "SELECT * EXCLUDE (a) REPLACE (upper(b) AS b) FROM t",
           "SELECT COLUMNS('a.*') FROM t",
           "SELECT * FROM a JOIN b USING (id) LEFT JOIN c ON a.x = c.x ASOF JOIN d ON a.t >= d.t POSITIONAL JOIN e",
           "SELECT sum(x) FILTER (WHERE y > 0) OVER (PARTITION BY g ORDER BY t ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM t",
           "SELECT CASE WHEN a > 1 THEN 'x' ELSE 'y' END, a BETWEEN 1 AND 2, a IN (1, 2), a LIKE 'x%', NOT a FROM t",
           "SELECT list_transform([1, 2], x -> x + 1), [y FOR y IN [1, 2] IF y > 1], {'a': 1}.a, MAP {'k': 1}['k']",
           "SELECT * FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.id = t.id) AND a = (SELECT max(a) FROM u)",
           "WITH a AS (SELECT 1 x), b AS (SELECT x + 1 y FROM a) SELECT * FROM a, b",
           "WITH RECURSIVE r AS (SELECT 1 n UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT * FROM r",
           "SELECT * FROM t QUALIFY row_number() OVER (PARTITION BY a ORDER BY b) = 1",
           "SELECT * FROM t TABLESAMPLE 10% (bernoulli)",
           "SELECT a FROM t UNION ALL BY NAME SELECT b FROM u EXCEPT SELECT c FROM v ORDER BY 1",
           "SELECT a, GROUPING(a) FROM t GROUP BY CUBE (a, b)",
           "SELECT DISTINCT ON (a) a, b FROM t ORDER BY a, b NULLS LAST",
           "PIVOT t ON y IN (1, 2) USING sum(x)",
           "UNPIVOT t ON a, b INTO NAME n VALUE v",
           "SELECT * FROM range(10) r(i), generate_series(1, 3), unnest([1, 2])",
           "SELECT unnest([1, 2, 3])",
           "SELECT ts AT TIME ZONE 'UTC', DATE '2024-01-01' + INTERVAL 3 MONTH, extract(year FROM ts), ts::DATE FROM t",
           "SELECT 'a' COLLATE NOCASE = 'A', x::DECIMAL(10, 2), TRY_CAST(y AS INTEGER), try(1 / 0)",
           "DESCRIBE t",
           "SUMMARIZE SELECT a FROM t",
           "SHOW TABLES",
           "SELECT name FROM (SHOW TABLES) WHERE name LIKE 'a%'",
           "SELECT current_date, current_timestamp, now(), today()",
           "SELECT string_agg(a, ',' ORDER BY b) FROM t",
           "SELECT \"größe\", \"名前\" FROM t",
           "SELECT a.b.c, d[1], e[1:2] FROM t AS a",
           "SELECT #1 FROM t ORDER BY ALL",
       })
    EXPECT_EQ(RuleOf(sql), "") << sql;
}

TEST_F(GateTest, NamesTheDatasetsAStatementReads) {
  EXPECT_THAT(DatasetsOf("SELECT * FROM a JOIN b USING (id) WHERE x IN (SELECT y FROM c)"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(DatasetsOf("SELECT * FROM t x, T y, t"), ElementsAre("t"));
  EXPECT_THAT(DatasetsOf("SELECT 1"), IsEmpty());
  EXPECT_THAT(DatasetsOf("SELECT list_transform([1], x -> (SELECT count(*) FROM deep))"), ElementsAre("deep"));
  EXPECT_THAT(DatasetsOf("SELECT 1 ORDER BY (SELECT 1 FROM o)"), ElementsAre("o"));
  EXPECT_THAT(DatasetsOf("SELECT 1 LIMIT (SELECT 1 FROM l)"), ElementsAre("l"));
  EXPECT_THAT(DatasetsOf("SUMMARIZE s"), ElementsAre("s"));
  EXPECT_THAT(DatasetsOf("PIVOT p ON y IN (1) USING sum(x)"), ElementsAre("p"));
}

TEST_F(GateTest, RunsTheCallersOwnTextWhenNoNameHasToChange) {
  EXPECT_EQ(Check("SELECT * FROM t AS x")->tree, "");
  EXPECT_EQ(Check("SELECT * FROM t AS x")->tables[0].view, "t");
}

// ---- common table expressions ------------------------------------------------------------------------------------------

TEST_F(GateTest, ACommonTableHidesTheDatasetOfItsName) { EXPECT_THAT(DatasetsOf("WITH t AS (SELECT 1) SELECT * FROM t, T"), IsEmpty()); }

TEST_F(GateTest, ACommonTableDoesNotSeeItself) {
  EXPECT_THAT(DatasetsOf("WITH x AS (FROM x) FROM x"), ElementsAre("x"));
  EXPECT_EQ(RuleOf("WITH \"a.csv\" AS (FROM \"a.csv\") FROM \"a.csv\""), "file_name");
}

TEST_F(GateTest, ACommonTableSeesTheOnesBeforeItOnly) {
  EXPECT_THAT(DatasetsOf("WITH a AS (FROM b), b AS (FROM a) FROM b"), ElementsAre("b"));
}

TEST_F(GateTest, ACommonTableEndsWithItsQuery) {
  EXPECT_THAT(DatasetsOf("SELECT * FROM (WITH c AS (SELECT 1) FROM c), c"), ElementsAre("c"));
  EXPECT_THAT(DatasetsOf("(WITH c AS (SELECT 1) FROM c) UNION ALL FROM c"), ElementsAre("c"));
}

TEST_F(GateTest, TheFirstHalfOfARecursiveTableDoesNotSeeIt) {
  EXPECT_THAT(DatasetsOf("WITH RECURSIVE r AS (SELECT n FROM r UNION ALL SELECT n + 1 FROM r) FROM r"), ElementsAre("r"));
  EXPECT_THAT(DatasetsOf("WITH RECURSIVE r AS (SELECT 1 n UNION ALL SELECT n + 1 FROM r WHERE n < 3) FROM r"), IsEmpty());
}

TEST_F(GateTest, QualifiedNamesAreNeverCommonTables) {
  EXPECT_THAT(DatasetsOf("WITH t AS (SELECT 1) FROM main.t"), ElementsAre("t"));
  EXPECT_THAT(DatasetsOf("WITH t AS (SELECT 1) FROM t AT (VERSION => 1)"), ElementsAre("t"));
}

// ---- what is refused, by rule --------------------------------------------------------------------------------------------

TEST_F(GateTest, RefusesEverythingThatIsNoSelect) {
  for (const char* sql : {
           "CREATE TABLE x (a INT)",
           "CREATE TEMP VIEW v AS SELECT 1",
           "CREATE MACRO lower(x) AS x",
           "INSERT INTO t VALUES (1)",
           "UPDATE t SET a = 1",
           "DELETE FROM t",
           "DROP TABLE t",
           "ALTER TABLE t ADD COLUMN z INT",
           "COPY t TO 'x.csv'",
           "COPY (SELECT 1) TO 'x.csv'",
           "ATTACH ':memory:' AS m",
           "DETACH m",
           "USE memory",
           "SET threads = 1",
           "RESET threads",
           "CALL pragma_version()",
           "INSTALL httpfs",
           "LOAD httpfs",
           "PREPARE p AS SELECT 1",
           "EXECUTE p",
           "EXPORT DATABASE 'x'",
           "CHECKPOINT",
           "VACUUM",
           "BEGIN",
           "CREATE SECRET s (TYPE s3)",
           "EXPLAIN ANALYZE DELETE FROM t",
           "WITH x AS (DELETE FROM t RETURNING *) FROM x",
           "PIVOT t ON y USING sum(x)",
       })
    EXPECT_THAT(RuleOf(sql), ::testing::AnyOf("statement", "invalid_argument")) << sql;
}

TEST_F(GateTest, RefusesMoreThanOneStatementAndNone) {
  EXPECT_EQ(RuleOf("SELECT 1; SELECT 2"), "statement");
  EXPECT_EQ(RuleOf(""), "invalid_argument");
  EXPECT_EQ(RuleOf(";;"), "invalid_argument");
  EXPECT_EQ(RuleOf("SELECT 1;"), "");
}

TEST_F(GateTest, RefusesFunctionsThatAreNotOnTheList) {
  for (const char* sql : {
           "SELECT getvariable('x')",
           "SELECT current_setting('threads')",
           "SELECT nextval('s')",
           "SELECT write_log('x')",
           "SELECT version()",
           "SELECT json_serialize_sql('SELECT 1')",
           "SELECT error('x')",
           "SELECT sleep_ms(1)",
           "SELECT no_such_function(1)",
           "SELECT stats(a) FROM t",
           "SELECT getenv('HOME')",
           "SELECT pg_catalog.format_type(1, 2)",
           "SELECT system.main.lower('A')",
           "SELECT other.lower('A')",
           "SELECT a.version()",
           "SELECT row_number() OVER (ORDER BY version())",
           "SELECT list_transform([1], x -> version())",
           "SELECT ('x').getenv()",
           "SELECT sum(1) FILTER (WHERE version() = '')",
           "SELECT DISTINCT ON (version()) 1",
           "SELECT 1 LIMIT version()::INT",
           "SELECT * REPLACE (version() AS a) FROM t",
           "SELECT COLUMNS(c -> version() = c) FROM t",
           "SELECT string_agg('a', ',' ORDER BY version())",
           "SELECT 1 GROUP BY version()",
           "SELECT 1 HAVING version() = ''",
           "SELECT * FROM a JOIN b ON version() = ''",
           "SELECT * FROM (VALUES (version())) v",
           "SELECT * FROM range(version()::INT)",
           "WITH c AS (SELECT version()) FROM c",
           "SELECT 1 UNION SELECT version()",
           "SELECT CASE WHEN true THEN version() END",
           "SELECT 1 QUALIFY version() = ''",
           "PIVOT t ON y IN (1) USING max(version())",
           "SELECT CAST(version() AS VARCHAR)",
           "SELECT version() COLLATE NOCASE",
           "SELECT 1 BETWEEN 0 AND version()",
           "SELECT (SELECT version())",
           "SELECT [version()]",
           "SELECT sum(1) OVER (ROWS version() PRECEDING)",
           "SELECT lag(1, version()) OVER ()",
           "SELECT 1 IN (SELECT version())",
           "DESCRIBE SELECT version()",
           "SELECT -VERSION()",
       })
    EXPECT_EQ(RuleOf(sql), sql == std::string("SELECT system.main.lower('A')") ? "" : "function") << sql;
}

TEST_F(GateTest, RefusesTableFunctionsThatReadAnything) {
  for (const char* sql : {
           "SELECT * FROM read_csv('/etc/passwd')",
           "FROM read_parquet('x')",
           "FROM glob('*')",
           "FROM query('SELECT 1')",
           "FROM query_table('t')",
           "FROM duckdb_settings()",
           "FROM pragma_version()",
           "FROM enable_logging()",
           "FROM sniff_csv('x')",
           "FROM json_execute_serialized_sql('{}')",
           "SELECT (SELECT content FROM read_text('x'))",
           "FROM repeat_row(1, num_rows = 3)",
           "FROM test_all_types()",
           "FROM main.read_text('x')",
           "FROM which_secret('a', 'b')",
           "FROM lower('x')",
       })
    EXPECT_THAT(RuleOf(sql), ::testing::AnyOf("table_function", "function")) << sql;
}

TEST_F(GateTest, RefusesNamesThatLookLikeFiles) {
  for (const char* sql : {
           "FROM 'x.csv'",
           "FROM \"x.parquet\"",
           "FROM '/etc/passwd'",
           "FROM 'http://h/x'",
           "FROM 's3:x'",
           "FROM '..'",
           "FROM '*'",
           "FROM 'a\\b'",
           "DESCRIBE 'x.csv'",
           "SUMMARIZE 'x.csv'",
           "FROM \"a.b\".t",
           "SELECT * FROM t, LATERAL (FROM 'x.json')",
           "TABLE 'x.csv'",
           "WITH \"x.csv\" AS (SELECT 1) FROM \"x.csv\"",
           "PIVOT 'x.csv' ON a IN (1) USING sum(b)",
           "SELECT array(FROM 'x.csv')",
           "WITH RECURSIVE \"x.csv\" AS (SELECT 1 a UNION ALL SELECT a FROM \"x.csv\") FROM \"x.csv\"",
       })
    EXPECT_EQ(RuleOf(sql), "file_name") << sql;
}

TEST_F(GateTest, RefusesOtherCatalogsAndSchemas) {
  EXPECT_EQ(RuleOf("FROM memory.main.t"), "catalog_name");
  EXPECT_EQ(RuleOf("FROM information_schema.tables"), "not_found");
  EXPECT_EQ(RuleOf("FROM pg_catalog.pg_class"), "not_found");
  EXPECT_EQ(RuleOf("SHOW DATABASES"), "show");
  EXPECT_EQ(RuleOf("SHOW TABLES FROM x"), "show");
}

TEST_F(GateTest, SystemViewsAreDatasetsThatDoNotExist) {
  // The caller's name goes to the catalog, never to the engine's own views.
  EXPECT_THAT(DatasetsOf("FROM duckdb_settings"), ElementsAre("duckdb_settings"));
  EXPECT_THAT(DatasetsOf("FROM sqlite_master"), ElementsAre("sqlite_master"));
}

TEST_F(GateTest, RefusesParameters) {
  EXPECT_EQ(RuleOf("SELECT $1"), "parameter");
  EXPECT_EQ(RuleOf("SELECT ?"), "parameter");
  EXPECT_EQ(RuleOf("SELECT $name"), "parameter");
}

TEST_F(GateTest, RefusesColumnsThatAreCalls) {
  for (const char* name : {"current_user", "user", "session_user", "current_role", "current_catalog", "current_schema", "CURRENT_USER"})
    EXPECT_EQ(RuleOf(std::string("SELECT ") + name), "function") << name;
  EXPECT_EQ(RuleOf("SELECT user FROM t"), "") << "a column of this name is an ordinary one";
}

TEST_F(GateTest, RefusesNestingBeyondTheLimit) {
  std::string deep = "1";
  for (int i = 0; i < 300; ++i) deep = "abs(" + deep + ")";
  EXPECT_THAT(RuleOf("SELECT " + deep), ::testing::AnyOf("", "depth", "invalid_argument"));
  for (int i = 0; i < 600; ++i) deep = "abs(" + deep + ")";
  EXPECT_THAT(RuleOf("SELECT " + deep), ::testing::AnyOf("depth", "invalid_argument"));
}

TEST_F(GateTest, PointsAtThePlace) {
  const auto verdict = Check("SELECT 1, version()");
  ASSERT_FALSE(verdict.ok());
  EXPECT_EQ(verdict.error().details(), R"({"rule":"function","position":10})");
  const auto syntax = Check("SELECT 1 +");
  ASSERT_FALSE(syntax.ok());
  EXPECT_EQ(syntax.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(syntax.error().details(), HasSubstr("position"));
}

// ---- trees that no parser makes --------------------------------------------------------------------------------------------

TEST_F(GateTest, RefusesUnknownKeysAndKinds) {
  const std::string good = maker_.Tree("SELECT a FROM t");
  ASSERT_TRUE(CheckTree(good).ok());
  const auto changed = [&](std::string_view from, std::string_view to) {
    std::string tree = good;
    const auto at = tree.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return tree.replace(at, from.size(), to);
  };
  for (const std::string& tree : {
           changed("\"qualify\":null", "\"qualify\":null,\"new_clause\":null"),
           changed("\"class\":\"COLUMN_REF\"", "\"class\":\"NEW_EXPRESSION\""),
           changed("\"type\":\"BASE_TABLE\"", "\"type\":\"NEW_TABLE\""),
           changed("\"type\":\"SELECT_NODE\"", "\"type\":\"INSERT_NODE\""),
           changed("\"group_sets\":[]", "\"group_sets\":[{\"class\":\"FUNCTION\"}]"),
           changed("\"alias\":\"\"", "\"alias\":{\"function_name\":\"x\"}"),
           changed("\"select_list\":[", "\"select_list\":[[],"),
           changed("\"named_param_map\":[]", "\"named_param_map\":[{\"key\":\"1\",\"value\":1}]"),
           changed("\"named_param_map\":[]", "\"more\":[]"),
           changed("\"catalog_name\":\"\"", "\"catalog_name\":\"memory\""),
           changed("{\"error\":false", "{\"error\":false,\"x\":1"),
           changed("\"error\":false", "\"error\":0"),
       })
    EXPECT_EQ(CheckTree(tree).ok(), false) << tree;
}

TEST_F(GateTest, SurvivesTreesThatAreNone) {
  for (const char* tree : {"{}", "[]", "null", "1", "\"x\"", "{\"error\":false}", "{\"error\":false,\"statements\":1}",
                           "{\"error\":false,\"statements\":[1]}", "{\"error\":false,\"statements\":[{\"node\":[]}]}",
                           "{\"error\":false,\"statements\":[{\"node\":{\"type\":\"RECURSIVE_CTE_NODE\"}}]}", "{\"error\":true}"})
    (void)CheckTree(tree);
}

// ---- rewriting -----------------------------------------------------------------------------------------------------------

TEST_F(GateTest, RenamesWhatOurViewsCannotBeCalled) {
  const auto verdict = Check("SELECT t.a FROM main.t JOIN main.t AS u ON t.a = u.a");
  ASSERT_TRUE(verdict.ok()) << verdict.error().ToString();
  ASSERT_THAT(verdict->tables, SizeIs(1));
  EXPECT_EQ(verdict->tables[0].view, "t:0");
  EXPECT_EQ(maker_.Text(verdict->tree), "SELECT t.a FROM \"t:0\" AS t INNER JOIN \"t:0\" AS u ON ((t.a = u.a))");
}

TEST_F(GateTest, ReadsOneDatasetAtSeveralVersions) {
  const auto verdict = Check("SELECT * FROM t EXCEPT SELECT * FROM t AT (VERSION => 3) UNION SELECT * FROM t AT (VERSION => 4)");
  ASSERT_TRUE(verdict.ok()) << verdict.error().ToString();
  ASSERT_THAT(verdict->tables, SizeIs(3));
  EXPECT_EQ(verdict->tables[0].view, "t");
  EXPECT_EQ(verdict->tables[1].at.version, 3);
  EXPECT_EQ(verdict->tables[2].at.version, 4);
  EXPECT_NE(verdict->tables[1].view, verdict->tables[2].view);
}

TEST_F(GateTest, ARewrittenTreePassesTheGateAndMeansTheSame) {
  maker_.Rows("CREATE TABLE t AS SELECT range AS a, range % 3 AS b FROM range(20)");
  maker_.Rows("CREATE VIEW \"t:0\" AS FROM t");
  maker_.Rows("CREATE VIEW \"t:1\" AS FROM t");
  for (const std::string body : {
           "SELECT sum(a), b FROM $ GROUP BY b HAVING sum(a) > 1 ORDER BY b DESC",
           "WITH t AS (FROM $) SELECT t.* FROM t ORDER BY ALL",
           "SELECT x.a FROM $ x WHERE x.a IN (SELECT b FROM $) ORDER BY 1",
           "PIVOT $ ON b IN (0, 1, 2) USING count(*)",
           "SELECT a, row_number() OVER (PARTITION BY b ORDER BY a) FROM $ ORDER BY ALL LIMIT 5",
           "SUMMARIZE $",
           "DESCRIBE $",
           "SELECT list(a ORDER BY a), {'k': max(a)}, 18446744073709551615::UBIGINT, 1e300, 'é''\"' FROM $",
       }) {
    std::string plain = body;
    std::string qualified = body;
    for (std::size_t at; (at = plain.find('$')) != std::string::npos;) plain.replace(at, 1, "t");
    for (std::size_t at; (at = qualified.find('$')) != std::string::npos;) qualified.replace(at, 1, "main.t");
    const auto verdict = Check(qualified);
    ASSERT_TRUE(verdict.ok()) << qualified << ": " << verdict.error().ToString();
    ASSERT_NE(verdict->tree, "");
    const bool hides_t = body.starts_with("WITH t");  // its plain form would read itself
    EXPECT_EQ(maker_.Rows(maker_.Text(verdict->tree)), maker_.Rows(hides_t ? "SELECT t.* FROM t ORDER BY ALL" : plain))
        << maker_.Text(verdict->tree);
  }
}

TEST_F(GateTest, ShowTablesReadsOurList) {
  const auto verdict = Check("SELECT name FROM (SHOW TABLES) s WHERE name <> 'x'");
  ASSERT_TRUE(verdict.ok());
  EXPECT_TRUE(verdict->lists_tables);
  EXPECT_THAT(maker_.Text(verdict->tree), HasSubstr("\"tables:list\""));
  EXPECT_THAT(maker_.Text(verdict->tree), Not(HasSubstr("SHOW")));
}

// ---- AT --------------------------------------------------------------------------------------------------------------------

TEST_F(GateTest, EvaluatesAt) {
  const auto time_of = [&](const std::string& expression) -> std::int64_t {
    const auto verdict = Check("FROM t AT (TIMESTAMP => " + expression + ")");
    EXPECT_TRUE(verdict.ok()) << expression << ": " << (verdict ? "" : verdict.error().ToString());
    return verdict ? verdict->tables.at(0).at.time_micros.value_or(-1) : -1;
  };
  const std::int64_t new_year = 1'704'067'200'000'000;  // 2024-01-01 00:00 UTC
  EXPECT_EQ(time_of("'2024-01-01'"), new_year);
  EXPECT_EQ(time_of("'2024-01-01 00:00:00'"), new_year);
  EXPECT_EQ(time_of("'2024-01-01T01:30:00.25+01:30'"), new_year + 250'000);
  EXPECT_EQ(time_of("TIMESTAMP '2024-01-01 00:00:01'"), new_year + 1'000'000);
  EXPECT_EQ(time_of("'2024-01-01 00:00:00Z'::TIMESTAMPTZ"), new_year);
  EXPECT_EQ(time_of("DATE '2024-01-01'"), new_year);
  EXPECT_EQ(time_of("now()"), kNow);
  EXPECT_EQ(time_of("now() - INTERVAL 1 DAY"), kNow - kDayMicros);
  EXPECT_EQ(time_of("now() - INTERVAL '2 days 3 hours'"), kNow - 2 * kDayMicros - 3 * 3'600'000'000);
  EXPECT_EQ(time_of("current_timestamp - to_hours(3)"), kNow - 3 * 3'600'000'000);
  EXPECT_EQ(time_of("TIMESTAMP '2024-01-02' - INTERVAL 1 DAY"), new_year);
  EXPECT_TRUE(Check("FROM t AT (TIMESTAMP => now())")->depends_on_time);
  EXPECT_FALSE(Check("FROM t AT (TIMESTAMP => '2024-01-01')")->depends_on_time);
  EXPECT_EQ(Check("FROM t AT (VERSION => 7)")->tables.at(0).at.version, 7);
  EXPECT_EQ(Check("FROM t AT (VERSION => '7')")->tables.at(0).at.version, 7);
}

TEST_F(GateTest, RefusesAtThatIsNoVersionOrTime) {
  for (const char* at : {"VERSION => 0", "VERSION => -1", "VERSION => 'x'", "VERSION => 1.5", "TIMESTAMP => 'yesterday'", "TIMESTAMP => 5",
                         "TIMESTAMP => '2024-02-30'", "TIMESTAMP => '2024-01-01 25:00:00'", "TIMESTAMP => now() - INTERVAL 1 MONTH",
                         "TIMESTAMP => a", "TIMESTAMP => (SELECT now())", "TIMESTAMP => random()", "TIMESTAMP => NULL"})
    EXPECT_EQ(RuleOf(std::string("FROM t AT (") + at + ")"), "invalid_argument") << at;
}

TEST(ParseTimestampTest, AgreesWithTheCalendar) {
  EXPECT_EQ(ParseTimestamp("1970-01-01"), 0);
  EXPECT_EQ(ParseTimestamp("2000-02-29"), 951'782'400'000'000);
  EXPECT_EQ(ParseTimestamp("1969-12-31 23:59:59"), -1'000'000);
  EXPECT_EQ(ParseTimestamp("2100-02-29"), std::nullopt);
  EXPECT_EQ(ParseTimestamp("2024-1-01"), std::nullopt);
  EXPECT_EQ(ParseTimestamp("2024-01-01x"), std::nullopt);
  EXPECT_EQ(ParseTimestamp(""), std::nullopt);
}

TEST(ParseIntervalTest, KnowsUnitsOfFixedLength) {
  EXPECT_EQ(ParseInterval("1 day"), kDayMicros);
  EXPECT_EQ(ParseInterval("-2 weeks"), -14 * kDayMicros);
  EXPECT_EQ(ParseInterval("90 minutes 30 seconds"), 5'430'000'000);
  EXPECT_EQ(ParseInterval("1 month"), std::nullopt);
  EXPECT_EQ(ParseInterval("9223372036854775807 days"), std::nullopt);
  EXPECT_EQ(ParseInterval(""), std::nullopt);
}

}  // namespace
}  // namespace lakehouse::query
