#include "scheduler.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "bucket_source.h"
#include "column_names.h"
#include "cron.h"
#include "database_address.h"
#include "folder_source.h"
#include "http_source.h"
#include "ingest_answers.h"
#include "lakehouse/base/uuid.h"
#include "lakehouse/catalog/dataset_name.h"
#include "source_run.h"

namespace lakehouse::ingest {
namespace {

constexpr std::int64_t kRefreshNs = std::int64_t{30} * 1'000'000'000;
constexpr std::size_t kKeptRuns = 20, kKeptRunJobs = 10, kKeptReports = 50;
constexpr std::size_t kMostFieldBytes = 2'000;
constexpr std::string_view kSourceSecret = "source.";

Error BadSchedule(std::string message) { return Error(ErrorCode::kInvalidArgument, std::move(message)).Named("bad_schedule"); }

std::string WordsOf(const JobError& error) { return error.code + ": " + error.message; }
std::string WordsOf(const Error& error) { return std::string(error.reason()) + ": " + error.message(); }

/// Into the run; where there is no room, in the place of one that did not fail.
void Keep(ScheduledFile report, ScheduleRun& run) {
  run.error = report.error.empty() ? run.error : report.name + ": " + report.error;
  run.failed_files += report.error.empty() ? 0 : 1;
  if (run.reports.size() == kKeptReports) {
    const auto good = std::ranges::find_if(run.reports, [](const ScheduledFile& one) { return one.error.empty(); });
    if (report.error.empty() || good == run.reports.end()) return;
    run.reports.erase(good);
  }
  run.reports.push_back(std::move(report));
}

bool IsDatabase(const Schedule& schedule) { return schedule.kind == "postgres" || schedule.kind == "mysql"; }

/// Whether another run may fare better with the same octets.
bool MayPass(const JobError& error) { return error.http_status >= 500 || error.http_status == 429 || error.code == "base_moved"; }

}  // namespace

IngestRequest Scheduler::RequestOf(const Schedule& schedule) const {
  IngestRequest request;
  request.name = schedule.dataset;
  if (const auto mode = ModeOf(schedule.mode, Mode::kAuto)) request.mode = *mode;
  request.key = schedule.key;
  request.nested = schedule.nested;
  if (IsDatabase(schedule)) request.database = DatabaseTable{schedule.url, schedule.table, schedule.secret, schedule.incremental, 0};
  return request;
}

Status Scheduler::Check(const Schedule& schedule) const {
  LH_TRY(CheckScheduleName(schedule.name));
  for (const std::string* text :
       {&schedule.url, &schedule.dataset, &schedule.key, &schedule.table, &schedule.secret, &schedule.incremental})
    if (text->size() > kMostFieldBytes) return BadSchedule("a field of the schedule is longer than 2,000 octets");
  const bool is_many = schedule.kind == "folder" || schedule.kind == "objects";
  if (!is_many || !schedule.dataset.empty()) LH_TRY(catalog::CheckDatasetName(schedule.dataset));
  LH_TRY(ModeOf(schedule.mode, Mode::kAuto));
  if ((schedule.mode == "upsert") == schedule.key.empty()) return BadSchedule("mode upsert, and only it, has a key");
  if (!schedule.every.empty() && !schedule.cron.empty()) return BadSchedule("a schedule has every or cron, not both");
  if (!schedule.every.empty()) LH_TRY(ParseInterval(schedule.every));
  if (!schedule.cron.empty()) LH_TRY(Cron::Parse(schedule.cron));
  if (schedule.cron.empty() && !schedule.zone.empty()) return BadSchedule("a zone is of use with cron only");
  LH_TRY(TimeZone::Load(schedule.zone));
  if (!schedule.secret.empty() && !schedule.secret.starts_with(kSourceSecret))
    return Error(ErrorCode::kInvalidArgument, "the name of a source's secret begins with \"source.\"").Named("bad_secret");
  if (IsDatabase(schedule)) {
    if (schedule.nested) return BadSchedule("nested is of files only; the columns of a table are what they are");
    if (WireName(LH_TRY(ParseDatabaseUrl(schedule.url)).kind) != schedule.kind)
      return BadSchedule("the url is of another kind of database than the schedule: " + schedule.kind + " begins with " + schedule.kind +
                         "://");
    return CheckSource(RequestOf(schedule), options_);
  }
  if (!schedule.table.empty() || !schedule.incremental.empty()) return BadSchedule("table and incremental are of postgres and mysql only");
  if (schedule.kind == "http") return CheckPullUrl(schedule.url, options_.hosts);
  if (!schedule.secret.empty()) return BadSchedule("a secret is of postgres, mysql and http only");
  if (schedule.kind == "folder") {
    if (options_.inbox.empty())
      return Error(ErrorCode::kPermissionDenied,
                   "this server watches no folders: its operator names a directory with the setting ingest.inbox")
          .Named("no_inbox");
    return CheckFolderName(schedule.url);
  }
  if (schedule.kind != "objects") return BadSchedule("kind is one of postgres, mysql, http, folder, objects");
  LH_TRY(ParseBucketUrl(schedule.url));
  return Ok{};
}

Result<std::unique_ptr<FileSource>> Scheduler::Open(const Schedule& schedule) const {
  const std::string id = NewUuid(parts_.clock, parts_.random).ToString();
  if (schedule.kind == "folder")
    return OpenFolderSource({options_.inbox + "/" + schedule.url, "inbox/" + schedule.url, options_.inbox_settle_ms, options_.spool, id},
                            parts_.clock);
  if (schedule.kind == "objects") {
    BucketPrefix prefix = LH_TRY(ParseBucketUrl(schedule.url));
    prefix.spool = options_.spool;
    prefix.file_id = id;
    prefix.max_bytes = options_.max_pull_bytes;
    return OpenBucketSource(parts_.store, std::move(prefix));
  }
  HttpFile file{schedule.url, {}, options_.hosts, options_.spool, id, options_.max_pull_bytes, options_.pull_timeout_ms};
  if (!schedule.secret.empty()) {
    auto secret = parts_.secrets == nullptr ? std::optional<Secret>() : LH_TRY(parts_.secrets->Find(schedule.secret));
    if (!secret)
      return Error(ErrorCode::kInvalidArgument, "this server has no secret \"" + schedule.secret + "\"").Named("secret_not_found");
    file.token = std::move(*secret);
  }
  return OpenHttpSource(std::move(file));
}

Result<Scheduler::Entry> Scheduler::Load(const Context& context, const std::string& name) {
  Entry entry;
  entry.definition = LH_TRY(book_.LoadDefinition(context, name));
  entry.memory = LH_TRY(book_.LoadMemory(context, name));
  return entry;
}

std::optional<std::int64_t> Scheduler::NextOf(const Entry& entry) const {
  const Schedule& schedule = entry.definition.schedule;
  if (schedule.paused) return std::nullopt;
  const ScheduleRun* last = entry.memory.runs.empty() ? nullptr : entry.memory.runs.data();
  if (!schedule.every.empty()) {
    const auto interval_ms = ParseInterval(schedule.every);
    if (!interval_ms) return std::nullopt;
    return last == nullptr ? entry.definition.put_micros : last->finished_micros + *interval_ms * 1'000;
  }
  const auto cron = Cron::Parse(schedule.cron);
  const auto zone = TimeZone::Load(schedule.zone);
  if (!cron || !zone) return std::nullopt;
  // What was missed while nobody ran is made up for once.
  const std::int64_t from = std::max(entry.definition.put_micros, last == nullptr ? 0 : last->started_micros);
  const auto next = cron->NextAfter(from / 1'000'000, *zone);
  return next ? std::optional(*next * 1'000'000) : std::nullopt;
}

ScheduleState Scheduler::StateOf(const Entry& entry) const {
  const std::scoped_lock lock(mutex_);
  const std::string& name = entry.definition.schedule.name;
  return {entry.definition.schedule, running_.contains(name) || asked_.contains(name), NextOf(entry), entry.memory.runs};
}

Result<ListSchedulesResponse> Scheduler::List(const Context& context) {
  ListSchedulesResponse response;
  for (const std::string& name : LH_TRY(book_.Names(context))) {
    const auto entry = Load(context, name);
    if (entry)
      response.schedules.push_back(StateOf(*entry));
    else if (entry.error().code() != ErrorCode::kNotFound)
      return entry.error();
  }
  return response;
}

Result<ScheduleResponse> Scheduler::Put(const Context& context, const Schedule& schedule) {
  LH_TRY(context.Check());
  LH_TRY(Check(schedule));
  LH_TRY(book_.PutDefinition(context, {schedule, parts_.clock.WallMicros()}));
  Entry entry = LH_TRY(Load(context, schedule.name));
  {
    const std::scoped_lock lock(mutex_);
    entries_[schedule.name] = entry;
  }
  wake_.notify_all();
  return ScheduleResponse{StateOf(entry)};
}

Result<ScheduleResponse> Scheduler::Drop(const Context& context, const std::string& name) {
  const Entry entry = LH_TRY(Load(context, name));
  LH_TRY(book_.Drop(context, name));
  const ScheduleResponse response{StateOf(entry)};
  const std::scoped_lock lock(mutex_);
  entries_.erase(name);
  asked_.erase(name);
  return response;
}

Result<ScheduleResponse> Scheduler::RunNow(const Context& context, const std::string& name) {
  Entry entry = LH_TRY(Load(context, name));
  if (LH_TRY(parts_.catalog.LoadStatus(context, {})).role != catalog::Role::kWriter)
    return Error(ErrorCode::kUnavailable, "schedules run in the process that writes this lake: ask that one").Named("not_writer");
  {
    const std::scoped_lock lock(mutex_);
    entries_[name] = entry;
    if (!running_.contains(name)) asked_.insert(name);
  }
  wake_.notify_all();
  return ScheduleResponse{StateOf(entry)};
}

Status Scheduler::Refresh(const Context& context) {
  std::map<std::string, Entry> found;
  for (const std::string& name : LH_TRY(book_.Names(context))) {
    auto entry = Load(context, name);
    if (entry)
      found[name] = std::move(entry).Take();
    else if (entry.error().code() != ErrorCode::kNotFound)
      parts_.log.Warning("a schedule cannot be read; it does not run", {{"schedule", name}, {"error", entry.error().ToString()}});
  }
  const std::scoped_lock lock(mutex_);
  entries_ = std::move(found);
  return Ok{};
}

Result<std::optional<Scheduler::Entry>> Scheduler::TakeDue(const Context& context) {
  bool is_stale = false;
  {
    const std::scoped_lock lock(mutex_);
    const std::int64_t now = parts_.clock.SteadyNanos();
    is_stale = !refreshed_ns_ || now - *refreshed_ns_ > kRefreshNs;
    if (is_stale) refreshed_ns_ = now;
  }
  if (is_stale) LH_TRY(Refresh(context));
  std::optional<Entry> due;
  {
    const std::scoped_lock lock(mutex_);
    const std::int64_t now = parts_.clock.WallMicros();
    for (auto& [name, entry] : entries_) {
      if (running_.contains(name)) continue;
      const auto next = NextOf(entry);
      if (!asked_.contains(name) && (options_.schedule_tick_ms <= 0 || !next || *next > now)) continue;
      due = entry;
      running_.insert(name);
      asked_.erase(name);
      break;
    }
  }
  if (!due) return due;
  // As it is now: another process may have changed or run it.
  const std::string name = due->definition.schedule.name;
  auto status = parts_.catalog.LoadStatus(context, {});
  auto fresh = Load(context, name);
  if (status && status->role == catalog::Role::kWriter && fresh) return std::optional(std::move(fresh).Take());
  const std::scoped_lock lock(mutex_);
  running_.erase(name);
  if (!fresh && fresh.error().code() == ErrorCode::kNotFound) entries_.erase(name);
  if (!status) return status.error();
  return std::optional<Entry>();
}

Result<Job> Scheduler::RunJob(const Context& context, const IngestRequest& request, ScheduleRun& run) {
  const bool owned = request.owned;
  const std::string path = request.path;
  const auto started = ingest_.Start(context, request);
  if (!started) {
    if (owned) ::unlink(path.c_str());
    return started.error();
  }
  Job job = started->job;
  run.jobs.push_back(job.id);
  if (run.jobs.size() > kKeptRunJobs) run.jobs.erase(run.jobs.begin());
  while (job.finished_micros == 0) {
    if (!context.Check()) LH_TRY(ingest_.Cancel({}, {job.id}));
    LH_TRY(context.Check());
    job = LH_TRY(ingest_.Wait(context, {job.id, 1'000})).job;
  }
  run.rows += job.state == JobState::kCommitted ? job.rows_loaded : 0;
  if (job.state == JobState::kCommitted || job.state == JobState::kRescued) run.state = "committed";
  return job;
}

/// What becomes of one file, into its report. True: that is final, so it is not asked for again until it changes.
bool Scheduler::TakeFile(const Context& context, const Schedule& schedule, const FileSource::File& file, ScheduleRun& run,
                         ScheduledFile& report) {
  if (file.fault) {
    report.error = WordsOf(*file.fault);
    return file.fault->code() == ErrorCode::kTooLarge;
  }
  IngestRequest request = RequestOf(schedule);
  request.path = file.path;
  request.owned = file.owned;
  request.file_name = file.name;
  if (request.name.empty()) request.name = NameAfter(file.name);
  const auto job = RunJob(context, request, run);
  if (!job) {
    report.error = WordsOf(job.error());
    return job.error().code() == ErrorCode::kInvalidArgument || job.error().code() == ErrorCode::kUnprocessable;
  }
  report.job = job->id;
  report.state = WireName(job->state);
  report.rows = job->rows_loaded;
  report.rejected = job->rows_rejected;
  if (job->error) report.error = WordsOf(*job->error);
  if (!job->error && job->state == JobState::kCancelled) report.error = "cancelled";
  return job->error ? !MayPass(*job->error) : job->state != JobState::kCancelled;
}

Status Scheduler::RunFiles(const Context& context, const Entry& entry, FileSource& source, FileSource::Marks& marks, ScheduleRun& run) {
  for (;;) {
    LH_TRY(context.Check());
    const auto next = LH_TRY(source.Next(context, marks));
    if (!next) return Ok{};
    ++run.files;
    ScheduledFile report;
    report.name = CleanText(next->origin, 200);
    report.state = "failed";
    const bool is_final = TakeFile(context, entry.definition.schedule, *next, run, report);
    // What may pass another time stays where it is.
    const Status settled = is_final ? source.Settle(context, *next, report.error.empty(), marks) : Status(Ok{});
    if (!settled && report.error.empty()) report.error = WordsOf(settled.error());
    Keep(std::move(report), run);
  }
}

void Scheduler::RunOne(const Context& context, Entry entry) {
  const Schedule schedule = entry.definition.schedule;
  if (entry.memory.url != schedule.url) entry.memory.marks.clear();
  entry.memory.url = schedule.url;
  ScheduleRun run;
  run.started_micros = parts_.clock.WallMicros();
  run.state = "unchanged";
  const Status done = [&]() -> Status {
    LH_TRY(Check(schedule));  // the operator may have changed his mind about hosts
    if (!IsDatabase(schedule)) {
      const auto source = LH_TRY(Open(schedule));
      return RunFiles(context, entry, *source, entry.memory.marks, run);
    }
    const Job job = LH_TRY(RunJob(context, RequestOf(schedule), run));
    if (job.error) run.error = WordsOf(*job.error), run.state = "failed";
    return Ok{};
  }();
  if (!done) run.error = WordsOf(done.error());
  if (!done || run.failed_files > 0) run.state = "failed";
  run.finished_micros = parts_.clock.WallMicros();
  parts_.metrics.counter("lakehouse_ingest_schedule_runs_total", "Runs of schedules that have ended.", {{"state", run.state}}).Add();
  if (run.state == "failed") {
    parts_.log.Warning("the run of a schedule failed", {{"schedule", schedule.name}, {"error", std::string_view(run.error)}});
    // Nobody waits for the answer of a run, so whatever failed is an operator's to find.
    const Error failure = done ? Error(ErrorCode::kUnprocessable, run.error).Named("schedule_failed") : done.error();
    if (parts_.errors != nullptr && !context.cancel.stop_requested())
      parts_.errors->Record(context, "ingestd", "schedule:" + schedule.name, failure);
  }
  entry.memory.runs.insert(entry.memory.runs.begin(), std::move(run));
  if (entry.memory.runs.size() > kKeptRuns) entry.memory.runs.resize(kKeptRuns);
  Context last = context;  // a run that was stopped leaves its end, too
  last.cancel = {};
  last.deadline = Deadline::After(10'000);
  const bool is_there = book_.LoadDefinition(last, schedule.name).ok();
  const Status kept = is_there ? book_.PutMemory(last, schedule.name, entry.memory) : Status(Ok{});
  if (!kept) parts_.log.Warning("what a schedule did could not be kept", {{"schedule", schedule.name}, {"error", kept.error().ToString()}});
  const std::scoped_lock lock(mutex_);
  running_.erase(schedule.name);
  const auto known = entries_.find(schedule.name);
  if (known != entries_.end()) known->second.memory = std::move(entry.memory);
}

void Scheduler::Run(const std::stop_token& stop) {
  constexpr std::int64_t kIdleTickMs = 60'000;
  std::int64_t pause_ms = 0;
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, stop, std::chrono::milliseconds(pause_ms), [&] { return !asked_.empty(); });
    }
    if (stop.stop_requested()) return;
    pause_ms = options_.schedule_tick_ms > 0 ? options_.schedule_tick_ms : kIdleTickMs;
    Context context;
    context.principal = "system:schedules";
    context.cancel = stop;
    auto due = TakeDue(context);
    if (!due) {
      if (!stop.stop_requested())
        parts_.log.Warning("looking for due schedules failed; it is tried again", {{"error", due.error().ToString()}});
      continue;
    }
    if (!*due) continue;
    context.principal = "schedule:" + (*due)->definition.schedule.name;
    context.deadline = Deadline::After(options_.job_timeout_ms);
    RunOne(context, std::move(**due));
    pause_ms = 0;
  }
}

}  // namespace lakehouse::ingest
