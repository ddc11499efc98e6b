#include "lakehouse/ingest/local_ingest.h"

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include "accepted_uploads.h"
#include "byte_reader.h"
#include "column_names.h"
#include "compact_run.h"
#include "compaction_plan.h"
#include "dataset_rules.h"
#include "delete_run.h"
#include "ingest_run.h"
#include "ingest_wire.h"
#include "job_table.h"
#include "lakehouse/base/file.h"
#include "lakehouse/base/task_group.h"
#include "lakehouse/base/uuid.h"
#include "lakehouse/catalog/dataset_name.h"
#include "lakehouse/engine/session.h"
#include "lakehouse/net/http_status.h"
#include "lakehouse/storage/bucket_key.h"
#include "refused_loads.h"
#include "rescuer.h"
#include "scheduler.h"
#include "source_run.h"
#include "type_tree.h"

namespace lakehouse::ingest {
namespace {

JobError DescribeError(const Error& error) {
  return {std::string(error.reason()),        error.message(), error.notes(), error.details(), net::HttpStatusOf(error.code()),
          std::string(WireName(error.code()))};
}

/// Not mended by sending another file.
bool IsOperational(ErrorCode code) {
  switch (code) {
    case ErrorCode::kResourceExhausted:
    case ErrorCode::kInternal:
    case ErrorCode::kCorruption:
    case ErrorCode::kUnavailable:
    case ErrorCode::kOutcomeUnknown:
    case ErrorCode::kDeadlineExceeded: return true;
    default: return false;
  }
}

/// The same statement with columns cast to types that Parquet can hold exactly; a sum of integers would come as a double otherwise.
/// Nothing when there is no need, or the columns cannot be told apart by name.
std::optional<std::string> ExactStatement(std::string sql, const std::vector<query::ResultColumn>& columns) {
  std::set<std::string> names;
  std::string list;
  bool needed = false;
  for (const query::ResultColumn& column : columns) {
    const auto type = ParseType(column.type);
    if (!type || !names.insert(FoldColumnName(column.name)).second) return std::nullopt;
    const std::string quoted = QuoteName(column.name);
    const std::string exact = StoreExpression(quoted, *type);
    needed = needed || exact != quoted;
    list += (list.empty() ? "" : ", ") + exact + " AS " + quoted;
  }
  if (!needed) return std::nullopt;
  sql.erase(sql.find_last_not_of("; \t\r\n") + 1);
  return "SELECT " + list + " FROM (" + sql + "\n)";
}

constexpr int kScheduleThreads = 2;  // sources that are read at a time
constexpr const char* kStays = "load an upload that is kept on this machine until it is loaded at a later start, or the job is cancelled";

class LocalIngest final : public Ingest {
 public:
  LocalIngest(IngestParts parts, IngestOptions options, std::unique_ptr<AcceptedUploads> accepted)
      : parts_(parts),
        options_(std::move(options)),
        jobs_(options_.queue_capacity, options_.kept_jobs),
        accepted_(std::move(accepted)),
        scheduler_(parts_, options_, *this),
        rescuer_(parts_, options_, jobs_, [this](JobEntry& entry) { RunJob(entry); }),
        waiting_(parts_.metrics.gauge("lakehouse_ingest_jobs_running", "Ingest jobs at work.")),
        seconds_(parts_.metrics.histogram("lakehouse_ingest_job_seconds", "Time from start to end of an ingest job.")) {
    if (accepted_) accepted_->TakeUp(jobs_);
    for (unsigned n = 0; n < options_.runners; ++n)
      threads_.Start("ingest", [this](std::stop_token stop) {
        while (const auto entry = jobs_.Take(stop)) RunJob(*entry);
      });
    if (options_.compaction_interval_ms > 0) threads_.Start("compaction", [this](std::stop_token stop) { LookForCompactions(stop); });
    for (int n = 0; n < kScheduleThreads; ++n) threads_.Start("schedules", [this](std::stop_token stop) { scheduler_.Run(stop); });
    threads_.Start("rescue-replay", [this](std::stop_token stop) { rescuer_.Replay(stop); });
  }
  ~LocalIngest() override {
    jobs_.StopAll();
    threads_.StopAndJoin();
  }

  Result<StartResponse> Start(const Context& context, const IngestRequest& request) override {
    LH_TRY(context.Check());
    LH_TRY(catalog::CheckDatasetName(request.name));
    if (request.mode == Mode::kUpsert && request.key.empty())
      return Error(ErrorCode::kInvalidArgument, "mode upsert needs a key column").Named("missing_key");
    if (request.mode != Mode::kUpsert && !request.key.empty())
      return Error(ErrorCode::kInvalidArgument, "a key is of use in mode upsert only; mode is " + std::string(WireName(request.mode)))
          .Named("unexpected_key");
    if (request.new_schema && request.mode != Mode::kReplace)
      return Error(ErrorCode::kInvalidArgument, "a new schema comes with mode replace only; mode is " + std::string(WireName(request.mode)))
          .Named("unexpected_schema");
    if (request.database)
      LH_TRY(CheckSource(request, options_));
    else
      LH_TRY_WHILE(FileSize(request.path), "find the file to ingest");
    if (request.bucket && !request.bucket->empty()) LH_TRY(CheckBucket(context, *request.bucket));
    IngestRequest named = request;
    if (named.database) named.file_name = LH_TRY(LineageOf(*named.database));
    const bool keeps = std::exchange(named.keep, {}).value_or(false) && named.owned && !named.preview && accepted_ != nullptr;
    Job job = NewJob(named.name, named.file_name);
    if (!keeps) return StartResponse{LH_TRY(jobs_.Add(std::move(job), std::move(named), context))->Snapshot()};
    LH_TRY(jobs_.CheckRoom(context));
    LH_TRY(accepted_->Accept(context, job, named));
    return StartResponse{jobs_.AddAccepted(std::move(job), std::move(named), context)->Snapshot()};
  }

  Result<JobResponse> DeleteRows(const Context& context, const DeleteRowsRequest& request) override {
    LH_TRY(context.Check());
    Job job = NewJob(request.name, "");
    job.kind = JobKind::kDelete;
    job.state = JobState::kRunning;
    job.stage = "commit";
    const auto entry = jobs_.AddRunning(std::move(job), context);
    DeleteRun run(parts_, options_, request, *entry, rescuer_.IsAvailable(context));
    Status done = run.Run(context);
    if (!done && run.store_failed()) done = rescuer_.Take(*entry, request, run, done.error());
    End(*entry, done);
    if (!done) return done.error();
    return JobResponse{entry->Snapshot()};
  }

  Result<StartResponse> SaveQuery(const Context& context, const SaveQueryRequest& request) override {
    LH_TRY(catalog::CheckDatasetName(request.name));
    if (request.mode == Mode::kUpsert)
      return Error(ErrorCode::kInvalidArgument, "the result of a query can be created, appended or put in place of a dataset");
    query::QueryRequest query;
    query.sql = request.sql;
    query.format = query::ResultFormat::kParquet;
    auto result = LH_TRY(parts_.query.Run(context, query));
    if (auto exact = ExactStatement(request.sql, result->header().columns)) {
      query.sql = std::move(*exact);
      result.reset();
      result = LH_TRY(parts_.query.Run(context, query));
    }
    IngestRequest ingest;
    ingest.name = request.name;
    ingest.mode = request.mode;
    ingest.path = options_.spool + "/" + NewUuid(parts_.clock, parts_.random).ToString() + ".parquet";
    ingest.file_name = "query " + result->header().query_id + ".parquet";
    ingest.format = "parquet";
    ingest.owned = true;
    const Status spooled = Spool(context, *result, ingest.path);
    auto started = spooled ? Start(context, ingest) : Result<StartResponse>(spooled.error());
    if (!started) ::unlink(ingest.path.c_str());
    return started;
  }

  Result<StartResponse> Compact(const Context& context, const CompactRequest& request) override {
    const auto described = LH_TRY(parts_.catalog.Describe(context, {request.name, {}}));
    LH_TRY(CheckMayCompact(described.dataset));
    return QueueCompaction(context, described.dataset.name, true);
  }

  Result<LoadRulesResponse> LoadRules(const Context& context, const LoadRulesRequest& request) override {
    return ingest::LoadRules(context, parts_, request);
  }
  Result<LoadRulesResponse> PutRules(const Context& context, const PutRulesRequest& request) override {
    return ingest::PutRules(context, parts_, request);
  }
  Result<ListSchedulesResponse> ListSchedules(const Context& context, const ListSchedulesRequest&) override {
    return scheduler_.List(context);
  }
  Result<ScheduleResponse> PutSchedule(const Context& context, const PutScheduleRequest& request) override {
    return scheduler_.Put(context, request.schedule);
  }
  Result<ScheduleResponse> DropSchedule(const Context& context, const ScheduleRequest& request) override {
    return scheduler_.Drop(context, request.name);
  }
  Result<ScheduleResponse> RunSchedule(const Context& context, const ScheduleRequest& request) override {
    return scheduler_.RunNow(context, request.name);
  }

  Result<JobResponse> Keep(const Context& context, const JobRequest& request) override {
    LH_TRY(context.Check());
    const auto entry = LH_TRY(jobs_.Find(request.id));
    if (accepted_) LH_TRY(accepted_->Keep(context, *entry));
    return JobResponse{entry->Snapshot()};
  }

  Result<JobResponse> Wait(const Context& context, const WaitRequest& request) override {
    LH_TRY(context.Check());
    const auto entry = LH_TRY(jobs_.Find(request.id));
    return JobResponse{jobs_.Wait(context, *entry, request.wait_ms)};
  }

  Result<JobResponse> Cancel(const Context& context, const JobRequest& request) override {
    LH_TRY(context.Check());
    const auto entry = LH_TRY(jobs_.Find(request.id));
    // Before it stops: why it ended is known then.
    const Status noted = accepted_ ? accepted_->Cancel(*entry) : Ok{};
    entry->RequestStop();
    LH_TRY_WHILE(noted, "note that the job was asked to stop, in case this process ends first");
    return JobResponse{entry->Snapshot()};
  }

  Result<ListJobsResponse> ListJobs(const Context& context, const ListJobsRequest& request) override {
    LH_TRY(context.Check());
    ListJobsResponse list{jobs_.List(request.limit, request.under_way)};
    for (Job& job : list.jobs) {
      job.sample.reset();
      job.rejects.reset();
      job.files.clear();
    }
    return list;
  }
  Result<ListRescuedResponse> ListRescued(const Context& context, const ListRescuedRequest&) override {
    LH_TRY(context.Check());
    return rescuer_.List(context);
  }

  Result<SettleRescuedResponse> SettleRescued(const Context& context, const SettleRescuedRequest& request) override {
    LH_TRY(context.Check());
    return rescuer_.Settle(context, request);
  }

 private:
  /// Whether there is such a bucket; one that is away is no reason to refuse.
  Status CheckBucket(const Context& context, const std::string& bucket) {
    LH_TRY(storage::CheckBucketName(bucket));
    if (bucket == storage::kRescueBucket)
      return Error(ErrorCode::kInvalidArgument, "files of datasets do not live in the rescue bucket").Named("bucket_protected");
    const auto found = parts_.store.Head(context, storage::InBucket(bucket, "datasets/any"));
    if (!found && found.error().reason() == "unknown_bucket") return found.error();
    return Ok{};
  }

  Job NewJob(const std::string& name, const std::string& file_name) {
    Job job;
    job.id = NewUuid(parts_.clock, parts_.random).ToString();
    job.name = name;
    job.file_name = file_name;
    job.started_micros = parts_.clock.WallMicros();
    return job;
  }

  Result<StartResponse> QueueCompaction(const Context& context, const std::string& dataset, bool by_hand) {
    const std::scoped_lock one_at_a_time(compaction_mutex_);
    if (const auto there = jobs_.FindCompaction(dataset)) return StartResponse{there->Snapshot()};
    Job job = NewJob(dataset, "");
    job.kind = JobKind::kCompact;
    IngestRequest request;
    request.name = dataset;
    const auto entry = LH_TRY(jobs_.Add(std::move(job), std::move(request), context, by_hand));
    return StartResponse{entry->Snapshot()};
  }

  /// Datasets that changed since the last look and have become untidy get a job. What fails is tried again at the next look.
  Status LookOnce(const Context& context, std::int64_t& seen) {
    const auto status = LH_TRY(parts_.catalog.LoadStatus(context, {}));
    if (status.role != catalog::Role::kWriter || status.sequence == seen) return Ok{};
    catalog::ListDatasetsRequest page;
    for (bool more = true; more;) {
      const auto listed = LH_TRY(parts_.catalog.ListDatasets(context, page));
      for (const catalog::Dataset& dataset : listed.datasets) {
        const bool may_need_it = dataset.head.sequence > seen && dataset.head.file_count > 1 &&
                                 dataset.head.operation != catalog::Operation::kCompact && CheckMayCompact(dataset);
        if (!may_need_it) continue;
        const auto resolved = LH_TRY(parts_.catalog.Resolve(context, {{{dataset.name, {}}}}));
        if (!PlanCompaction(resolved.tables.at(0).files, options_.compaction, false)) continue;
        LH_TRY(QueueCompaction(context, dataset.name, false));
      }
      more = listed.more && !listed.datasets.empty();
      if (more) page.after = listed.datasets.back().name;
    }
    seen = status.sequence;
    return Ok{};
  }

  void LookForCompactions(const std::stop_token& stop) {
    Context context;
    context.principal = "system:compaction";
    context.cancel = stop;
    std::int64_t seen = 0;
    std::mutex mutex;
    std::condition_variable_any wake;
    while (!stop.stop_requested()) {
      {
        std::unique_lock lock(mutex);
        wake.wait_for(lock, stop, std::chrono::milliseconds(options_.compaction_interval_ms), [] { return false; });
      }
      if (stop.stop_requested()) return;
      if (const auto looked = LookOnce(context, seen); !looked && !stop.stop_requested())
        parts_.log.Warning("looking for datasets to compact failed; it is tried again", {{"error", looked.error().ToString()}});
    }
  }

  Status Spool(const Context& context, query::QueryResult& result, const std::string& path) {
    const UniqueFd out = LH_TRY(OpenToWrite(path));
    for (;;) {
      const auto chunk = LH_TRY(result.Next(context));
      if (!chunk) break;
      LH_TRY(WriteAll(out.get(), *chunk, path));
    }
    if (!result.summary().truncated.empty())
      return Error(ErrorCode::kUnprocessable, "the result is larger than a query may give (" + result.summary().truncated + "): narrow it")
          .Named("result_truncated");
    return Ok{};
  }

  Status RunIngest(const Context& context, JobEntry& entry) {
    if (accepted_) LH_TRY(accepted_->CheckTakenUp(context, entry));
    if (entry.request().database) {
      const auto source = LH_TRY(OpenSource(entry.request(), parts_, options_));
      return RunSource(context, parts_, options_, entry, *source);
    }
    IngestRun run(parts_, options_, entry, entry.request(), rescuer_.IsAvailable(context));
    Status done = run.Run(context);
    if (!done && run.store_failed() && !IsRescued(entry)) done = rescuer_.Take(entry, run, done.error());
    return done;
  }

  /// One that waited in the rescue bucket: its file is the request.
  Status RunRescuedDelete(const Context& context, JobEntry& entry) {
    const auto request = LH_TRY_WHILE(DecodeJson<DeleteRowsRequest>(LH_TRY(ReadFile(entry.request().path))), "read the rescued deletion");
    return DeleteRun(parts_, options_, request, entry, false,
                     DeleteBase{entry.request().base_version.value_or(0), entry.request().base_fingerprint.value_or("")})
        .Run(context);
  }

  Status RunByKind(const Context& context, JobEntry& entry) {
    switch (entry.kind()) {
      case JobKind::kCompact: return RunCompaction(context, parts_, options_, entry);
      case JobKind::kDelete: return RunRescuedDelete(context, entry);
      case JobKind::kIngest: break;
    }
    return RunIngest(context, entry);
  }

  void RunJob(JobEntry& entry) {
    const std::int64_t from = parts_.clock.SteadyNanos();
    waiting_.Add(1);
    const Context context = entry.RunContext(options_.job_timeout_ms);
    Status done = context.Check();
    if (done) {
      entry.Update([](Job& job) { job.state = JobState::kRunning; });
      done = RunByKind(context, entry);
    }
    if (entry.request().owned) ::unlink(entry.request().path.c_str());
    End(entry, done);
    waiting_.Add(-1);
    seconds_.Observe(static_cast<double>(parts_.clock.SteadyNanos() - from) / 1e9);
  }

  /// It comes out of the rescue bucket, where it stays until it has succeeded.
  static bool IsRescued(const JobEntry& entry) { return entry.request().base_fingerprint.has_value(); }

  static JobState EndStateOf(const JobEntry& entry, ErrorCode code) {
    if (IsRescued(entry) && IsPassing(code)) return JobState::kRescued;
    return code == ErrorCode::kCancelled ? JobState::kCancelled : JobState::kFailed;
  }

  void End(JobEntry& entry, Status done) {
    if (accepted_ && accepted_->Stays(entry, done)) done = Error(done.error()).While(kStays);
    if (!done) RecordFailure(entry, done.error());
    const auto finish = [&, now = parts_.clock.WallMicros()](Job& job) {
      job.finished_micros = now;
      if (done) return;
      job.state = EndStateOf(entry, done.error().code());
      job.error = DescribeError(done.error());
      job.rows_loaded = 0;
      job.eta_seconds.reset();
    };
    if (accepted_) accepted_->Settle(entry, done, entry.With(finish));
    entry.Update(finish);
    const Job job = entry.Snapshot();
    parts_.metrics.counter("lakehouse_ingest_jobs_total", "Ingest jobs that have ended.", {{"state", std::string(WireName(job.state))}})
        .Add();
    if (done) {
      parts_.metrics.counter("lakehouse_ingest_rows_total", "Rows loaded.")
          .Add(job.state == JobState::kCommitted ? static_cast<std::uint64_t>(job.rows_loaded) : 0);
      parts_.log.Info("ingest job ended", {{"job", job.id},
                                           {"dataset", job.name},
                                           {"state", WireName(job.state)},
                                           {"rows", job.rows_loaded},
                                           {"rejected", job.rows_rejected}});
      return;
    }
    const std::string why = done.error().ToString();
    parts_.log.Warning("ingest job failed",
                       {{"job", job.id}, {"dataset", job.name}, {"stage", std::string_view(job.stage)}, {"error", std::string_view(why)}});
  }

  /// Before the job has ended: whoever waited for it and looks finds the failure.
  void RecordFailure(const JobEntry& entry, const Error& error) {
    if (error.code() == ErrorCode::kCancelled || parts_.errors == nullptr) return;
    const Job job = entry.Snapshot();
    const Context context = entry.RunContext(options_.job_timeout_ms);
    if (IsOperational(error.code()))
      parts_.errors->Record(context, "ingestd", job.id, error);
    else if (const auto refusal = RefusalToRecord(job, entry.request(), error))
      parts_.errors->Record(context, "ingestd", job.name, *refusal);
  }

  IngestParts parts_;
  IngestOptions options_;
  JobTable jobs_;
  std::unique_ptr<AcceptedUploads> accepted_;  // null: no job outlives the process
  std::mutex compaction_mutex_;
  Scheduler scheduler_;
  Rescuer rescuer_;
  Gauge& waiting_;
  Histogram& seconds_;
  TaskGroup threads_;
};

}  // namespace

Result<std::unique_ptr<Ingest>> OpenLocalIngest(IngestParts parts, IngestOptions options) {
  LH_TRY_WHILE(CreateDirectories(options.spool), "open the spool of ingest");
  std::unique_ptr<AcceptedUploads> accepted;
  if (!options.accepted.empty()) accepted = LH_TRY(AcceptedUploads::Open(parts, options));
  return std::unique_ptr<Ingest>(std::make_unique<LocalIngest>(parts, std::move(options), std::move(accepted)));
}

}  // namespace lakehouse::ingest
