#pragma once
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "lakehouse/base/log.h"
#include "lakehouse/base/task_group.h"
#include "lakehouse/storage/append_log.h"
#include "lakehouse/storage/error_journal.h"

namespace lakehouse::storage {

/// Writes what an ErrorJournal records into the lake's store, below _errors/, where it outlives the process and where every
/// process of the lake finds it; reads both together. While the store is away the lake's rescue bucket gets them too, and the store
/// what is still in memory once it is back; without rescue the journal's memory is what there is. A failure to
/// write is logged, and not recorded: it would feed itself. Thread-safe; one thread of its own.
class ErrorArchive {
 public:
  struct Options {
    std::int64_t flush_interval_ms = 2'000;  ///< how long a record waits for others
    std::int64_t store_timeout_ms = 3'000;   ///< of one look into the store, so that an answer comes while it is away
  };
  /// All must outlive it.
  ErrorArchive(ErrorJournal& journal, ObjectStore& store, Log& log, Options options);
  /// Writes what is left, if the store takes it at once.
  ~ErrorArchive();

  /// Writes what was recorded until now and says how many records that were, wherever they went. Errors are the store's.
  Result<std::size_t> Flush(const Context& context);

  /// Brings what all processes have written so far into fewer objects.
  Result<CompactedLog> Compact(const Context& context);

  struct Found {
    std::vector<ErrorRecord> records;  ///< by time, each once
    bool has_rescue = false;
    std::string unreadable;         ///< why the store could not be read; empty: it was
    std::string rescue_unreadable;  ///< the same of the rescue bucket
    std::vector<LogDamage> damages;
  };
  /// The newest that fit the query, of this process and all others of the lake.
  Found Find(const Context& context, const ErrorJournal::Query& query);

 private:
  struct Side {
    AppendLogWriter writer;
    std::int64_t written = 0;          ///< sequence of the last record that is there, or need not be
    std::vector<ErrorRecord> offered;  ///< and not taken: the writer wants the same ones again, whatever memory holds by then
  };
  void Run(std::stop_token stop);
  Context Limited(const Context& context) const;
  /// Appends what was recorded after what is written there. Under write_mutex_.
  Result<std::size_t> Append(const Context& context, Side& side);

  ErrorJournal& journal_;
  ObjectStore& store_;
  Log& log_;
  const Options options_;
  std::mutex write_mutex_;
  Side primary_;  ///< guarded by write_mutex_, as is the next
  Side rescue_;
  std::mutex read_mutex_;
  AppendLogReader reader_;  ///< guarded by read_mutex_
  AppendLogReader rescue_reader_;
  std::mutex wake_mutex_;
  std::condition_variable_any wake_;
  TaskGroup tasks_;
};

}  // namespace lakehouse::storage
