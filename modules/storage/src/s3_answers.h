#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/result.h"

/// What S3 servers answer, read strictly. kCorruption with reason "bad_answer" or "bad_xml": it is not what the protocol says.
namespace lakehouse::storage {

/// The body of a refusal. Both empty when there is none, as after HEAD.
struct S3Refusal {
  std::string code;     ///< "NoSuchKey"
  std::string message;  ///< at most 500 octets
};
S3Refusal ReadRefusal(std::string_view body);

struct S3ListedObject {
  std::string key;
  std::uint64_t size_bytes = 0;
  std::int64_t modified_micros = 0;
};
struct S3Listing {
  std::vector<S3ListedObject> objects;
  bool is_truncated = false;
  std::string continuation_token;
};
/// Of ListObjectsV2. Keys are decoded when, and only when, the answer says that they are encoded.
Result<S3Listing> ReadListing(std::string_view body);

Result<std::string> ReadUploadId(std::string_view body);
/// Of CompleteMultipartUpload, which may say "200 OK" and then fail.
Status ReadCompletion(std::string_view body);

/// "Sat, 21 Nov 2026 17:32:08 GMT".
std::optional<std::int64_t> ParseHttpDate(std::string_view text);
/// "2026-11-21T17:32:08.123Z".
std::optional<std::int64_t> ParseIsoTime(std::string_view text);

}  // namespace lakehouse::storage
