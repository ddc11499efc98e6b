#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "lakehouse/base/clock.h"
#include "lakehouse/base/log.h"
#include "lakehouse/base/metrics.h"
#include "lakehouse/base/random.h"
#include "lakehouse/catalog/catalog.h"
#include "lakehouse/catalog/table_codec.h"
#include "lakehouse/storage/object_store.h"

namespace lakehouse::catalog {

/// The catalog that does the work: the commit log of the lake in `store`, and what it says in memory.
///
/// A lake has one writer. On a local store that is who holds the lock on the file `_catalog/lock`; whoever opens the lake second
/// starts as follower: it reads what the writer commits, refuses commits with kUnavailable, reason "not_writer", and takes over
/// at the first commit after the writer has gone. On any other store the last one that opened the lake to write is the
/// writer, and the one before is fenced at its next commit.
///
/// Thread-safe. Two threads of its own: one commits, one writes checkpoints and segments.
class LocalCatalog : public Catalog {
 public:
  /// All must outlive the catalog.
  struct Parts {
    storage::ObjectStore& store;
    TableCodec& codec;
    Log& log;
    Metrics& metrics;
    const Clock& clock = SystemClock();
    Random& random = SystemRandom();
  };
  struct Options {
    std::string writer = "lakehouse";          ///< whom an epoch record names: host and process
    bool may_write = true;                     ///< false: a follower for good
    std::int64_t batch_window_ms = 5;          ///< 5 for local lakes, 50 for S3
    std::size_t read_ahead = 1;                ///< records that are fetched side by side when there are many: 64 for S3
    std::int64_t append_timeout_ms = 30'000;   ///< of one batch against a store that does not answer
    bool maintain_in_background = true;        ///< false: only when Maintain is called
    std::int64_t checkpoint_records = 1'000;   ///< a checkpoint at least so often,
    std::int64_t checkpoint_bytes = 16 << 20;  ///< or after so many bytes of records
    std::int64_t manifest_cache_bytes = 32 << 20;
    std::int64_t reader_grace_ms = 3'600'000;  ///< a version that was the head so lately may still be read, whatever retention says
    int retry_attempts = 5;                    ///< of one operation of the store
    std::int64_t retry_pause_ms = 20;          ///< before the second attempt; doubles
  };
  /// Reads the lake, or makes it when the store has none. kCorruption: the log is damaged; nothing was changed, call a human and
  /// run fsck. kUnavailable, kOutcomeUnknown: the store; try again.
  static Result<std::unique_ptr<LocalCatalog>> Open(const Context& context, Parts parts, Options options);

  /// Writes a checkpoint if one is due, packs records that a checkpoint covers, removes what is packed. Only a writer does
  /// anything. Can be repeated after any failure.
  virtual Status Maintain(const Context& context) = 0;
  /// The last record by which objects were deleted for good, as far as this process has read; 0: there is none. Costs no I/O.
  virtual std::int64_t LastCollection() = 0;
};

}  // namespace lakehouse::catalog
