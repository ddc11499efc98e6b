#include "accepted_uploads.h"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>

#include "ingest_wire.h"
#include "lakehouse/base/file.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/storage/local_object_store.h"
#include "lakehouse/storage/sealed_json.h"

namespace lakehouse::ingest {
namespace {

constexpr std::string_view kHome = "uploads/", kEndedName = "/ended.json";
constexpr std::int64_t kForgetTimeoutMs = 60'000;
constexpr auto kCatalogPause = std::chrono::milliseconds(200);
constexpr const char* kDamaged = "corrupt_object";
constexpr const char* kCancelRemoves = "cancelling the job removes ";
constexpr std::int64_t kMostRuns = 10;          ///< that end with their process; then the file is what ends it
constexpr std::size_t kMostFilesNoted = 1'000;  ///< reports per file in the note of a job that has ended

Context OwnContext() {
  Context context;
  context.principal = "system:ingest";
  context.deadline = Deadline::After(kForgetTimeoutMs);
  return context;
}

Context OwnerOf(const RescueIntent& intent) {
  Context owner;
  owner.principal = intent.principal;
  owner.trace = intent.trace;
  return owner;
}

std::string EndedKey(const std::string& id) { return std::string(kHome).append(id).append(kEndedName); }

/// Until the context has ended, which is the error then.
Status Pause(const Context& context) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, context.cancel, kCatalogPause, [] { return false; });
  return context.Check();
}

}  // namespace

Result<std::unique_ptr<AcceptedUploads>> AcceptedUploads::Open(const IngestParts& parts, const IngestOptions& options) {
  auto store = LH_TRY_WHILE(storage::OpenLocalObjectStore(options.accepted), "open the place of accepted uploads");
  return std::unique_ptr<AcceptedUploads>(new AcceptedUploads(parts, options, std::move(store)));
}

AcceptedUploads::AcceptedUploads(const IngestParts& parts, const IngestOptions& options, std::unique_ptr<storage::ObjectStore> store)
    : parts_(parts),
      most_bytes_(options.accepted_bytes),
      most_notes_(options.kept_jobs),
      store_(std::move(store)),
      shelf_(*store_, parts.clock, kHome) {}

RescueIntent AcceptedUploads::IntentOf(const Context& context, const Job& job, const IngestRequest& request, std::int64_t size_bytes) {
  RescueIntent intent;
  intent.id = job.id;
  intent.principal = context.principal;
  intent.trace = context.trace;
  intent.request = request;
  intent.request.path.clear();
  intent.request.owned = false;
  intent.size_bytes = size_bytes;
  intent.accepted_micros = job.started_micros;
  if (const auto status = parts_.catalog.LoadStatus(context, {}); status && !status->lake_id.empty()) intent.lake = status->lake_id;
  return intent;
}

Result<bool> AcceptedUploads::Reserve(const std::string& id, std::int64_t size_bytes) {
  const std::scoped_lock lock(mutex_);
  if (uploads_.contains(id)) return false;
  std::int64_t kept = 0;
  for (const auto& [other, upload] : uploads_) kept += upload.size_bytes;
  if (size_bytes > most_bytes_ - kept)
    return Error(ErrorCode::kUnavailable, "accepted uploads wait that take " + std::to_string(kept) + " octets, and with " +
                                              std::to_string(size_bytes) + " more they would take over " + std::to_string(most_bytes_) +
                                              ", the setting ingest.accepted; send this one later, or without async=1")
        .Named("accepted_full");
  uploads_[id].size_bytes = size_bytes;
  return true;
}

Status AcceptedUploads::Accept(const Context& context, const Job& job, IngestRequest& request) {
  if (request.sha256.empty()) request.sha256 = LH_TRY(Sha256HexOfFile(request.path));
  const auto size = static_cast<std::int64_t>(LH_TRY(FileSize(request.path)));
  LH_TRY(Reserve(job.id, size));
  const Status kept = shelf_.Put(context, IntentOf(context, job, request, size), request.path);
  if (!kept) Remove(job.id);
  const std::scoped_lock lock(mutex_);
  if (!kept) {
    uploads_.erase(job.id);
    return Error(kept.error()).While("keep the upload until it is loaded");
  }
  request.path = shelf_.PathOf(job.id).value_or("");
  request.owned = false;
  uploads_[job.id].stand = Stand::kKept;
  return Ok{};
}

Status AcceptedUploads::PutCopy(const Context& context, const JobEntry& entry) {
  const std::string& path = entry.request().path;
  const std::string copy = path + ".kept";
  if (::link(path.c_str(), copy.c_str()) != 0) return FileError("keep", path, errno);
  const Status kept = [&]() -> Status {
    const auto size = static_cast<std::int64_t>(LH_TRY(FileSize(copy)));
    RescueIntent intent = IntentOf(entry.RunContext(kForgetTimeoutMs), entry.Snapshot(), entry.request(), size);
    if (intent.request.sha256.empty()) intent.request.sha256 = LH_TRY(Sha256HexOfFile(copy));
    return shelf_.Put(context, intent, copy);
  }();
  ::unlink(copy.c_str());
  return kept;
}

Status AcceptedUploads::Keep(const Context& context, const JobEntry& entry) {
  const IngestRequest& request = entry.request();
  if (!request.owned || request.preview || entry.has_ended()) return Ok{};
  const std::string id = entry.Snapshot().id;
  const Status kept = [&]() -> Status {
    if (!LH_TRY(Reserve(id, static_cast<std::int64_t>(LH_TRY(FileSize(request.path)))))) return Ok{};
    const Status put = PutCopy(context, entry);
    {
      const std::scoped_lock lock(mutex_);
      Upload& upload = uploads_[id];
      if (put && upload.stand != Stand::kEnded) {
        upload.stand = Stand::kKept;
        return Ok{};
      }
      uploads_.erase(id);
    }
    Remove(id);
    return put;
  }();
  if (kept || kept.error().code() == ErrorCode::kNotFound) return Ok{};  // the run is through with its file
  return Error(ErrorCode::kUnavailable, "job " + id + " goes on, but ends with this process, as it could not be kept: " +
                                            kept.error().ToString() + "; ask for the job, or send the file again later")
      .Named("not_kept");
}

Status AcceptedUploads::Cancel(const JobEntry& entry) {
  const Job job = entry.Snapshot();
  const bool was_left = HasEnded(job);  // and still is on the shelf: nobody could load it
  {
    const std::scoped_lock lock(mutex_);
    const auto found = uploads_.find(job.id);
    if (found == uploads_.end() || found->second.stand == Stand::kEnded) return Ok{};
    found->second.cancelled = true;
    if (was_left) uploads_.erase(found);
  }
  if (!was_left) return shelf_.Hold(OwnContext(), job.id, Error(ErrorCode::kCancelled, "somebody asked it to stop"));
  NoteEnd(job);
  return shelf_.Remove(OwnContext(), job.id);
}

bool AcceptedUploads::Stays(const JobEntry& entry, const Status& done) {
  const std::scoped_lock lock(mutex_);
  const auto found = uploads_.find(entry.Snapshot().id);
  if (done || found == uploads_.end() || found->second.cancelled) return false;
  const Stand stand = found->second.stand;
  const bool another_writes = done.error().reason() == "not_writer" || done.error().reason() == "fenced";
  return entry.stop_requested() || stand == Stand::kTakenUp || (stand == Stand::kBegun && another_writes);
}

/// Ended in good order, so not by the file.
void AcceptedUploads::UncountRun(const std::string& id) {
  {
    const std::scoped_lock lock(mutex_);
    const auto found = uploads_.find(id);
    if (found == uploads_.end() || found->second.stand != Stand::kBegun) return;
    found->second.stand = Stand::kTakenUp;
  }
  const auto shelved = shelf_.Load(OwnContext(), id);
  if (const Status counted = shelved ? CountRun(OwnContext(), shelved->intent, -1) : Status(shelved.error()); !counted)
    parts_.log.Warning("a run that was stopped counts as one that ended its process", {{"job", id}, {"error", counted.error().ToString()}});
}

void AcceptedUploads::Settle(const JobEntry& entry, const Status& done, Job ended) {
  const std::string id = ended.id;
  {
    const std::scoped_lock lock(mutex_);
    if (!uploads_.contains(id)) return;
  }
  if (Stays(entry, done)) return UncountRun(id);
  if (ended.state != JobState::kRescued) NoteEnd(std::move(ended));
  {
    const std::scoped_lock lock(mutex_);
    const auto found = uploads_.find(id);
    if (found == uploads_.end()) return;
    if (found->second.stand == Stand::kBeingKept) {
      found->second.stand = Stand::kEnded;
      return;
    }
    uploads_.erase(found);
  }
  Remove(id);
}

/// What is missing of it is missing from an answer only.
void AcceptedUploads::NoteEnd(Job ended) {
  ended.sample.reset();
  ended.rejects.reset();
  if (ended.files.size() > kMostFilesNoted) ended.files.resize(kMostFilesNoted);
  const std::string id = ended.id;
  const auto noted = store_->Put(OwnContext(), EndedKey(id), storage::SealJson(EncodeJson(ended)));
  if (!noted) {
    parts_.log.Warning("how a job ended could not be noted; nobody can ask for it after the next start",
                       {{"job", id}, {"error", noted.error().ToString()}});
    return;
  }
  {
    const std::scoped_lock lock(mutex_);
    notes_.push_back(id);
  }
  LetGoOfOldNotes();
}

void AcceptedUploads::LetGoOfOldNotes() {
  for (;;) {
    std::string oldest;
    {
      const std::scoped_lock lock(mutex_);
      if (notes_.size() <= most_notes_) return;
      oldest = std::move(notes_.front());
      notes_.pop_front();
    }
    if (!store_->Delete(OwnContext(), EndedKey(oldest))) return;
  }
}

void AcceptedUploads::Remove(const std::string& id) {
  if (const Status removed = shelf_.Remove(OwnContext(), id); !removed)
    parts_.log.Warning("an upload that is done could not be removed; the next start finds it, and that it came",
                       {{"job", id}, {"error", removed.error().ToString()}});
}

void AcceptedUploads::Record(const Context& context, const std::string& id, const Error& error) {
  parts_.log.Warning("an accepted upload was not taken up", {{"job", id}, {"error", error.ToString()}});
  if (parts_.errors != nullptr) parts_.errors->Record(context, "ingestd", id, error);
}

void AcceptedUploads::TakeUp(JobTable& jobs) {
  const Context context = OwnContext();
  if (const Status swept = shelf_.Sweep(context, 0); !swept) Record(context, "", swept.error());
  const auto ended = ShowEnded(context, jobs);
  if (!ended) Record(context, "", Error(ended.error()).While("look for jobs that ended before this start"));
  const auto found = shelf_.List(context);
  if (!found) return Record(context, "", Error(found.error()).While("look for uploads that were accepted before this start"));
  for (const ShelvedIntent& shelved : *found)
    if (ended && ended->contains(shelved.intent.id))
      Remove(shelved.intent.id);
    else
      TakeUpOne(jobs, shelved);
}

Result<std::set<std::string>> AcceptedUploads::ShowEnded(const Context& context, JobTable& jobs) {
  std::set<std::string> ids;
  std::string after;
  do {
    const storage::ListPage page = LH_TRY(store_->List(context, std::string(kHome), after, storage::kMaxListPage));
    for (const storage::ObjectInfo& object : page.objects) {
      if (!object.key.ends_with(kEndedName)) continue;
      const auto octets = store_->Get(context, object.key);
      const auto json = octets ? storage::UnsealJson(*octets) : Result<std::string>(octets.error());
      const auto job = json ? DecodeJson<Job>(*json) : Result<Job>(json.error());
      if (job && EndedKey(job->id) == object.key && HasEnded(*job))
        ids.insert(job->id);
      else
        LH_TRY(store_->Delete(context, object.key));  // the file is still there, or nobody can say what became of it
      if (job && ids.contains(job->id)) jobs.AddRunning(*job, context);
    }
    after = page.next;
  } while (!after.empty());
  {
    const std::scoped_lock lock(mutex_);
    notes_.assign(ids.begin(), ids.end());  // ids rise with time
  }
  LetGoOfOldNotes();
  return ids;
}

void AcceptedUploads::TakeUpOne(JobTable& jobs, const ShelvedIntent& shelved) {
  const RescueIntent& intent = shelved.intent;
  Job job;
  job.id = intent.id;
  job.name = intent.request.name;
  job.file_name = intent.request.file_name;
  job.started_micros = intent.accepted_micros;
  const bool is_cancelled = shelved.hold && shelved.hold->code == WireName(ErrorCode::kCancelled);
  if (!is_cancelled) {
    const std::scoped_lock lock(mutex_);
    uploads_[intent.id] = {Stand::kTakenUp, false, intent.size_bytes};
  }
  if (!shelved.hold) {
    IngestRequest request = intent.request;
    request.path = shelf_.PathOf(intent.id).value_or("");
    job.notes.emplace_back("taken up: the process that had accepted it ended before it was loaded");
    jobs.AddAccepted(std::move(job), std::move(request), OwnerOf(intent));
    return;
  }
  job.finished_micros = parts_.clock.WallMicros();
  if (is_cancelled) {
    job.state = JobState::kCancelled;
    job.notes.emplace_back("it was asked to stop before this process began; had it committed by then, the history of the dataset says so");
    NoteEnd(job);
    Remove(intent.id);
  } else {
    const Error damaged(ErrorCode::kCorruption, "upload " + intent.id + " was accepted, but what is kept of it is damaged (" +
                                                    shelved.hold->message + "): send the file again; " + kCancelRemoves +
                                                    shelf_.PathOf(intent.id).value_or(""));
    Record(OwnerOf(intent), intent.id, Error(damaged).Named(kDamaged));
    job.state = JobState::kFailed;
    job.error = JobError{kDamaged, damaged.message(), {}, {}, 500, std::string(WireName(damaged.code()))};
  }
  jobs.AddRunning(std::move(job), OwnerOf(intent));
}

Status AcceptedUploads::CountRun(const Context& context, RescueIntent intent, std::int64_t runs) {
  intent.begun = intent.begun.value_or(0) + runs;
  return shelf_.Replace(context, intent);
}

Status AcceptedUploads::CheckTakenUp(const Context& context, const JobEntry& entry) {
  const std::string id = entry.Snapshot().id;
  {
    const std::scoped_lock lock(mutex_);
    const auto found = uploads_.find(id);
    if (found == uploads_.end() || found->second.stand != Stand::kTakenUp) return Ok{};
  }
  const RescueIntent intent = LH_TRY(shelf_.Load(context, id)).intent;
  const std::string& path = entry.request().path;
  auto status = parts_.catalog.LoadStatus(context, {});
  while (!status && status.error().code() == ErrorCode::kUnavailable) {
    LH_TRY(Pause(context));
    status = parts_.catalog.LoadStatus(context, {});
  }
  if (!status) return std::move(status).TakeError();
  if (intent.lake && status->lake_id != *intent.lake)
    return Error(ErrorCode::kConflict, "this upload was accepted for lake " + *intent.lake + ", and this server has lake " +
                                           status->lake_id + "; it is taken up when this state directory serves that lake again")
        .Named("another_lake");
  const auto digest = Sha256HexOfFile(path);
  if (!digest || *digest != entry.request().sha256)
    return Error(ErrorCode::kCorruption, "what is kept of this upload, " + path + ", is not the file that came (" +
                                             (digest ? "its SHA-256 is another" : digest.error().ToString()) + "): send it again; " +
                                             kCancelRemoves + path)
        .Named(kDamaged);
  if (intent.begun.value_or(0) >= kMostRuns)
    return Error(ErrorCode::kInternal, "the process ended " + std::to_string(kMostRuns) +
                                           " times while this upload was being loaded, so it is not tried again: look into the log " +
                                           "for why; " + kCancelRemoves + path)
        .Named("given_up");
  LH_TRY_WHILE(CountRun(context, intent, 1), "count the runs of an upload that was taken up");
  const std::scoped_lock lock(mutex_);
  uploads_[id].stand = Stand::kBegun;
  return Ok{};
}

}  // namespace lakehouse::ingest
