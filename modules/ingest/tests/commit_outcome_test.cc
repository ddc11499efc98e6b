#include "ingest_lake.h"

namespace lakehouse::ingest {
namespace {

/// What becomes of the files of a commit that was refused, or of which nobody knows.
struct CommitOutcome : testing::Test {
  IngestLake lake;
};

TEST_F(CommitOutcome, FilesOfACommitWhoseOutcomeIsUnknownStay) {
  ASSERT_EQ(lake.IngestText("t", "t.csv", "a\n1\n").state, JobState::kCommitted);
  storage::StoreFault lost;  // the record lands, nobody hears of it, and nobody can look
  lost.action = storage::StoreFault::Action::kLoseAnswer;
  lost.operations = {storage::StoreOperation::kPutIfAbsent};
  lost.key_prefix = "_catalog/log/";
  lost.times = storage::StoreFault::kAlways;
  storage::StoreFault blind;
  blind.operations = {storage::StoreOperation::kGet};
  blind.key_prefix = "_catalog/log/";
  blind.times = storage::StoreFault::kAlways;
  lake.faults().Inject(lost);
  lake.faults().Inject(blind);
  const Job unknown = lake.IngestText("t", "t.csv", "a\n2\n");
  EXPECT_EQ(unknown.state, JobState::kFailed) << "nothing may be acknowledged";
  EXPECT_EQ(lake.faults().CountCalls(storage::StoreOperation::kDelete, "datasets/"), 0U);

  lake.faults().ClearFaults();
  ASSERT_EQ(lake.IngestText("other", "o.csv", "a\n3\n").state, JobState::kCommitted) << "settles what was open";
  EXPECT_EQ(lake.Rows("SELECT a FROM t ORDER BY a"), "[1],[2]") << "it had been committed, and its files are there";
}

TEST_F(CommitOutcome, ACommitThatDoesNotFitOnTheDiskLeavesNoFiles) {
  storage::StoreFault full;
  full.operations = {storage::StoreOperation::kPutIfAbsent};
  full.key_prefix = "_catalog/log/";
  full.reason = "disk_full";
  lake.faults().Inject(full);
  EXPECT_EQ(lake.IngestText("t", "t.csv", "a\n1\n").state, JobState::kFailed);
  EXPECT_EQ(lake.Version("t"), 0);
  EXPECT_THAT(lake.store().List({}, "datasets/t/data/", "", 10)->objects, testing::IsEmpty()) << "its files would take the room for good";
  EXPECT_EQ(lake.IngestText("t", "t.csv", "a\n1\n").state, JobState::kCommitted) << "there is room again";
}

}  // namespace
}  // namespace lakehouse::ingest
