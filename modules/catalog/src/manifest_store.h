#pragma once
#include <list>
#include <string>
#include <unordered_map>

#include "lakehouse/base/guarded.h"
#include "manifest.h"
#include "store_access.h"

namespace lakehouse::catalog {

/// Manifests of one lake, with the ones used last in memory. Thread-safe. Octets are checked against length and digest before
/// anything looks into them.
class ManifestStore {
 public:
  struct Options {
    std::int64_t cache_bytes = 32 << 20;
    RetryOptions retry;
  };
  /// Both must outlive it.
  ManifestStore(storage::ObjectStore& store, TableCodec& codec, Options options) : store_(store), codec_(codec), options_(options) {}

  /// No reference: no files. kCorruption, reason "corrupt_object": the octets are not the committed ones; kNotFound: gone.
  Result<FileListRef> Load(const Context& context, const std::optional<ObjectRef>& reference);
  /// Durable when it returns. An outcome that stays unknown leaves at most an unreferenced object.
  Result<ObjectRef> Write(const Context& context, const std::string& key, FileListRef files);

 private:
  struct Cached {
    std::string key;
    FileListRef files;
    std::int64_t bytes;
  };
  struct Cache {
    std::list<Cached> used;  ///< last used first
    std::unordered_map<std::string, std::list<Cached>::iterator> by_key;
    std::int64_t bytes = 0;
  };
  FileListRef FindCached(const std::string& key);
  void Keep(const std::string& key, FileListRef files);

  storage::ObjectStore& store_;
  TableCodec& codec_;
  const Options options_;
  Guarded<Cache> cache_;
};

}  // namespace lakehouse::catalog
