#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "lakehouse/base/clock.h"
#include "lakehouse/base/log.h"
#include "lakehouse/base/metrics.h"
#include "lakehouse/base/random.h"
#include "lakehouse/base/secret.h"
#include "lakehouse/storage/object_store.h"

namespace lakehouse::storage {

struct S3Credentials {
  std::string access_key;
  Secret secret_key;
  Secret session_token;  ///< empty: none
};

/// Where a lake lives on an S3 server.
struct S3Location {
  std::string bucket;
  std::string prefix;  ///< empty, or ends with a slash
};
/// "s3://bucket" or "s3://bucket/some/prefix". kInvalidArgument: anything else, with what is wrong with it.
Result<S3Location> ParseS3Url(std::string_view url);
bool IsS3Url(std::string_view url);

/// What a server showed when it was asked.
struct S3Capabilities {
  bool create_if_absent = false;         ///< PUT with If-None-Match: *: of writers at the same time one wins, nothing is replaced
  bool complete_if_absent = false;       ///< the same condition at the end of an upload in parts
  bool replace_if_match = false;         ///< PUT with If-Match: the right tag replaces, a wrong one and an absent key do not
  bool if_match_wants_bare_tag = false;  ///< … with the tag without its quotes only
};

/// Objects in a bucket. Comes from OpenS3ObjectStore. Beside the promises of ObjectStore:
/// - Requests are signed with Signature Version 4 over the SHA-256 of the body, so what arrives damaged is refused; every
///   object carries its own SHA-256 as metadata, and a whole read is checked against it. A range is not: who has a digest checks.
/// - A failure that may pass (no connection, 429, 5xx, damage on the way) is tried again with full jitter until the deadline of
///   the context or `attempts`. A write whose answer was lost is resolved by reading back: each one carries an id.
/// - Files over `part_bytes` go up in parts, which are removed when it fails; conditional ones only where the server honours the
///   condition there as well, otherwise in one request.
/// - kUnavailable with reason "storage_access_denied", "no_such_bucket", "wrong_region": a human must look; not tried again.
/// - A key and the prefix together have at most 1,024 bytes (kInvalidArgument, "key_too_long"); no local paths.
class S3ObjectStore : public ObjectStore {
 public:
  struct Options {
    std::string endpoint;  ///< "https://s3.eu-central-1.amazonaws.com", "http://127.0.0.1:8000": scheme, host, port
    std::string region = "us-east-1";
    bool virtual_host_style = false;  ///< https://bucket.host/key instead of https://host/bucket/key
    S3Location location;
    S3Credentials credentials;
    std::string ca_file;  ///< of the server's certificate; empty: the system's
    /// The server need not enforce conditions: this process is the only one that writes to the lake, says the operator. Two that
    /// do so lose data.
    bool single_writer = false;
    int attempts = 8;            ///< of one request, the first included
    std::int64_t pause_ms = 50;  ///< the longest before the second attempt; doubles up to max_pause_ms
    std::int64_t max_pause_ms = 5'000;
    std::int64_t attempt_timeout_ms = 30'000;             ///< for the head of an answer, beside the time that the body needs at 64 KiB/s
    std::uint64_t part_bytes = std::uint64_t{16} << 20U;  ///< files over it go up in parts of at least this size
    std::uint64_t max_single_put_bytes = std::uint64_t{5} << 30U;  ///< S3's own limit of one PUT
  };
  struct Parts {
    Metrics& metrics;
    Log& log;
    const Clock& clock = SystemClock();
    Random& random = SystemRandom();
  };

  /// A URL that reads (GET) or writes (PUT) this object for `expires_seconds` (1 to 604,800) without a key. It is a secret.
  virtual Result<Secret> Presign(std::string_view method, const std::string& key, std::int64_t expires_seconds) = 0;
  virtual const S3Capabilities& capabilities() const = 0;
};

/// Looks for the bucket, and asks the server whether it enforces conditions (a few small objects below "_probe/", removed
/// again). kUnimplemented, reason "conditions_ignored": it does not, and `single_writer` is not set: use another server, or
/// run one process and say so. kUnavailable: no server, no bucket, no right to it. kInvalidArgument: the options.
Result<std::unique_ptr<S3ObjectStore>> OpenS3ObjectStore(const Context& context, S3ObjectStore::Options options,
                                                         S3ObjectStore::Parts parts);

}  // namespace lakehouse::storage
