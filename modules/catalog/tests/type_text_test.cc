#include "type_text.h"

#include <gtest/gtest.h>

#include <string>

namespace lakehouse::catalog {
namespace {

TEST(TypeText, IsWhatDuckDbSpells) {
  for (const char* type : {"BIGINT",
                           "integer",
                           "VARCHAR",
                           "DECIMAL(18,3)",
                           "DECIMAL(4, 1)",
                           "TIMESTAMP WITH TIME ZONE",
                           "TIME WITH TIME ZONE",
                           "TIMESTAMP_NS",
                           "INTEGER[]",
                           "FLOAT[3]",
                           "INTEGER[][2][]",
                           "STRUCT(a INTEGER)",
                           "STRUCT(\"a b\" INTEGER, c DATE[])",
                           "STRUCT(\"q\"\"x\" BLOB)",
                           "MAP(VARCHAR, DECIMAL(5,2))",
                           "UNION(num INTEGER, str VARCHAR)",
                           "ENUM('a', 'b ''q''')",
                           "\"NULL\"",
                           "\"NULL\"[]",
                           "BIT",
                           "UUID",
                           "STRUCT(a STRUCT(b MAP(VARCHAR, TIMESTAMP WITH TIME ZONE[])[]))",
                           "GEOMETRY('OGC:CRS84')"})
    EXPECT_TRUE(IsTypeText(type)) << type;
}

TEST(TypeText, IsNothingThatEndsTheCastItStandsIn) {
  for (const char* type : {"",
                           " ",
                           "NOSUCH",
                           "INTEGER ",
                           " INTEGER",
                           "INTEGER) AS x",
                           "INTEGER; SELECT 1",
                           "INTEGER -- ",
                           "INTEGER/**/",
                           "DECIMAL(18",
                           "DECIMAL()",
                           "DECIMAL((SELECT 1))",
                           "DECIMAL(read_text('x'))",
                           "INTEGER[(SELECT 1)]",
                           "INTEGER[",
                           "INTEGER]",
                           "STRUCT()",
                           "STRUCT",
                           "MAP",
                           "ENUM(a)",
                           "ENUM('a",
                           "ENUM('a') AS x",
                           "STRUCT(a)",
                           "STRUCT(a INTEGER",
                           "STRUCT(\"a INTEGER)",
                           "\"INTEGER\"",
                           "INTEGER AS b",
                           "INTEGER\n",
                           "pg_catalog.int4",
                           "VARCHAR COLLATE nocase",
                           "TIMESTAMP WITH TIME",
                           "INTEGER,VARCHAR",
                           "'INTEGER'"})
    EXPECT_FALSE(IsTypeText(type)) << type;
  EXPECT_FALSE(IsTypeText(std::string("INTEGER\0", 8)));
}

TEST(TypeText, EndsSomewhere) {
  std::string deep = "INTEGER";
  for (int i = 0; i < 60; ++i) deep = "STRUCT(a " + deep + ")";
  EXPECT_TRUE(IsTypeText(deep));
  std::string endless;
  for (int i = 0; i < 100'000; ++i) endless += "STRUCT(a ";
  EXPECT_FALSE(IsTypeText(endless + deep));
}

}  // namespace
}  // namespace lakehouse::catalog
