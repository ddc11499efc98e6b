#pragma once
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "lakehouse/base/context.h"
#include "lakehouse/base/task_group.h"
#include "lakehouse/storage/object_store.h"
#include "log_batch.h"
#include "serving.h"

namespace lakehouse::vector {

/// The write-once batches of one index. A thread of its own writes them, from the first change on; changes that come while a batch is being
/// written share the next one. The keys are numbered, so of two writers one finds the number taken and stops. Any thread. When it goes, a
/// batch of unknown outcome is left as it is; no call may be under way then.
class ChangeLog {
 public:
  /// Makes the changes of a written batch visible, part by part; called in the order of the log, by one thread at a time. An error
  /// stops the log: what is written must not be skipped.
  using Apply = std::function<Result<std::vector<Applied>>(std::uint64_t sequence, std::size_t octets,
                                                           const std::vector<const std::vector<ItemChange>*>& parts)>;
  struct Options {
    std::string index;
    Uuid life;
    std::uint32_t dimension = 0;
    std::uint64_t last_sequence = 0;  ///< that is written and applied
    std::size_t max_waiting_bytes = 256 << 20;
    std::int64_t write_timeout_ms = 30'000;  ///< of one attempt, however long its callers would wait
    std::int64_t settle_pause_ms = 250;      ///< after an attempt to settle that failed; doubles up to the next
    std::int64_t max_settle_pause_ms = 30'000;
  };
  ChangeLog(storage::ObjectStore& store, Options options, Apply apply);

  /// Ok: durable, and visible. When the caller's time ends the answer comes, whatever the store does. Where the last two do not say
  /// otherwise, nothing has happened and nothing will:
  ///   kResourceExhausted "log_full"   too much is waiting: send more later
  ///   kUnavailable                    the store's reason; "unsettled": an earlier batch has to be settled first. Retry later
  ///   kUnavailable "fenced"           another process writes this index, which must be opened again
  ///   kDeadlineExceeded, kCancelled   "not_stored": the time ended before the store took it
  ///   kOutcomeUnknown                 it may come to be, whole. The log writes it again by itself until the store answers, and nothing
  ///                                   comes before it; only the end of this log, or another writer, may keep it from being there
  ///   kInternal                       a stored batch, perhaps this one, could not be made visible: the index must be opened again
  Result<Applied> Submit(const Context& context, std::vector<ItemChange> changes);

 private:
  struct Waiting {
    Context context;
    std::vector<ItemChange> changes;
    std::size_t bytes = 0;
    bool is_taken = false;
    std::optional<Result<Applied>> outcome;
  };
  using WaitingRef = std::shared_ptr<Waiting>;

  void Run(std::stop_token stop);
  Result<Applied> GiveUp(const WaitingRef& waiting);
  std::vector<WaitingRef> Take(std::size_t max_bytes);
  void Answer(const std::vector<WaitingRef>& taken, const Result<std::vector<Applied>>& outcome);
  Result<std::vector<Applied>> WriteNext(std::stop_token stop, const std::vector<WaitingRef>& taken);
  Result<std::vector<Applied>> ApplyWritten(std::uint64_t sequence, std::size_t octets,
                                            const std::vector<const std::vector<ItemChange>*>& parts);
  Status Settle(const Context& context);
  Status WriteBatch(const Context& context, const std::string& key, const std::string& octets);

  storage::ObjectStore& store_;
  const Options options_;
  const Apply apply_;
  std::mutex mutex_;
  std::condition_variable_any arrived_, answered_;
  // Guarded by mutex_:
  std::deque<WaitingRef> waiting_;
  std::size_t waiting_bytes_ = 0;
  bool is_running_ = false;
  // Of the thread that writes:
  std::uint64_t sequence_;
  std::optional<LogBatch> unsettled_;  ///< nobody knows whether it was written
  std::optional<Error> stopped_;
  TaskGroup tasks_;
};

}  // namespace lakehouse::vector
