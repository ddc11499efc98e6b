#include "statement_starts.h"

#include <gtest/gtest.h>

namespace lakehouse::query {
namespace {

/// "0 SELECT, 10 DROP"
std::string Starts(std::string_view sql) {
  std::string text;
  for (const StatementStart& start : StatementStarts(sql))
    text += (text.empty() ? "" : ", ") + std::to_string(start.position) + " " + start.word;
  return text;
}

TEST(StatementStartsTest, EachStatementIsFoundWithItsFirstWord) {
  EXPECT_EQ(Starts("SELECT 1"), "0 SELECT");
  EXPECT_EQ(Starts("select 1; drop table t"), "0 SELECT, 10 DROP");
  EXPECT_EQ(Starts("  -- why\n /* a /* b */ ; */ Drop t;;DELETE"), "28 DROP, 36 DELETE");
  EXPECT_EQ(Starts("\xEF\xBB\xBFSELECT 1"), "3 SELECT");
  EXPECT_EQ(Starts("(SELECT 1)"), "0 ");
}

TEST(StatementStartsTest, AnEmptyTextHasNone) {
  for (const char* sql : {"", ";", " ;; ", "-- SELECT 1", "/* ; "}) EXPECT_EQ(Starts(sql), "") << sql;
}

TEST(StatementStartsTest, SemicolonsInQuotesEndNothing) {
  EXPECT_EQ(Starts("SELECT ';', 'it''s;', \";\"\";\""), "0 SELECT");
  EXPECT_EQ(Starts("SELECT E'\\';' ; DROP t"), "0 SELECT, 16 DROP");
  EXPECT_EQ(Starts("SELECT $$;$$, $a$ ; $$ ; $a$; X"), "0 SELECT, 30 X");
  EXPECT_EQ(Starts("SELECT $1; X"), "0 SELECT, 11 X");
}

TEST(StatementStartsTest, WhatIsNeverClosedReachesToTheEnd) {
  for (const char* sql : {"SELECT ';", "SELECT \";", "SELECT $$;", "SELECT $a$;$b$", "SELECT E'\\", "SELECT /*;"})
    EXPECT_EQ(Starts(sql), "0 SELECT") << sql;
}

}  // namespace
}  // namespace lakehouse::query
