#include <gmock/gmock.h>

#include <optional>

#include "../src/expectation.h"
#include "../src/schema_drift.h"
#include "ingest_lake.h"
#include "lakehouse/base/task_group.h"

namespace lakehouse::ingest {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

std::string WhyOf(const Job& job) { return job.error ? job.error->code + ": " + job.error->message : std::string(WireName(job.state)); }

class DatasetRulesTest : public testing::Test {
 protected:
  void Put(const std::string& name, std::optional<std::string> drift, std::optional<std::string> expectations = {}) {
    const auto put = lake_.ingest().PutRules(IngestUnderTest::NewContext(), {name, std::move(drift), std::move(expectations)});
    ASSERT_TRUE(put.ok()) << put.error().ToString();
  }
  std::vector<std::int32_t> FieldIds(const std::string& name) {
    std::vector<std::int32_t> ids;
    const auto described = lake_.catalog().Describe(IngestUnderTest::NewContext(), {name, {}});
    for (const catalog::Column& column : described->dataset.head.schema.columns) ids.push_back(column.field_id);
    return ids;
  }
  Status Restore(const std::string& name, std::int64_t version) {
    catalog::CommitRequest request;
    auto& change = request.changes.emplace_back();
    change.dataset = name;
    change.operation = catalog::Operation::kRestore;
    change.restore_version = version;
    LH_TRY(lake_.catalog().Commit(IngestUnderTest::NewContext(), request));
    return Ok{};
  }
  IngestLake lake_;
};

TEST_F(DatasetRulesTest, OtherColumnsAreRefusedUntilTheDatasetSaysOtherwise) {
  ASSERT_EQ(lake_.IngestText("t", "t.csv", "id,city\n1,Gary\n2,Rome\n").state, JobState::kCommitted);
  const std::string wider = "city,id,pay\nOslo,3,1.5\n";
  const Job refused = lake_.IngestText("t", "u.csv", wider);
  ASSERT_EQ(refused.state, JobState::kFailed);
  EXPECT_EQ(refused.error->code, "schema_conflict");
  EXPECT_THAT(refused.error->details, HasSubstr("drift: add"));
  Put("t", "add");
  const Job added = lake_.IngestText("t", "u.csv", wider);
  ASSERT_EQ(added.state, JobState::kCommitted) << WhyOf(added);
  EXPECT_THAT(added.notes, Contains(HasSubstr("added pay DOUBLE")));
  EXPECT_EQ(lake_.Columns("t"), "id BIGINT, city VARCHAR, pay DOUBLE");
  EXPECT_THAT(FieldIds("t"), ElementsAre(1, 2, 3));
  EXPECT_EQ(lake_.Rows("SELECT * FROM t ORDER BY id"), R"([1,"Gary",null],[2,"Rome",null],[3,"Oslo",1.5])");
  EXPECT_EQ(lake_.Rows("SELECT city FROM t WHERE pay IS NULL ORDER BY city"), R"(["Gary"],["Rome"])");
  EXPECT_EQ(lake_.IngestText("t", "u.csv", wider).state, JobState::kUnchanged) << "the same octets are the same";
  const Job missing = lake_.IngestText("t", "v.csv", "id,pay\n4,2\n");
  EXPECT_EQ(missing.error->code, "schema_conflict") << "columns that are not there are another matter";
  const Job other_type = lake_.IngestText("t", "w.csv", "id,city,pay\nx,y,1\nz,y,2\n");
  EXPECT_EQ(other_type.error->code, "schema_conflict") << "add does not widen";
}

TEST_F(DatasetRulesTest, ASchemaChangeIsAVersionThatCanBeComparedAndRestored) {
  ASSERT_EQ(lake_.IngestText("t", "t.csv", "id\n1\n").state, JobState::kCommitted);
  Put("t", "any");
  ASSERT_EQ(lake_.IngestText("t", "u.csv", "id,b\n2.5,x\n").state, JobState::kCommitted);
  EXPECT_EQ(lake_.Columns("t"), "id DOUBLE, b VARCHAR");
  const auto diff = lake_.catalog().Diff(IngestUnderTest::NewContext(), {"t", 1, lake_.Version("t")});
  ASSERT_TRUE(diff.ok()) << diff.error().ToString();
  ASSERT_EQ(diff->columns.size(), 2u);
  EXPECT_EQ(diff->columns[0].change, "retyped");
  EXPECT_EQ(diff->columns[1].change, "added");
  const auto history = lake_.catalog().History(IngestUnderTest::NewContext(), {"t", {}, 1});
  EXPECT_EQ(history->snapshots[0].summary.at("schema_change"), "id is DOUBLE, was BIGINT; added b VARCHAR");
  ASSERT_TRUE(Restore("t", 1).ok());
  EXPECT_EQ(lake_.Columns("t"), "id BIGINT");
  EXPECT_EQ(lake_.Rows("SELECT * FROM t"), "[1]");
  ASSERT_TRUE(Restore("t", 3).ok());
  EXPECT_EQ(lake_.Rows("SELECT * FROM t ORDER BY id"), R"([1.0,null],[2.5,"x"])");
}

TEST_F(DatasetRulesTest, TypesWidenWithoutALoss) {
  ASSERT_EQ(lake_.IngestText("t", "t.csv", "n,big,day,flag\n1,9007199254740993,2026-01-02,true\n").state, JobState::kCommitted);
  Put("t", "widen");
  const Job job = lake_.IngestText("t", "u.csv", "n,big,day,flag\n2,3,2026-01-03,false\n2.5,0.5,2026-01-03T04:05:06,maybe\n");
  ASSERT_EQ(job.state, JobState::kCommitted) << WhyOf(job);
  EXPECT_EQ(lake_.Columns("t"), "n DOUBLE, big VARCHAR, day TIMESTAMP, flag BOOLEAN") << "a number that a double would change becomes text";
  EXPECT_EQ(job.rows_rejected, 1) << "one odd word makes no column of words";
  EXPECT_EQ(lake_.Rows("SELECT n, big, CAST(day AS VARCHAR), flag FROM t ORDER BY n"),
            R"([1.0,"9007199254740993","2026-01-02 00:00:00",true],[2.0,"3","2026-01-03 00:00:00",false])");
}

TEST_F(DatasetRulesTest, RowsOfAnEvolvedDatasetAreReplacedDeletedAndCompacted) {
  ASSERT_EQ(lake_.IngestText("t", "t.csv", "id,v\n1,a\n2,b\n3,c\n").state, JobState::kCommitted);
  Put("t", "any");
  const Job upsert = lake_.IngestText("t", "u.csv", "id,v,w\n2,B,9\nx7,D,8\ny8,E,7\n", Mode::kUpsert, "id");
  ASSERT_EQ(upsert.state, JobState::kCommitted) << WhyOf(upsert);
  EXPECT_EQ(lake_.Rows("SELECT * FROM t ORDER BY id"), R"(["1","a",null],["2","B",9],["3","c",null],["x7","D",8],["y8","E",7])");
  const auto gone = lake_.ingest().DeleteRows(IngestUnderTest::NewContext(), {"t", "id", {"3", "y8"}});
  ASSERT_TRUE(gone.ok()) << gone.error().ToString();
  EXPECT_EQ(gone->job.rows_loaded, 2);
  const auto compact = lake_.ingest().Compact(IngestUnderTest::NewContext(), {"t"});
  ASSERT_TRUE(compact.ok()) << compact.error().ToString();
  const Job compacted = lake_.ingest().Wait(IngestUnderTest::NewContext(), {compact->job.id, 60'000})->job;
  EXPECT_EQ(compacted.state, JobState::kCommitted) << WhyOf(compacted);
  EXPECT_EQ(lake_.Rows("SELECT * FROM t ORDER BY id"), R"(["1","a",null],["2","B",9],["x7","D",8])");
}

TEST_F(DatasetRulesTest, JsonAndReplacedRowsFollowToo) {
  ASSERT_EQ(lake_.IngestText("t", "t.json", R"([{"a":1}])").state, JobState::kCommitted);
  Put("t", "any");
  const Job job = lake_.IngestText("t", "u.json", R"([{"a":2.5,"b":{"c":true}},{"l":[1]}])");
  ASSERT_EQ(job.state, JobState::kCommitted) << WhyOf(job);
  EXPECT_EQ(lake_.Rows("SELECT * FROM t ORDER BY a"), "[1.0,null,null],[2.5,true,null],[null,null,[1]]");
  const Job replaced = lake_.IngestText("t", "v.json", R"([{"a":"x","n":1}])", Mode::kReplace);
  ASSERT_EQ(replaced.state, JobState::kCommitted) << WhyOf(replaced);
  EXPECT_EQ(lake_.Columns("t"), "a VARCHAR, b_c BOOLEAN, l BIGINT[], n BIGINT");
}

TEST_F(DatasetRulesTest, WhatIsExpectedIsCheckedBeforeTheCommit) {
  ASSERT_EQ(lake_.IngestText("cities", "c.csv", "code,name\nA,Gary\nB,Rome\n").state, JobState::kCommitted);
  ASSERT_EQ(lake_.IngestText("t", "t.csv", "id,city,pay,day\n1,A,10,2026-01-01\n").state, JobState::kCommitted);
  Put("t", {}, R"(
[[expect]]
rule = "unique"
column = "id"
[[expect]]
rule = "not_null"
column = "pay"
mostly = 0.5
[[expect]]
rule = "range"
column = "pay"
min = 0
max = 99.5
[[expect]]
rule = "range"
column = "day"
min = 2025-01-01
on_failure = "warn"
[[expect]]
rule = "regex"
column = "city"
pattern = '^[A-Z]$'
[[expect]]
rule = "foreign_key"
column = "city"
references = "cities.code"
[[expect]]
rule = "row_count"
max = 4
)");
  const Job good = lake_.IngestText("t", "u.csv", "id,city,pay,day\n2,B,99,2024-12-31\n3,,,2026-01-01\n");
  ASSERT_EQ(good.state, JobState::kCommitted) << WhyOf(good);
  ASSERT_EQ(good.expectations.size(), 7u);
  EXPECT_FALSE(good.expectations[3].passed) << "it only warns";
  EXPECT_THAT(good.notes, Contains(HasSubstr("range of day: 1 of 2")));
  const auto code_of = [&](const std::string& rows) {
    const Job job = lake_.IngestText("t", "v.csv", "id,city,pay,day\n" + rows);
    return WhyOf(job).substr(0, WhyOf(job).find(". Mend"));
  };
  EXPECT_THAT(code_of("1,A,1,2026-01-01\n"), HasSubstr("unique of id: 2 of 4")) << "a value that is there already";
  EXPECT_THAT(code_of("4,A,100,2026-01-01\n"), HasSubstr("range of pay: 1 of 1"));
  EXPECT_THAT(code_of("4,Z,1,2026-01-01\n"), HasSubstr("foreign_key of city: 1 of 1"));
  EXPECT_THAT(code_of("4,ab,1,2026-01-01\n"), HasSubstr("regex of city: 1 of 1"));
  EXPECT_THAT(code_of("4,A,,2026-01-01\n"), HasSubstr("not_null of pay: 1 of 1"));
  EXPECT_THAT(code_of("4,A,1,2026-01-01\n5,A,1,2026-01-01\n"), HasSubstr("row_count: 5 rows"));
  EXPECT_EQ(lake_.Rows("SELECT count(*) FROM t"), "[3]") << "nothing of what was refused is there";
  const Job upsert = lake_.IngestText("t", "w.csv", "id,city,pay,day\n1,B,2,2026-01-01\n", Mode::kUpsert, "id");
  EXPECT_EQ(upsert.state, JobState::kCommitted) << WhyOf(upsert) << ": the row that gives way counts no longer";
  const auto rules = lake_.ingest().LoadRules(IngestUnderTest::NewContext(), {"t"});
  ASSERT_TRUE(rules.ok());
  EXPECT_EQ(rules->checked_version, lake_.Version("t"));
  EXPECT_EQ(rules->results.size(), 7u);
}

TEST_F(DatasetRulesTest, RulesThatMakeNoSenseAreRefused) {
  ASSERT_EQ(lake_.IngestText("t", "t.csv", "id\n1\n").state, JobState::kCommitted);
  const auto reason = [&](std::optional<std::string> drift, std::optional<std::string> expectations) -> std::string {
    const auto put = lake_.ingest().PutRules(IngestUnderTest::NewContext(), {"t", std::move(drift), std::move(expectations)});
    return put ? "taken" : std::string(put.error().reason());
  };
  EXPECT_EQ(reason("maybe", {}), "bad_drift");
  for (const char* toml :
       {"x", "[expect]\nrule = 1", "a = 1", "[[expect]]\nrule = \"unknown\"", "[[expect]]\nrule = \"unique\"",
        "[[expect]]\nrule = \"row_count\"\n", "[[expect]]\nrule = \"row_count\"\ncolumn = \"id\"\nmin = 1",
        "[[expect]]\nrule = \"regex\"\ncolumn = \"id\"", "[[expect]]\nrule = \"foreign_key\"\ncolumn = \"id\"\nreferences = \"x\"",
        "[[expect]]\nrule = \"not_null\"\ncolumn = \"id\"\nmostly = 0", "[[expect]]\nrule = \"not_null\"\ncolumn = \"id\"\nmostly = 1.5",
        "[[expect]]\nrule = \"not_null\"\ncolumn = \"id\"\nodd = 1", "[[expect]]\nrule = \"range\"\ncolumn = \"id\""})
    EXPECT_EQ(reason({}, toml), "bad_expectations") << toml;
  EXPECT_EQ(lake_.Version("t"), 1) << "nothing was committed";
  EXPECT_EQ(reason("refuse", ""), "taken");
  EXPECT_EQ(lake_.Version("t"), 1) << "what is so already is no change";
  Put("t", {}, "[[expect]]\nrule = \"foreign_key\"\ncolumn = \"id\"\nreferences = \"nowhere.id\"");
  const Job job = lake_.IngestText("t", "u.csv", "id\n2\n");
  EXPECT_EQ(job.error->code, "bad_expectation") << "what cannot be checked is not passed";
}

TEST_F(DatasetRulesTest, BoundsAreHeldAgainstTheColumnsTypesWhenTheyArePut) {
  ASSERT_EQ(
      lake_.IngestText("t", "t.json", R"([{"id":1,"pay":2.5,"day":"2026-01-02","at":"2026-01-02T03:04:05","name":"x","ok":true,"l":[1]}])")
          .state,
      JobState::kCommitted);
  ASSERT_EQ(lake_.Columns("t"), "id BIGINT, pay DOUBLE, day DATE, at TIMESTAMP, name VARCHAR, ok BOOLEAN, l BIGINT[]");
  const auto answer = [&](const std::string& rule) {
    const auto put = lake_.ingest().PutRules(IngestUnderTest::NewContext(), {"t", {}, "[[expect]]\n" + rule});
    if (put) return std::string("taken");
    EXPECT_EQ(put.error().reason(), "bad_expectations");
    return put.error().message();
  };
  const auto range = [&](const std::string& column, const std::string& bounds) {
    return answer("rule = \"range\"\ncolumn = \"" + column + "\"\n" + bounds);
  };
  EXPECT_EQ(range("id", "min = \"many\""),
            "expectation 1 (range): column \"id\" is BIGINT, so min has to be a number, as in 10 or 2.5; it is \"many\"");
  EXPECT_EQ(range("DAY", "max = 7"),
            "expectation 1 (range): column \"day\" is DATE, so max has to be a date, as in 2026-01-31; it is \"7\"");
  EXPECT_THAT(range("day", "max = 2026-02-30T00:00:00"), HasSubstr("line 4")) << "no such day: no TOML";
  EXPECT_THAT(range("day", "max = \"2026-02-30\""), HasSubstr("it is \"2026-02-30\""));
  EXPECT_THAT(range("at", "min = \"noon\""), HasSubstr("a date or a time"));
  EXPECT_THAT(range("ok", "min = 1"), HasSubstr("is BOOLEAN, which has no order"));
  EXPECT_THAT(range("l", "min = 1"), HasSubstr("is BIGINT[], which has no order"));
  EXPECT_THAT(range("id", "min = 5\nmax = 4"), HasSubstr("min 5 is above max 4"));
  EXPECT_THAT(range("id", "min = 1e30"), HasSubstr("so min has to be a number"));
  EXPECT_THAT(range("id", "min = nan"), HasSubstr("so min has to be a number"));
  EXPECT_THAT(answer("rule = \"unique\"\ncolumn = \"gone\""), HasSubstr("no column \"gone\"; it has id, pay, day"));
  EXPECT_THAT(answer("rule = \"row_count\"\nmin = \"few\""), HasSubstr("rows are counted, so min has to be a number"));
  for (const char* bounds : {"min = 1\nmax = 2.5", "min = -9223372036854775808"}) EXPECT_EQ(range("id", bounds), "taken") << bounds;
  EXPECT_EQ(range("pay", "min = -1e300\nmax = 1e300"), "taken");
  EXPECT_EQ(
      lake_
          .IngestText("t", "u.json", R"([{"id":2,"pay":1e200,"day":"2026-01-02","at":"2026-01-02T03:04:05","name":"x","ok":true,"l":[1]}])")
          .state,
      JobState::kCommitted)
      << "such bounds can be checked, too";
  EXPECT_EQ(range("name", "min = \"a\"\nmax = \"z\""), "taken");
  EXPECT_EQ(range("at", "min = 2025-01-01\nmax = 2026-12-31T23:59:59Z"), "taken");
  const Job late =
      lake_.IngestText("t", "v.json", R"([{"id":3,"pay":1.5,"day":"2026-01-02","at":"2027-01-01T00:00:00","name":"x","ok":true,"l":[1]}])");
  EXPECT_THAT(WhyOf(late), HasSubstr("range of at: 1 of 1"));
}

TEST_F(DatasetRulesTest, LoadsThatRulesRefusedAreFoundAfterARestart) {
  Log log("test", LogLevel::kError, [](std::string_view) {});
  struct Process {
    Process(storage::ObjectStore& store, Log& to) : archive(journal, store, to, {.flush_interval_ms = 3'600'000}) {}
    storage::ErrorJournal journal;
    storage::ErrorArchive archive;
  };
  std::optional<Process> process;
  const auto start = [&] {
    lake_.Restart({});
    process.reset();
    process.emplace(lake_.store(), log);
    lake_.Restart({.errors = &process->journal, .error_archive = &process->archive});
  };
  start();
  ASSERT_EQ(lake_.IngestText("People", "t.csv", "id,pay\n1,10\n").state, JobState::kCommitted);
  Put("People", {}, "[[expect]]\nrule = \"unique\"\ncolumn = \"id\"\n[[expect]]\nrule = \"not_null\"\ncolumn = \"pay\"\n");
  const Job refused = lake_.IngestText("people", "twice.csv", "id,pay\n1,11\n2,12\n");
  ASSERT_EQ(WhyOf(refused).substr(0, 18), "expectation_failed");
  ASSERT_EQ(lake_.IngestText("people", "wide.csv", "id,pay,more\n3,1,1\n").error->code, "schema_conflict");
  ASSERT_EQ(lake_.IngestText("people", "broken.csv", "id\n\"never closed\n").error->code, "unterminated_quote");
  ASSERT_EQ(lake_.IngestText("others", "t.csv", "id\n1\n").state, JobState::kCommitted);
  IngestRequest preview;
  preview.name = "people";
  preview.path = lake_.WriteFile("p.csv", "id,pay,other\n4,1,1\n");
  preview.file_name = "p.csv";
  preview.preview = true;
  ASSERT_EQ(lake_.Ingest(preview).error->code, "schema_conflict");
  for (const char* when : {"at once", "after a restart"}) {
    SCOPED_TRACE(when);
    const auto rules = lake_.ingest().LoadRules(IngestUnderTest::NewContext(), {"people"});
    ASSERT_TRUE(rules.ok()) << rules.error().ToString();
    ASSERT_EQ(rules->refused.size(), 2u) << "neither a file that nobody could read nor a look is a load that rules refused";
    EXPECT_EQ(rules->refused[0].file_name, "wide.csv");
    EXPECT_EQ(rules->refused[0].code, "schema_conflict");
    EXPECT_THAT(rules->refused[0].message, HasSubstr("more"));
    EXPECT_EQ(rules->refused[1].job, refused.id);
    EXPECT_EQ(rules->refused[1].file_name, "twice.csv");
    ASSERT_EQ(rules->refused[1].results.size(), 2u);
    EXPECT_EQ(rules->refused[1].results[0].rule, "unique");
    EXPECT_EQ(rules->refused[1].results[0].failed, 2);
    EXPECT_TRUE(rules->refused[1].results[1].passed);
    EXPECT_EQ(lake_.ingest().LoadRules(IngestUnderTest::NewContext(), {"others"})->refused.size(), 0u);
    start();
  }
  lake_.Restart({});
}

TEST_F(DatasetRulesTest, ALoadIsRecordedAsRefusedBeforeItHasEnded) {
  struct Looker final : storage::ErrorSink {
    void Record(const Context&, std::string, std::string, const Error&) override {
      const auto jobs = lake->ingest().ListJobs(IngestUnderTest::NewContext(), {.limit = 1});
      seen.emplace_back(jobs.ok() ? WireName(jobs->jobs.at(0).state) : "no jobs");
    }
    IngestLake* lake = nullptr;
    std::vector<std::string> seen;
  } looker;
  IngestLake lake({.errors = &looker});
  looker.lake = &lake;
  ASSERT_EQ(lake.IngestText("t", "t.csv", "id\n1\n").state, JobState::kCommitted);
  ASSERT_EQ(lake.IngestText("t", "wide.csv", "id,more\n2,3\n").state, JobState::kFailed);
  EXPECT_THAT(looker.seen, ElementsAre("running")) << "whoever waits for the job and then looks must find it";
}

TEST_F(DatasetRulesTest, RowsThatComeAtTheSameTimeAreHeldAgainstEachOther) {
  IngestLake lake({.runners = 4});
  ASSERT_EQ(lake.IngestText("t", "t.csv", "id\n0\n").state, JobState::kCommitted);
  ASSERT_TRUE(lake.ingest().PutRules(IngestUnderTest::NewContext(), {"t", {}, "[[expect]]\nrule = \"unique\"\ncolumn = \"id\"\n"}).ok());
  std::vector<Job> jobs(12);
  {
    TaskGroup senders;  // of the ids 1 to 6 each comes twice, in files that differ
    for (std::size_t i = 0; i < jobs.size(); ++i)
      senders.Start("send", [&, i](std::stop_token) {
        jobs[i] = lake.IngestText("t", "f" + std::to_string(i) + ".csv",
                                  "id\n" + std::to_string(i / 2 + 1) + "\n" + std::to_string(100 + i) + "\n");
      });
  }
  std::int64_t committed = 0, refused = 0;
  for (const Job& job : jobs) {
    committed += job.state == JobState::kCommitted ? 1 : 0;
    refused += job.error && job.error->code == "expectation_failed" ? 1 : 0;
  }
  EXPECT_EQ(committed, 6) << "nobody is told to send a file again";
  EXPECT_EQ(refused, 6);
  EXPECT_EQ(lake.Rows("SELECT count(*), count(DISTINCT id) FROM t"), "[13,13]");
}

}  // namespace
}  // namespace lakehouse::ingest
