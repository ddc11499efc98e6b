#pragma once
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "lakehouse/base/clock.h"
#include "lakehouse/base/context.h"
#include "lakehouse/ingest/ingest.h"

namespace lakehouse::ingest {

/// True once nothing changes any more: the run has said how it went, and its files are cleared away.
bool HasEnded(const Job& job);

/// One job as its runner sees it. Update is thread-safe.
class JobEntry {
 public:
  JobEntry(Job job, IngestRequest request, Context context, bool by_hand = true);
  /// Somebody asked for it, so it is done even when the policy would wait.
  bool by_hand() const { return by_hand_; }
  JobKind kind() const { return job_.kind; }
  const IngestRequest& request() const { return request_; }
  /// Principal, trace and own cancellation of the job; the deadline counts from the start of the run.
  Context RunContext(std::int64_t timeout_ms) const;
  void Update(const std::function<void(Job&)>& change);
  /// As it would be after the change, which is not made.
  Job With(const std::function<void(Job&)>& change) const;
  /// A job whose outcome is known but that is still clearing up is shown as running.
  Job Snapshot() const;
  bool has_ended() const;
  void RequestStop() { stop_.request_stop(); }
  bool stop_requested() const { return stop_.stop_requested(); }

 private:
  friend class JobTable;
  Job Shown() const;  // under the mutex
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  Job job_;
  IngestRequest request_;
  Context context_;
  const bool by_hand_;
  std::stop_source stop_;
};

/// All jobs of this process: those that wait, those that run, the last ended ones. Who sends a thousand files holds nobody up who sends
/// one: principals take turns, and the jobs of one go in order. Thread-safe.
class JobTable {
 public:
  JobTable(unsigned queue_capacity, unsigned kept_jobs) : queue_capacity_(queue_capacity), kept_jobs_(kept_jobs) {}

  /// kUnavailable "overloaded" when the queue is full; kResourceExhausted "queue_share" when half of it waits for this principal.
  Status CheckRoom(const Context& context) const;
  /// Errors of CheckRoom.
  Result<std::shared_ptr<JobEntry>> Add(Job job, IngestRequest request, const Context& context, bool by_hand = true);
  /// For one that somebody was told, or is about to be told, is accepted: never refused, and counted like the others.
  std::shared_ptr<JobEntry> AddAccepted(Job job, IngestRequest request, const Context& context);
  /// For work that runs on the caller's thread: listed, never queued.
  std::shared_ptr<JobEntry> AddRunning(Job job, const Context& context, IngestRequest request = {});
  /// Blocks until there is one or the stop is requested (nothing).
  std::shared_ptr<JobEntry> Take(const std::stop_token& stop);
  /// kNotFound.
  Result<std::shared_ptr<JobEntry>> Find(const std::string& id) const;
  /// Until the job has ended, this long at most, or the context ends.
  Job Wait(const Context& context, JobEntry& entry, std::int64_t wait_ms) const;
  /// Newest first. `under_way`: those alone that have not ended and are no previews.
  std::vector<Job> List(std::int64_t limit, bool under_way = false) const;
  /// A compaction of this dataset that has not ended; null when there is none.
  std::shared_ptr<JobEntry> FindCompaction(const std::string& dataset) const;
  void StopAll();

 private:
  Status CheckRoomLocked(const Context& context) const;
  std::shared_ptr<JobEntry> Queue(Job job, IngestRequest request, const Context& context, bool by_hand);
  void Trim();
  std::uint64_t TurnOf(const JobEntry& entry) const;

  const unsigned queue_capacity_;
  const unsigned kept_jobs_;
  mutable std::mutex mutex_;
  std::condition_variable_any added_;
  std::map<std::string, std::shared_ptr<JobEntry>> jobs_;  // ids rise with time
  std::deque<std::shared_ptr<JobEntry>> waiting_;
  std::map<std::string, std::uint64_t> turns_;  // of principals: the last one
  std::uint64_t turn_ = 0;
};

}  // namespace lakehouse::ingest
