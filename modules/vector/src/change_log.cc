#include "change_log.h"

#include "lakehouse/base/failpoint.h"

namespace lakehouse::vector {
namespace {

Failpoint before_batch_put("vector.log.before_put");
Failpoint after_batch_put("vector.log.after_put");

constexpr int kPutAttempts = 3;

}  // namespace

ChangeLog::ChangeLog(storage::ObjectStore& store, Options options, Apply apply)
    : store_(store), options_(std::move(options)), apply_(std::move(apply)), sequence_(options_.last_sequence) {}

Result<Applied> ChangeLog::Submit(const Context& context, std::vector<ItemChange> changes) {
  LH_TRY(context.Check());
  Waiting mine;
  mine.changes = std::move(changes);
  for (const ItemChange& change : mine.changes) mine.bytes += EncodedBytes(change);
  std::unique_lock lock(mutex_);
  if (waiting_bytes_ + mine.bytes > options_.max_waiting_bytes)
    return Error(ErrorCode::kResourceExhausted, "index " + options_.index + ": " + std::to_string(waiting_bytes_) +
                                                    " octets of changes wait to be written; send more when they are")
        .Named("log_full");
  waiting_.push_back(&mine);
  waiting_bytes_ += mine.bytes;
  while (!mine.is_done) {
    if (is_writing_) {
      changed_.wait(lock);
      continue;
    }
    is_writing_ = true;
    WriteNext(context, lock);
    is_writing_ = false;
    changed_.notify_all();
  }
  return std::move(mine.outcome);
}

void ChangeLog::WriteNext(const Context& context, std::unique_lock<std::mutex>& lock) {
  std::vector<Waiting*> taken;
  LogBatch batch{options_.life, sequence_ + 1, options_.dimension, {}};
  for (std::size_t bytes = 0; !waiting_.empty() && (taken.empty() || bytes + waiting_.front()->bytes <= kMaxBatchBytes);) {
    bytes += waiting_.front()->bytes;
    taken.push_back(waiting_.front());
    waiting_.pop_front();
  }
  lock.unlock();
  // What others wait for must not end with the one who happens to write it.
  const Context writing{
      .principal = context.principal, .trace = context.trace, .deadline = Deadline::After(options_.write_timeout_ms), .cancel = {}};
  auto outcome = [&]() -> Result<std::vector<Applied>> {
    if (stopped_) return *stopped_;
    LH_TRY(Settle(writing));
    batch.sequence = sequence_ + 1;
    std::vector<const std::vector<ItemChange>*> parts;
    for (const Waiting* one : taken) {
      parts.push_back(&one->changes);
      batch.changes.insert(batch.changes.end(), one->changes.begin(), one->changes.end());
    }
    const std::string octets = EncodeBatch(batch);
    const std::uint64_t sequence = batch.sequence;
    const Status written = WriteBatch(writing, BatchKey(options_.index, options_.life, sequence), octets);
    if (!written && written.error().code() == ErrorCode::kOutcomeUnknown) unsettled_ = std::move(batch);
    LH_TRY(Status(written));
    return ApplyWritten(sequence, octets.size(), parts);
  }();
  for (std::size_t i = 0; i < taken.size(); ++i) {
    if (outcome)
      taken[i]->outcome = (*outcome)[i];
    else
      taken[i]->outcome = outcome.error();
  }
  lock.lock();
  for (Waiting* one : taken) {
    waiting_bytes_ -= one->bytes;
    one->is_done = true;
  }
}

Result<std::vector<Applied>> ChangeLog::ApplyWritten(std::uint64_t sequence, std::size_t octets,
                                                     const std::vector<const std::vector<ItemChange>*>& parts) {
  auto applied = apply_(sequence, octets, parts);
  if (applied)
    sequence_ = sequence;
  else
    stopped_ = Error(applied.error()).While("apply batch " + std::to_string(sequence) + " of index " + options_.index);
  return applied;
}

Status ChangeLog::Settle(const Context& context) {
  if (!unsettled_) return Ok{};
  const std::string octets = EncodeBatch(*unsettled_);
  LH_TRY_WHILE(WriteBatch(context, BatchKey(options_.index, options_.life, unsettled_->sequence), octets),
               "settle a batch whose outcome is not known");
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
      return may_be_ours ? Status(Error(ErrorCode::kOutcomeUnknown, put.error().message()).While("write " + key)) : put;
    may_be_ours |= code == ErrorCode::kOutcomeUnknown;
    const auto there = store_.Get(context, key);
    if (there && *there == octets) return Ok{};
    if (there) {
      stopped_ = Error(ErrorCode::kUnavailable, "index " + options_.index + ": another process writes it (it made " + key +
                                                    "); only one may. Stop one of them and start the other again.")
                     .Named("fenced");
      return *stopped_;
    }
    if (attempt == kPutAttempts)
      return Error(ErrorCode::kOutcomeUnknown, "write " + key + ": " + put.error().message() + "; nobody knows whether it is there");
  }
}

}  // namespace lakehouse::vector
