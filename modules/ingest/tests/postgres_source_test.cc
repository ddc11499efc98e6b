#include "postgres_source.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <thread>

#include "ingest_lake.h"
#include "ingest_testing/source_contract.h"
#include "postgres_server.h"

namespace lakehouse::ingest {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string NewDatabase(PostgresServer& server) {
  static int number = 0;
  const std::string name = "d" + std::to_string(++number);
  server.CreateDatabase(name);
  return name;
}

/// Gives the one password there is.
class OneSecret final : public SecretsProvider {
 public:
  Result<std::optional<Secret>> Find(std::string_view name) override {
    return name == "source.lake" ? std::optional(Secret(PostgresServer::kPassword)) : std::optional<Secret>();
  }
};

class PostgresUnderTest final : public SourceUnderTest {
 public:
  explicit PostgresUnderTest(PostgresServer& server) : server_(server), database_(NewDatabase(server)) {
    server_.Psql(database_, "CREATE TABLE t (n bigint PRIMARY KEY, text text); GRANT SELECT ON t TO lake");
  }
  void Add(std::int64_t from, std::int64_t to, int width) override {
    server_.Psql(database_, "INSERT INTO t SELECT n, repeat('x', " + std::to_string(width) + ") FROM generate_series(" +
                                std::to_string(from) + "::bigint, " + std::to_string(to) + ") n");
  }
  std::unique_ptr<Source> Open() override { return Make("", 0); }
  std::unique_ptr<Source> OpenGrowing(std::int64_t batch_rows) override { return Make("n", batch_rows); }
  void Cut() override {
    server_.Psql(database_, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'lakehouse' AND datname = '" +
                                database_ + "'");
  }

 private:
  std::unique_ptr<Source> Make(const std::string& grows, std::int64_t batch_rows) {
    return OpenPostgresSource({.address = ParsePostgresUrl(server_.Url(database_)).Take(),
                               .table = "t",
                               .password = Secret(PostgresServer::kPassword),
                               .grows = grows,
                               .batch_rows = batch_rows})
        .Take();
  }
  PostgresServer& server_;
  const std::string database_;
};

std::unique_ptr<SourceUnderTest> MakePostgres() {
  PostgresServer* const server = PostgresServer::Shared();
  return server == nullptr ? nullptr : std::make_unique<PostgresUnderTest>(*server);
}
INSTANTIATE_TEST_SUITE_P(Sources, SourceContract, testing::Values(SourceMaker{"postgres", &MakePostgres}), NameOfSource);

class PostgresSourceTest : public testing::Test {
 protected:
  void SetUp() override {
    server_ = PostgresServer::Shared();
    if (server_ == nullptr) GTEST_SKIP() << "PostgreSQL is not installed";
    database_ = NewDatabase(*server_);
    lake_.emplace(IngestLake::Setup{.secrets = &secret_, .source_patience_ms = 300});
  }
  void Psql(const std::string& sql) { server_->Psql(database_, sql + "; GRANT SELECT ON ALL TABLES IN SCHEMA public TO lake"); }
  IngestRequest Request(const std::string& table, const std::string& incremental = "") {
    IngestRequest request{.name = "got"};
    request.database = DatabaseTable{server_->Url(database_), table, "source.lake", incremental, 0};
    return request;
  }
  Job Ingest(const IngestRequest& request) { return lake_->Ingest(request); }
  static std::string Why(const Job& job) {
    return job.error ? job.error->code + ": " + job.error->message : std::string(WireName(job.state));
  }

  OneSecret secret_;
  PostgresServer* server_ = nullptr;
  std::string database_;
  std::optional<IngestLake> lake_;
};

TEST_F(PostgresSourceTest, EveryTypeComesOverExactly) {
  Psql(
      "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN cents AS numeric(12,2); CREATE TYPE pair AS (a int, b text);"
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
  Psql(
      "CREATE TABLE i (id int, until timestamptz); INSERT INTO i VALUES (1, 'infinity');"
      "CREATE TABLE a (id int, l int[]); INSERT INTO a VALUES (1, '{{1},{2}}');"
      "CREATE TABLE n (id int, x numeric(5,2)); INSERT INTO n VALUES (1, 'NaN');"
      "CREATE TABLE c (id int, d date); INSERT INTO c VALUES (1, '0044-03-15 BC')");
  for (const char* table : {"i", "a", "n"}) {
    const Job job = Ingest(Request(table));
    EXPECT_EQ(job.state, JobState::kFailed) << table;
    ASSERT_TRUE(job.error.has_value());
    EXPECT_EQ(job.error->code, "bad_value") << Why(job);
    EXPECT_THAT(job.error->kind, "unprocessable");
  }
  EXPECT_EQ(lake_->Version("got"), 0);
  EXPECT_THAT(lake_->Spooled(), IsEmpty());
}

TEST_F(PostgresSourceTest, AWholeTableTakesThePlaceOfWhatItWasAndIsLeftAloneWhenNothingChanged) {
  Psql("CREATE TABLE t (id int, city text); INSERT INTO t VALUES (1, 'Gary'), (2, 'Joliet')");
  ASSERT_EQ(Ingest(Request("t")).state, JobState::kCommitted);
  EXPECT_EQ(Ingest(Request("t")).state, JobState::kUnchanged);
  Psql("UPDATE t SET city = 'Elgin' WHERE id = 2; DELETE FROM t WHERE id = 1; INSERT INTO t VALUES (3, 'Aurora')");
  const Job changed = Ingest(Request("t"));
  ASSERT_EQ(changed.state, JobState::kCommitted) << Why(changed);
  EXPECT_EQ(changed.version, 2);
  EXPECT_EQ(lake_->Rows("SELECT * FROM got ORDER BY id"), R"([2,"Elgin"],[3,"Aurora"])");
  EXPECT_EQ(lake_->Rows("SELECT count(*) FROM got AT (VERSION => 1)"), "[2]");
  Psql("TRUNCATE t");
  EXPECT_EQ(Ingest(Request("t")).state, JobState::kCommitted);
  EXPECT_EQ(lake_->Rows("SELECT count(*) FROM got"), "[0]");
}

TEST_F(PostgresSourceTest, OtherColumnsAreRefusedWithTheDifferencesUntilTheyAreWanted) {
  Psql("CREATE TABLE t (id int, city text); INSERT INTO t VALUES (1, 'Gary')");
  ASSERT_EQ(Ingest(Request("t")).state, JobState::kCommitted);
  Psql("ALTER TABLE t ADD COLUMN pay numeric(8,2)");
  const Job refused = Ingest(Request("t"));
  EXPECT_EQ(refused.error.value_or(JobError{}).code, "schema_conflict") << Why(refused);
  EXPECT_THAT(refused.error.value_or(JobError{}).details, HasSubstr("pay"));
  EXPECT_EQ(lake_->Version("got"), 1);
  IngestRequest wanted = Request("t");
  wanted.mode = Mode::kReplace;
  wanted.new_schema = true;
  EXPECT_EQ(Ingest(wanted).state, JobState::kCommitted);
  EXPECT_EQ(lake_->Columns("got"), "id INTEGER, city VARCHAR, pay DECIMAL(8,2)");
}

TEST_F(PostgresSourceTest, AnIncrementalReadBringsWhatIsNewInBatches) {
  Psql("CREATE TABLE t (id bigint PRIMARY KEY, city text); INSERT INTO t SELECT n, 'c' || n FROM generate_series(1, 25) n");
  IngestRequest request = Request("t", "id");
  request.database->batch_rows = 10;
  const Job first = Ingest(request);
  ASSERT_EQ(first.state, JobState::kCommitted) << Why(first);
  EXPECT_EQ(first.rows_loaded, 25);
  EXPECT_EQ(first.version, 3) << "a commit per batch";
  EXPECT_FALSE(first.existing);
  const Job nothing = Ingest(request);
  EXPECT_EQ(nothing.state, JobState::kUnchanged) << Why(nothing);
  EXPECT_EQ(nothing.version, 3);
  Psql("INSERT INTO t SELECT n, 'c' || n FROM generate_series(26, 30) n");
  const Job more = Ingest(request);
  EXPECT_EQ(more.rows_loaded, 5) << Why(more);
  EXPECT_EQ(lake_->Rows("SELECT count(*), count(DISTINCT id), min(id), max(id) FROM got"), "[30,30,1,30]");
}

TEST_F(PostgresSourceTest, RowsOfOneValueStayTogetherHoweverManyTheyAre) {
  Psql("CREATE TABLE t (day date NOT NULL, n int); INSERT INTO t SELECT date '2026-01-01' + n / 100, n FROM generate_series(0, 999) n");
  IngestRequest request = Request("t", "day");
  request.database->batch_rows = 30;
  ASSERT_EQ(Ingest(request).rows_loaded, 1000);
  EXPECT_EQ(lake_->Rows("SELECT count(*), count(DISTINCT n) FROM got"), "[1000,1000]");
}

TEST_F(PostgresSourceTest, ChangedRowsReplaceTheirOldSelvesWithAKey) {
  Psql(
      "CREATE TABLE t (id int PRIMARY KEY, city text, changed timestamptz NOT NULL);"
      "INSERT INTO t VALUES (1, 'Gary', '2026-01-01 10:00:00.000001Z'), (2, 'Joliet', '2026-01-01 10:00:00.000002Z')");
  IngestRequest request = Request("t", "changed");
  request.mode = Mode::kUpsert;
  request.key = "id";
  ASSERT_EQ(Ingest(request).state, JobState::kCommitted);
  Psql("UPDATE t SET city = 'Elgin', changed = '2026-01-02Z' WHERE id = 1");
  const Job changed = Ingest(request);
  ASSERT_EQ(changed.state, JobState::kCommitted) << Why(changed);
  EXPECT_EQ(changed.rows_loaded, 1) << "only what changed was read";
  EXPECT_EQ(lake_->Rows("SELECT id, city FROM got ORDER BY id"), R"([1,"Elgin"],[2,"Joliet"])");
}

TEST_F(PostgresSourceTest, ALowerValueThatIsCommittedLaterIsNotLost) {
  Psql("CREATE TABLE t (id bigserial PRIMARY KEY, city text); INSERT INTO t (city) VALUES ('a')");
  const auto writer = server_->StartSession(database_, "BEGIN; INSERT INTO t (city) VALUES ('slow')");
  Psql("INSERT INTO t (city) VALUES ('fast')");  // id 3 is there before id 2
  const Job busy = Ingest(Request("t", "id"));
  EXPECT_EQ(busy.error.value_or(JobError{}).code, "source_busy") << Why(busy);
  EXPECT_EQ(lake_->Version("got"), 0) << "nothing was committed";
  server_->EndSession(writer, "COMMIT");
  ASSERT_EQ(Ingest(Request("t", "id")).state, JobState::kCommitted);
  EXPECT_EQ(lake_->Rows("SELECT city FROM got ORDER BY id"), R"(["a"],["slow"],["fast"])");
}

TEST_F(PostgresSourceTest, ReadingOnIsRefusedWhereTheHistoryDoesNotSayFromWhere) {
  Psql("CREATE TABLE t (id int PRIMARY KEY, city text); INSERT INTO t VALUES (1, 'a'), (2, 'b')");
  ASSERT_EQ(Ingest(Request("t")).state, JobState::kCommitted);
  const Job refused = Ingest(Request("t", "id"));
  EXPECT_EQ(refused.error.value_or(JobError{}).code, "no_position") << Why(refused);
  IngestRequest anew = Request("t", "id");
  anew.mode = Mode::kReplace;
  ASSERT_EQ(Ingest(anew).state, JobState::kUnchanged) << "the same rows";
  Psql("INSERT INTO t VALUES (3, 'c')");
  ASSERT_EQ(Ingest(anew).state, JobState::kCommitted);
  Psql("INSERT INTO t VALUES (4, 'd')");
  EXPECT_EQ(Ingest(Request("t", "id")).rows_loaded, 1);
}

TEST_F(PostgresSourceTest, ColumnsThatCannotBeAPositionAreRefused) {
  Psql("CREATE TABLE t (id text PRIMARY KEY, at timestamp); INSERT INTO t VALUES ('a', NULL)");
  EXPECT_EQ(Ingest(Request("t", "id")).error.value_or(JobError{}).code, "bad_growing_column");
  EXPECT_EQ(Ingest(Request("t", "nothing")).error.value_or(JobError{}).code, "bad_growing_column");
  EXPECT_EQ(Ingest(Request("t", "at")).error.value_or(JobError{}).code, "null_in_growing_column");
}

TEST_F(PostgresSourceTest, ARestartOfTheServerInTheMiddleCostsNothingButTime) {
  Psql("CREATE TABLE t (id bigint PRIMARY KEY, text text); INSERT INTO t SELECT n, repeat('x', 200) FROM generate_series(1, 50000) n");
  IngestRequest request = Request("t", "id");
  request.database->batch_rows = 10'000;
  const auto started = lake_->ingest().Start(IngestLake::NewContext(), request);
  ASSERT_TRUE(started.ok());
  while (lake_->Version("got") < 2) std::this_thread::yield();
  server_->Restart();
  const auto ended = lake_->ingest().Wait(IngestLake::NewContext(), {started->job.id, 100'000});
  ASSERT_TRUE(ended.ok());
  EXPECT_EQ(ended->job.state, JobState::kCommitted) << Why(ended->job);
  EXPECT_EQ(lake_->Rows("SELECT count(*), count(DISTINCT id), min(id), max(id) FROM got"), "[50000,50000,1,50000]");
}

TEST_F(PostgresSourceTest, ColumnsThatChangeBetweenBatchesEndTheReadWithWhatWasWhole) {
  Psql("CREATE TABLE t (n bigint PRIMARY KEY, text text); INSERT INTO t SELECT n, 'x' FROM generate_series(1, 20) n");
  auto source = OpenPostgresSource({.address = *ParsePostgresUrl(server_->Url(database_)),
                                    .table = "t",
                                    .password = Secret(PostgresServer::kPassword),
                                    .grows = "n",
                                    .batch_rows = 10});
  const std::string path = lake_->path() + "/rows";
  ASSERT_TRUE((*source)->Read(IngestLake::NewContext(), "", path, {}).ok());
  Psql("ALTER TABLE t ALTER COLUMN text TYPE varchar(7), ADD COLUMN more int");
  std::filesystem::remove(path);
  const auto changed = (*source)->Read(IngestLake::NewContext(), "10", path, {});
  ASSERT_FALSE(changed.ok());
  EXPECT_EQ(changed.error().reason(), "source_changed") << changed.error().ToString();
}

TEST_F(PostgresSourceTest, TwoReadsAtATimeBringNoRowTwice) {
  lake_.emplace(IngestLake::Setup{.runners = 2, .secrets = &secret_, .source_patience_ms = 60'000});
  Psql("CREATE TABLE t (id bigint PRIMARY KEY); INSERT INTO t SELECT n FROM generate_series(1, 500) n");
  IngestRequest request = Request("t", "id");
  request.database->batch_rows = 100;
  const auto one = lake_->ingest().Start(IngestLake::NewContext(), request), two = lake_->ingest().Start(IngestLake::NewContext(), request);
  for (const auto* started : {&one, &two}) {
    ASSERT_TRUE(started->ok());
    const auto ended = lake_->ingest().Wait(IngestLake::NewContext(), {(*started)->job.id, 100'000});
    ASSERT_TRUE(ended.ok());
    const std::string why = Why(ended->job);
    EXPECT_TRUE(ended->job.state == JobState::kCommitted || ended->job.state == JobState::kUnchanged || why.starts_with("position_moved"))
        << why;
  }
  ASSERT_NE(Ingest(request).state, JobState::kFailed);
  EXPECT_EQ(lake_->Rows("SELECT count(*), count(DISTINCT id) FROM got"), "[500,500]");
}

TEST_F(PostgresSourceTest, ThePasswordIsNowhere) {
  Psql("CREATE TABLE t (id int); INSERT INTO t VALUES (1)");
  std::string seen;
  ASSERT_EQ(Ingest(Request("t")).state, JobState::kCommitted);
  for (const auto& change : std::filesystem::recursive_directory_iterator(lake_->path() + "/lake"))
    if (change.is_regular_file()) seen += ReadFile(change.path().string()).Take();
  EXPECT_THAT(seen, HasSubstr("postgres://lake@127.0.0.1"));
  EXPECT_THAT(seen, Not(HasSubstr(PostgresServer::kPassword)));
  IngestRequest wrong = Request("t");
  wrong.database->password = "source.other";
  EXPECT_EQ(Ingest(wrong).error.value_or(JobError{}).code, "secret_not_found");
  wrong.database->password = "auth.token";
  EXPECT_EQ(Ingest(wrong).error.value_or(JobError{}).code, "bad_secret") << "no other secret is sent to a database";
  wrong.database->password = "";
  const Job refused = Ingest(wrong);
  EXPECT_EQ(refused.error.value_or(JobError{}).code, "source_login") << Why(refused);
}

TEST_F(PostgresSourceTest, WhatIsWrongIsSaidInOneWord) {
  Psql("CREATE TABLE t (id int)");
  server_->Psql(database_, "CREATE TABLE hidden (id int)");
  EXPECT_EQ(Ingest(Request("nothing")).error.value_or(JobError{}).code, "table_not_found");
  EXPECT_EQ(Ingest(Request("hidden")).error.value_or(JobError{}).code, "source_forbidden");
  IngestRequest request = Request("t");
  request.database->url = "postgres://lake@127.0.0.1:" + std::to_string(server_->port()) + "/no_such_database";
  EXPECT_EQ(Ingest(request).error.value_or(JobError{}).code, "table_not_found");
  request.database->url = "postgres://lake@127.0.0.1:1/d";
  EXPECT_EQ(Ingest(request).error.value_or(JobError{}).code, "source_lost");
  request.database->url = "postgres://lake@db.corp/d";
  EXPECT_EQ(Ingest(request).error.value_or(JobError{}).code, "host_not_allowed");
}

TEST_F(PostgresSourceTest, PersonalDataIsTaggedAsInAFile) {
  Psql("CREATE TABLE t (id int, email text); INSERT INTO t SELECT n, 'p' || n || '@example.org' FROM generate_series(1, 50) n");
  ASSERT_EQ(Ingest(Request("t")).state, JobState::kCommitted);
  EXPECT_EQ(lake_->Columns("got"), "id INTEGER, email VARCHAR [email]");
}

}  // namespace
}  // namespace lakehouse::ingest
