#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "ingest_lake.h"
#include "lakehouse/base/failpoint.h"
#include "lakehouse/base/file.h"
#include "lakehouse/storage/sealed_json.h"

namespace lakehouse::ingest {
namespace {

namespace fs = std::filesystem;

class HeardErrors final : public storage::ErrorSink {
 public:
  void Record(const Context&, std::string, std::string object, const Error& error) override {
    const std::scoped_lock lock(mutex_);
    heard_.push_back(object + " " + std::string(error.reason()));
  }
  std::vector<std::string> heard() const {
    const std::scoped_lock lock(mutex_);
    return heard_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> heard_;
};

class AcceptedUploadsTest : public testing::Test {
 protected:
  /// What comes from now on waits: nobody runs it in this process.
  void LetWait() {
    setup_.runners = 0;
    lake_.Restart(setup_);
  }
  IngestRequest RequestFor(const std::string& dataset, const std::string& text, std::optional<bool> keep) {
    IngestRequest request;
    request.name = dataset;
    request.path = lake_.WriteFile("f.csv", text);
    request.file_name = "f.csv";
    request.owned = true;
    request.keep = keep;
    return request;
  }
  std::string Send(const std::string& dataset, const std::string& text, std::optional<bool> keep) {
    return Send(RequestFor(dataset, text, keep));
  }
  std::string Send(const IngestRequest& request) {
    const auto started = lake_.ingest().Start(IngestLake::NewContext(), request);
    EXPECT_TRUE(started.ok()) << started.error().ToString();
    return started ? started->job.id : std::string();
  }
  Job Ended(const std::string& id) {
    const auto waited = lake_.ingest().Wait(IngestLake::NewContext(), {id, 100'000});
    EXPECT_TRUE(waited.ok()) << waited.error().ToString();
    return waited ? waited->job : Job();
  }
  fs::path ShelfOf(const std::string& id) { return fs::path(lake_.path()) / "accepted/uploads" / id; }
  /// Ids of what is there, but for notes of what has ended.
  std::vector<std::string> Shelved() {
    std::set<std::string> ids;
    if (!fs::exists(ShelfOf(""))) return {};
    for (const auto& entry : fs::recursive_directory_iterator(ShelfOf("")))
      if (!entry.is_directory() && entry.path().filename() != "ended.json") ids.insert(entry.path().parent_path().filename().string());
    return {ids.begin(), ids.end()};
  }
  /// How many jobs that have ended the next process can tell of.
  std::size_t Notes() {
    std::size_t notes = 0;
    for (const auto& entry : fs::recursive_directory_iterator(ShelfOf(""))) notes += entry.path().filename() == "ended.json" ? 1 : 0;
    return notes;
  }
  /// Puts back what was on the shelf, as if the process had ended between the commit and the note of it.
  void PutBack(const std::string& id, const fs::path& copy) {
    fs::remove_all(ShelfOf(id));
    fs::create_directories(ShelfOf(""));
    fs::rename(copy, ShelfOf(id));
  }
  void ChangeIntent(const std::string& id, const std::function<void(std::string&)>& change) {
    std::string intent = storage::UnsealJson(ReadFile(ShelfOf(id) / "intent.json").Take()).Take();
    change(intent);
    Overwrite(ShelfOf(id) / "intent.json", storage::SealJson(intent));
  }
  void Restart() {
    setup_.runners = 1;
    lake_.Restart(setup_);
  }
  static void Overwrite(const fs::path& path, const std::string& octets) {
    fs::permissions(path, fs::perms::owner_write, fs::perm_options::add);
    std::ofstream(path, std::ios::binary) << octets;
  }

  HeardErrors errors_;
  IngestLake::Setup setup_{.errors = &errors_};
  IngestLake lake_{setup_};
};

TEST_F(AcceptedUploadsTest, WhatWaitsIsTakenUpByTheNextProcessUnderItsId) {
  LetWait();
  std::vector<std::string> ids;
  for (int i = 0; i < 20; ++i) ids.push_back(Send("t" + std::to_string(i % 5), "a\n" + std::to_string(i) + "\n", true));
  const std::string not_kept = Send("lost", "a\n1\n", {});
  EXPECT_THAT(Shelved(), testing::UnorderedElementsAreArray(ids));
  Restart();
  for (const std::string& id : ids) {
    const Job job = Ended(id);
    EXPECT_EQ(job.state, JobState::kCommitted) << (job.error ? job.error->message : "");
    EXPECT_EQ(job.file_name, "f.csv");
  }
  EXPECT_FALSE(lake_.ingest().Wait(IngestLake::NewContext(), {not_kept, 0}).ok());
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(lake_.Rows("SELECT count(*), count(DISTINCT a) FROM t" + std::to_string(i)), "[4,4]") << "of table " << i;
  EXPECT_THAT(Shelved(), testing::IsEmpty());
  EXPECT_THAT(errors_.heard(), testing::IsEmpty());
}

TEST_F(AcceptedUploadsTest, OneThatCommittedBeforeItWasForgottenComesInOnce) {
  LetWait();
  const std::string id = Send("t", "a\n1\n", true);
  const fs::path copy = fs::path(lake_.path()) / "copy";
  fs::copy(ShelfOf(id), copy, fs::copy_options::recursive);
  Restart();
  ASSERT_EQ(Ended(id).state, JobState::kCommitted);
  PutBack(id, copy);
  Restart();
  EXPECT_EQ(Ended(id).state, JobState::kUnchanged);
  EXPECT_EQ(lake_.Rows("SELECT a FROM t"), "[1]");
  EXPECT_THAT(Shelved(), testing::IsEmpty());
}

TEST_F(AcceptedUploadsTest, WhateverItsModeWhatCameAfterItIsNotUndone) {
  for (const char* name : {"appended", "replaced", "upserted"})
    ASSERT_EQ(lake_.IngestText(name, "f.csv", "a,b\n1,old\n2,old\n").state, JobState::kCommitted);
  LetWait();
  std::map<std::string, std::string> ids;
  for (const auto& [name, mode] :
       {std::pair("created", Mode::kCreate), {"appended", Mode::kAppend}, {"replaced", Mode::kReplace}, {"upserted", Mode::kUpsert}}) {
    IngestRequest request = RequestFor(name, "a,b\n2,new\n3,new\n", true);
    request.mode = mode;
    if (mode == Mode::kUpsert) request.key = "a";
    ids[name] = Send(request);
  }
  const fs::path copies = fs::path(lake_.path()) / "copies";
  fs::copy(ShelfOf(""), copies, fs::copy_options::recursive);
  Restart();
  for (const auto& [name, id] : ids) {
    ASSERT_EQ(Ended(id).state, JobState::kCommitted) << name;
    ASSERT_TRUE(lake_.ingest().DeleteRows(IngestLake::NewContext(), {name, "a", {"3"}}).ok()) << name;
    PutBack(id, copies / id);
  }
  Restart();
  for (const auto& [name, id] : ids) EXPECT_NE(Ended(id).state, JobState::kCancelled) << name;
  const auto rows = [&](const std::string& name) { return lake_.Rows("SELECT a, b FROM " + name + " ORDER BY a, b"); };
  EXPECT_EQ(rows("created"), R"([2,"new"])");
  EXPECT_EQ(rows("appended"), R"([1,"old"],[2,"new"],[2,"old"])");
  EXPECT_EQ(rows("replaced"), R"([2,"new"])");
  EXPECT_EQ(rows("upserted"), R"([1,"old"],[2,"new"])");
  EXPECT_THAT(Shelved(), testing::IsEmpty());
}

TEST_F(AcceptedUploadsTest, HowAJobEndedIsToldByLaterProcesses) {
  const std::string good = Send("t", "a\n1\n", true), bad = Send("t", "a,b\n1,\"never closed\n", true);
  ASSERT_EQ(Ended(good).state, JobState::kCommitted);
  ASSERT_EQ(Ended(bad).state, JobState::kFailed);
  for (int process = 0; process < 2; ++process) {
    Restart();
    EXPECT_EQ(Ended(good).state, JobState::kCommitted);
    EXPECT_EQ(Ended(good).rows_loaded, 1);
    EXPECT_EQ(Ended(bad).state, JobState::kFailed);
    EXPECT_EQ(Ended(bad).error->code, "unterminated_quote");
  }
  setup_.kept_jobs = 2;
  Restart();
  std::string last;
  for (int i = 0; i < 3; ++i) {
    last = Send("u", "a\n" + std::to_string(i) + "\n", true);
    Ended(last);
  }
  EXPECT_EQ(Notes(), 2U) << "not without end";
  Restart();
  EXPECT_EQ(Ended(last).state, JobState::kCommitted);
}

TEST_F(AcceptedUploadsTest, AFileThatEndsTheProcessEachTimeIsGivenUpAndCancellingTheJobRemovesIt) {
  LetWait();
  const std::string id = Send("t", "a\n1\n", true), next = Send("u", "a\n1\n", true);
  ChangeIntent(id, [](std::string& intent) { intent.insert(1, R"("begun":10,)"); });
  ChangeIntent(next, [](std::string& intent) { intent.insert(1, R"("begun":9,)"); });
  Restart();
  ASSERT_EQ(Ended(id).state, JobState::kFailed);
  EXPECT_EQ(Ended(id).error->code, "given_up");
  EXPECT_EQ(Ended(next).state, JobState::kCommitted);
  EXPECT_THAT(Shelved(), testing::ElementsAre(id)) << "its bytes are not thrown away";
  EXPECT_THAT(errors_.heard(), testing::Contains(id + " given_up"));
  ASSERT_TRUE(lake_.ingest().Cancel(IngestLake::NewContext(), {id}).ok());
  EXPECT_THAT(Shelved(), testing::IsEmpty());
  Restart();
  EXPECT_EQ(Ended(id).error->code, "given_up");
  EXPECT_EQ(lake_.Version("t"), 0);
}

TEST_F(AcceptedUploadsTest, StoppedInGoodOrderIsNoReasonToGiveUp) {
  std::string text = "id,v\n";
  for (int i = 0; i < 300'000; ++i) text += std::to_string(i) + ",value\n";
  const std::string id = Send("t", text, true);
  for (int stop = 0; stop < 12; ++stop) Restart();
  EXPECT_EQ(Ended(id).state, JobState::kCommitted);
  EXPECT_EQ(lake_.Rows("SELECT count(*) FROM t"), "[300000]");
}

TEST_F(AcceptedUploadsTest, WhatCannotBeKeptIsRefusedAndLeavesNothing) {
  LetWait();
  const auto refused = [this] {
    const auto started = lake_.ingest().Start(IngestLake::NewContext(), RequestFor("t", "a\n1\n", true));
    return started ? std::string() : std::string(WireName(started.error().code())) + " " + std::string(started.error().reason());
  };
  for (const char* point : {"storage.put.after_temp_write", "ingest.rescue.after_source", "ingest.rescue.after_intent"}) {
    ASSERT_TRUE(ArmFailpoints(std::string(point) + ":1:error").ok());
    EXPECT_NE(refused(), "") << point;
    ASSERT_TRUE(ArmFailpoints("").ok());
    EXPECT_THAT(Shelved(), testing::IsEmpty()) << point;
  }
  setup_.accepted_bytes = 10;
  LetWait();
  const std::string first = Send("t", "a\n1\n", true), second = Send("t", "a\n2\n", true);
  EXPECT_EQ(refused(), "unavailable accepted_full");
  EXPECT_THAT(Shelved(), testing::UnorderedElementsAre(first, second));
  Restart();
  EXPECT_EQ(Ended(second).state, JobState::kCommitted);
  EXPECT_EQ(refused(), "") << "there is room again";
}

TEST_F(AcceptedUploadsTest, AFullQueueLosesNothingThatWasAccepted) {
  setup_.queue_capacity = 20;
  LetWait();
  std::vector<std::string> ids;
  for (int i = 0; i < 10; ++i) ids.push_back(Send("t", "a\n" + std::to_string(i) + "\n", true));
  const auto over = lake_.ingest().Start(IngestLake::NewContext(), RequestFor("t", "a\n10\n", true));
  ASSERT_FALSE(over.ok());
  EXPECT_EQ(over.error().reason(), "queue_share");
  EXPECT_THAT(Shelved(), testing::UnorderedElementsAreArray(ids));
  setup_.queue_capacity = 2;
  Restart();
  for (const std::string& id : ids) EXPECT_EQ(Ended(id).state, JobState::kCommitted);
  EXPECT_EQ(lake_.Rows("SELECT count(*) FROM t"), "[10]");
}

TEST_F(AcceptedUploadsTest, WhatIsKeptLaterIsTakenUpToo) {
  LetWait();
  const std::string id = Send("t", "a\n1\n", {});
  EXPECT_THAT(Shelved(), testing::IsEmpty());
  ASSERT_TRUE(lake_.ingest().Keep(IngestLake::NewContext(), {id}).ok());
  ASSERT_TRUE(lake_.ingest().Keep(IngestLake::NewContext(), {id}).ok()) << "again";
  EXPECT_THAT(Shelved(), testing::ElementsAre(id));
  Restart();
  EXPECT_EQ(Ended(id).state, JobState::kCommitted);
  EXPECT_EQ(lake_.Rows("SELECT a FROM t"), "[1]");
  EXPECT_THAT(Shelved(), testing::IsEmpty());
}

TEST_F(AcceptedUploadsTest, OneThatHasEndedLeavesNothing) {
  const std::string good = Send("t", "a\n1\n", true), bad = Send("t", "a,b\n1,\"never closed\n", true);
  EXPECT_EQ(Ended(good).state, JobState::kCommitted);
  EXPECT_EQ(Ended(bad).state, JobState::kFailed);
  EXPECT_THAT(Shelved(), testing::IsEmpty());
  ASSERT_TRUE(lake_.ingest().Keep(IngestLake::NewContext(), {good}).ok()) << "there is nothing to keep";
  EXPECT_THAT(Shelved(), testing::IsEmpty());
}

TEST_F(AcceptedUploadsTest, WhatWasCancelledStaysCancelled) {
  LetWait();
  const std::string id = Send("t", "a\n1\n", true);
  ASSERT_TRUE(lake_.ingest().Cancel(IngestLake::NewContext(), {id}).ok());
  Restart();
  EXPECT_EQ(Ended(id).state, JobState::kCancelled);
  EXPECT_EQ(lake_.Version("t"), 0);
  EXPECT_THAT(Shelved(), testing::IsEmpty());
}

TEST_F(AcceptedUploadsTest, WhatIsDamagedIsARecordedErrorAndStopsNothingElse) {
  LetWait();
  const std::string no_intent = Send("a", "a\n1\n", true), no_file = Send("b", "a\n1\n", true), other_file = Send("c", "a\n1\n", true),
                    sound = Send("d", "a\n1\n", true);
  Overwrite(ShelfOf(no_intent) / "intent.json", "{\"id\":");
  fs::remove(ShelfOf(no_file) / "source.%");
  Overwrite(ShelfOf(other_file) / "source.%", "a\n2\n");
  fs::create_directories(ShelfOf("what is this"));
  Restart();
  for (const std::string& id : {no_intent, no_file, other_file}) {
    const Job job = Ended(id);
    EXPECT_EQ(job.state, JobState::kFailed);
    ASSERT_TRUE(job.error);
    EXPECT_EQ(job.error->code, "corrupt_object") << job.error->message;
    EXPECT_THAT(errors_.heard(), testing::Contains(id + " corrupt_object"));
  }
  EXPECT_EQ(Ended(sound).state, JobState::kCommitted);
  for (const char* name : {"a", "b", "c"}) EXPECT_EQ(lake_.Version(name), 0) << name;
  EXPECT_THAT(Shelved(), testing::IsSupersetOf({no_intent, no_file, other_file})) << "somebody may want to look at it";
}

TEST_F(AcceptedUploadsTest, OneThatWasAcceptedForAnotherLakeWaitsForIt) {
  ASSERT_EQ(lake_.IngestText("t", "t.csv", "a\n0\n").state, JobState::kCommitted);
  LetWait();
  const std::string id = Send("t", "a\n1\n", true);
  ChangeIntent(id, [](std::string& intent) {
    const std::size_t at = intent.find(R"("lake":")");
    ASSERT_NE(at, std::string::npos) << intent;
    intent.replace(at + 8, 4, "0000");
  });
  Restart();
  const Job job = Ended(id);
  EXPECT_EQ(job.state, JobState::kFailed);
  EXPECT_EQ(job.error->code, "another_lake");
  EXPECT_EQ(lake_.Rows("SELECT a FROM t"), "[0]");
  EXPECT_THAT(Shelved(), testing::ElementsAre(id));
}

}  // namespace
}  // namespace lakehouse::ingest
