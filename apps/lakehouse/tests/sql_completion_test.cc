#include "sql_completion.h"

#include <gmock/gmock.h>

namespace lakehouse::app {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

const std::vector<TableNames>& Tables() {
  static const std::vector<TableNames> tables{
      {"workers", {"worker_id", "role", "Pay Rate"}}, {"work_orders", {"order_id", "role"}}, {"Odd Name", {"a"}}};
  return tables;
}

/// '|' marks the cursor.
std::vector<std::string> Offered(std::string text) {
  const std::size_t cursor = text.find('|');
  text.erase(cursor, 1);
  return CompleteSql(text, cursor, {Tables, {"round", "row_number", "count"}}).candidates;
}

TEST(CompleteSql, TablesAfterFromAndJoin) {
  EXPECT_THAT(Offered("SELECT * FROM wor|"), ElementsAre("workers", "work_orders"));
  EXPECT_THAT(Offered("select * from workers w join work_|"), ElementsAre("work_orders"));
  EXPECT_THAT(Offered("FROM workers, work_|"), ElementsAre("work_orders"));
  EXPECT_THAT(Offered("DESCRIBE |"), ElementsAre("workers", "work_orders", "\"Odd Name\""));
  EXPECT_THAT(Offered("SELECT 1 FROM \"odd|"), ElementsAre("\"Odd Name\""));
}

TEST(CompleteSql, ColumnsOfTheTablesThatAreNamedAnywhere) {
  EXPECT_THAT(Offered("SELECT wor| FROM workers"), ElementsAre("worker_id"));
  EXPECT_THAT(Offered("SELECT w.| FROM workers w"), ElementsAre("worker_id", "role", "\"Pay Rate\""));
  EXPECT_THAT(Offered("SELECT work_orders.o|"), ElementsAre("order_id"));
  EXPECT_THAT(Offered("FROM workers WHERE |"), Contains("\"Pay Rate\""));
}

TEST(CompleteSql, FunctionsAndKeywordsInTheCaseThatIsTyped) {
  EXPECT_THAT(Offered("SELECT ro| FROM workers"), ElementsAre("role", "rollup", "row", "rows", "round(", "row_number("));
  EXPECT_THAT(Offered("SEL|"), ElementsAre("SELECT"));
  EXPECT_THAT(Offered("sel|"), ElementsAre("select"));
}

TEST(CompleteSql, NothingWithinStringsCommentsAndNumbers) {
  EXPECT_THAT(Offered("SELECT 'wor| FROM workers"), IsEmpty());
  EXPECT_THAT(Offered("SELECT 1 -- wor|"), IsEmpty());
  EXPECT_THAT(Offered("SELECT 1 /* wor|"), IsEmpty());
  EXPECT_THAT(Offered("SELECT 12|"), IsEmpty());
}

TEST(CompleteSql, CommandsAndTheirValues) {
  EXPECT_THAT(Offered("\\ti|"), ElementsAre("\\timing"));
  EXPECT_THAT(Offered("\\d work|"), ElementsAre("workers", "work_orders"));
  EXPECT_THAT(Offered("\\format a|"), ElementsAre("arrow"));
  EXPECT_THAT(Offered("\\nonsense a|"), IsEmpty());
}

TEST(CompleteSql, AnyPlaceOfAnyTextIsAnswered) {
  const std::string text = "SELECT w.\"a, é FROM workers w, (SELECT * FROM x.y) AS z -- c\n WHERE 'x' = $$d$$; \\d";
  for (std::size_t cursor = 0; cursor <= text.size(); ++cursor) EXPECT_LE(CompleteSql(text, cursor, {Tables, {}}).begin, cursor);
}

TEST(AsIdentifier, QuotesWhatSqlWouldReadOtherwise) {
  EXPECT_EQ(AsIdentifier("workers"), "workers");
  EXPECT_EQ(AsIdentifier("select"), "\"select\"");
  EXPECT_EQ(AsIdentifier("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(AsIdentifier("2x"), "\"2x\"");
}

TEST(ColourSql, ColoursFollowEachOtherWithinTheText) {
  const std::string text = "SELECT 'a', \"b\", 1 -- c";
  std::size_t at = 0;
  const auto spans = ColourSql(text);
  EXPECT_EQ(spans.size(), 5U);
  for (const auto& span : spans) {
    EXPECT_GE(span.begin, at);
    EXPECT_GT(span.end, span.begin);
    at = span.end;
  }
  EXPECT_LE(at, text.size());
}

}  // namespace
}  // namespace lakehouse::app
