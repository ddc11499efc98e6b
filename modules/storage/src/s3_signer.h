#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lakehouse/net/http_message.h"
#include "lakehouse/storage/s3_object_store.h"

/// Signature Version 4 of S3 requests, as Amazon publishes it ("Authenticating Requests: Using the Authorization Header" and
/// "Using Query Parameters"). Pure: time comes in, nothing goes out but text.
namespace lakehouse::storage {

/// RFC 3986: everything but letters, digits and -._~ becomes %XX.
std::string UriEncode(std::string_view text, bool keep_slashes);

/// Names and values as they are; both ends encode them.
using S3Query = std::vector<std::pair<std::string, std::string>>;
/// "a=1&b=": encoded, sorted, with "=" behind a name without value. Also what the URL carries, so that both are one text.
std::string CanonicalQuery(const S3Query& query);

/// What is signed. `path` is encoded and begins with a slash; header names in any case.
struct UnsignedS3Request {
  std::string method;
  std::string path;
  S3Query query;
  std::vector<net::HttpHeader> headers;  ///< with Host
  std::string payload_sha256;            ///< lower-case hex, or UNSIGNED-PAYLOAD
};

/// "20130524T000000Z".
std::string AmzTime(std::int64_t wall_micros);

/// The text whose digest is signed; `signed_headers` becomes "host;range;x-amz-date".
std::string CanonicalRequest(const UnsignedS3Request& request, std::string& signed_headers);

/// Adds x-amz-date, x-amz-content-sha256, x-amz-security-token when there is one, and Authorization, which signs all headers
/// that were there before.
void SignS3Request(UnsignedS3Request& request, const S3Credentials& credentials, const std::string& region, std::int64_t wall_micros);

/// "path?query" that whoever has it may use for so many seconds (at most a week), with no key of his own.
std::string PresignS3Request(UnsignedS3Request request, const S3Credentials& credentials, const std::string& region,
                             std::int64_t wall_micros, std::int64_t expires_seconds);

}  // namespace lakehouse::storage
