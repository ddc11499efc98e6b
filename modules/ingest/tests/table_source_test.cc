#include "table_source.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <thread>

#include "ingest_testing/source_contract.h"
#include "table_source_fixture.h"

namespace lakehouse::ingest {
namespace {

using testing::HasSubstr;
using testing::Not;

struct DatabaseMaker {
  std::string name;
  DatabaseServer* (*server)();
};
constexpr auto kNameOfDatabase = [](const testing::TestParamInfo<DatabaseMaker>& info) { return info.param.name; };

class TableUnderTest final : public SourceUnderTest {
 public:
  explicit TableUnderTest(DatabaseServer& server) : server_(server), database_(server.NewDatabase()) {
    server_.Sql(database_, "CREATE TABLE t (n bigint PRIMARY KEY, text text)");
  }
  void Add(std::int64_t from, std::int64_t to, int width) override {
    server_.Sql(database_, "INSERT INTO t SELECT n, repeat('x', " + std::to_string(width) + ") FROM " + server_.Series(from, to));
  }
  void RemoveFrom(std::int64_t from) override { server_.Sql(database_, "DELETE FROM t WHERE n >= " + std::to_string(from)); }
  std::unique_ptr<Source> Open() override { return Make("", 0); }
  std::unique_ptr<Source> OpenGrowing(std::int64_t batch_rows) override { return Make("n", batch_rows); }
  void Cut() override { server_.CutReaders(); }

 private:
  std::unique_ptr<Source> Make(const std::string& grows, std::int64_t batch_rows) {
    return OpenTableSource({.address = ParseDatabaseUrl(server_.Url(database_)).Take(),
                            .table = "t",
                            .password = Secret(kDatabasePassword),
                            .grows = grows,
                            .batch_rows = batch_rows})
        .Take();
  }
  DatabaseServer& server_;
  const std::string database_;
};

SourceMaker MakerOf(const std::string& name, DatabaseServer* (*shared)()) {
  return {name, [shared]() -> std::unique_ptr<SourceUnderTest> {
            DatabaseServer* const server = shared();
            return server == nullptr ? nullptr : std::make_unique<TableUnderTest>(*server);
          }};
}
INSTANTIATE_TEST_SUITE_P(Sources, SourceContract, testing::Values(MakerOf("postgres", &SharedPostgres), MakerOf("mysql", &SharedMysql)),
                         NameOfSource);

/// What a table gives to a lake, whatever database it is of.
class TableSourceTest : public testing::TestWithParam<DatabaseMaker>, protected TableSourceFixture {
 protected:
  void SetUp() override {
    if (!Use(GetParam().server())) GTEST_SKIP() << GetParam().name << " is not installed";
  }
};
INSTANTIATE_TEST_SUITE_P(Databases, TableSourceTest,
                         testing::Values(DatabaseMaker{"postgres", &SharedPostgres}, DatabaseMaker{"mysql", &SharedMysql}),
                         kNameOfDatabase);

TEST_P(TableSourceTest, AWholeTableTakesThePlaceOfWhatItWasAndIsLeftAloneWhenNothingChanged) {
  Sql("CREATE TABLE t (id int, city text); INSERT INTO t VALUES (1, 'Gary'), (2, 'Joliet')");
  ASSERT_EQ(Ingest(Request("t")).state, JobState::kCommitted);
  EXPECT_EQ(Ingest(Request("t")).state, JobState::kUnchanged);
  Sql("UPDATE t SET city = 'Elgin' WHERE id = 2; DELETE FROM t WHERE id = 1; INSERT INTO t VALUES (3, 'Aurora')");
  const Job changed = Ingest(Request("t"));
  ASSERT_EQ(changed.state, JobState::kCommitted) << Why(changed);
  EXPECT_EQ(changed.version, 2);
  EXPECT_EQ(lake_->Rows("SELECT * FROM got ORDER BY id"), R"([2,"Elgin"],[3,"Aurora"])");
  EXPECT_EQ(lake_->Rows("SELECT count(*) FROM got AT (VERSION => 1)"), "[2]");
  Sql("TRUNCATE t");
  EXPECT_EQ(Ingest(Request("t")).state, JobState::kCommitted);
  EXPECT_EQ(lake_->Rows("SELECT count(*) FROM got"), "[0]");
}

TEST_P(TableSourceTest, OtherColumnsAreRefusedWithTheDifferencesUntilTheyAreWanted) {
  Sql("CREATE TABLE t (id int, city text); INSERT INTO t VALUES (1, 'Gary')");
  ASSERT_EQ(Ingest(Request("t")).state, JobState::kCommitted);
  Sql("ALTER TABLE t ADD COLUMN pay numeric(8,2)");
  const Job refused = Ingest(Request("t"));
  EXPECT_EQ(CodeOf(refused), "schema_conflict") << Why(refused);
  EXPECT_THAT(refused.error.value_or(JobError{}).details, HasSubstr("pay"));
  EXPECT_EQ(lake_->Version("got"), 1);
  IngestRequest wanted = Request("t");
  wanted.mode = Mode::kReplace;
  wanted.new_schema = true;
  EXPECT_EQ(Ingest(wanted).state, JobState::kCommitted);
  EXPECT_EQ(lake_->Columns("got"), "id INTEGER, city VARCHAR, pay DECIMAL(8,2)");
}

TEST_P(TableSourceTest, AnIncrementalReadBringsWhatIsNewInBatches) {
  Sql("CREATE TABLE t (id bigint PRIMARY KEY, city text); INSERT INTO t SELECT n, concat('c', n) FROM " + server_->Series(1, 25));
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
  Sql("INSERT INTO t SELECT n, concat('c', n) FROM " + server_->Series(26, 30));
  const Job more = Ingest(request);
  EXPECT_EQ(more.rows_loaded, 5) << Why(more);
  EXPECT_EQ(lake_->Rows("SELECT count(*), count(DISTINCT id), min(id), max(id) FROM got"), "[30,30,1,30]");
}

TEST_P(TableSourceTest, RowsOfOneValueStayTogetherHoweverManyTheyAre) {
  Sql("CREATE TABLE t (day int NOT NULL, n int); INSERT INTO t SELECT floor(n / 100), n FROM " + server_->Series(0, 999));
  IngestRequest request = Request("t", "day");
  request.database->batch_rows = 30;
  ASSERT_EQ(Ingest(request).rows_loaded, 1000);
  EXPECT_EQ(lake_->Rows("SELECT count(*), count(DISTINCT n) FROM got"), "[1000,1000]");
}

TEST_P(TableSourceTest, ChangedRowsReplaceTheirOldSelvesWithAKey) {
  Sql("CREATE TABLE t (id int PRIMARY KEY, city text, changed timestamp(6) NOT NULL);"
      "INSERT INTO t VALUES (1, 'Gary', '2026-01-01 10:00:00.000001'), (2, 'Joliet', '2026-01-01 10:00:00.000002')");
  IngestRequest request = Request("t", "changed");
  request.mode = Mode::kUpsert;
  request.key = "id";
  ASSERT_EQ(Ingest(request).state, JobState::kCommitted);
  Sql("UPDATE t SET city = 'Elgin', changed = '2026-01-02' WHERE id = 1");
  const Job changed = Ingest(request);
  ASSERT_EQ(changed.state, JobState::kCommitted) << Why(changed);
  EXPECT_EQ(changed.rows_loaded, 1) << "only what changed was read";
  EXPECT_EQ(lake_->Rows("SELECT id, city FROM got ORDER BY id"), R"([1,"Elgin"],[2,"Joliet"])");
}

TEST_P(TableSourceTest, ALowerValueThatIsCommittedLaterIsNotLost) {
  lake_.emplace(IngestLake::Setup{.secrets = &secret_, .source_patience_ms = 300});
  Sql("CREATE TABLE t (id " + server_->DrawnKey() + ", city text); INSERT INTO t (city) VALUES ('a')");
  const auto writer = server_->StartSession(database_, "BEGIN; INSERT INTO t (city) VALUES ('slow')");
  Sql("INSERT INTO t (city) VALUES ('fast')");  // id 3 is there before id 2
  const Job busy = Ingest(Request("t", "id"));
  EXPECT_EQ(CodeOf(busy), "source_busy") << Why(busy);
  EXPECT_THAT(Why(busy), HasSubstr("the first is "));
  EXPECT_EQ(lake_->Version("got"), 0) << "nothing was committed";
  server_->EndSession(writer, "COMMIT");
  ASSERT_EQ(Ingest(Request("t", "id")).state, JobState::kCommitted);
  EXPECT_EQ(lake_->Rows("SELECT city FROM got ORDER BY id"), R"(["a"],["slow"],["fast"])");
}

TEST_P(TableSourceTest, ReadingOnIsRefusedWhereTheHistoryDoesNotSayFromWhere) {
  Sql("CREATE TABLE t (id int PRIMARY KEY, city text); INSERT INTO t VALUES (1, 'a'), (2, 'b')");
  ASSERT_EQ(Ingest(Request("t")).state, JobState::kCommitted);
  const Job refused = Ingest(Request("t", "id"));
  EXPECT_EQ(CodeOf(refused), "no_position") << Why(refused);
  IngestRequest anew = Request("t", "id");
  anew.mode = Mode::kReplace;
  ASSERT_EQ(Ingest(anew).state, JobState::kUnchanged) << "the same rows";
  Sql("INSERT INTO t VALUES (3, 'c')");
  ASSERT_EQ(Ingest(anew).state, JobState::kCommitted);
  Sql("INSERT INTO t VALUES (4, 'd')");
  EXPECT_EQ(Ingest(Request("t", "id")).rows_loaded, 1);
}

TEST_P(TableSourceTest, ColumnsThatCannotBeAPositionAreRefused) {
  Sql("CREATE TABLE t (id varchar(9) PRIMARY KEY, at date); INSERT INTO t VALUES ('a', NULL)");
  EXPECT_EQ(CodeOf(Ingest(Request("t", "id"))), "bad_growing_column");
  EXPECT_EQ(CodeOf(Ingest(Request("t", "nothing"))), "bad_growing_column");
  EXPECT_EQ(CodeOf(Ingest(Request("t", "at"))), "null_in_growing_column");
}

TEST_P(TableSourceTest, ARestartOfTheServerInTheMiddleCostsNothingButTime) {
  Sql("CREATE TABLE t (id bigint PRIMARY KEY, text text); INSERT INTO t SELECT n, repeat('x', 200) FROM " + server_->Series(1, 50'000));
  IngestRequest request = Request("t", "id");
  request.database->batch_rows = 10'000;
  const auto started = lake_->ingest().Start(IngestLake::NewContext(), request);
  ASSERT_TRUE(started.ok());
  while (lake_->Version("got") < 2) {
    const auto job = lake_->ingest().Wait(IngestLake::NewContext(), {started->job.id, 1});
    ASSERT_TRUE(job.ok() && !job->job.error) << Why(job->job);
  }
  server_->Restart();
  const auto ended = lake_->ingest().Wait(IngestLake::NewContext(), {started->job.id, 100'000});
  ASSERT_TRUE(ended.ok());
  EXPECT_EQ(ended->job.state, JobState::kCommitted) << Why(ended->job);
  EXPECT_EQ(lake_->Rows("SELECT count(*), count(DISTINCT id), min(id), max(id) FROM got"), "[50000,50000,1,50000]");
}

TEST_P(TableSourceTest, ColumnsThatChangeBetweenBatchesEndTheReadWithWhatWasWhole) {
  Sql("CREATE TABLE t (n bigint PRIMARY KEY, text text); INSERT INTO t SELECT n, 'x' FROM " + server_->Series(1, 20));
  auto source = OpenTableSource({.address = *ParseDatabaseUrl(server_->Url(database_)),
                                 .table = "t",
                                 .password = Secret(kDatabasePassword),
                                 .grows = "n",
                                 .batch_rows = 10});
  const std::string path = lake_->path() + "/rows";
  ASSERT_TRUE((*source)->Read(IngestLake::NewContext(), "", path, {}).ok());
  Sql("ALTER TABLE t ADD COLUMN more int");
  std::filesystem::remove(path);
  const auto changed = (*source)->Read(IngestLake::NewContext(), "10", path, {});
  ASSERT_FALSE(changed.ok());
  EXPECT_EQ(changed.error().reason(), "source_changed") << changed.error().ToString();
}

TEST_P(TableSourceTest, TwoReadsAtATimeBringNoRowTwice) {
  lake_.emplace(IngestLake::Setup{.runners = 2, .secrets = &secret_});
  Sql("CREATE TABLE t (id bigint PRIMARY KEY); INSERT INTO t SELECT n FROM " + server_->Series(1, 500));
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

TEST_P(TableSourceTest, ThePasswordIsNowhere) {
  Sql("CREATE TABLE t (id int); INSERT INTO t VALUES (1)");
  std::string seen;
  ASSERT_EQ(Ingest(Request("t")).state, JobState::kCommitted);
  for (const auto& change : std::filesystem::recursive_directory_iterator(lake_->path() + "/lake"))
    if (change.is_regular_file()) seen += ReadFile(change.path().string()).Take();
  EXPECT_THAT(seen, HasSubstr(WireName(server_->kind()) + "://lake@127.0.0.1"));
  EXPECT_THAT(seen, Not(HasSubstr(kDatabasePassword)));
  IngestRequest wrong = Request("t");
  wrong.database->password = "source.other";
  EXPECT_EQ(CodeOf(Ingest(wrong)), "secret_not_found");
  wrong.database->password = "auth.token";
  EXPECT_EQ(CodeOf(Ingest(wrong)), "bad_secret") << "no other secret is sent to a database";
  wrong.database->password = "";
  const Job refused = Ingest(wrong);
  EXPECT_EQ(CodeOf(refused), "source_login") << Why(refused);
}

TEST_P(TableSourceTest, WhatIsWrongIsSaidInOneWord) {
  Sql("CREATE TABLE t (id int)");
  const bool is_mysql = server_->kind() == DatabaseKind::kMysql;
  if (!is_mysql) Sql("CREATE TABLE hidden (id int); REVOKE ALL ON hidden FROM lake");
  EXPECT_EQ(CodeOf(Ingest(Request("nothing"))), "table_not_found");
  EXPECT_EQ(CodeOf(Ingest(Request(is_mysql ? "mysql.user" : "hidden"))), "source_forbidden");
  const std::string user = WireName(server_->kind()) + "://lake@";
  IngestRequest request = Request("t");
  request.database->url = user + "127.0.0.1:" + std::to_string(server_->port()) + "/no_such_database";
  EXPECT_EQ(CodeOf(Ingest(request)), is_mysql ? "source_forbidden" : "table_not_found") << "MySQL does not say whether it is there";
  request.database->url = user + "127.0.0.1:1/d";
  EXPECT_EQ(CodeOf(Ingest(request)), "source_lost");
  request.database->url = user + "db.corp/d";
  EXPECT_EQ(CodeOf(Ingest(request)), "host_not_allowed");
}

TEST_P(TableSourceTest, PersonalDataIsTaggedAsInAFile) {
  Sql("CREATE TABLE t (id int, email text); INSERT INTO t SELECT n, concat('p', n, '@example.org') FROM " + server_->Series(1, 50));
  ASSERT_EQ(Ingest(Request("t")).state, JobState::kCommitted);
  EXPECT_EQ(lake_->Columns("got"), "id INTEGER, email VARCHAR [email]");
}

}  // namespace
}  // namespace lakehouse::ingest
