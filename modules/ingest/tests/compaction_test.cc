#include <gmock/gmock.h>

#include <map>
#include <random>
#include <set>

#include "compaction_plan.h"
#include "ingest_lake.h"
#include "lakehouse/catalog/vector_dataset.h"
#include "lakehouse/query/table_view.h"

namespace lakehouse::ingest {
namespace {

using catalog::DataFile;
using catalog::FileContent;

DataFile DataOf(const std::string& key, std::int64_t rows, std::int64_t size_bytes = 100) {
  return {FileContent::kData, key, size_bytes, "", rows, {}};
}
DataFile DeletesOf(const std::string& key, std::int64_t rows, const std::string& lower, const std::string& upper) {
  return {FileContent::kPositionDeletes, key, 50, "", rows, {{query::kDeleteFilePathFieldId, 0, lower, upper}}};
}
std::vector<std::string> KeysOf(const std::vector<DataFile>& files) {
  std::vector<std::string> keys;
  for (const DataFile& file : files) keys.push_back(file.key);
  return keys;
}

TEST(CompactionPlanTest, LeavesATidyDatasetAlone) {
  EXPECT_FALSE(PlanCompaction({}, {}, true));
  EXPECT_FALSE(PlanCompaction({DataOf("a", 5)}, {}, true));
  EXPECT_FALSE(PlanCompaction({DataOf("a", 5), DataOf("b", 5)}, {}, false)) << "two small files are no burden";
  const CompactionPolicy policy{.small_file_bytes = 100};
  EXPECT_FALSE(PlanCompaction({DataOf("a", 5, 100), DataOf("b", 5, 100)}, policy, true)) << "as large as they should be";
}

TEST(CompactionPlanTest, JoinsSmallFilesOnceThereAreMany) {
  std::vector<DataFile> files{DataOf("large", 1000, 1 << 30)};
  for (int i = 0; i < 3; ++i) files.push_back(DataOf("s" + std::to_string(i), 2));
  EXPECT_FALSE(PlanCompaction(files, {.small_files = 4}, false));
  const auto plan = PlanCompaction(files, {.small_files = 3}, false);
  ASSERT_TRUE(plan);
  EXPECT_THAT(KeysOf(plan->data), testing::ElementsAre("s0", "s1", "s2"));
  EXPECT_EQ(plan->rows_left, 6);
  EXPECT_TRUE(PlanCompaction(files, {.small_files = 0}, true)) << "by hand";
  EXPECT_FALSE(PlanCompaction(files, {.small_files = 0}, false));
}

TEST(CompactionPlanTest, RewritesFilesWithManyDeletedRows) {
  const std::vector<DataFile> files{DataOf("a", 50, 1 << 30), DataOf("b", 50, 1 << 30), DeletesOf("d", 20, "a", "a")};
  EXPECT_FALSE(PlanCompaction(files, {.deleted_percent = 21}, false));
  const auto plan = PlanCompaction(files, {.deleted_percent = 20}, false);
  ASSERT_TRUE(plan);
  EXPECT_THAT(KeysOf(plan->data), testing::ElementsAre("a"));
  EXPECT_THAT(KeysOf(plan->deletes), testing::ElementsAre("d"));
  EXPECT_EQ(plan->rows_left, 30);
}

TEST(CompactionPlanTest, TakesWithADeleteFileAllThatItTouchesAndAllThatTouchThat) {
  const std::vector<DataFile> files{DataOf("a", 9, 1),           DataOf("b", 9, 1 << 30),     DataOf("c", 9, 1 << 30),    DataOf("d", 9, 1),
                                    DeletesOf("x", 1, "a", "b"), DeletesOf("y", 1, "b", "c"), DeletesOf("z", 1, "e", "f")};
  const auto plan = PlanCompaction(files, {.small_file_bytes = 10, .small_files = 2, .deleted_percent = 0}, false);
  ASSERT_TRUE(plan);
  EXPECT_THAT(KeysOf(plan->data), testing::ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(KeysOf(plan->deletes), testing::ElementsAre("x", "y"));
}

TEST(CompactionPlanTest, FitsAnotherStateUnlessItsFilesAreGoneOrDeletedFrom) {
  const std::vector<DataFile> files{DataOf("a", 9), DataOf("b", 9)};
  const auto plan = *PlanCompaction(files, {}, true);
  const auto with = [&](const DataFile& more) {
    auto changed = files;
    changed.push_back(more);
    return changed;
  };
  EXPECT_TRUE(StillFits(plan, with(DataOf("c", 1))));
  EXPECT_TRUE(StillFits(plan, with(DeletesOf("d", 1, "c", "c"))));
  EXPECT_FALSE(StillFits(plan, with(DeletesOf("d", 1, "a", "c"))));
  EXPECT_FALSE(StillFits(plan, {DataOf("a", 9)}));
}

class CompactionTest : public testing::Test {
 protected:
  Job Compact(const std::string& dataset) {
    const auto started = lake_.ingest().Compact(IngestLake::NewContext(), {dataset});
    EXPECT_TRUE(started) << started.error().ToString();
    return lake_.ingest().Wait(IngestLake::NewContext(), {started->job.id, 100'000})->job;
  }
  /// The rows of t at a version, as "id=v" with how often each is there.
  std::map<std::string, int> RowsAt(std::int64_t version) {
    const std::string body = lake_.Rows("SELECT id || '=' || coalesce(v, 'null') FROM t AT (VERSION => " + std::to_string(version) + ")");
    std::map<std::string, int> rows;
    const auto document = JsonDocument::Parse("[" + body + "]");
    EXPECT_TRUE(document) << body;
    static_cast<void>(document->root().ForEachElement([&](JsonView row) -> Status {
      return row.ForEachElement([&](JsonView cell) -> Status {
        ++rows[std::string(cell.AsString().value_or("?"))];
        return Ok{};
      });
    }));
    return rows;
  }
  void SetAttribute(const std::string& key, const std::string& value) {
    catalog::SnapshotChange change;
    change.dataset = "t";
    change.operation = catalog::Operation::kAppend;
    change.attributes = {{key, value}};
    catalog::CommitRequest request;
    request.changes.push_back(std::move(change));
    const auto committed = lake_.catalog().Commit(IngestLake::NewContext(), request);
    ASSERT_TRUE(committed) << committed.error().ToString();
  }
  catalog::Snapshot Head() { return lake_.catalog().Describe(IngestLake::NewContext(), {"t", {}})->dataset.head; }
  std::vector<std::string> Keys() { return KeysOf(lake_.catalog().Resolve(IngestLake::NewContext(), {{{"t", {}}}})->tables.at(0).files); }

  IngestLake lake_{{.runners = 2}};
};

TEST_F(CompactionTest, ManyFilesBecomeOneAndEveryOldVersionStaysAsItWas) {
  for (int i = 0; i < 4; ++i) ASSERT_EQ(lake_.IngestText("t", "f.csv", "id,v\n" + std::to_string(i) + ",x\n").state, JobState::kCommitted);
  ASSERT_TRUE(lake_.ingest().DeleteRows(IngestLake::NewContext(), {"t", "id", {"2"}}));
  const auto before = RowsAt(5);
  const auto files = Keys();
  const Job job = Compact("t");
  ASSERT_EQ(job.state, JobState::kCommitted) << (job.error ? job.error->message : "");
  EXPECT_EQ(job.kind, JobKind::kCompact);
  EXPECT_EQ(job.version, 6);
  EXPECT_EQ(Head().file_count, 1);
  EXPECT_EQ(Head().rows, 3);
  EXPECT_EQ(Head().operation, catalog::Operation::kCompact);
  EXPECT_EQ(RowsAt(6), before);
  EXPECT_EQ(RowsAt(5), before);
  EXPECT_EQ(RowsAt(4).size(), 4U) << "the deleted row is still in the past";
  EXPECT_THAT(lake_.ingest().ListJobs(IngestLake::NewContext(), {100})->jobs.front().kind, JobKind::kCompact);

  EXPECT_EQ(Compact("t").state, JobState::kUnchanged);
  EXPECT_EQ(Head().version, 6);
  EXPECT_EQ(lake_.IngestText("t", "f.csv", "id,v\n3,x\n").state, JobState::kUnchanged) << "a compaction does not forget what came in";
}

TEST_F(CompactionTest, OfADatasetWithoutRowsLeavesNoFile) {
  ASSERT_EQ(lake_.IngestText("t", "f.csv", "id,v\n1,x\n").state, JobState::kCommitted);
  ASSERT_TRUE(lake_.ingest().DeleteRows(IngestLake::NewContext(), {"t", "id", {"1"}}));
  EXPECT_EQ(Compact("t").state, JobState::kCommitted);
  EXPECT_EQ(Head().file_count, 0);
  EXPECT_TRUE(RowsAt(3).empty());
}

TEST_F(CompactionTest, WritesToTheBucketOfTheDataset) {
  for (int i = 0; i < 2; ++i) ASSERT_EQ(lake_.IngestText("t", "f.csv", "id,v\n" + std::to_string(i) + ",x\n").state, JobState::kCommitted);
  SetAttribute("bucket", "archive");
  const auto before = RowsAt(Head().version);
  ASSERT_EQ(Compact("t").state, JobState::kCommitted);
  EXPECT_THAT(Keys(), testing::ElementsAre(testing::StartsWith("_buckets/archive/datasets/t/data/")));
  EXPECT_EQ(RowsAt(Head().version), before);
}

TEST_F(CompactionTest, LeavesTheEmbeddingsOfAVectorIndexToIt) {
  for (int i = 0; i < 3; ++i) ASSERT_EQ(lake_.IngestText("t", "f.csv", "id,v\n" + std::to_string(i) + ",x\n").state, JobState::kCommitted);
  SetAttribute(catalog::kVectorLifeAttribute, "0190b3f4-0000-7000-8000-000000000001");
  const auto files = Keys();
  const auto started = lake_.ingest().Compact(IngestLake::NewContext(), {"t"});
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().reason(), "cannot_compact");
  EXPECT_THAT(started.error().message(), testing::HasSubstr("vector index"));
  EXPECT_EQ(Keys(), files);
}

TEST_F(CompactionTest, OfNoDatasetIsRefused) {
  const auto started = lake_.ingest().Compact(IngestLake::NewContext(), {"nowhere"});
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code(), ErrorCode::kNotFound);
}

/// Held at the look whether its files are durable, a commit of its own comes between.
class CompactionRaceTest : public CompactionTest {
 protected:
  Job CompactWhile(const std::function<void()>& meanwhile) {
    for (int i = 0; i < 2; ++i)
      EXPECT_EQ(lake_.IngestText("t", "f.csv", "id,v\n" + std::to_string(i) + ",x\n").state, JobState::kCommitted);
    lake_.faults().Inject({.action = storage::StoreFault::Action::kHoldAnswer,
                           .operations = {storage::StoreOperation::kPutFileIfAbsent},
                           .key_prefix = "datasets/t/data/"});
    const auto started = lake_.ingest().Compact(IngestLake::NewContext(), {"t"});
    lake_.faults().AwaitHeld(1);
    meanwhile();
    lake_.faults().Release();
    return lake_.ingest().Wait(IngestLake::NewContext(), {started->job.id, 100'000})->job;
  }
  /// A commit that no runner of the ingest is needed for.
  void Append() {
    const auto resolved = lake_.catalog().Resolve(IngestLake::NewContext(), {{{"t", {.version = 1}}}}).Take();
    catalog::SnapshotChange change;
    change.dataset = "t";
    change.operation = catalog::Operation::kAppend;
    DataFile copy = resolved.tables[0].files[0];
    const std::string octets = lake_.store().Get({}, copy.key, {}).Take();
    copy.key = "datasets/t/data/1-copy.parquet";
    ASSERT_TRUE(lake_.store().PutIfAbsent({}, copy.key, octets));
    change.add = {copy};
    catalog::CommitRequest request;
    request.changes.push_back(std::move(change));
    ASSERT_TRUE(lake_.catalog().Commit(IngestLake::NewContext(), request));
  }
};

TEST_F(CompactionRaceTest, AnAppendMeanwhileStaysBesideTheNewFile) {
  const Job job = CompactWhile([&] { Append(); });
  ASSERT_EQ(job.state, JobState::kCommitted) << (job.error ? job.error->message : "");
  EXPECT_EQ(Head().file_count, 2);
  EXPECT_EQ(RowsAt(Head().version), (std::map<std::string, int>{{"0=x", 2}, {"1=x", 1}}));
}

TEST_F(CompactionRaceTest, ADeleteMeanwhileIsNotUndone) {
  const Job job = CompactWhile([&] {
    const auto deleted = lake_.ingest().DeleteRows(IngestLake::NewContext(), {"t", "id", {"1"}});
    ASSERT_TRUE(deleted) << deleted.error().ToString();
  });
  ASSERT_EQ(job.state, JobState::kCommitted) << (job.error ? job.error->message : "");
  EXPECT_EQ(RowsAt(Head().version), (std::map<std::string, int>{{"0=x", 1}}));
  EXPECT_EQ(Head().file_count, 1);
}

/// Random histories against a model: whatever came before, a compaction changes no row of any version.
class CompactionHistoryTest : public CompactionTest {
 protected:
  using Rows = std::map<std::string, int>;

  void Live(std::uint32_t seed, int steps) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const auto pick = [&](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
    std::map<std::int64_t, Rows> history;
    std::multimap<int, std::string> model;
    for (int step = 0; step < steps; ++step) {
      const int what = step == 0 ? 0 : pick(10);
      if (what < 4) {
        Append(model, step, pick(5) + 1, pick);
      } else if (what < 6) {
        Upsert(model, step, pick);
      } else if (what < 8) {
        const int id = pick(12);
        ASSERT_TRUE(lake_.ingest().DeleteRows(IngestLake::NewContext(), {"t", "id", {std::to_string(id)}}));
        model.erase(id);
      } else {
        const Job job = Compact("t");
        ASSERT_TRUE(job.state == JobState::kCommitted || job.state == JobState::kUnchanged) << job.error->message;
      }
      Rows expected;
      for (const auto& [id, v] : model) ++expected[std::to_string(id) + "=" + v];
      const catalog::Snapshot head = Head();
      history[head.version] = expected;
      ASSERT_EQ(RowsAt(head.version), expected) << "step " << step;
    }
    for (const auto& [version, rows] : history) EXPECT_EQ(RowsAt(version), rows) << "version " << version;
  }

  void Append(std::multimap<int, std::string>& model, int step, int rows, const auto& pick) {
    std::string text = "id,v\n";
    for (int i = 0; i < rows; ++i) {
      const int id = pick(12);
      const std::string v = "a" + std::to_string(step) + "." + std::to_string(i);
      text += std::to_string(id) + "," + v + "\n";
      model.emplace(id, v);
    }
    ASSERT_EQ(lake_.IngestText("t", "f.csv", text).state, JobState::kCommitted);
  }
  void Upsert(std::multimap<int, std::string>& model, int step, const auto& pick) {
    std::map<int, std::string> rows;
    for (int i = 0; i < 3; ++i) rows[pick(12)] = "u" + std::to_string(step) + "." + std::to_string(i);
    std::string text = "id,v\n";
    for (const auto& [id, v] : rows) {
      text += std::to_string(id) + "," + v + "\n";
      model.erase(id);
      model.emplace(id, v);
    }
    ASSERT_EQ(lake_.IngestText("t", "f.csv", text, Mode::kUpsert, "id").state, JobState::kCommitted);
  }
};

TEST_F(CompactionHistoryTest, NoCompactionChangesARow) { Live(std::random_device{}() % 1'000'000, 40); }

}  // namespace
}  // namespace lakehouse::ingest
