#include "type_tree.h"

#include <gmock/gmock.h>

namespace lakehouse::ingest {
namespace {

/// As it is spelled again, or "refused".
std::string Again(std::string_view text) {
  const auto type = ParseType(text);
  return type ? SpellType(*type) : "refused";
}
std::string Stored(std::string_view text) {
  const auto type = ParseType(text);
  return type ? SpellType(StoredType(*type)) : "refused";
}
std::string Times(int count, std::string_view text) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

TEST(TypeTreeTest, ATypeIsSpelledAsItWasRead) {
  for (const char* text : {"BIGINT", "DECIMAL(10,2)", "TIMESTAMP WITH TIME ZONE", "VARCHAR[][]", "MAP(VARCHAR, INTEGER[])",
                           "ENUM('a', 'b''c')", "\"my type\"", "\"\""})
    EXPECT_EQ(Again(text), text);
  EXPECT_EQ(Again("STRUCT(a INTEGER, \"b c\" VARCHAR)"), Again(Again("STRUCT(a INTEGER, \"b c\" VARCHAR)")));
  EXPECT_EQ(Again("\"plain\""), "plain");
}

TEST(TypeTreeTest, AQuotedTypeInsideAnotherIsStillAType) {
  EXPECT_EQ(Again(Again("STRUCT(d \"x y\")")), Again("STRUCT(d \"x y\")")) << "it was once spelled without its quotes";
  EXPECT_EQ(Stored("\"x y\""), "VARCHAR");
}

TEST(TypeTreeTest, WhatIsNoTypeIsRefused) {
  for (const char* text : {"", " ", "STRUCT(a INTEGER", "STRUCT(a)", "MAP(VARCHAR)", "INTEGER[", "INTEGER]", "\"open", "DECIMAL(1", "a;b"})
    EXPECT_EQ(Again(text), "refused") << text;
}

TEST(TypeTreeTest, DepthIsBoundedForListsToo) {
  EXPECT_NE(Again("INTEGER" + Times(30, "[]")), "refused");
  EXPECT_EQ(Again("INTEGER" + Times(33, "[]")), "refused");
  EXPECT_EQ(Again("INTEGER" + Times(200'000, "[]")), "refused") << "a list of lists of lists once had no end";
  EXPECT_EQ(Again(Times(40, "STRUCT(a ") + "INTEGER" + Times(40, ")")), "refused");
}

TEST(TypeTreeTest, TypesAreStoredAsOnesThatParquetAndIcebergHave) {
  EXPECT_EQ(Stored("UTINYINT"), "INTEGER");
  EXPECT_EQ(Stored("UINTEGER"), "BIGINT");
  EXPECT_EQ(Stored("UBIGINT[]"), "DECIMAL(20,0)[]");
  EXPECT_EQ(Stored("HUGEINT"), "DECIMAL(38,0)");
  EXPECT_EQ(Stored("TIMESTAMP_NS"), "TIMESTAMP");
  EXPECT_EQ(Stored("TIME_NS"), "TIME");
  EXPECT_EQ(Stored("GEOMETRY"), "BLOB");
  EXPECT_EQ(Stored("ENUM('a')"), "VARCHAR");
  EXPECT_EQ(Stored("FLOAT[3]"), "FLOAT[]");
  EXPECT_EQ(Stored("MAP(JSON, INTERVAL)"), "MAP(VARCHAR, VARCHAR)");
}

}  // namespace
}  // namespace lakehouse::ingest
