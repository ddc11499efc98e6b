#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "lakehouse/catalog/table_codec.h"
#include "lakehouse/storage/object_store.h"

namespace lakehouse::catalog {

/// Stands in a lake that is being copied to, and goes when it is whole: such a lake cannot be opened.
inline constexpr const char* kCopyingKey = "_catalog/copying.json";

struct CopyProgress {
  std::int64_t objects = 0;
  std::int64_t objects_total = 0;
  std::int64_t bytes = 0;
  std::int64_t bytes_total = 0;
};

struct CopyLakeOptions {
  std::string spool;        ///< directory for large objects on their way; made and cleared by its owner
  bool into_empty = false;  ///< restore: the target must be empty, or a restore of the same lake that was cut off
  bool verify_all = false;  ///< read what is there already, too, not only what is copied now
  bool prune = false;       ///< what the lake has collected since goes from the target
  unsigned threads = 4;
  std::function<void(const CopyProgress&)> on_progress;  ///< from any of the threads, one at a time
};

struct CopyLakeReport {
  std::string lake_id;
  std::int64_t sequence = 0;  ///< the copy is the lake after this record
  std::int64_t objects = 0;
  std::int64_t copied = 0;  ///< the others were there
  std::int64_t bytes_copied = 0;
  std::int64_t pruned = 0;
  std::int64_t in_rescue = 0;        ///< uploads that wait in the rescue bucket, which are no part of any dataset and not in the copy
  std::vector<std::string> damaged;  ///< objects that are not in the copy because the source does not hold them as committed
};

/// Makes `target` a copy of the lake in `source` as it is after the last record now; a writer may go on meanwhile. The copy is a lake
/// with the same keys, so what is there already is not copied again, and every object is read back and compared with its digest.
/// Objects of other buckets go under their whole keys "_buckets/<name>/…" into the target, whose records say that these buckets lie in it
/// (storage::kInsidePrimary): so it opens alone, and never touches a bucket of the source. Vector indexes come with all batches of their
/// logs that were written before the call. `source` is a lake's store, `target` a plain one, which knows of no buckets.
/// What is declared, corpora and schedules, is in the copy as it was when the call began; what is declared no longer leaves it.
/// Data goes before the records that name it: a copy to a backup that stops anywhere leaves what was there before, or more of it,
/// and the same call goes on. kNotFound: the source is no lake. kAlreadyExists, reason "target_not_empty". kConflict, reason
/// "other_history": the target is no earlier state of the source. kCorruption: the copy is made as far as that is possible, but the
/// log of the source is damaged, or the target does not give back what it was given. kUnavailable, reason "indexes_busy": vector indexes
/// made generations all the time; call again when there is less to do. Errors of the stores, also of a bucket that is away: call again.
Result<CopyLakeReport> CopyLake(const Context& context, storage::ObjectStore& source, storage::ObjectStore& target, TableCodec& codec,
                                const CopyLakeOptions& options);

}  // namespace lakehouse::catalog
