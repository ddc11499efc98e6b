#include <gmock/gmock.h>

#include <functional>
#include <thread>

#include "ingest_lake.h"

namespace lakehouse::ingest {
namespace {

using storage::FaultyObjectStore;
using storage::StoreFault;
using storage::StoreOperation;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// Sees what others see while a failure is being recorded.
class Looker final : public storage::ErrorSink {
 public:
  void Record(const Context&, std::string, std::string, const Error& error) override {
    if (look && error.reason() == "rescue_held") seen.push_back(look());
  }
  std::function<bool()> look;
  std::vector<bool> seen;
};

std::vector<RescuedUpload> Waiting(IngestLake& lake) {
  const auto listed = lake.ingest().ListRescued(IngestLake::NewContext(), {});
  return listed ? listed->uploads : std::vector<RescuedUpload>{};
}

void AwaitRescued(IngestLake& lake, const std::function<bool(const std::vector<RescuedUpload>&)>& is_so) {
  const Context patience = IngestLake::NewContext();
  while (patience.Check() && !is_so(Waiting(lake))) std::this_thread::yield();
  ASSERT_TRUE(is_so(Waiting(lake)));
}

/// Data files of datasets are not taken; everything else is.
void RefuseFiles(FaultyObjectStore& store) {
  for (const auto operation : {StoreOperation::kPutFileIfAbsent, StoreOperation::kPutIfAbsent})
    store.Inject({.operations = {operation}, .key_prefix = "datasets/", .times = StoreFault::kAlways});
}

TEST(RescuerTest, AnUploadThatStaysIsHeldOnceItIsRecordedWhy) {
  Looker looker;
  IngestLake lake({.errors = &looker, .has_rescue = true, .replay_interval_ms = 3'600'000});
  RefuseFiles(lake.faults());
  const Job job = lake.IngestText("t", "t.csv", "id\n1\n", Mode::kCreate);
  ASSERT_EQ(job.state, JobState::kRescued) << (job.error ? job.error->message : "");
  lake.faults().ClearFaults();
  ASSERT_EQ(lake.IngestText("t", "other.csv", "name\nann\n").state, JobState::kCommitted);
  looker.look = [&] { return Waiting(lake).at(0).held; };
  ASSERT_TRUE(lake.ingest().SettleRescued(IngestLake::NewContext(), {job.id, RescuedAction::kRetry}).ok());
  AwaitRescued(lake, [](const auto& uploads) { return uploads.size() == 1 && uploads[0].held; });
  EXPECT_THAT(looker.seen, ElementsAre(false)) << "whoever sees that it is held must find the record";
}

TEST(RescuerTest, AnUploadThatWaitsOnIsNeverShownAsFailed) {
  IngestLake lake({.has_rescue = true, .replay_interval_ms = 10});
  RefuseFiles(lake.faults());
  const Job job = lake.IngestText("t", "t.csv", "id\n1\n");
  ASSERT_EQ(job.state, JobState::kRescued) << (job.error ? job.error->message : "");
  AwaitRescued(lake, [](const auto& uploads) { return uploads.size() == 1 && uploads[0].attempts > 1; });
  EXPECT_THAT(lake.metrics().ToText(), Not(HasSubstr("lakehouse_ingest_jobs_total{state=\"failed\"}")));
  lake.faults().ClearFaults();
  AwaitRescued(lake, [](const auto& uploads) { return uploads.empty(); });
  EXPECT_EQ(lake.Rows("SELECT id FROM t"), "[1]");
}

}  // namespace
}  // namespace lakehouse::ingest
