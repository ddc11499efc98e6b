#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "lakehouse/ingest/source.h"
#include "lakehouse/storage/object_store.h"

namespace lakehouse::ingest {

struct BucketPrefix {
  std::string bucket;  ///< a registered one
  std::string prefix;
  std::string spool;
  std::string file_id;
  std::int64_t max_bytes = 0;
};

/// "archive/incoming/": the bucket and the prefix of the objects in it. kInvalidArgument "bad_url", "invalid_bucket".
Result<BucketPrefix> ParseBucketUrl(const std::string& url);

/// The objects below a prefix of a registered bucket that are new or changed since they were taken, by key; at most 10,000 are told apart.
/// What is the system's own is passed over. The store must outlive it.
std::unique_ptr<FileSource> OpenBucketSource(storage::ObjectStore& store, BucketPrefix prefix);

}  // namespace lakehouse::ingest
