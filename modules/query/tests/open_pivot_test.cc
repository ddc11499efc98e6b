#include "open_pivot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "statement_starts.h"

namespace lakehouse::query {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string Filled(const std::string& sql, const std::vector<std::vector<std::string>>& values) {
  const auto pivot = FindOpenPivot(sql);
  return pivot ? FillPivot(sql, *pivot, values) : "none";
}

TEST(OpenPivotTest, WritesTheValuesBehindTheColumn) {
  EXPECT_EQ(Filled("PIVOT t ON y USING sum(x)", {{"a", "it's"}}), "PIVOT t ON y\nIN ('a', 'it''s') USING sum(x)");
  EXPECT_EQ(Filled("pivot t on y", {{"1"}}), "pivot t on y\nIN ('1')");
  EXPECT_EQ(Filled("PIVOT t ON a, b GROUP BY c", {{"1"}, {}}), "PIVOT t ON a\nIN ('1'), b\nIN (NULL) GROUP BY c");
  EXPECT_EQ(Filled("PIVOT t ON a IN (1), b", {{"2"}}), "PIVOT t ON a IN (1), b\nIN ('2')");
  EXPECT_EQ(Filled("PIVOT t ON y -- the year\nUSING sum(x);", {{"1"}}), "PIVOT t ON y -- the year\nIN ('1')\nUSING sum(x);");
}

TEST(OpenPivotTest, AsksForTheValuesInAStatementOfTheirOwn) {
  const auto pivot = FindOpenPivot("WITH c AS (SELECT 1 AS y, 2 AS x) PIVOT c ON y USING sum(x)");
  ASSERT_TRUE(pivot);
  ASSERT_EQ(pivot->holes.size(), 1u);
  EXPECT_EQ(pivot->holes[0].values,
            "WITH c AS (SELECT 1 AS y, 2 AS x) SELECT DISTINCT CAST(( y\n) AS VARCHAR) AS v FROM  c \nWHERE ( y\n) IS NOT NULL ORDER BY v");
}

TEST(OpenPivotTest, LeavesOtherStatementsAlone) {
  for (const char* sql : {"SELECT 1", "SELECT 'PIVOT t ON y'", "PIVOT t ON y IN (1) USING sum(x)", "FROM (PIVOT t ON y)", "PIVOT",
                          "SELECT pivot FROM t JOIN u ON y", "PIVOT a JOIN b ON c ON d", "-- PIVOT t ON y",
                          "UNPIVOT t ON a, b INTO NAME n VALUE v", "FROM t PIVOT (sum(x) FOR y IN (1)) p JOIN u ON p.a = u.a"})
    EXPECT_EQ(Filled(sql, {{}}), "none") << sql;
}

TEST(OuterWordsTest, SeesNeitherBracketsNorTextsNorComments) {
  std::string seen;
  for (const OuterWord& word : OuterWords("select a, (b, c) 'x, y' \"d, e\" $$f, g$$ /* h, */ i -- j\n, e'k''l' m; n"))
    seen += word.word + "|";
  EXPECT_EQ(seen, "SELECT|A|,|I|,|M||");
}

}  // namespace
}  // namespace lakehouse::query
