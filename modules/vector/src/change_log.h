#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "lakehouse/base/context.h"
#include "lakehouse/storage/object_store.h"
#include "log_batch.h"
#include "serving.h"

namespace lakehouse::vector {

/// The write-once batches of one index. Changes that come while a batch is being written share the next one; those that come to an idle
/// log are written at once. The keys are numbered, so of two writers one finds the number taken and stops. Any thread.
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
    std::int64_t write_timeout_ms = 30'000;
  };
  ChangeLog(storage::ObjectStore& store, Options options, Apply apply);

  /// Ok: durable, and visible. kResourceExhausted, reason "log_full": too much is waiting. kUnavailable: nothing happened; reason
  /// "fenced": another process writes this index, which must be opened again. kOutcomeUnknown: it may come to be, before anything
  /// later does.
  Result<Applied> Submit(const Context& context, std::vector<ItemChange> changes);

 private:
  struct Waiting {
    std::vector<ItemChange> changes;
    std::size_t bytes = 0;
    bool is_done = false;
    Result<Applied> outcome = Applied{};
  };
  void WriteNext(const Context& context, std::unique_lock<std::mutex>& lock);
  Result<std::vector<Applied>> ApplyWritten(std::uint64_t sequence, std::size_t octets,
                                            const std::vector<const std::vector<ItemChange>*>& parts);
  Status Settle(const Context& context);
  Status WriteBatch(const Context& context, const std::string& key, const std::string& octets);

  storage::ObjectStore& store_;
  const Options options_;
  const Apply apply_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_:
  std::deque<Waiting*> waiting_;
  std::size_t waiting_bytes_ = 0;
  bool is_writing_ = false;
  // Of whoever writes:
  std::uint64_t sequence_;
  std::optional<LogBatch> unsettled_;  ///< nobody knows whether it was written
  std::optional<Error> stopped_;
};

}  // namespace lakehouse::vector
