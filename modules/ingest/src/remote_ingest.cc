#include "lakehouse/ingest/remote_ingest.h"

#include "ingest_wire.h"

namespace lakehouse::ingest {
namespace {

class RemoteIngest final : public Ingest, net::Remote<IngestMethods> {
 public:
  explicit RemoteIngest(net::Transport& transport) : Remote(transport) {}

  Result<StartResponse> Start(const Context& c, const IngestRequest& r) override { return Call<&Ingest::Start>(c, r); }
  Result<JobResponse> DeleteRows(const Context& c, const DeleteRowsRequest& r) override { return Call<&Ingest::DeleteRows>(c, r); }
  Result<StartResponse> SaveQuery(const Context& c, const SaveQueryRequest& r) override { return Call<&Ingest::SaveQuery>(c, r); }
  Result<StartResponse> Compact(const Context& c, const CompactRequest& r) override { return Call<&Ingest::Compact>(c, r); }
  Result<LoadRulesResponse> LoadRules(const Context& c, const LoadRulesRequest& r) override { return Call<&Ingest::LoadRules>(c, r); }
  Result<LoadRulesResponse> PutRules(const Context& c, const PutRulesRequest& r) override { return Call<&Ingest::PutRules>(c, r); }
  Result<ListSchedulesResponse> ListSchedules(const Context& c, const ListSchedulesRequest& r) override {
    return Call<&Ingest::ListSchedules>(c, r);
  }
  Result<ScheduleResponse> PutSchedule(const Context& c, const PutScheduleRequest& r) override { return Call<&Ingest::PutSchedule>(c, r); }
  Result<ScheduleResponse> DropSchedule(const Context& c, const ScheduleRequest& r) override { return Call<&Ingest::DropSchedule>(c, r); }
  Result<ScheduleResponse> RunSchedule(const Context& c, const ScheduleRequest& r) override { return Call<&Ingest::RunSchedule>(c, r); }
  Result<JobResponse> Keep(const Context& c, const JobRequest& r) override { return Call<&Ingest::Keep>(c, r); }
  Result<JobResponse> Wait(const Context& c, const WaitRequest& r) override { return Call<&Ingest::Wait>(c, r); }
  Result<JobResponse> Cancel(const Context& c, const JobRequest& r) override { return Call<&Ingest::Cancel>(c, r); }
  Result<ListRescuedResponse> ListRescued(const Context& c, const ListRescuedRequest& r) override {
    return Call<&Ingest::ListRescued>(c, r);
  }
  Result<SettleRescuedResponse> SettleRescued(const Context& c, const SettleRescuedRequest& r) override {
    return Call<&Ingest::SettleRescued>(c, r);
  }
  Result<ListJobsResponse> ListJobs(const Context& c, const ListJobsRequest& r) override { return Call<&Ingest::ListJobs>(c, r); }
};

}  // namespace

std::unique_ptr<Ingest> ConnectIngest(net::Transport& transport) { return std::make_unique<RemoteIngest>(transport); }
net::Service ServeIngest(Ingest& ingest) { return net::Serve<IngestMethods>(ingest); }

}  // namespace lakehouse::ingest
