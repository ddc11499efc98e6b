#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/context.h"
#include "lakehouse/base/result.h"

namespace lakehouse::storage {

/// The url of a bucket whose objects lie in primary, under their whole keys: so a copy of a lake holds its buckets. Nobody can create
/// one otherwise.
inline constexpr std::string_view kInsidePrimary = "primary:";

/// Where a bucket is and how to reach it. Holds no secret: `secret` names one.
struct BucketRecord {
  std::string name;
  std::string url;       ///< a directory, s3://bucket/prefix, or kInsidePrimary; empty in a request: a directory of its own
  std::string endpoint;  ///< of S3; empty: Amazon's of the region
  std::string region;    ///< of S3; empty: us-east-1
  std::string style;     ///< of S3: "path" or "virtual"; empty: path
  std::string ca_file;   ///< of S3; empty: the system's
  bool single_writer = false;
  std::string secret;  ///< <secret>.access_key, .secret_key and .session_token are asked of the SecretsProvider; empty: bucket.<name>
  std::int64_t created_micros = 0;
};

/// What was seen of a bucket, last and lately.
struct BucketHealth {
  bool reachable = false;
  std::int64_t checked_micros = 0;  ///< 0: nobody has looked yet
  std::int64_t latency_ms = 0;      ///< of the last look: one small object written and removed
  std::string last_error;
  std::int64_t last_error_micros = 0;
};

struct BucketInfo {
  BucketRecord record;
  std::string role;  ///< "primary", "rescue" or "bucket"
  BucketHealth health;
};

/// The buckets of one lake, by name. Thread-safe.
class Buckets {
 public:
  virtual ~Buckets() = default;

  /// Primary first, then rescue when there is one, then the others by name. With `look` every one is tried now, unless that was
  /// done in the last seconds. A bucket that is away makes no error. kUnavailable: primary cannot say which there are.
  virtual Result<std::vector<BucketInfo>> ListBuckets(const Context& context, bool look) = 0;

  /// Durable when it returns. kAlreadyExists: the name is taken, or (reason "bucket_taken", "bucket_not_empty") the place is.
  /// kInvalidArgument: the record. kPermissionDenied, reason "directory_not_allowed". kUnavailable: the place cannot be opened.
  virtual Result<BucketInfo> CreateBucket(const Context& context, const BucketRecord& record) = 0;

  /// Forgets the bucket; what users have put there stays. kConflict, reason "bucket_protected" (primary, rescue), "bucket_in_use" (it
  /// holds files of datasets, retained or on their way) or "bucket_busy" (writes are under way). kNotFound, reason "unknown_bucket".
  /// kUnavailable: it cannot be looked into.
  virtual Status RemoveBucket(const Context& context, const std::string& name) = 0;
};

}  // namespace lakehouse::storage
