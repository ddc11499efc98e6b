#include "commit_queue.h"

#include <algorithm>
#include <cassert>

namespace lakehouse::catalog {

CommitQueue::CommitQueue(Options options, Process process) : options_(options), process_(std::move(process)) {
  tasks_.Start("commit", [this](std::stop_token stop) { Run(stop); });
}

CommitQueue::~CommitQueue() { tasks_.StopAndJoin(); }

Result<CommitResponse> CommitQueue::Submit(Submission submission) {
  const Context context = submission.context;
  LH_TRY(context.Check());
  auto waiting = std::make_shared<Waiting>();
  waiting->submission = std::make_shared<const Submission>(std::move(submission));
  std::unique_lock lock(mutex_);
  if (stopped_) return Error(ErrorCode::kUnavailable, "the catalog is closing").Named("closing");
  if (queue_.size() >= options_.capacity)
    return Error(ErrorCode::kUnavailable, std::to_string(queue_.size()) + " commits wait already; retry later").Named("commit_queue_full");
  queue_.push_back(waiting);
  arrived_.notify_one();
  const auto answered = [&] { return waiting->answer.has_value(); };
  const auto left = context.deadline.RemainingMs();
  if (left)
    answered_.wait_for(lock, context.cancel, std::chrono::milliseconds(*left), answered);
  else
    answered_.wait(lock, context.cancel, answered);
  if (!answered()) return GiveUp(waiting, context);
  return std::move(*waiting->answer);
}

Result<CommitResponse> CommitQueue::GiveUp(const WaitingRef& waiting, const Context& context) {
  if (waiting->taken)
    return Error(ErrorCode::kOutcomeUnknown, "the time ended while the commit was being written. Retry with the same idempotency key.");
  std::erase(queue_, waiting);
  LH_TRY(context.Check());
  return Error(ErrorCode::kDeadlineExceeded, "the time ended before the commit's turn came");
}

std::vector<CommitQueue::WaitingRef> CommitQueue::TakeBatch(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  arrived_.wait(lock, stop, [&] { return !queue_.empty(); });
  // On a busy lake the callers of the last batch come back together; alone, nobody waits.
  if (last_batch_ > 1 && queue_.size() < last_batch_ && options_.window_ms > 0)
    arrived_.wait_for(lock, stop, std::chrono::milliseconds(options_.window_ms), [&] { return queue_.size() >= last_batch_; });
  const std::size_t count = std::min(queue_.size(), options_.max_batch);
  std::vector<WaitingRef> batch(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(count));
  queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(count));
  for (const WaitingRef& waiting : batch) waiting->taken = true;
  if (stop.stop_requested()) stopped_ = true;
  last_batch_ = std::max<std::size_t>(count, 1);
  return batch;
}

void CommitQueue::Run(std::stop_token stop) {
  while (true) {
    const std::vector<WaitingRef> batch = TakeBatch(stop);
    if (batch.empty()) return;  // only when asked to stop: what was queued before that is still answered
    std::vector<SubmissionRef> submissions;
    submissions.reserve(batch.size());
    for (const WaitingRef& waiting : batch) submissions.push_back(waiting->submission);
    std::vector<Result<CommitResponse>> answers = process_(submissions);
    assert(answers.size() == batch.size());
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < batch.size(); ++i) batch[i]->answer = std::move(answers[i]);
    answered_.notify_all();
  }
}

}  // namespace lakehouse::catalog
