#include <gmock/gmock.h>

#include <set>
#include <thread>

#include "catalog_testing/test_lake.h"
#include "lakehouse/base/failpoint.h"
#include "lakehouse/catalog/fsck.h"
#include "storage_testing/faulty_object_store.h"

// What a store can do to a commit: fail it, lose its answer, deliver it late, die in the middle.
namespace lakehouse::catalog {
namespace {

using storage::FaultyObjectStore;
using storage::StoreFault;
using storage::StoreOperation;
using Action = StoreFault::Action;

constexpr const char* kLog = "_catalog/log/";

/// A lake behind a store that fails on demand.
struct FaultyLake {
  storage::MemoryObjectStore memory;
  std::shared_ptr<FaultyObjectStore> faulty = std::make_shared<FaultyObjectStore>(memory);
  TestLake lake;
  FaultyLake() { lake.store = faulty; }

  std::unique_ptr<LocalCatalog> MustOpen() { return lake.Open().Take(); }
  /// As another process sees it, with no faults.
  std::unique_ptr<LocalCatalog> Follow() {
    LocalCatalog::Options options = TestLake::QuietOptions();
    options.may_write = false;
    return LocalCatalog::Open({}, {memory, *lake.codec, lake.log, lake.metrics, lake.clock}, options).Take();
  }
  FsckReport Fsck(FsckLevel level = FsckLevel::kDigests) { return RunFsck({}, memory, *lake.codec, {level, false}).Take(); }
  void FailLogPuts(Action action, std::size_t times = 1) {
    StoreFault fault;
    fault.action = action;
    fault.operations = {StoreOperation::kPutIfAbsent};
    fault.key_prefix = kLog;
    fault.times = times;
    faulty->Inject(fault);
  }
};

std::string Explain(const FsckReport& report) {
  std::string text;
  for (const FsckFinding& finding : report.findings) text += finding.reason + " " + finding.key + ": " + finding.message + "\n";
  return text;
}

CommitRequest WithKey(CommitRequest request, const std::string& key) {
  request.idempotency = Idempotency{key, "digest of " + key};
  return request;
}

std::int64_t RowsOf(Catalog& catalog, const std::string& name) {
  const auto described = catalog.Describe({}, {name, {}});
  return described ? described->dataset.head.rows : -1;
}

TEST(CommitFault, ReadsBackACommitWhoseAnswerWasLost) {
  FaultyLake world;
  const auto catalog = world.MustOpen();
  world.FailLogPuts(Action::kLoseAnswer);
  const auto committed = catalog->Commit({}, CreateOf("a", {PutTestFile(world.memory, "datasets/a/data/1", 5)}));
  ASSERT_TRUE(committed) << committed.error().ToString();
  EXPECT_EQ(RowsOf(*world.Follow(), "a"), 5);
  EXPECT_EQ(world.Follow()->LoadStatus({}, {})->sequence, committed->sequence) << "the record must not be written twice";
}

TEST(CommitFault, WritesAgainWhenTheRequestWasLost) {
  FaultyLake world;
  const auto catalog = world.MustOpen();
  world.FailLogPuts(Action::kLoseRequest, 2);
  const auto committed = catalog->Commit({}, CreateOf("a", {}));
  ASSERT_TRUE(committed) << committed.error().ToString();
  EXPECT_EQ(world.Follow()->LoadStatus({}, {})->sequence, committed->sequence);
}

TEST(CommitFault, TakesALateRequestForItsOwn) {
  FaultyLake world;
  const auto catalog = world.MustOpen();
  world.FailLogPuts(Action::kArriveLate);
  ASSERT_TRUE(catalog->Commit({}, CreateOf("a", {})));
  world.faulty->DeliverLate();
  ASSERT_TRUE(catalog->Commit({}, CreateOf("b", {})));
  EXPECT_EQ(world.Follow()->LoadStatus({}, {})->dataset_count, 2);
  EXPECT_TRUE(world.Fsck().IsClean());
}

TEST(CommitFault, DeletesNothingWhileAnOutcomeIsUnknown) {
  FaultyLake world;
  const auto catalog = world.MustOpen();
  world.FailLogPuts(Action::kLoseAnswer, StoreFault::kAlways);
  StoreFault blind;
  blind.operations = {StoreOperation::kGet};
  blind.key_prefix = kLog;
  blind.times = StoreFault::kAlways;
  world.faulty->Inject(blind);
  const auto unknown = catalog->Commit({}, CreateOf("a", {PutTestFile(world.memory, "datasets/a/data/1", 5)}));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code(), ErrorCode::kOutcomeUnknown);
  EXPECT_EQ(world.faulty->CountCalls(StoreOperation::kDelete), 0U);
  EXPECT_EQ(RowsOf(*world.Follow(), "a"), 5) << "it had landed, with its files";
}

TEST(CommitFault, SettlesAnUnknownOutcomeBeforeAnythingElse) {
  for (const Action action : {Action::kLoseAnswer, Action::kLoseRequest, Action::kArriveLate}) {
    FaultyLake world;
    const auto catalog = world.MustOpen();
    ASSERT_TRUE(catalog->Commit({}, CreateOf("a", {})));
    world.FailLogPuts(action, StoreFault::kAlways);
    StoreFault blind;
    blind.operations = {StoreOperation::kGet};
    blind.key_prefix = kLog;
    blind.times = StoreFault::kAlways;
    world.faulty->Inject(blind);
    const CommitRequest append = WithKey(ChangeOf("a", Operation::kAppend, {PutTestFile(world.memory, "datasets/a/data/1", 5)}), "k1");
    EXPECT_EQ(catalog->Commit({}, append).error().code(), ErrorCode::kOutcomeUnknown);
    const auto meanwhile = catalog->Commit({}, CreateOf("b", {}));
    ASSERT_FALSE(meanwhile) << "nothing may pass a record that is not settled";
    EXPECT_EQ(meanwhile.error().code(), ErrorCode::kUnavailable);

    world.faulty->ClearFaults();
    world.faulty->DeliverLate();
    const auto again = catalog->Commit({}, append);
    ASSERT_TRUE(again) << again.error().ToString();
    EXPECT_TRUE(again->replayed) << "the first attempt was settled first";
    EXPECT_EQ(RowsOf(*world.Follow(), "a"), 5);
    ASSERT_TRUE(catalog->Commit({}, CreateOf("b", {})));
    EXPECT_TRUE(world.Fsck().IsClean());
  }
}

TEST(CommitFault, ChangesNothingWhenTheDiskIsFull) {
  FaultyLake world;
  const auto catalog = world.MustOpen();
  StoreFault full;
  full.operations = {StoreOperation::kPutIfAbsent};
  full.reason = "disk_full";
  world.faulty->Inject(full);
  const DataFile file = PutTestFile(world.memory, "datasets/a/data/1", 5);
  const auto refused = catalog->Commit({}, CreateOf("a", {file}));
  ASSERT_TRUE(refused) << "the manifest's put is tried again";
  full.key_prefix = kLog;
  world.faulty->Inject(full);
  const auto second = catalog->Commit({}, CreateOf("b", {}));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().reason(), "disk_full");
  ASSERT_TRUE(catalog->Commit({}, CreateOf("b", {}))) << "there is room again";
}

/// The life of a small lake, as a client sees it: what was acknowledged, and what is not known.
class Client {
 public:
  explicit Client(storage::ObjectStore& files) : files_(files) {}

  void Live(LocalCatalog& catalog) {
    Try(catalog, CreateOf("a", {File("a", 1)}), "a1");
    Try(catalog, ChangeOf("a", Operation::kAppend, {File("a", 2)}), "a2");
    CommitRequest both = ChangeOf("a", Operation::kAppend, {File("a", 3)});
    both.changes.push_back(CreateOf("b", {File("b", 4)}).changes[0]);
    Try(catalog, both, "ab");
    (void)catalog.Maintain({});
    Try(catalog, ChangeOf("a", Operation::kReplace, {File("a", 5)}), "a3");
    CommitRequest drop;
    drop.drops = {"b"};
    Try(catalog, drop, "drop");
    (void)catalog.Resolve({}, {{{"a", {}}}});
  }

  /// acknowledged ⊆ present ⊆ acknowledged ∪ unknown, by the events in the log; and transactions are whole.
  void Check(Catalog& catalog) {
    std::set<std::string> present;
    const auto read = catalog.ReadRecords({}, {1, 1000});
    ASSERT_TRUE(read) << read.error().ToString();
    for (const LogRecord& record : read->records) {
      for (const std::string& name : acknowledged_)
        if (record.json.text.find("\"step:" + name + "\"") != std::string::npos) present.insert(name);
      for (const std::string& name : unknown_)
        if (record.json.text.find("\"step:" + name + "\"") != std::string::npos) present.insert(name);
      for (const std::string& name : refused_)
        EXPECT_EQ(record.json.text.find("\"step:" + name + "\""), std::string::npos) << name << " was refused";
    }
    for (const std::string& name : acknowledged_) EXPECT_TRUE(present.contains(name)) << name << " was acknowledged";
    const auto history_b = catalog.History({}, {"b", {}, 10});
    EXPECT_EQ(history_b.ok(), present.contains("ab")) << "half a transaction";
  }

 private:
  DataFile File(const std::string& dataset, std::int64_t rows) {
    ++count_;
    const std::string number = std::to_string(count_);
    return PutTestFile(files_, "datasets/" + dataset + "/data/" + number, rows, "file " + number);
  }
  void Try(Catalog& catalog, CommitRequest request, const std::string& name) {
    request.events.push_back({"step:" + name, "test", {}});
    request.idempotency = Idempotency{name, name};
    const auto committed = catalog.Commit({}, request);
    if (committed)
      acknowledged_.insert(name);
    else if (committed.error().code() == ErrorCode::kOutcomeUnknown)
      unknown_.insert(name);
    else
      refused_.insert(name);
  }
  storage::ObjectStore& files_;
  int count_ = 0;
  std::set<std::string> acknowledged_, unknown_, refused_;
};

struct Sweep {
  const char* name;
  Action action;
  std::size_t times;
};

class CommitSweep : public testing::TestWithParam<Sweep> {};

TEST_P(CommitSweep, LosesNothingWhicheverOperationFails) {
  std::size_t nth = 1;
  for (bool hit = true; hit; ++nth) {
    FaultyLake world;
    StoreFault fault;
    fault.action = GetParam().action;
    fault.nth = nth;
    fault.times = GetParam().times;
    world.faulty->Inject(fault);
    Client client(world.memory);
    {
      LocalCatalog::Options options = TestLake::QuietOptions();
      options.checkpoint_records = 2;
      auto opened = world.lake.Open(options);
      if (opened) client.Live(**opened);
    }
    hit = world.faulty->calls().size() >= nth;
    world.faulty->ClearFaults();
    world.faulty->DeliverLate();
    const auto reopened = world.lake.Open();
    ASSERT_TRUE(reopened) << "operation " << nth << ": " << reopened.error().ToString();
    client.Check(**reopened);
    const FsckReport report = world.Fsck();
    ASSERT_TRUE(report.IsClean()) << "operation " << nth << ": " << Explain(report);
    ASSERT_TRUE((*reopened)->Commit({}, CreateOf("after", {}))) << "operation " << nth;
    if (testing::Test::HasFailure()) FAIL() << "operation " << nth;
  }
  EXPECT_GT(nth, 30U) << "the sweep went over too few operations to mean anything";
}

INSTANTIATE_TEST_SUITE_P(All, CommitSweep,
                         testing::Values(Sweep{"Fail", Action::kFail, 1}, Sweep{"LoseAnswer", Action::kLoseAnswer, 1},
                                         Sweep{"LoseRequest", Action::kLoseRequest, 1}, Sweep{"ArriveLate", Action::kArriveLate, 1},
                                         Sweep{"Die", Action::kFail, StoreFault::kAlways},
                                         Sweep{"DieWithAnswersLost", Action::kLoseAnswer, StoreFault::kAlways},
                                         Sweep{"DieWithRequestsLate", Action::kArriveLate, StoreFault::kAlways}),
                         [](const auto& sweep) { return sweep.param.name; });

TEST(Fencing, StopsAWriterThatAnotherOneFollowed) {
  FaultyLake world;
  const auto old_writer = world.MustOpen();
  ASSERT_TRUE(old_writer->Commit({}, CreateOf("a", {})));
  const auto new_writer = world.MustOpen();
  ASSERT_TRUE(new_writer->Commit({}, ChangeOf("a", Operation::kAppend, {PutTestFile(world.memory, "datasets/a/data/1", 1)})));

  // An append would rebase over records of its own epoch; over those of another one it must not.
  const auto fenced = old_writer->Commit({}, ChangeOf("a", Operation::kAppend, {PutTestFile(world.memory, "datasets/a/data/2", 10)}));
  ASSERT_FALSE(fenced);
  EXPECT_EQ(fenced.error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(fenced.error().reason(), "fenced");
  EXPECT_EQ(old_writer->Commit({}, CreateOf("b", {})).error().reason(), "fenced");
  EXPECT_EQ(old_writer->LoadStatus({}, {})->role, Role::kFenced);
  EXPECT_EQ(RowsOf(*old_writer, "a"), 1) << "it follows the new one";
  EXPECT_EQ(RowsOf(*new_writer, "a"), 1);
  EXPECT_EQ(new_writer->LoadStatus({}, {})->epoch, 2);
  EXPECT_TRUE(world.Fsck().IsClean());
}

TEST(Fencing, StopsAWriterThatSleptInTheMiddleOfItsPut) {
  FaultyLake world;
  const auto old_writer = world.MustOpen();
  ASSERT_TRUE(old_writer->Commit({}, CreateOf("a", {})));
  StoreFault hold;
  hold.action = Action::kHold;
  hold.operations = {StoreOperation::kPutIfAbsent};
  hold.key_prefix = kLog;
  world.faulty->Inject(hold);
  Result<CommitResponse> slept = Error(ErrorCode::kInternal, "no answer");
  std::thread sleeper(
      [&] { slept = old_writer->Commit({}, ChangeOf("a", Operation::kAppend, {PutTestFile(world.memory, "datasets/a/data/2", 10)})); });
  world.faulty->AwaitHeld(1);
  const auto new_writer = LocalCatalog::Open({}, {world.memory, *world.lake.codec, world.lake.log, world.lake.metrics, world.lake.clock},
                                             TestLake::QuietOptions())
                              .Take();
  ASSERT_TRUE(new_writer->Commit({}, ChangeOf("a", Operation::kAppend, {PutTestFile(world.memory, "datasets/a/data/1", 1)})));
  world.faulty->Release();
  sleeper.join();
  ASSERT_FALSE(slept);
  EXPECT_EQ(slept.error().reason(), "fenced");
  EXPECT_EQ(RowsOf(*new_writer, "a"), 1);
}

TEST(Fencing, StopsAWriterWhoseNumberWasPackedAway) {
  FaultyLake world;
  const auto old_writer = world.MustOpen();
  ASSERT_TRUE(old_writer->Commit({}, CreateOf("a", {})));
  const std::int64_t stale = old_writer->LoadStatus({}, {})->sequence + 1;
  const auto new_writer = world.MustOpen();
  while (new_writer->LoadStatus({}, {})->sequence < 1100) ASSERT_TRUE(new_writer->Commit({}, ChangeOf("a", Operation::kAppend, {})));
  ASSERT_TRUE(new_writer->Maintain({}));
  ASSERT_EQ(world.memory.Head({}, "_catalog/log/" + std::string(20 - std::to_string(stale).size(), '0') + std::to_string(stale) + ".json")
                .error()
                .code(),
            ErrorCode::kNotFound);

  const auto fenced = old_writer->Commit({}, CreateOf("zombie", {}));
  ASSERT_FALSE(fenced) << "the number was free in the log, but not in the chain";
  EXPECT_EQ(fenced.error().reason(), "fenced");
  EXPECT_EQ(old_writer->Describe({}, {"zombie", {}}).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(world.Follow()->Describe({}, {"zombie", {}}).error().code(), ErrorCode::kNotFound);
  const FsckReport report = world.Fsck(FsckLevel::kChain);
  EXPECT_TRUE(report.IsClean()) << Explain(report);
  const auto third = world.MustOpen();
  ASSERT_TRUE(third->Maintain({}));
  EXPECT_TRUE(world.Fsck(FsckLevel::kChain).findings.empty()) << "the stray record is swept away";
}

TEST(Fencing, AWriterThatSleptWhileItRaisedTheBoundaryTakesNothingAway) {
  FaultyLake world;
  const auto old_writer = world.MustOpen();
  ASSERT_TRUE(old_writer->Commit({}, CreateOf("a", {})));
  const auto commit_until = [](LocalCatalog& catalog, std::int64_t sequence) {
    while (catalog.LoadStatus({}, {})->sequence < sequence) ASSERT_TRUE(catalog.Commit({}, ChangeOf("a", Operation::kAppend, {})));
  };
  commit_until(*old_writer, 1050);
  StoreFault hold;
  hold.action = Action::kHold;
  hold.operations = {StoreOperation::kPut};
  hold.key_prefix = "_catalog/gc.boundary";
  world.faulty->Inject(hold);
  std::thread sleeper([&] { (void)old_writer->Maintain({}); });
  world.faulty->AwaitHeld(1);
  {
    const auto new_writer = LocalCatalog::Open({}, {world.memory, *world.lake.codec, world.lake.log, world.lake.metrics, world.lake.clock},
                                               TestLake::QuietOptions())
                                .Take();
    commit_until(*new_writer, 2100);
    ASSERT_TRUE(new_writer->Maintain({}));
  }
  world.faulty->Release();
  sleeper.join();  // the boundary is lower now than what was packed

  const FsckReport report = world.Fsck(FsckLevel::kChain);
  EXPECT_TRUE(report.IsClean()) << Explain(report);
  const auto reader = world.Follow();
  const auto old_version = reader->Describe({}, {"a", {.version = 50}});
  EXPECT_TRUE(old_version) << old_version.error().ToString();
  EXPECT_EQ(reader->ReadRecords({}, {1495, 10})->records.size(), 10U);
  const storage::ListPage checkpoints = world.memory.List({}, "_catalog/checkpoint/", "", 100).Take();
  for (const storage::ObjectInfo& object : checkpoints.objects) ASSERT_TRUE(world.memory.Delete({}, object.key));
  const auto third = world.lake.Open();
  ASSERT_TRUE(third) << third.error().ToString();
  ASSERT_TRUE((*third)->Maintain({}));
  EXPECT_TRUE(world.Fsck(FsckLevel::kChain).findings.empty()) << "and it is mended";
}

TEST(Failpoints, AreSurvivedInRecovery) {
  for (const char* name : {"catalog.recovery.after_checkpoint", "catalog.recovery.between_records", "catalog.recovery.before_epoch",
                           "catalog.recovery.after_epoch"}) {
    FaultyLake world;
    ASSERT_TRUE(world.MustOpen()->Commit({}, CreateOf("a", {})));
    ASSERT_TRUE(ArmFailpoints(std::string(name) + ":1:error"));
    EXPECT_FALSE(world.lake.Open()) << name;
    ASSERT_TRUE(ArmFailpoints(""));
    const auto reopened = world.lake.Open();
    ASSERT_TRUE(reopened) << name;
    EXPECT_EQ(RowsOf(**reopened, "a"), 0);
    EXPECT_TRUE(world.Fsck().IsClean()) << name;
  }
}

TEST(Failpoints, AreSurvivedInMaintenance) {
  for (const char* name : {"catalog.checkpoint.before_put", "catalog.checkpoint.after_put", "catalog.segment.before_put",
                           "catalog.segment.after_put", "catalog.segment.after_boundary", "catalog.segment.between_deletes"}) {
    FaultyLake world;
    const auto catalog = world.MustOpen();
    ASSERT_TRUE(catalog->Commit({}, CreateOf("a", {})));
    for (int i = 0; i < 1050; ++i) ASSERT_TRUE(catalog->Commit({}, ChangeOf("a", Operation::kAppend, {})));
    ASSERT_TRUE(ArmFailpoints(std::string(name) + ":1:error"));
    EXPECT_FALSE(catalog->Maintain({})) << name;
    ASSERT_TRUE(ArmFailpoints(""));
    EXPECT_TRUE(world.Fsck(FsckLevel::kChain).IsClean()) << name;
    const auto reopened = world.MustOpen();
    EXPECT_EQ(reopened->Describe({}, {"a", {}})->dataset.head.version, 1051) << name;
    const auto maintained = reopened->Maintain({});
    ASSERT_TRUE(maintained) << name << maintained.error().ToString();
    const FsckReport report = world.Fsck(FsckLevel::kChain);
    EXPECT_TRUE(report.findings.empty()) << name << Explain(report);
    EXPECT_EQ(report.segments, 1) << name;
  }
}

}  // namespace
}  // namespace lakehouse::catalog
