#include "rescuer.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "ingest_wire.h"
#include "lakehouse/base/failpoint.h"
#include "lakehouse/base/file.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/base/uuid.h"
#include "lakehouse/storage/bucket_key.h"

namespace lakehouse::ingest {
namespace {

Failpoint before_replay("ingest.rescue.before_replay");
Failpoint after_replay("ingest.rescue.after_replay");

constexpr std::int64_t kShelfTimeoutMs = 60'000;
constexpr std::int64_t kProbeTimeoutMs = 5'000;
constexpr std::int64_t kLongestPauseMs = 60'000;
constexpr std::int64_t kNanosPerMilli = 1'000'000;

Status WriteNew(const std::string& path, const std::string& octets) {
  const UniqueFd out = LH_TRY(OpenToWrite(path));
  return WriteAll(out.get(), octets, path);
}

bool IsDeletion(const RescueIntent& intent) { return intent.kind == JobKind::kDelete; }
const char* NameOf(const RescueIntent& intent) { return IsDeletion(intent) ? "a deletion from" : "an upload to"; }

}  // namespace

bool IsPassing(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUnavailable:
    case ErrorCode::kDeadlineExceeded:
    case ErrorCode::kOutcomeUnknown:
    case ErrorCode::kCancelled:
    case ErrorCode::kResourceExhausted: return true;
    default: return false;
  }
}

void Rescuer::Record(const RescueIntent& intent, const Error& error) {
  if (parts_.errors == nullptr) return;
  Context context;
  context.principal = intent.principal;
  context.trace = intent.trace;
  parts_.errors->Record(context, "ingestd", intent.id, error);
}

Status Rescuer::Take(JobEntry& entry, const IngestRun& run, const Error& why) {
  const Context context = entry.RunContext(kShelfTimeoutMs);
  if (!shelf_.Exists(context)) return why;
  const Job job = entry.Snapshot();
  RescueIntent intent{job.id, context.principal, context.trace, entry.request(), 0, parts_.clock.WallMicros(), why.ToString(), {}};
  intent.request.path.clear();
  intent.request.owned = false;
  intent.request.sha256 = run.sha256();
  intent.request.bucket = run.bucket();
  intent.request.base_fingerprint = run.base_fingerprint();
  intent.request.base_version = run.base_version();
  const std::string& source = entry.request().path;
  if (entry.request().owned) return Keep(entry, std::move(intent), source, why);
  const std::string copy = options_.spool + "/" + job.id + ".rescue";  // a caller's own file stays where it is
  std::error_code failed;
  std::filesystem::copy_file(source, copy, failed);
  if (failed) return FileError("copy", source, failed.value());
  const Status kept = Keep(entry, std::move(intent), copy, why);
  ::unlink(copy.c_str());
  return kept;
}

Status Rescuer::Take(JobEntry& entry, const DeleteRowsRequest& request, const DeleteRun& run, const Error& why) {
  const Context context = entry.RunContext(kShelfTimeoutMs);
  if (!shelf_.Exists(context)) return why;
  const Job job = entry.Snapshot();
  const std::string octets = EncodeJson(request), path = options_.spool + "/" + job.id + ".rescue";
  RescueIntent intent{job.id, context.principal, context.trace, {}, 0, parts_.clock.WallMicros(), why.ToString(), JobKind::kDelete};
  intent.request.name = request.name;
  intent.request.sha256 = Sha256Hex(octets);
  intent.request.bucket = run.bucket();
  intent.request.base_fingerprint = run.base().fingerprint;
  intent.request.base_version = run.base().version;
  Status kept = WriteNew(path, octets);
  if (kept) kept = Keep(entry, std::move(intent), path, why);
  ::unlink(path.c_str());
  return kept;
}

Status Rescuer::Keep(JobEntry& entry, RescueIntent intent, const std::string& path, const Error& why) {
  intent.size_bytes = static_cast<std::int64_t>(LH_TRY(FileSize(path)));
  const Status kept = shelf_.Put(entry.RunContext(kShelfTimeoutMs), intent, path);
  if (!kept && kept.error().code() == ErrorCode::kOutcomeUnknown)
    return Error(ErrorCode::kOutcomeUnknown, "nobody can say whether the rescue bucket kept this: " + kept.error().ToString() +
                                                 "; look at GET /ingest/rescue, or send it again with the same idempotency key");
  if (!kept)
    return Error(ErrorCode::kUnavailable, "the store does not take this (" + why.ToString() + "), and neither does the rescue bucket (" +
                                              kept.error().ToString() + "); nothing was kept, send it again later")
        .Named("rescue_failed");
  entry.Update([&](Job& changed) {
    changed.state = JobState::kRescued;
    changed.rows_loaded = 0;
    changed.eta_seconds.reset();
    changed.notes.push_back("kept in the rescue bucket, because the store did not take it; it is committed once that does: " +
                            why.message());
  });
  Record(intent, Error(ErrorCode::kUnavailable, std::string(NameOf(intent)) + " dataset \"" + intent.request.name +
                                                    "\" waits in the rescue bucket: " + why.ToString())
                     .Named("rescued"));
  return Ok{};
}

void Rescuer::Replay(const std::stop_token& stop) {
  Context context;
  context.principal = "system:rescue";
  context.trace = "rescue-replay";
  context.cancel = stop;
  bool swept = false;
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, stop, std::chrono::milliseconds(options_.replay_interval_ms), [this] { return poked_; });
      poked_ = false;
    }
    if (stop.stop_requested()) return;
    Context limited = context;
    limited.deadline = Deadline::After(kShelfTimeoutMs);
    if (!shelf_.Exists(limited)) continue;
    if (!swept) swept = shelf_.Sweep(limited).ok();
    Look(context);
  }
}

void Rescuer::Look(const Context& context) {
  Context limited = context;
  limited.deadline = Deadline::After(kShelfTimeoutMs);
  const auto waiting = shelf_.List(limited);
  if (!waiting) return;                 // told to whoever asks for the list
  std::map<std::string, Status> takes;  // by bucket, in this round
  for (const ShelvedIntent& shelved : *waiting) {
    if (context.cancel.stop_requested()) return;
    const RescueIntent& intent = shelved.intent;
    ShowJob(shelved);
    if (shelved.hold) continue;
    {
      const std::lock_guard lock(mutex_);
      if (attempts_[intent.id].next_ns > parts_.clock.SteadyNanos()) continue;
    }
    const std::string bucket = intent.request.bucket.value_or("");
    // The commit goes to primary, wherever the files go.
    for (const std::string& needed : {std::string(storage::kPrimaryBucket), bucket})
      if (!takes.contains(needed)) takes.emplace(needed, Probe(limited, needed));
    const Status& primary = takes.at(std::string(storage::kPrimaryBucket));
    const Status& target = takes.at(bucket);
    if (!primary || !target) {
      Failed(intent.id, primary ? target.error() : primary.error());
      continue;
    }
    const std::lock_guard lock(settle_mutex_);
    if (shelf_.Load(limited, intent.id)) Bring(context, intent);
  }
}

/// Whoever was told a job may ask for it, also when the process that told it is gone.
void Rescuer::ShowJob(const ShelvedIntent& shelved) {
  const RescueIntent& intent = shelved.intent;
  if (jobs_.Find(intent.id)) return;
  Job job;
  job.id = intent.id;
  job.kind = intent.kind.value_or(JobKind::kIngest);
  job.name = intent.request.name;
  job.file_name = intent.request.file_name;
  job.state = JobState::kRescued;
  job.started_micros = intent.accepted_micros;
  job.finished_micros = parts_.clock.WallMicros();
  job.notes.push_back(shelved.hold ? "held in the rescue bucket: " + shelved.hold->message : "waits in the rescue bucket: " + intent.why);
  Context owner;
  owner.principal = intent.principal;
  owner.trace = intent.trace;
  jobs_.AddRunning(std::move(job), owner);
}

Status Rescuer::Probe(const Context& context, const std::string& bucket) {
  Context limited = context;
  limited.deadline = Deadline::After(kProbeTimeoutMs);
  const std::string key = storage::InBucket(bucket, "_probe/" + NewUuid(parts_.clock, parts_.random).ToString());
  LH_TRY(parts_.store.PutIfAbsent(limited, key, "probe"));
  return parts_.store.Delete(limited, key);
}

void Rescuer::Failed(const std::string& id, const Error& why) {
  const std::lock_guard lock(mutex_);
  Attempts& attempts = attempts_[id];
  const std::int64_t doubled = std::max<std::int64_t>(options_.replay_interval_ms, 1) << std::min<std::int64_t>(attempts.count, 5);
  ++attempts.count;
  attempts.next_ns = parts_.clock.SteadyNanos() + std::min(doubled, kLongestPauseMs) * kNanosPerMilli;
  attempts.last_error = why.ToString();
}

void Rescuer::Hold(const Context& context, const RescueIntent& intent, const Error& why) {
  // Before it is held: whoever sees that it is finds why.
  Record(intent, Error(why.code(), std::string(NameOf(intent)) + " dataset \"" + intent.request.name +
                                       "\" stays in the rescue bucket until somebody decides: " + why.ToString())
                     .Named("rescue_held"));
  if (const Status held = shelf_.Hold(context, intent.id, why); !held) return Failed(intent.id, held.error());
  const std::lock_guard lock(mutex_);
  attempts_.erase(intent.id);
}

void Rescuer::Bring(const Context& context, const RescueIntent& intent) {
  Context limited = context;
  limited.deadline = Deadline::After(options_.job_timeout_ms);
  IngestRequest request = intent.request;
  request.path = options_.spool + "/" + NewUuid(parts_.clock, parts_.random).ToString() + ".rescue";
  request.owned = true;
  Status ready = shelf_.Fetch(limited, intent, request.path);
  if (ready) ready = before_replay.Hit();
  if (!ready) {
    ::unlink(request.path.c_str());
    if (IsPassing(ready.error().code())) return Failed(intent.id, ready.error());
    return Hold(limited, intent, ready.error());
  }
  Job job;
  job.id = intent.id;
  job.kind = intent.kind.value_or(JobKind::kIngest);
  job.name = request.name;
  job.file_name = request.file_name;
  job.started_micros = parts_.clock.WallMicros();
  job.state = JobState::kRunning;
  Context owner;
  owner.principal = intent.principal;
  owner.trace = intent.trace;
  const auto entry = jobs_.AddRunning(std::move(job), owner, std::move(request));
  run_(*entry);
  const Job ended = entry->Snapshot();
  if (ended.state == JobState::kCommitted || ended.state == JobState::kUnchanged) {
    Status cleared = after_replay.Hit();
    if (cleared) cleared = shelf_.Remove(limited, intent.id);
    if (!cleared) return Failed(intent.id, cleared.error());
    parts_.log.Info("rescued upload committed", {{"job", intent.id}, {"dataset", intent.request.name}});
    const std::lock_guard lock(mutex_);
    attempts_.erase(intent.id);
    return;
  }
  const std::string kind = ended.error ? ended.error->kind : std::string(WireName(ErrorCode::kInternal));
  ErrorCode code = ErrorCode::kInternal;
  for (unsigned n = 0; !WireName(static_cast<ErrorCode>(n)).empty(); ++n)
    if (WireName(static_cast<ErrorCode>(n)) == kind) code = static_cast<ErrorCode>(n);
  const Error why =
      Error(code, ended.error ? ended.error->message : "the job ended without saying why").Named(ended.error ? ended.error->code : "");
  if (ended.state == JobState::kRescued) return Failed(intent.id, why);
  Hold(limited, intent, why);
}

RescuedUpload Rescuer::Show(const ShelvedIntent& shelved) {
  const RescueIntent& intent = shelved.intent;
  RescuedUpload shown{intent.id,
                      intent.request.name,
                      std::string(IsDeletion(intent) ? WireName(JobKind::kDelete) : WireName(intent.request.mode)),
                      intent.request.file_name,
                      intent.principal,
                      intent.request.sha256,
                      intent.size_bytes,
                      intent.accepted_micros,
                      intent.why};
  const std::lock_guard lock(mutex_);
  if (const auto found = attempts_.find(intent.id); found != attempts_.end()) {
    shown.attempts = found->second.count;
    shown.last_error = found->second.last_error;
  }
  shown.held = shelved.hold.has_value();
  if (shelved.hold) shown.last_error = shelved.hold->message;
  return shown;
}

ListRescuedResponse Rescuer::List(const Context& context) {
  ListRescuedResponse response;
  response.available = shelf_.Exists(context);
  if (!response.available) return response;
  const auto waiting = shelf_.List(context);
  if (!waiting) {
    response.error = waiting.error().ToString();
    return response;
  }
  for (const ShelvedIntent& shelved : *waiting) response.uploads.push_back(Show(shelved));
  return response;
}

Result<SettleRescuedResponse> Rescuer::Settle(const Context& context, const SettleRescuedRequest& request) {
  if (!shelf_.Exists(context)) return Error(ErrorCode::kNotFound, "this lake has no rescue bucket; the setting storage.rescue names one");
  const std::lock_guard settling(settle_mutex_);
  const ShelvedIntent shelved = LH_TRY(shelf_.Load(context, request.id));
  if (request.action == RescuedAction::kDiscard)
    LH_TRY_WHILE(shelf_.Remove(context, request.id), "give up rescued upload " + request.id);
  else
    LH_TRY_WHILE(shelf_.Release(context, request.id), "try rescued upload " + request.id + " again");
  const RescuedUpload shown = Show(shelved);
  const std::lock_guard lock(mutex_);
  attempts_.erase(request.id);
  poked_ = true;
  wake_.notify_all();
  return SettleRescuedResponse{shown};
}

}  // namespace lakehouse::ingest
