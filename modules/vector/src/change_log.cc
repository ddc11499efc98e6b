#include "change_log.h"

#include <algorithm>
#include <chrono>

#include "lakehouse/base/failpoint.h"

namespace lakehouse::vector {
namespace {

Failpoint before_batch_put("vector.log.before_put");
Failpoint after_batch_put("vector.log.after_put");

constexpr int kPutAttempts = 3;
constexpr std::int64_t kAnswerShare = 10, kMostForAnswerMs = 1'000;

/// A store that refuses is to say so while its callers still listen: they hear "not stored" instead of "unknown".
std::int64_t TimeForTheStoreMs(std::int64_t patience_ms) { return patience_ms - std::min(patience_ms / kAnswerShare, kMostForAnswerMs); }

Error NotStored(ErrorCode code) {
  return Error(code, "the time ended before the store took the changes; nothing of them is stored: send them again").Named("not_stored");
}

Error NobodyKnows(const std::string& why) {
  return {
      ErrorCode::kOutcomeUnknown,
      "nobody knows whether these changes are stored: " + why +
          ". They may come to be, all of them, before any later ones. Look whether they are there, or send them again: twice is as once"};
}

}  // namespace

ChangeLog::ChangeLog(storage::ObjectStore& store, Options options, Apply apply)
    : store_(store), options_(std::move(options)), apply_(std::move(apply)), sequence_(options_.last_sequence) {}

Result<Applied> ChangeLog::Submit(const Context& context, std::vector<ItemChange> changes) {
  if (const Status wanted = context.Check(); !wanted) return NotStored(wanted.error().code());
  const auto mine = std::make_shared<Waiting>();
  mine->context = context;
  mine->changes = std::move(changes);
  for (const ItemChange& change : mine->changes) mine->bytes += EncodedBytes(change);
  std::unique_lock lock(mutex_);
  if (waiting_bytes_ + mine->bytes > options_.max_waiting_bytes)
    return Error(ErrorCode::kResourceExhausted, "index " + options_.index + ": " + std::to_string(waiting_bytes_) +
                                                    " octets of changes wait to be written; send more when they are")
        .Named("log_full");
  if (!is_running_) {
    tasks_.Start("vector-log", [this](std::stop_token stop) { Run(stop); });
    is_running_ = true;
  }
  waiting_.push_back(mine);
  waiting_bytes_ += mine->bytes;
  arrived_.notify_one();
  const auto is_answered = [&] { return mine->outcome.has_value(); };
  if (const auto left = context.deadline.RemainingMs())
    answered_.wait_for(lock, context.cancel, std::chrono::milliseconds(*left), is_answered);
  else
    answered_.wait(lock, context.cancel, is_answered);
  if (!is_answered()) return GiveUp(mine);
  return std::move(*mine->outcome);
}

Result<Applied> ChangeLog::GiveUp(const WaitingRef& waiting) {
  if (waiting->is_taken) return NobodyKnows("the time ended while they were being written");
  std::erase(waiting_, waiting);
  waiting_bytes_ -= waiting->bytes;
  return NotStored(waiting->context.cancel.stop_requested() ? ErrorCode::kCancelled : ErrorCode::kDeadlineExceeded);
}

void ChangeLog::Run(std::stop_token stop) {
  std::int64_t pause_ms = options_.settle_pause_ms;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      const auto has_work = [&] { return !waiting_.empty(); };
      if (unsettled_ && !stopped_)
        arrived_.wait_for(lock, stop, std::chrono::milliseconds(pause_ms), has_work);
      else
        arrived_.wait(lock, stop, has_work);
    }
    if (stop.stop_requested()) return;
    const Status settled =
        Settle({.principal = "system", .trace = "vector-log", .deadline = Deadline::After(options_.write_timeout_ms), .cancel = stop});
    if (!settled && !stopped_) {
      Answer(Take(SIZE_MAX),
             Error(ErrorCode::kUnavailable, "nothing of these changes is stored: an earlier batch has to be settled first (" +
                                                settled.error().ToString() + "); send them again later")
                 .Named("unsettled"));
      pause_ms = std::min(2 * pause_ms, options_.max_settle_pause_ms);
      continue;
    }
    pause_ms = options_.settle_pause_ms;
    const std::vector<WaitingRef> taken = Take(kMaxBatchBytes);
    if (!taken.empty()) Answer(taken, WriteNext(stop, taken));
  }
}

std::vector<ChangeLog::WaitingRef> ChangeLog::Take(std::size_t max_bytes) {
  const std::scoped_lock lock(mutex_);
  std::vector<WaitingRef> taken;
  for (std::size_t bytes = 0; !waiting_.empty() && (taken.empty() || bytes + waiting_.front()->bytes <= max_bytes);) {
    bytes += waiting_.front()->bytes;
    waiting_.front()->is_taken = true;
    taken.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return taken;
}

void ChangeLog::Answer(const std::vector<WaitingRef>& taken, const Result<std::vector<Applied>>& outcome) {
  const std::scoped_lock lock(mutex_);
  for (std::size_t i = 0; i < taken.size(); ++i) {
    waiting_bytes_ -= taken[i]->bytes;
    if (outcome)
      taken[i]->outcome = (*outcome)[i];
    else
      taken[i]->outcome = outcome.error();
  }
  answered_.notify_all();
}

Result<std::vector<Applied>> ChangeLog::WriteNext(std::stop_token stop, const std::vector<WaitingRef>& taken) {
  if (stopped_) return *stopped_;
  LogBatch batch{options_.life, sequence_ + 1, options_.dimension, {}};
  std::vector<const std::vector<ItemChange>*> parts;
  std::int64_t patience_ms = 0;
  for (const WaitingRef& one : taken) {
    parts.push_back(&one->changes);
    batch.changes.insert(batch.changes.end(), one->changes.begin(), one->changes.end());
    patience_ms = std::max(patience_ms, one->context.deadline.RemainingMs().value_or(options_.write_timeout_ms));
  }
  // The most patient caller decides: what others wait for must not end with the first of them.
  const Context writing{.principal = taken.front()->context.principal,
                        .trace = taken.front()->context.trace,
                        .deadline = Deadline::After(TimeForTheStoreMs(std::min(patience_ms, options_.write_timeout_ms))),
                        .cancel = stop};
  const std::string octets = EncodeBatch(batch);
  const std::uint64_t sequence = batch.sequence;
  const Status written = WriteBatch(writing, BatchKey(options_.index, options_.life, sequence), octets);
  if (written) return ApplyWritten(sequence, octets.size(), parts);
  const ErrorCode code = written.error().code();
  if (code == ErrorCode::kOutcomeUnknown) {
    unsettled_ = std::move(batch);
    return NobodyKnows(written.error().ToString());
  }
  if (code == ErrorCode::kDeadlineExceeded || code == ErrorCode::kCancelled) return NotStored(code);
  return written.error();
}

Result<std::vector<Applied>> ChangeLog::ApplyWritten(std::uint64_t sequence, std::size_t octets,
                                                     const std::vector<const std::vector<ItemChange>*>& parts) {
  auto applied = apply_(sequence, octets, parts);
  if (!applied) {
    stopped_ = Error(ErrorCode::kInternal, "batch " + std::to_string(sequence) + " of index " + options_.index +
                                               " is stored and cannot be made visible: " + applied.error().ToString());
    return *stopped_;
  }
  sequence_ = sequence;
  return applied;
}

Status ChangeLog::Settle(const Context& context) {
  if (!unsettled_ || stopped_) return Ok{};
  const std::string octets = EncodeBatch(*unsettled_);
  LH_TRY(WriteBatch(context, BatchKey(options_.index, options_.life, unsettled_->sequence), octets));
  LH_TRY(ApplyWritten(unsettled_->sequence, octets.size(), {&unsettled_->changes}));
  unsettled_.reset();
  return Ok{};
}

Status ChangeLog::WriteBatch(const Context& context, const std::string& key, const std::string& octets) {
  LH_TRY(before_batch_put.Hit());
  bool may_be_ours = unsettled_.has_value();
  for (int attempt = 1;; ++attempt) {
    Status put = Ok{};
    if (const auto done = store_.PutIfAbsent(context, key, octets); !done) put = done.error();
    if (put && !after_batch_put.Hit()) put = Error(ErrorCode::kOutcomeUnknown, "failpoint");
    if (put) return Ok{};
    const ErrorCode code = put.error().code();
    if (code != ErrorCode::kOutcomeUnknown && code != ErrorCode::kAlreadyExists)
      return may_be_ours ? Status(Error(ErrorCode::kOutcomeUnknown, put.error().ToString()).While("write " + key)) : put;
    may_be_ours |= code == ErrorCode::kOutcomeUnknown;
    const auto there = store_.Get(context, key);
    if (there && *there == octets) return Ok{};
    if (there) {
      stopped_ = Error(ErrorCode::kUnavailable, "index " + options_.index + ": another process writes it (it made " + key +
                                                    "); only one may. Stop one of them and start the other again.")
                     .Named("fenced");
      return *stopped_;
    }
    if (attempt == kPutAttempts) return Error(ErrorCode::kOutcomeUnknown, put.error().ToString()).While("write " + key);
  }
}

}  // namespace lakehouse::vector
