#include "job_table.h"

#include <algorithm>
#include <chrono>

namespace lakehouse::ingest {

namespace {
constexpr std::size_t kMostTurns = 1'000;  ///< remembered; then all begin anew

bool IsFinal(JobState state) { return state != JobState::kQueued && state != JobState::kRunning; }
}  // namespace

bool HasEnded(const Job& job) { return IsFinal(job.state) && job.finished_micros != 0; }

JobEntry::JobEntry(Job job, IngestRequest request, Context context, bool by_hand)
    : job_(std::move(job)), request_(std::move(request)), context_(std::move(context)), by_hand_(by_hand) {}

Context JobEntry::RunContext(std::int64_t timeout_ms) const {
  Context context;
  context.principal = context_.principal;
  context.trace = context_.trace;
  context.deadline = Deadline::After(timeout_ms);
  context.cancel = stop_.get_token();
  return context;
}

void JobEntry::Update(const std::function<void(Job&)>& change) {
  const std::scoped_lock lock(mutex_);
  change(job_);
  if (HasEnded(job_)) changed_.notify_all();
}

Job JobEntry::With(const std::function<void(Job&)>& change) const {
  const std::scoped_lock lock(mutex_);
  Job job = job_;
  change(job);
  return job;
}

Job JobEntry::Snapshot() const {
  const std::scoped_lock lock(mutex_);
  return Shown();
}

bool JobEntry::has_ended() const {
  const std::scoped_lock lock(mutex_);
  return HasEnded(job_);
}

Job JobEntry::Shown() const {
  Job job = job_;
  if (IsFinal(job.state) && !HasEnded(job)) job.state = JobState::kRunning;
  return job;
}

Status JobTable::CheckRoom(const Context& context) const {
  const std::scoped_lock lock(mutex_);
  return CheckRoomLocked(context);
}

Status JobTable::CheckRoomLocked(const Context& context) const {
  if (waiting_.size() >= queue_capacity_)
    return Error(ErrorCode::kUnavailable, std::to_string(waiting_.size()) + " files wait to be ingested already; send this one later")
        .Named("overloaded");
  const auto own = std::ranges::count_if(waiting_, [&](const auto& entry) { return entry->context_.principal == context.principal; });
  if (own >= std::max<std::int64_t>(1, queue_capacity_ / 2))
    return Error(ErrorCode::kResourceExhausted, std::to_string(own) +
                                                    " files of yours wait to be ingested already, half of all that may; "
                                                    "send this one when some of them have ended")
        .Named("queue_share");
  return Ok{};
}

Result<std::shared_ptr<JobEntry>> JobTable::Add(Job job, IngestRequest request, const Context& context, bool by_hand) {
  const std::scoped_lock lock(mutex_);
  LH_TRY(CheckRoomLocked(context));
  return Queue(std::move(job), std::move(request), context, by_hand);
}

std::shared_ptr<JobEntry> JobTable::AddAccepted(Job job, IngestRequest request, const Context& context) {
  const std::scoped_lock lock(mutex_);
  return Queue(std::move(job), std::move(request), context, true);
}

std::shared_ptr<JobEntry> JobTable::Queue(Job job, IngestRequest request, const Context& context, bool by_hand) {
  auto entry = std::make_shared<JobEntry>(std::move(job), std::move(request), context, by_hand);
  jobs_[entry->job_.id] = entry;
  waiting_.push_back(entry);
  Trim();
  added_.notify_one();
  return entry;
}

std::shared_ptr<JobEntry> JobTable::AddRunning(Job job, const Context& context, IngestRequest request) {
  const std::scoped_lock lock(mutex_);
  auto entry = std::make_shared<JobEntry>(std::move(job), std::move(request), context);
  jobs_[entry->job_.id] = entry;
  Trim();
  return entry;
}

std::shared_ptr<JobEntry> JobTable::FindCompaction(const std::string& dataset) const {
  const std::scoped_lock lock(mutex_);
  for (const auto& [id, entry] : jobs_)
    if (entry->kind() == JobKind::kCompact && entry->request().name == dataset && !HasEnded(entry->Snapshot())) return entry;
  return nullptr;
}

void JobTable::Trim() {
  for (auto entry = jobs_.begin(); jobs_.size() > kept_jobs_ && entry != jobs_.end();)
    entry = HasEnded(entry->second->Snapshot()) ? jobs_.erase(entry) : std::next(entry);
}

std::uint64_t JobTable::TurnOf(const JobEntry& entry) const {
  const auto found = turns_.find(entry.context_.principal);
  return found == turns_.end() ? 0 : found->second;
}

std::shared_ptr<JobEntry> JobTable::Take(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  if (!added_.wait(lock, stop, [this] { return !waiting_.empty(); }) || stop.stop_requested()) return nullptr;
  const auto next = std::ranges::min_element(waiting_, {}, [this](const auto& entry) { return TurnOf(*entry); });
  auto entry = *next;
  waiting_.erase(next);
  if (turns_.size() >= kMostTurns) turns_.clear();
  turns_[entry->context_.principal] = ++turn_;
  return entry;
}

Result<std::shared_ptr<JobEntry>> JobTable::Find(const std::string& id) const {
  const std::scoped_lock lock(mutex_);
  const auto found = jobs_.find(id);
  if (found == jobs_.end()) return Error(ErrorCode::kNotFound, "there is no job \"" + id + "\", or it ended long ago");
  return found->second;
}

Job JobTable::Wait(const Context& context, JobEntry& entry, std::int64_t wait_ms) const {
  if (const auto left = context.deadline.RemainingMs()) wait_ms = std::min(wait_ms, *left);
  const std::stop_callback wake(context.cancel, [&entry] {
    const std::scoped_lock lock(entry.mutex_);
    entry.changed_.notify_all();
  });
  std::unique_lock lock(entry.mutex_);
  entry.changed_.wait_for(lock, std::chrono::milliseconds(std::max<std::int64_t>(0, wait_ms)),
                          [&] { return HasEnded(entry.job_) || context.cancel.stop_requested(); });
  return entry.Shown();
}

std::vector<Job> JobTable::List(std::int64_t limit, bool under_way) const {
  const std::scoped_lock lock(mutex_);
  std::vector<Job> jobs;
  for (auto entry = jobs_.rbegin(); entry != jobs_.rend() && static_cast<std::int64_t>(jobs.size()) < limit; ++entry)
    if (!under_way || (!entry->second->has_ended() && !entry->second->request().preview)) jobs.push_back(entry->second->Snapshot());
  return jobs;
}

void JobTable::StopAll() {
  const std::scoped_lock lock(mutex_);
  for (const auto& [id, entry] : jobs_) entry->RequestStop();
}

}  // namespace lakehouse::ingest
