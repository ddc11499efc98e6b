#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/clock.h"
#include "lakehouse/base/context.h"
#include "lakehouse/base/random.h"
#include "lakehouse/storage/object_store.h"

namespace lakehouse::storage {

/// Writes one part of a log: batches of records as objects that are never changed, each naming the digest of the one before. Every
/// writer has a part of its own, so writers need not know of each other. docs/formats/append-log.md describes the bytes.
/// One thread at a time.
class AppendLogWriter {
 public:
  /// `prefix`: of the log, such as "_errors/". The store must outlive it.
  AppendLogWriter(ObjectStore& store, std::string prefix, const Clock& clock = SystemClock(), Random& random = SystemRandom());
  /// The same writer in another log, one that nobody else uses there: what stands in both can be told.
  AppendLogWriter(ObjectStore& store, std::string prefix, std::string writer)
      : store_(store), prefix_(std::move(prefix)), writer_(std::move(writer)) {}

  /// Writes the first of these records, as many as fit into one object, and says how many that were; they are durable then.
  /// Records are texts without line ends. Errors are the store's: give the same records again, with more behind them or not;
  /// none is written twice.
  Result<std::size_t> Append(const Context& context, const std::vector<std::string>& records);
  const std::string& writer() const { return writer_; }

 private:
  ObjectStore& store_;
  const std::string prefix_;
  const std::string writer_;
  std::int64_t batch_ = 1;
  std::string previous_sha256_;
  std::string octets_;     ///< of the batch that is being written, kept while its outcome is not known
  std::size_t count_ = 0;  ///< of its records
};

struct LoggedRecord {
  std::string writer;
  std::int64_t batch = 0;
  std::string text;
};
/// A place where a log is not what was written. What stands around it is still read.
struct LogDamage {
  std::string key;
  std::uint64_t offset = 0;  ///< in the object
  std::string what;
};

/// Reads all parts of a log, and again only what is new. Not thread-safe.
class AppendLogReader {
 public:
  /// Of the newest `max_batches` objects only. The store must outlive it.
  AppendLogReader(ObjectStore& store, std::string prefix, std::size_t max_batches = 1'000);
  ~AppendLogReader();

  /// Looks for what was written since. Errors are the store's; what was read before stays.
  Status Refresh(const Context& context);
  /// By writer (the ones that began earlier come first), then in order.
  std::vector<LoggedRecord> records() const;
  /// An end that is torn off is none: that is what an interrupted writer leaves on a store that tears.
  std::vector<LogDamage> damages() const;

 private:
  struct Batch;
  ObjectStore& store_;
  const std::string prefix_;
  const std::size_t max_batches_;
  Result<bool> ReadNew(const Context& context);
  std::map<std::pair<std::string, std::int64_t>, std::unique_ptr<Batch>> batches_;  ///< by writer and number
};

/// One object of any append log by itself, without those around it. False: the key is none of a log. kCorruption, reason
/// "corrupt_object": damaged, and at which octet; an end that is torn off is none.
Result<bool> CheckLogObject(std::string_view key, std::string_view octets);

struct CompactedLog {
  std::int64_t batches = 0;  ///< that stand in packs now and did not before
  std::int64_t packs = 0;    ///< made
  std::int64_t removed = 0;  ///< objects
};
/// Brings batches that follow each other into few objects, octet for octet, so that the chain stays what it is; what is damaged stays
/// where it is. Writers and readers go on meanwhile, and after a crash or an error it can be done again. Errors are the store's.
Result<CompactedLog> CompactAppendLog(const Context& context, ObjectStore& store, const std::string& prefix);

/// Removes what was written before this time, of every writer from its beginning on, so that no gap comes to be; says how many objects
/// that were. Writers and readers go on meanwhile, and it can be done again. Errors are the store's.
Result<std::int64_t> TrimAppendLog(const Context& context, ObjectStore& store, const std::string& prefix, std::int64_t before_micros);

}  // namespace lakehouse::storage
