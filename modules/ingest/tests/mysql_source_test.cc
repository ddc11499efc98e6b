#include <gmock/gmock.h>

#include "mysql_types.h"
#include "table_source_fixture.h"

namespace lakehouse::ingest {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

class MysqlSourceTest : public testing::Test, protected TableSourceFixture {
 protected:
  void SetUp() override {
    if (!Use(SharedMysql())) GTEST_SKIP() << "MariaDB is not installed";
  }
};

TEST_F(MysqlSourceTest, EveryTypeComesOverExactly) {
  Sql("SET time_zone = '+02:00'; CREATE TABLE t (id int, b boolean, s smallint unsigned, iu int unsigned, l bigint, lu bigint unsigned, "
      "r float, d double, n decimal(38,10), nn decimal(45,2), t text, v varchar(9), ch char(4), la varchar(9) CHARACTER SET latin1, "
      "by1 varbinary(9), bb blob, u uuid, j json, m enum('sad','o,k'), se set('a','b'), da date, ti time(6), ts datetime(6), "
      "tz timestamp(6) NULL, ye year, b1 bit(1), b9 bit(9), b64 bit(64), g point);"
      "INSERT INTO t VALUES (1, true, 65535, 4294967295, -9223372036854775808, 18446744073709551615, 0.1, 0.1, "
      "1234567890123456789012345678.0123456789, 1234567890123456789012345678901234567890123.25, CONCAT('a,\"b\"', CHAR(10), '\\\\N', "
      "CHAR(13), CHAR(9), ' é€😀'), '', 'ab', 'é', X'00ff27', X'', '0187a2f0-0000-7000-8000-00000000abcd', '{\"a\": [1,  2]}', 'o,k', "
      "'a,b', '2024-02-29', '-838:59:59.5', '1999-12-31 23:59:59.123456', '2024-07-01 12:00:00.5', 1999, b'1', b'101010101', "
      "b'1111111111111111111111111111111111111111111111111111111111111111', POINT(1, 2));"
      "INSERT INTO t (id, r, d, t) VALUES (2, 3.4e38, 5e-324, '\\\\N')");
  const Job job = Ingest(Request("t"));
  ASSERT_EQ(job.state, JobState::kCommitted) << Why(job);
  EXPECT_EQ(job.rows_loaded, 2);
  EXPECT_EQ(job.format, "mysql");
  EXPECT_THAT(job.notes, IsEmpty());
  EXPECT_EQ(lake_->Columns("got"),
            "id INTEGER, b INTEGER, s INTEGER, iu BIGINT, l BIGINT, lu DECIMAL(20,0), r FLOAT, d DOUBLE, n DECIMAL(38,10), nn VARCHAR, "
            "t VARCHAR, v VARCHAR, ch VARCHAR, la VARCHAR, by1 BLOB, bb BLOB, u UUID, j VARCHAR, m VARCHAR, se VARCHAR, da DATE, "
            "ti VARCHAR, ts TIMESTAMP, tz TIMESTAMP WITH TIME ZONE, ye INTEGER, b1 BOOLEAN, b9 BIGINT, b64 DECIMAL(20,0), g BLOB");
  const auto shown = [&](const std::string& list) { return lake_->Rows("SELECT " + list + " FROM got WHERE id = 1"); };
  EXPECT_EQ(
      shown("b, s, iu, l, CAST(lu AS VARCHAR), r, d, CAST(n AS VARCHAR), nn"),
      R"([1,65535,4294967295,"-9223372036854775808","18446744073709551615",0.1,0.1,"1234567890123456789012345678.0123456789","1234567890123456789012345678901234567890123.25"])");
  EXPECT_EQ(shown("t = 'a,\"b\"' || chr(10) || '\\N' || chr(13) || chr(9) || ' é€😀', v = '', ch, la, hex(by1), octet_length(bb), u"),
            R"([true,true,"ab","é","00FF27",0,"0187a2f0-0000-7000-8000-00000000abcd"])");
  EXPECT_EQ(
      shown("j, m, se, da, ti, ts, epoch_us(tz), ye, b1, b9, CAST(b64 AS VARCHAR), hex(g)"),
      R"(["{\"a\": [1,  2]}","o,k","a,b","2024-02-29","-838:59:59.500000","1999-12-31T23:59:59.123456",1719828000500000,1999,true,341,"18446744073709551615","0101000000000000000000F03F0000000000000040"])");
  EXPECT_EQ(lake_->Rows("SELECT r = CAST(3.4e38 AS FLOAT), d = 5e-324, t, n IS NULL, tz IS NULL, v IS NULL, by1 IS NULL, da IS NULL "
                        "FROM got WHERE id = 2"),
            R"([true,true,"\\N",true,true,true,true,true])");
}

TEST_F(MysqlSourceTest, DatesThatAreNoneBecomeNullAndAreCounted) {
  Sql("SET sql_mode = ''; CREATE TABLE t (id int PRIMARY KEY, d date, s datetime, z timestamp NULL);"
      "INSERT INTO t VALUES (1, '0000-00-00', '0000-00-00', '0000-00-00'), (2, '2024-00-00', '2024-05-00 01:02:03', NULL), "
      "(3, '2024-01-01', '2024-01-01', '2024-01-01 00:00:00')");
  const Job job = Ingest(Request("t"));
  ASSERT_EQ(job.state, JobState::kCommitted) << Why(job);
  EXPECT_EQ(lake_->Rows("SELECT id, d IS NULL, s IS NULL, z IS NULL FROM got ORDER BY id"),
            "[1,true,true,true],[2,true,true,true],[3,false,false,false]");
  EXPECT_THAT(job.notes, Contains("dates of d without a year, month or day became null: 2"));
  EXPECT_THAT(job.notes, Contains("dates of z without a year, month or day became null: 1"));
}

TEST_F(MysqlSourceTest, PositionsBeyondWhatADoubleHoldsAreExact) {
  Sql("CREATE TABLE t (id bigint unsigned PRIMARY KEY); INSERT INTO t VALUES (18446744073709551613), (18446744073709551614), "
      "(18446744073709551615)");
  IngestRequest request = Request("t", "id");
  request.database->batch_rows = 1;
  const Job job = Ingest(request);
  ASSERT_EQ(job.state, JobState::kCommitted) << Why(job);
  EXPECT_EQ(job.version, 3) << "a row per batch";
  EXPECT_EQ(lake_->Rows("SELECT count(*), count(DISTINCT id) FROM got"), "[3,3]");
}

TEST_F(MysqlSourceTest, ATableWithoutTransactionsIsReadWholeOnly) {
  Sql("CREATE TABLE t (id int PRIMARY KEY) ENGINE = MyISAM; INSERT INTO t VALUES (1), (2)");
  EXPECT_EQ(Ingest(Request("t")).rows_loaded, 2);
  IngestRequest request = Request("t", "id");
  request.name = "grown";
  EXPECT_EQ(CodeOf(Ingest(request)), "bad_growing_column");
}

TEST_F(MysqlSourceTest, WithoutASightOfTransactionsNothingIsReadOnAfter) {
  Sql("CREATE TABLE t (id int PRIMARY KEY); REVOKE PROCESS ON *.* FROM lake");
  const Job blind = Ingest(Request("t", "id"));
  Sql("GRANT PROCESS ON *.* TO lake");
  EXPECT_EQ(CodeOf(blind), "source_forbidden");
  EXPECT_THAT(Why(blind), HasSubstr("GRANT PROCESS"));
}

TEST_F(MysqlSourceTest, TlsIsSpokenWhenItIsAskedFor) {
  Sql("CREATE TABLE t (id int); INSERT INTO t VALUES (1); CREATE OR REPLACE USER guarded IDENTIFIED BY '" + std::string(kDatabasePassword) +
      "' REQUIRE SSL; GRANT SELECT ON " + database_ + ".* TO guarded");
  const auto outcome = [&](const std::string& options) {
    IngestRequest request = Request("t");
    request.database->url = "mysql://guarded@127.0.0.1:" + std::to_string(server_->port()) + "/" + database_ + options;
    const Job job = Ingest(request);
    return job.error ? job.error->code : "read";
  };
  EXPECT_EQ(outcome("?sslmode=require"), "read");
  EXPECT_EQ(outcome("?sslmode=prefer"), "read");
  EXPECT_EQ(outcome("?sslmode=allow"), "read");
  EXPECT_EQ(outcome("?sslmode=disable"), "source_login");
  EXPECT_EQ(outcome("?sslmode=verify-full"), "source_error") << "nobody vouches for this certificate";
}

TEST_F(MysqlSourceTest, NamesAndTextsAreNeverPartOfAStatement) {
  Sql("CREATE TABLE `o``d; d\"'\\` (`a``b'` int PRIMARY KEY, `%` varchar(9)); INSERT INTO `o``d; d\"'\\` VALUES (1, '\\\\''')");
  const Job job = Ingest(Request("`o``d; d\"'\\`", "a`b'"));
  ASSERT_EQ(job.state, JobState::kCommitted) << Why(job);
  EXPECT_EQ(lake_->Rows("SELECT \"%\" FROM got"), R"(["\\'"])");
}

TEST(MysqlTypes, AreExactOrText) {
  const auto stored = [](const std::string& type) { return MapMysqlColumn({"c", type}).column.type; };
  EXPECT_EQ(stored("int(10) unsigned zerofill"), "BIGINT");
  EXPECT_EQ(stored("mediumint(8) unsigned"), "INTEGER");
  EXPECT_EQ(stored("enum('int unsigned(3)')"), "VARCHAR");
  EXPECT_EQ(stored("decimal(65,30)"), "VARCHAR");
  EXPECT_EQ(stored("decimal(10,0) unsigned"), "DECIMAL(10,0)");
  EXPECT_EQ(stored("bit(63)"), "BIGINT");
  EXPECT_EQ(stored("inet6"), "VARCHAR");
  EXPECT_EQ(stored(""), "VARCHAR");
  EXPECT_EQ(stored("decimal("), "VARCHAR");
  EXPECT_TRUE(IsZeroDate("0000-00-00 00:00:00+00:00"));
  EXPECT_TRUE(IsZeroDate("2024-10-00"));
  EXPECT_FALSE(IsZeroDate("2024-10-10"));
  EXPECT_EQ(MysqlName("a`b"), "`a``b`");
  EXPECT_EQ(MysqlText("a'b\\"), "'a''b\\'");
}

}  // namespace
}  // namespace lakehouse::ingest
