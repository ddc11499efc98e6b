#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "bucket.h"
#include "bucket_record.h"

namespace lakehouse::storage {

/// Which buckets there are, as primary says, and what this process knows of each. Thread-safe.
class BucketRegistry {
 public:
  /// Both must outlive it.
  BucketRegistry(const BucketStore::Parts& parts, const BucketStore::Options& options);

  /// kNotFound, reason "unknown_bucket", with the names that are known; errors of reading primary.
  Result<std::shared_ptr<Bucket>> Find(const Context& context, const std::string& name);
  Result<std::vector<BucketInfo>> List(const Context& context, bool look);
  Result<BucketInfo> Create(const Context& context, const BucketRecord& record);
  Status Remove(const Context& context, const std::string& name);
  Bucket& primary() { return *primary_; }

 private:
  using BucketRef = std::shared_ptr<Bucket>;
  Result<BucketRef> Load(const Context& context, const std::string& name);  ///< under change_mutex_, as are Keep and Refresh
  BucketRef Known(const std::string& name);
  BucketRef Keep(BucketRecord record);
  /// What others have registered and removed.
  Status Refresh(const Context& context);
  Result<std::string> Owner(const Context& context);
  Status CheckMarker(const Context& context, const std::string& name, ObjectStore& store);
  /// Makes the place this bucket's, if it is free.
  Status TakePlace(const Context& context, const BucketRecord& record, ObjectStore& store);
  Status CheckPlace(const Context& context, const BucketRecord& record);
  std::vector<std::string> Names();

  const BucketStore::Parts& parts_;
  const BucketStore::Options& options_;
  const BucketRef primary_;
  const BucketRef rescue_;   ///< null: there is none
  std::mutex change_mutex_;  ///< one registration or removal at a time
  Guarded<std::map<std::string, BucketRef>> known_;
  Guarded<std::string> owner_;  ///< empty: not read yet
};

}  // namespace lakehouse::storage
