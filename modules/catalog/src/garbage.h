#pragma once
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "commit_log.h"
#include "lakehouse/catalog/table_codec.h"

namespace lakehouse::catalog {

/// The objects that any snapshot of the lake names, of whatever age: found by reading the whole log and every manifest, and kept
/// up to date record by record. Never guesses: what cannot be read is an error, and then nothing may be collected. One thread.
class NamedObjects {
 public:
  NamedObjects(CommitLog& log, storage::ObjectStore& store, TableCodec& codec) : log_(log), store_(store), codec_(codec) {}

  /// Reads on, up to this record. kCorruption: the lake is damaged; run fsck.
  Status Advance(const Context& context, std::int64_t sequence);
  bool Contains(const std::string& key) const { return keys_.contains(key); }
  /// The last record that was read.
  std::int64_t sequence() const { return sequence_; }

 private:
  Status AddManifest(const Context& context, const ObjectRef& manifest);

  CommitLog& log_;
  storage::ObjectStore& store_;
  TableCodec& codec_;
  std::int64_t sequence_ = 0;
  std::set<std::string> keys_;
  std::set<std::string> gone_;  ///< deleted or erased on purpose
};

/// The epoch of the writer that made an object, out of its key "datasets/<name>/<kind>/<epoch>-<id>.parquet" of any bucket. Nothing for a
/// key that the catalog does not make.
std::optional<std::int64_t> EpochOfKey(std::string_view key);

/// Objects below datasets/ of every bucket and of epochs before `epoch` that no snapshot names: uploads that never became part of a commit.
/// A bucket that is away is an error: what is in it cannot be judged.
Result<std::vector<storage::ObjectInfo>> FindGarbage(const Context& context, storage::ObjectStore& store, const NamedObjects& named,
                                                     std::int64_t epoch);

}  // namespace lakehouse::catalog
