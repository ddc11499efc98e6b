#include "database_address.h"

#include <gmock/gmock.h>

#include "postgres_types.h"

namespace lakehouse::ingest {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(DatabaseAddress, ReadsTheUsualForms) {
  const auto address = ParseDatabaseUrl("postgresql://ann%40hr@db.corp:5433/people?sslmode=require");
  ASSERT_TRUE(address.ok()) << address.error().ToString();
  EXPECT_EQ(address->user, "ann@hr");
  EXPECT_EQ(address->host, "db.corp");
  EXPECT_EQ(address->port, "5433");
  EXPECT_EQ(address->database, "people");
  EXPECT_EQ(address->ssl_mode, "require");
  EXPECT_EQ(address->Shown(), "postgres://ann%40hr@db.corp:5433/people");
  EXPECT_EQ(ParseDatabaseUrl("postgres://a@[::1]/d")->Shown(), "postgres://a@[::1]:5432/d");
  EXPECT_EQ(ParseDatabaseUrl("postgres://a@%2Frun%2Fpg/d")->host, "/run/pg");
  EXPECT_EQ(ParseDatabaseUrl("mariadb://a@db/d")->Shown(), "mysql://a@db:3306/d");
  EXPECT_EQ(ParseDatabaseUrl("mysql://a@db:3307/d?sslmode=verify-full")->kind, DatabaseKind::kMysql);
}

TEST(DatabaseAddress, RefusesAPasswordWhereverItStandsAndNeverRepeatsIt) {
  for (const char* url : {"postgres://ann:hush-1@db/people", "postgres://ann@db/people?password=hush-1",
                          "postgres://ann@db/people?sslmode=require&password=hush-1", "mysql://ann:hush-1@db/people"}) {
    const auto refused = ParseDatabaseUrl(url);
    ASSERT_FALSE(refused.ok()) << url;
    EXPECT_EQ(refused.error().reason(), "password_in_url");
    EXPECT_THAT(refused.error().ToString(), Not(HasSubstr("hush")));
  }
}

TEST(DatabaseAddress, RefusesWhatNamesFilesOrNothing) {
  for (const char* url : {"postgres://ann@db/people?passfile=/etc/x", "postgres://ann@db/people?sslkey=/etc/x", "postgres://ann@a,b/people",
                          "postgres://ann@db/people?options=-c%20x", "oracle://ann@db/people", "postgres://db/people", "postgres://ann@db",
                          "postgres://ann@db:port/people", "postgres://ann@/people", "postgres://ann@db/a%00b", "postgres://ann@db/a%2",
                          "postgres://ann@[::1/people", "postgres://ann@db/people?sslmode=never", "postgres://", ""}) {
    const auto refused = ParseDatabaseUrl(url);
    ASSERT_FALSE(refused.ok()) << url;
    EXPECT_EQ(refused.error().reason(), "bad_url") << url;
  }
}

TEST(DatabaseAddress, HostsAreForTheOperatorToAllow) {
  const auto allowed = [](const std::string& host, std::string_view list) {
    return CheckDatabaseHost({.host = host, .port = "5432"}, list).ok();
  };
  EXPECT_FALSE(allowed("127.0.0.1", ""));
  EXPECT_FALSE(allowed("/run/postgresql", "localhost"));
  EXPECT_TRUE(allowed("/run/postgresql", "/run/postgresql"));
  EXPECT_FALSE(allowed("db.corp", ""));
  EXPECT_FALSE(allowed("db.corp.evil", "db.corp"));
  EXPECT_FALSE(allowed("169.254.169.254", "db.corp, other"));
  EXPECT_TRUE(allowed("db.corp", "other, db.corp"));
  EXPECT_TRUE(allowed("db.corp", "db.corp:5432"));
  EXPECT_FALSE(allowed("db.corp", "db.corp:5433"));
  EXPECT_TRUE(allowed("db.corp", "*"));
}

TEST(DatabaseAddress, TablesAreNamedAsTheirOwnClientsNameThem) {
  using Name = std::pair<std::string, std::string>;
  constexpr auto kPostgres = DatabaseKind::kPostgres, kMysql = DatabaseKind::kMysql;
  EXPECT_EQ(*ParseTableName(kPostgres, "Orders"), Name("", "orders"));
  EXPECT_EQ(*ParseTableName(kPostgres, "Sales.Orders"), Name("sales", "orders"));
  EXPECT_EQ(*ParseTableName(kPostgres, "\"Sales.x\".\"Or\"\"ders\""), Name("Sales.x", "Or\"ders"));
  EXPECT_EQ(*ParseTableName(kMysql, "Sales.Orders"), Name("Sales", "Orders"));
  EXPECT_EQ(*ParseTableName(kMysql, "`Sales.x`.`Or``ders`"), Name("Sales.x", "Or`ders"));
  for (const char* bad : {"", ".", "a.", ".a", "a.b.c", "\"a", "\"a\"b", "a\nb"}) EXPECT_FALSE(ParseTableName(kPostgres, bad).ok()) << bad;
  for (const char* bad : {"", "a.b.c", "`a", "`a`b", "a\nb"}) EXPECT_FALSE(ParseTableName(kMysql, bad).ok()) << bad;
}

TEST(PostgresTypes, AreExactOrText) {
  const auto stored = [](const std::string& type, std::int64_t modifier = -1, const std::string& element = "",
                         std::int64_t dimensions = 0) { return MapPostgresColumn({"c", type, element, modifier, dimensions}).column.type; };
  EXPECT_EQ(stored("int8"), "BIGINT");
  EXPECT_EQ(stored("numeric", (10 << 16 | 2) + 4), "DECIMAL(10,2)");
  EXPECT_EQ(stored("numeric", (38 << 16 | 0) + 4), "DECIMAL(38,0)");
  EXPECT_EQ(stored("numeric"), "VARCHAR") << "any number of digits";
  EXPECT_EQ(stored("numeric", (39 << 16 | 2) + 4), "VARCHAR");
  EXPECT_EQ(stored("numeric", (2 << 16 | 5) + 4), "VARCHAR") << "more decimals than digits";
  EXPECT_EQ(stored("numeric", (5 << 16 | 0x7fe) + 4), "VARCHAR") << "scale -2";
  EXPECT_EQ(stored("_int4", -1, "int4", 1), "INTEGER[]");
  EXPECT_EQ(stored("_int4", -1, "int4", 2), "VARCHAR");
  EXPECT_EQ(stored("geometry"), "VARCHAR");
}

TEST(PostgresTypes, LiteralsCannotBeLeft) {
  EXPECT_EQ(PostgresText("a'b"), "'a''b'");
  EXPECT_EQ(PostgresText("a\\'b"), " E'a\\\\''b'");
  EXPECT_EQ(PostgresName("a\"b"), "\"a\"\"b\"");
}

}  // namespace
}  // namespace lakehouse::ingest
