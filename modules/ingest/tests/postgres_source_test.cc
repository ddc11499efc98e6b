#include <gmock/gmock.h>

#include "table_source_fixture.h"

namespace lakehouse::ingest {
namespace {

using testing::IsEmpty;

class PostgresSourceTest : public testing::Test, protected TableSourceFixture {
 protected:
  void SetUp() override {
    if (!Use(SharedPostgres())) GTEST_SKIP() << "PostgreSQL is not installed";
  }
};

TEST_F(PostgresSourceTest, EveryTypeComesOverExactly) {
  Sql("CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN cents AS numeric(12,2); CREATE TYPE pair AS (a int, b text);"
      "CREATE TABLE t (id int, b boolean, s smallint, l bigint, r real, d double precision, n numeric(38,10), nn numeric, c cents, t text, "
      "v varchar(9), ch char(4), by bytea, u uuid, j json, jb jsonb, m mood, da date, ti time, ts timestamp, tz timestamptz, iv interval, "
      "ip inet, ia int[], ta text[], na numeric(10,3)[], tza timestamptz[], i2 int[][], p pair, ma mood[], ba bytea[]);"
      "INSERT INTO t VALUES (1, true, -32768, 9223372036854775807, 0.1, 0.1, 1234567890123456789012345678.0123456789, "
      "'123456789012345678901234567890123456789012.5', 12.34, E'a,\"b\"\\n\\\\N\\r\\t é', '', 'ab', '\\x00ff27', "
      "'0187a2f0-0000-7000-8000-00000000abcd', '{\"a\": [1,  2]}', '{\"b\":null}', 'ok', '2024-02-29', '23:59:59.999999', "
      "'1999-12-31 23:59:59.123456', '2024-07-01 12:00:00+02', '1 day 02:00:00', '10.0.0.0/8', '{1,NULL,-3}', "
      "'{\"x,y\",\"q\\\"q\",NULL,\"NULL\",\"\"}', '{1.250,99.999}', '{\"2024-07-01 12:00:00+02\"}', '{{1,2},{3,4}}', '(1,\"x y\")', "
      "'{ok,sad}', '{\"\\\\x00ff\"}');"
      "INSERT INTO t (id, r, d, ia, t) VALUES (2, 'NaN', 'Infinity', '{}', '\\N')");
  const Job job = Ingest(Request("t"));
  ASSERT_EQ(job.state, JobState::kCommitted) << Why(job);
  EXPECT_EQ(job.rows_loaded, 2);
  EXPECT_EQ(
      lake_->Columns("got"),
      "id INTEGER, b BOOLEAN, s INTEGER, l BIGINT, r FLOAT, d DOUBLE, n DECIMAL(38,10), nn VARCHAR, c DECIMAL(12,2), t VARCHAR, "
      "v VARCHAR, ch VARCHAR, by BLOB, u UUID, j VARCHAR, jb VARCHAR, m VARCHAR, da DATE, ti TIME, ts TIMESTAMP, tz TIMESTAMP WITH "
      "TIME ZONE, iv VARCHAR, ip VARCHAR [ip], ia INTEGER[], ta VARCHAR[], na DECIMAL(10,3)[], tza TIMESTAMP WITH TIME ZONE[], i2 VARCHAR, "
      "p VARCHAR, ma VARCHAR[], ba VARCHAR");
  const auto shown = [&](const std::string& list) { return lake_->Rows("SELECT " + list + " FROM got WHERE id = 1"); };
  EXPECT_EQ(
      shown("b, s, l, r, d, CAST(n AS VARCHAR), nn, CAST(c AS VARCHAR)"),
      R"([true,-32768,"9223372036854775807",0.1,0.1,"1234567890123456789012345678.0123456789","123456789012345678901234567890123456789012.5","12.34"])");
  EXPECT_EQ(shown("t = 'a,\"b\"' || chr(10) || '\\N' || chr(13) || chr(9) || ' é', v = '', ch = 'ab  ', hex(\"by\"), u"),
            R"([true,true,true,"00FF27","0187a2f0-0000-7000-8000-00000000abcd"])");
  EXPECT_EQ(
      shown("j, jb, m, da, ti, ts, epoch_us(tz), iv, ip, p"),
      R"x(["{\"a\": [1,  2]}","{\"b\": null}","ok","2024-02-29","23:59:59.999999","1999-12-31T23:59:59.123456",1719828000000000,"P1DT2H","10.0.0.0/8","(1,\"x y\")"])x");
  EXPECT_EQ(
      shown("ia, ta, CAST(na AS VARCHAR), epoch_us(tza[1]), i2, ma, ba"),
      R"([[1,null,-3],["x,y","q\"q",null,"NULL",""],"[1.250, 99.999]",1719828000000000,"[[\"1\",\"2\"],[\"3\",\"4\"]]",["ok","sad"],"[\"\\\\x00ff\"]"])");
  EXPECT_EQ(lake_->Rows("SELECT isnan(r), isinf(d), len(ia), t, n IS NULL, tz IS NULL, v IS NULL, \"by\" IS NULL FROM got WHERE id = 2"),
            R"([true,true,0,"\\N",true,true,true,true])");
}

TEST_F(PostgresSourceTest, WhatCannotBeSaidIsRefusedAndNothingIsCommitted) {
  Sql("CREATE TABLE i (id int, until timestamptz); INSERT INTO i VALUES (1, 'infinity');"
      "CREATE TABLE a (id int, l int[]); INSERT INTO a VALUES (1, '{{1},{2}}');"
      "CREATE TABLE n (id int, x numeric(5,2)); INSERT INTO n VALUES (1, 'NaN');"
      "CREATE TABLE c (id int, d date); INSERT INTO c VALUES (1, '0044-03-15 BC')");
  for (const char* table : {"i", "a", "n"}) {
    const Job job = Ingest(Request(table));
    EXPECT_EQ(job.state, JobState::kFailed) << table;
    ASSERT_TRUE(job.error.has_value());
    EXPECT_EQ(job.error->code, "bad_value") << Why(job);
    EXPECT_EQ(job.error->kind, "unprocessable");
  }
  EXPECT_EQ(lake_->Version("got"), 0);
  EXPECT_THAT(lake_->Spooled(), IsEmpty());
}

}  // namespace
}  // namespace lakehouse::ingest
