#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <utility>

#include "lakehouse/base/guarded.h"
#include "lakehouse/storage/bucket_store.h"

namespace lakehouse::storage {

/// One bucket as this process knows it: opened when it is first needed, closed when its place is no longer what it was.
/// Thread-safe.
class Bucket {
 public:
  /// What must be true of a place before it is used; nothing for rescue, which the settings name.
  using Check = std::function<Status(const Context& context, ObjectStore& store)>;
  Bucket(BucketRecord record, std::string role, const BucketStore::Parts& parts, const BucketStore::Options& options, Check check)
      : record_(std::move(record)), role_(std::move(role)), parts_(parts), options_(options), check_(std::move(check)) {}

  const BucketRecord& record() const { return record_; }
  const std::string& role() const { return role_; }

  /// kUnavailable, reason "bucket_away".
  Result<std::shared_ptr<ObjectStore>> Open(const Context& context);
  /// As it was just opened by somebody else.
  void Adopt(std::shared_ptr<ObjectStore> store);
  /// Writes a small object and removes it, unless that was done just now.
  BucketHealth Look(const Context& context, ObjectStore* store);
  BucketHealth health();
  /// Keeps why an operation failed, when that was the bucket's fault.
  void Note(const Error& error);

  /// Held while something is written. Nothing: the bucket is being removed.
  std::optional<std::shared_lock<std::shared_timed_mutex>> BeginWrite();
  /// No write is under way nor begins from now on, unless it takes longer than this for those that are; then false.
  bool Close(std::int64_t patience_ms);
  void Reopen() { closing_ = false; }

 private:
  using Inode = std::pair<std::uint64_t, std::uint64_t>;
  std::optional<Inode> InodeNow() const;
  Error Away(const Error& why);

  const BucketRecord record_;
  const std::string role_;
  const BucketStore::Parts& parts_;
  const BucketStore::Options& options_;
  const Check check_;
  std::mutex open_mutex_;
  std::shared_ptr<ObjectStore> store_;  ///< guarded by open_mutex_, as are the next three
  std::optional<Inode> inode_;          ///< of the directory, when it is one
  std::int64_t tried_ns_ = 0;
  std::optional<Error> away_;
  std::shared_timed_mutex writes_;
  std::atomic<bool> closing_{false};
  Guarded<BucketHealth> health_;
};

}  // namespace lakehouse::storage
