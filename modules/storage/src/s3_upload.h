#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "s3_client.h"

namespace lakehouse::storage {

/// Who wrote an object and what is in it, as its metadata says.
struct S3Identity {
  std::string put_id;  ///< a UUIDv7 of the attempt; empty: written by somebody else's software
  std::string sha256;  ///< lower-case hex; empty: not known
};
S3Identity IdentityOf(const S3Answer& answer);
/// The time in the id, or what the server says in Last-Modified.
std::int64_t ModifiedMicrosOf(const S3Answer& answer);

/// What is to be stored: octets in memory or a file that stays as it is meanwhile.
struct S3Content {
  std::string_view octets = {};
  int fd = -1;  ///< of a regular file, instead of octets; borrowed
  std::uint64_t size_bytes = 0;
};

enum class S3Condition {
  kNone,
  kServerChecks,  ///< If-None-Match: *
  kWeCheck,       ///< this process is the only writer: look first. Calls for one key must not overlap
};

/// One write of one object, by one request or in parts, with its outcome found out as far as it can be. One per call.
class S3Upload {
 public:
  S3Upload(S3Client& client, const S3Capabilities& capabilities, std::string key, S3Condition condition);
  /// The errors of ObjectStore::PutIfAbsent and Put. `info.key` is the caller's to set.
  Result<ObjectInfo> Run(const Context& context, const S3Content& content);

 private:
  bool GoesInParts(const S3Content& content) const;
  std::vector<net::HttpHeader> ObjectHeaders() const;
  bool IsConditional() const { return condition_ == S3Condition::kServerChecks; }
  Status RefuseExisting(const Context& context) const;
  Status PutWhole(const Context& context, const S3Content& content);
  Status PutInParts(const Context& context, const S3Content& content);
  Result<std::string> SendParts(const Context& context, const S3Content& content, const std::string& upload_id);
  Status Complete(const Context& context, const std::string& upload_id, const std::string& parts);
  void Abort(const std::string& upload_id);
  /// What the server's "there is one already" or "no such upload" means, and a write without a sound answer.
  Status Settle(const Context& context, const Result<S3Answer>& outcome);

  S3Client& client_;
  const S3Capabilities& capabilities_;
  const std::string key_;
  const S3Condition condition_;
  const std::string put_id_;
  std::string sha256_;
};

}  // namespace lakehouse::storage
