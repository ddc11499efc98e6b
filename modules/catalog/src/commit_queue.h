#pragma once
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "lakehouse/base/context.h"
#include "lakehouse/base/task_group.h"
#include "record.h"

namespace lakehouse::catalog {

/// One caller's commit on its way.
struct Submission {
  Context context;
  CommitRequest request;
  std::vector<ChangeRecord> more;                ///< changes that do not come from callers
  std::optional<std::int64_t> must_follow = {};  ///< kConflict, reason "overtaken", unless it comes right behind this record
};
using SubmissionRef = std::shared_ptr<const Submission>;

/// Brings transactions that arrive together to one function, so that they share a record. One thread of its own calls that
/// function; callers wait. Bounded.
class CommitQueue {
 public:
  struct Options {
    std::size_t capacity = 1024;
    std::size_t max_batch = 128;
    std::int64_t window_ms = 5;  ///< how long a batch waits for as many as the last one had; nobody waits on an idle lake
  };
  /// Answers every submission of the batch, in its order.
  using Process = std::function<std::vector<Result<CommitResponse>>(std::span<const SubmissionRef> batch)>;
  CommitQueue(Options options, Process process);
  ~CommitQueue();

  /// Waits for the answer. kUnavailable, reason "commit_queue_full": back off. When the caller's time ends while it waits for its
  /// turn, nothing happens (kDeadlineExceeded, kCancelled); after that its outcome is unknown to it (kOutcomeUnknown).
  Result<CommitResponse> Submit(Submission submission);

 private:
  struct Waiting {
    SubmissionRef submission;
    bool taken = false;
    std::optional<Result<CommitResponse>> answer;
  };
  using WaitingRef = std::shared_ptr<Waiting>;

  void Run(std::stop_token stop);
  std::vector<WaitingRef> TakeBatch(std::stop_token stop);
  Result<CommitResponse> GiveUp(const WaitingRef& waiting, const Context& context);

  const Options options_;
  const Process process_;
  std::mutex mutex_;
  // Guarded by mutex_:
  std::condition_variable_any arrived_;
  std::condition_variable_any answered_;
  std::deque<WaitingRef> queue_;
  std::size_t last_batch_ = 1;
  bool stopped_ = false;
  TaskGroup tasks_;
};

}  // namespace lakehouse::catalog
