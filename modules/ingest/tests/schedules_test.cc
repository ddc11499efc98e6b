#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>
#include <mutex>
#include <thread>

#include "ingest_lake.h"
#include "pull_server.h"

namespace lakehouse::ingest {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

/// What an operator would find, as "object: reason".
class KeptFailures final : public storage::ErrorSink {
 public:
  void Record(const Context&, std::string, std::string object, const Error& error) override {
    const std::scoped_lock lock(mutex_);
    kept_.push_back(object + ": " + std::string(error.reason()));
  }
  std::vector<std::string> All() {
    const std::scoped_lock lock(mutex_);
    return kept_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> kept_;
};

class SchedulesTest : public testing::Test {
 protected:
  static Context NewContext() { return IngestUnderTest::NewContext(); }
  Ingest& ingest() { return lake_.ingest(); }
  std::string Put(const Schedule& schedule) {
    const auto put = ingest().PutSchedule(NewContext(), {schedule});
    return put ? "taken" : std::string(put.error().reason());
  }
  ScheduleState StateOf(const std::string& name) {
    const auto listed = ingest().ListSchedules(NewContext(), {});
    EXPECT_TRUE(listed.ok());
    for (const ScheduleState& state : listed->schedules)
      if (state.schedule.name == name) return state;
    return {};
  }
  /// Runs it now and waits for the end; the run.
  ScheduleRun Run(const std::string& name) {
    const std::size_t before = StateOf(name).runs.empty() ? 0 : static_cast<std::size_t>(StateOf(name).runs[0].started_micros);
    const auto asked = ingest().RunSchedule(NewContext(), {name});
    EXPECT_TRUE(asked.ok()) << asked.error().ToString();
    return WaitForRun(name, static_cast<std::int64_t>(before));
  }
  ScheduleRun WaitForRun(const std::string& name, std::int64_t after_micros = 0) {
    const auto deadline = Deadline::After(120'000);
    while (deadline.RemainingMs() > 0) {
      const ScheduleState state = StateOf(name);
      if (!state.runs.empty() && state.runs[0].started_micros > after_micros && !state.running) return state.runs[0];
      std::this_thread::yield();
    }
    ADD_FAILURE() << "no run of " << name;
    return {};
  }
  void Drop(const std::string& folder, const std::string& name, const std::string& octets) {
    EXPECT_TRUE(CreateDirectories(lake_.path() + "/inbox/" + folder).ok());
    std::ofstream(lake_.path() + "/inbox/" + folder + "/" + name, std::ios::binary) << octets;
  }
  bool IsThere(const std::string& path) { return ::access((lake_.path() + "/inbox/" + path).c_str(), F_OK) == 0; }
  KeptFailures failures_;
  IngestLake lake_{IngestLake::Setup{.errors = &failures_, .hosts = "127.0.0.1"}};
};

TEST_F(SchedulesTest, AFolderIsReadWhenItsTimeHasComeAndOneBadFileStopsNothing) {
  Drop("hr", "a.csv", "id\n1\n");
  Drop("hr", "b.csv", "id\n\"never closed\n");
  Drop("hr", "c.csv", "id\n3\n");
  ASSERT_EQ(Put({.name = "hr", .kind = "folder", .url = "hr", .dataset = "people", .every = "1s"}), "taken");
  const auto deadline = Deadline::After(120'000);
  while ((IsThere("hr/a.csv") || IsThere("hr/b.csv") || IsThere("hr/c.csv")) && deadline.RemainingMs() > 0) std::this_thread::yield();
  EXPECT_TRUE(IsThere("hr/done/a.csv") && IsThere("hr/failed/b.csv") && IsThere("hr/done/c.csv"));
  EXPECT_EQ(lake_.Rows("SELECT id FROM people ORDER BY id"), "[1],[3]");
  WaitForRun("hr");
  std::int64_t failed = 0;
  for (const ScheduleRun& run : StateOf("hr").runs) failed += run.failed_files;
  EXPECT_EQ(failed, 1);
}

TEST_F(SchedulesTest, EveryFileOfAFolderMayBeADatasetOfItsOwn) {
  Drop("mixed", "people.csv", "id\n1\n");
  Drop("mixed", "notes.md", "# Notes\n\nwords\n");
  ASSERT_EQ(Put({.name = "mixed", .kind = "folder", .url = "mixed"}), "taken");
  EXPECT_FALSE(StateOf("mixed").next_micros.has_value()) << "it runs only when asked";
  const auto deadline = Deadline::After(120'000);
  while ((IsThere("mixed/people.csv") || IsThere("mixed/notes.md")) && deadline.RemainingMs() > 0) Run("mixed");
  EXPECT_EQ(lake_.Rows("SELECT id FROM people"), "[1]");
  EXPECT_EQ(lake_.Rows("SELECT title FROM notes"), R"(["Notes"])");
}

TEST_F(SchedulesTest, AUrlIsPulledOnceUntilItChanges) {
  PullServer server;
  server.Offer("/people.csv", "id\n1\n");
  ASSERT_EQ(Put({.name = "pull", .kind = "http", .url = server.Url("/people.csv"), .dataset = "people", .mode = "replace"}), "taken");
  const ScheduleRun first = Run("pull");
  EXPECT_EQ(first.state, "committed") << first.error;
  EXPECT_EQ(first.rows, 1);
  EXPECT_THAT(first.jobs, SizeIs(1));
  const ScheduleRun second = Run("pull");
  EXPECT_EQ(second.state, "unchanged") << second.error;
  EXPECT_EQ(second.files, 0) << "the server said that nothing changed";
  server.Offer("/people.csv", "id\n1\n2\n");
  EXPECT_EQ(Run("pull").rows, 2);
  EXPECT_EQ(lake_.Rows("SELECT count(*) FROM people"), "[2]");
  server.Offer("/people.csv", "other\n1\n");
  const ScheduleRun refused = Run("pull");
  EXPECT_EQ(refused.state, "failed");
  EXPECT_THAT(refused.error, HasSubstr("schema_conflict"));
  EXPECT_THAT(failures_.All(), testing::ElementsAre("people: schema_conflict", "schedule:pull: schedule_failed"));
  EXPECT_EQ(Run("pull").state, "failed") << "it is not forgotten that the file is bad";
  EXPECT_THAT(lake_.Spooled(), testing::IsEmpty());
  ASSERT_EQ(Put({.name = "gone", .kind = "http", .url = server.Url("/nowhere.csv"), .dataset = "people"}), "taken");
  EXPECT_EQ(Run("gone").state, "failed");
  EXPECT_THAT(failures_.All(), testing::Contains("schedule:gone: source_error"));
}

TEST_F(SchedulesTest, NewAndChangedObjectsOfABucketAreTaken) {
  ASSERT_TRUE(lake_.store().Put(NewContext(), "incoming/a.csv", "id\n1\n").ok());
  ASSERT_TRUE(lake_.store().Put(NewContext(), "incoming/b.csv", "id\n2\n").ok());
  ASSERT_EQ(Put({.name = "objects", .kind = "objects", .url = "primary/incoming/", .dataset = "t"}), "taken");
  EXPECT_EQ(Run("objects").rows, 2);
  EXPECT_EQ(Run("objects").files, 0);
  ASSERT_TRUE(lake_.store().Put(NewContext(), "incoming/b.csv", "id\n22\n333\n").ok());
  EXPECT_EQ(Run("objects").rows, 2);
  EXPECT_EQ(lake_.Rows("SELECT id FROM t ORDER BY id"), "[1],[2],[22],[333]");
}

TEST_F(SchedulesTest, OneBadObjectStopsNoOther) {
  ASSERT_TRUE(lake_.store().Put(NewContext(), "incoming/a.csv", "id\n1\n").ok());
  ASSERT_TRUE(lake_.store().Put(NewContext(), "incoming/b.csv", std::string((1 << 20) + 1, 'x')).ok());
  ASSERT_TRUE(lake_.store().Put(NewContext(), "incoming/c.csv", "id\n\"never closed\n").ok());
  ASSERT_TRUE(lake_.store().Put(NewContext(), "incoming/d.csv", "id,id2\n4,4\n").ok());
  ASSERT_TRUE(lake_.store().Put(NewContext(), "incoming/e.csv", "id\n5\n").ok());
  ASSERT_EQ(Put({.name = "objects", .kind = "objects", .url = "primary/incoming/", .dataset = "t"}), "taken");
  const ScheduleRun run = Run("objects");
  EXPECT_EQ(lake_.Rows("SELECT id FROM t ORDER BY id"), "[1],[5]");
  EXPECT_EQ(run.state, "failed");
  EXPECT_EQ(run.files, 5);
  EXPECT_EQ(run.failed_files, 3);
  EXPECT_EQ(run.rows, 2);
  ASSERT_THAT(run.reports, SizeIs(5));
  EXPECT_EQ(run.reports[0].name, "primary/incoming/a.csv");
  EXPECT_EQ(run.reports[0].state, "committed");
  EXPECT_EQ(run.reports[0].rows, 1);
  EXPECT_EQ(run.reports[0].error, "");
  EXPECT_FALSE(run.reports[0].job.empty());
  EXPECT_THAT(run.reports[1].error, HasSubstr("source_too_large: it has 1048577 octets"));
  EXPECT_EQ(run.reports[1].job, "");
  EXPECT_EQ(run.reports[2].state, "failed");
  EXPECT_THAT(run.reports[3].error, HasSubstr("schema_conflict"));
  EXPECT_EQ(run.reports[4].state, "committed");
  EXPECT_EQ(Run("objects").files, 0) << "none of them is asked for again until it changes";
  EXPECT_THAT(lake_.Spooled(), testing::IsEmpty());
}

TEST_F(SchedulesTest, WhatIsDeclaredOutlivesTheProcessAndIsSound) {
  ASSERT_EQ(Put({.name = "night", .kind = "objects", .url = "primary/incoming", .dataset = "t", .cron = "30 6 * * *"}), "taken");
  Run("night");
  const ScheduleState state = StateOf("night");
  ASSERT_TRUE(state.next_micros.has_value());
  EXPECT_EQ(*state.next_micros / 1'000'000 % 86'400, 6 * 3'600 + 1'800);
  for (const char* key : {"_schedules/night/definition.json", "_schedules/night/state.json"}) {
    auto octets = lake_.store().Get(NewContext(), key);
    ASSERT_TRUE(octets.ok()) << key;
    EXPECT_TRUE(*CheckScheduleObject(key, *octets));
    (*octets)[octets->size() / 2] ^= 1;
    EXPECT_FALSE(CheckScheduleObject(key, *octets).ok()) << key;
  }
  ASSERT_TRUE(ingest().DropSchedule(NewContext(), {"night"}).ok());
  EXPECT_EQ(StateOf("night").schedule.name, "");
  const auto again = ingest().DropSchedule(NewContext(), {"night"});
  EXPECT_EQ(again.error().reason(), "schedule_not_found");
  EXPECT_EQ(ingest().RunSchedule(NewContext(), {"night"}).error().reason(), "schedule_not_found");
}

TEST_F(SchedulesTest, WhatMakesNoSenseIsRefused) {
  const Schedule good{.name = "x", .kind = "objects", .url = "primary/in", .dataset = "t"};
  const auto with = [&](auto change) {
    Schedule schedule = good;
    change(schedule);
    return Put(schedule);
  };
  EXPECT_EQ(with([](Schedule&) {}), "taken");
  EXPECT_EQ(with([](Schedule& s) { s.name = "../x"; }), "bad_schedule");
  EXPECT_EQ(with([](Schedule& s) { s.kind = "ftp"; }), "bad_schedule");
  EXPECT_EQ(with([](Schedule& s) { s.url = "primary/_catalog/log"; }), "bad_url");
  EXPECT_EQ(with([](Schedule& s) { s.url = "primary/"; }), "bad_url") << "the lake itself is no source";
  EXPECT_EQ(with([](Schedule& s) { s.url = "rescue/x"; }), "bad_url");
  EXPECT_EQ(with([](Schedule& s) { s.every = "5"; }), "bad_schedule");
  EXPECT_EQ(with([](Schedule& s) { s.cron = "x"; }), "bad_cron");
  EXPECT_EQ(with([](Schedule& s) { s.every = "5m", s.cron = "* * * * *"; }), "bad_schedule");
  EXPECT_EQ(with([](Schedule& s) { s.cron = "* * * * *", s.zone = "Mars/Base"; }), "bad_zone");
  EXPECT_EQ(with([](Schedule& s) { s.mode = "upsert"; }), "bad_schedule");
  EXPECT_EQ(with([](Schedule& s) { s.secret = "source.x"; }), "bad_schedule");
  EXPECT_EQ(with([](Schedule& s) { s.kind = "folder", s.url = "../../etc"; }), "bad_folder");
  EXPECT_EQ(with([](Schedule& s) { s.kind = "http", s.url = "http://10.0.0.1/a.csv"; }), "host_not_allowed");
  EXPECT_EQ(with([](Schedule& s) { s.kind = "http", s.url = "http://127.0.0.1/a.csv", s.secret = "operator.token"; }), "bad_secret");
  EXPECT_EQ(with([](Schedule& s) { s.kind = "postgres", s.url = "postgres://u@elsewhere/db", s.table = "t"; }), "host_not_allowed");
  EXPECT_EQ(with([](Schedule& s) { s.kind = "postgres", s.url = "postgres://u:p@127.0.0.1/db", s.table = "t"; }), "password_in_url");
  EXPECT_EQ(with([](Schedule& s) { s.kind = "mysql", s.url = "mysql://u@elsewhere/db", s.table = "t"; }), "host_not_allowed");
  EXPECT_EQ(with([](Schedule& s) { s.kind = "mysql", s.url = "postgres://u@127.0.0.1/db", s.table = "t"; }), "bad_schedule");
}

}  // namespace
}  // namespace lakehouse::ingest
