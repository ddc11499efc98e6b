#pragma once
#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "lakehouse/catalog/copy_lake.h"
#include "store_access.h"

namespace lakehouse::catalog {

/// Copies objects from store to store, several at a time, each checked on the way and read back. An object whose digest nobody
/// knows (an empty sha256) is compared with what was read.
class ObjectCopier {
 public:
  ObjectCopier(storage::ObjectStore& source, storage::ObjectStore& target, const CopyLakeOptions& options, CopyLakeReport& report)
      : source_(source), target_(target), options_(options), report_(report) {}

  /// kNotFound, reason "object_gone": one of them left the source meanwhile.
  Status CopyAll(const Context& context, const std::vector<ObjectRef>& objects) {
    return CopyAll(context, objects, options_.threads, false);
  }
  /// One after the other, so that after a failure the first of them are there; those that left the source meanwhile are left out.
  Status CopyInOrder(const Context& context, const std::vector<ObjectRef>& objects) { return CopyAll(context, objects, 1, true); }

 private:
  Status CopyAll(const Context& context, const std::vector<ObjectRef>& objects, unsigned threads, bool may_be_gone);
  Status CopyOne(const Context& context, const ObjectRef& object);
  Status CopySmall(const Context& context, const ObjectRef& object);
  Status CopyLarge(const Context& context, const ObjectRef& object);
  Result<bool> IsThere(const Context& context, const ObjectRef& object);
  Status ReadBack(const Context& context, const std::string& key, const std::string& sha256);
  void NoteDamaged(const std::string& key);
  void NoteDone(const ObjectRef& object, bool copied);

  storage::ObjectStore& source_;
  storage::ObjectStore& target_;
  const CopyLakeOptions& options_;
  std::mutex mutex_;
  CopyLakeReport& report_;  ///< guarded by mutex_, as is progress_
  CopyProgress progress_;
  std::atomic<std::int64_t> spooled_{0};
};

/// SHA-256 of an object, hex; kNotFound.
Result<std::string> DigestOfObject(const Context& context, storage::ObjectStore& store, const std::string& key);

}  // namespace lakehouse::catalog
