#include "lakehouse/query/system_tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "../src/system_view.h"
#include "lakehouse/catalog/catalog_tables.h"
#include "test_lake.h"

namespace lakehouse::query {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// Rows that a test puts there, and how often they were asked for.
class ThingsTable final : public catalog::SystemTable {
 public:
  std::string_view name() const override { return "things"; }
  const std::vector<catalog::SystemColumn>& columns() const override {
    static const std::vector<catalog::SystemColumn> kColumns = {
        {"id", "BIGINT"}, {"share", "DOUBLE"}, {"good", "BOOLEAN"}, {"name", "VARCHAR"}, {"time", "TIMESTAMP"}};
    return kColumns;
  }
  Result<std::vector<catalog::SystemRow>> Rows(const Context&, const catalog::Sight& sight, std::int64_t limit) override {
    ++asked;
    std::vector<catalog::SystemRow> rows = {
        {std::int64_t{9'007'199'254'740'993}, 0.5, true, std::string("a \"quoted\"\nline, größe"), std::int64_t{1'704'067'200'000'000}},
        {std::int64_t{2}, {}, {}, {}, {}},
        {std::int64_t{3}, {}, {}, sight.principal(), {}}};
    if (static_cast<std::int64_t>(rows.size()) > limit) rows.resize(static_cast<std::size_t>(limit));
    return rows;
  }
  int asked = 0;
};

class SystemTablesTest : public ::testing::Test {
 protected:
  SystemTablesTest() {
    lake_.system_tables.Add(things_);
    queries_ = MakeQueriesTable(*lake_.query);
    lake_.system_tables.Add(*queries_);
    tables_ = catalog::MakeCatalogTables(lake_.catalog);
    for (const auto& table : tables_) lake_.system_tables.Add(*table);
    lake_.Put("numbers", "SELECT range AS id FROM range(10)");
    lake_.Put("secrets", "SELECT 1 AS id");
  }
  std::string Rows(const std::string& sql) { return lake_.Rows(sql); }
  std::string RowsAs(const std::string& principal, const std::string& sql) {
    const auto answer = lake_.Ask(sql, ResultFormat::kJsonRows, principal);
    return answer ? answer->body : "ERROR " + std::string(answer.error().reason()) + ": " + answer.error().message();
  }

  TestLake lake_;
  ThingsTable things_;
  std::unique_ptr<catalog::SystemTable> queries_;
  std::vector<std::unique_ptr<catalog::SystemTable>> tables_;
};

TEST_F(SystemTablesTest, AreTablesLikeOthers) {
  EXPECT_EQ(Rows("SELECT * FROM system.things ORDER BY id DESC"),
            "[\"9007199254740993\",0.5,true,\"a \\\"quoted\\\"\\nline, größe\",\"2024-01-01T00:00:00\"],[3,null,null,\"tester\",null],"
            "[2,null,null,null,null]");
  EXPECT_EQ(Rows("SELECT t.name FROM System.THINGS t JOIN numbers n USING (id)"), "[null],[\"tester\"]");
  EXPECT_EQ(Rows("WITH things AS (SELECT 7 AS id) SELECT count(*) FROM things, system.things"), "[3]") << "a CTE is something else";
  EXPECT_THAT(Rows("DESCRIBE SELECT * FROM system.things"), HasSubstr("[\"time\",\"TIMESTAMP\""));
  EXPECT_THAT(Rows("DESCRIBE system.things"), HasSubstr("[\"share\",\"DOUBLE\""));
  EXPECT_THAT(Rows("SUMMARIZE system.things"), HasSubstr("[\"id\",\"BIGINT\""));
  EXPECT_EQ(Rows("SELECT things.id FROM system.things WHERE id = 2"), "[2]");
}

TEST_F(SystemTablesTest, CostNothingUnlessNamed) {
  EXPECT_EQ(Rows("SELECT count(*) FROM numbers"), "[10]");
  EXPECT_EQ(things_.asked, 0);
  Rows("SELECT count(*) FROM system.things a, system.things b");
  EXPECT_EQ(things_.asked, 1) << "once for a statement";
  Rows("SELECT count(*) FROM system.things a, system.things b");
  EXPECT_EQ(things_.asked, 2) << "and anew for the next";
}

TEST_F(SystemTablesTest, LeaveNoFiles) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Rows("SELECT count(*) FROM system.things"), "[3]");
  for (const auto& entry : std::filesystem::recursive_directory_iterator(lake_.path()))
    EXPECT_THAT(entry.path().filename().string(), Not(::testing::EndsWith(".json"))) << entry.path();
}

TEST_F(SystemTablesTest, HaveNoVersionsAndNoNeighbours) {
  EXPECT_THAT(Rows("SELECT * FROM system.things AT (VERSION => 1)"), StartsWith("ERROR not_allowed"));
  EXPECT_THAT(Rows("SELECT * FROM system.nothing"), StartsWith("ERROR dataset_not_found"));
  EXPECT_THAT(Rows("SELECT * FROM system.main.things"), StartsWith("ERROR not_allowed"));
  EXPECT_THAT(Rows("SELECT * FROM information_schema.tables"), StartsWith("ERROR"));
  EXPECT_THAT(Rows("SELECT * FROM things"), StartsWith("ERROR"));
  EXPECT_THAT(Rows("SELECT * FROM main.things"), StartsWith("ERROR"));
}

TEST_F(SystemTablesTest, ShowEachPrincipalItsOwnQueries) {
  RowsAs("key:ann", "SELECT 1");  // no such key: it sees nothing at all
  lake_.catalog.LetSee("ann", {.name = "p"});
  lake_.catalog.LetSee("bob", {.name = "p"});
  EXPECT_EQ(RowsAs("key:ann", "SELECT 'of ann'"), "[\"of ann\"]");
  EXPECT_EQ(RowsAs("key:bob", "SELECT count(*) FROM system.queries WHERE sql LIKE '%of ann%' AND sql NOT LIKE '%system%'"), "[0]");
  EXPECT_EQ(RowsAs("key:ann", "SELECT principal, outcome FROM system.queries WHERE sql = 'SELECT ''of ann'''"), "[\"key:ann\",\"ok\"]");
  EXPECT_EQ(Rows("SELECT count(*) FROM system.queries WHERE sql = 'SELECT ''of ann'''"), "[1]");
  EXPECT_THAT(RowsAs("key:nobody", "SELECT 1"), StartsWith("ERROR key_revoked"));
}

TEST_F(SystemTablesTest, ShowEachPrincipalTheDatasetsItSees) {
  EXPECT_EQ(Rows("SELECT name, version, columns FROM system.datasets ORDER BY name"), "[\"numbers\",1,1],[\"secrets\",1,1]");
  lake_.catalog.LetSee("ann", {.name = "p", .datasets = {"num*"}});
  EXPECT_EQ(RowsAs("key:ann", "SELECT name FROM system.datasets"), "[\"numbers\"]");
  EXPECT_EQ(RowsAs("key:ann", "SELECT DISTINCT dataset FROM system.files"), "[\"numbers\"]");
  EXPECT_EQ(RowsAs("key:ann", "SHOW TABLES"), "[\"numbers\"]");
  lake_.catalog.LetSee("ann", {.name = "p", .datasets = {"num*"}, .views = {{.dataset = "numbers", .row_filter = "id = 3"}}});
  EXPECT_EQ(RowsAs("key:ann", "SELECT dataset FROM system.files"), "") << "the digest of a file tells what is in it";
  EXPECT_EQ(RowsAs("key:ann", "SELECT rows, size_bytes, columns FROM system.datasets"), "[null,null,null]");
}

}  // namespace
}  // namespace lakehouse::query
