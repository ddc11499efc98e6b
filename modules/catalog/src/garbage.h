#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "commit_log.h"
#include "lakehouse/catalog/table_codec.h"

namespace lakehouse::catalog {

/// The objects that any snapshot of the lake names that did not expire: found by reading the whole log and every manifest, and kept
/// up to date record by record. Beside them those that only expired snapshots name. Never guesses: what cannot be read is an error, and
/// then nothing may be collected. One thread.
class NamedObjects {
 public:
  using IsExpired = std::function<bool(const std::string& dataset, std::int64_t version)>;
  NamedObjects(CommitLog& log, storage::ObjectStore& store, TableCodec& codec, IsExpired is_expired)
      : log_(log), store_(store), codec_(codec), is_expired_(std::move(is_expired)) {}

  /// Reads on, up to this record. kCorruption: the lake is damaged; run fsck.
  Status Advance(const Context& context, std::int64_t sequence);
  bool Contains(const std::string& key) const { return keys_.contains(key); }
  /// Named by an expired snapshot and by no other, or condemned before and not removed.
  bool IsLetGo(const std::string& key) const { return let_go_.contains(key) && !keys_.contains(key); }
  /// The last record that was read.
  std::int64_t sequence() const { return sequence_; }

 private:
  Status AddManifest(const Context& context, const ObjectRef& manifest);
  Status AddExpired(const Context& context, const ObjectRef& manifest);

  CommitLog& log_;
  storage::ObjectStore& store_;
  TableCodec& codec_;
  std::int64_t sequence_ = 0;
  std::set<std::string> keys_;
  std::set<std::string> gone_;  ///< deleted or erased on purpose
  const IsExpired is_expired_;
  std::set<std::string> let_go_;
};

/// The epoch of the writer that made an object, out of its key "datasets/<name>/<kind>/<epoch>-<id>.parquet" or
/// "_vectors/<name>/gen-<…>/<epoch>-<id>.parquet" of any bucket. Nothing for a key of any other form.
std::optional<std::int64_t> EpochOfKey(std::string_view key);

/// Objects below datasets/ and _vectors/ of every bucket that no snapshot names any more, and those of epochs before `epoch` that none
/// ever named: uploads that never became part of a commit. Manifests come last, so that what they named is still known when a run is cut
/// off. A bucket that is away is an error: what is in it cannot be judged.
Result<std::vector<storage::ObjectInfo>> FindGarbage(const Context& context, storage::ObjectStore& store, const NamedObjects& named,
                                                     std::int64_t epoch);

}  // namespace lakehouse::catalog
