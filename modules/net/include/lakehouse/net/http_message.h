#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lakehouse/base/result.h"

namespace lakehouse::net {

struct HttpHeader {
  std::string name;
  std::string value;
};

/// First header of this name, in any case; nothing when there is none.
std::optional<std::string> FindHeader(const std::vector<HttpHeader>& headers, std::string_view name);

/// One part of a multipart upload: a small field held in `value`, or a file spooled to `path`.
struct UploadPart {
  std::string name;
  std::string file_name;     ///< as the client says, without directories; empty for a field
  std::string content_type;  ///< as the client says
  std::string value;         ///< of a field, at most 64 KiB
  std::string path;          ///< of a file; empty for a field. Removed when the exchange ends: rename or link it to keep it
  std::uint64_t size_bytes = 0;
  std::string sha256;  ///< of a file, lower-case hex
};

/// A complete request: its body was read, or spooled to disk, before the handler got a thread.
struct HttpRequest {
  std::string method;  ///< upper case; a HEAD that the route for GET answers says "HEAD"
  std::string path;    ///< decoded; starts with '/', valid UTF-8, no control character, no "." or ".." segment
  std::string target;  ///< as sent: undecoded path and query
  std::vector<std::pair<std::string, std::string>> query;  ///< decoded, in order, repeats kept
  std::vector<HttpHeader> headers;                         ///< in order, values trimmed
  std::string body;                                        ///< of a kSmall route
  std::vector<UploadPart> parts;                           ///< of a multipart upload
  std::string body_path;                           ///< of a raw upload; removed when the exchange ends: rename or link it to keep it
  std::uint64_t body_size_bytes = 0;               ///< of the body, however it came
  std::string body_sha256;                         ///< of a raw upload, lower-case hex
  std::map<std::string, std::string> path_params;  ///< decoded
  std::string peer_address;                        ///< "127.0.0.1", without port

  /// First header of this name, in any case.
  std::optional<std::string> FindHeader(std::string_view name) const;
  /// First value of this key; the empty text for a key without value.
  std::optional<std::string> FindQuery(std::string_view name) const;
  /// First part of this name.
  const UploadPart* FindPart(std::string_view name) const;
};

/// The body of an answer that is not held in memory: pulled on a worker thread, one chunk at a time, and only when the
/// previous chunk has left for the client. Destroyed, on a worker thread, when the exchange ends, also when the client
/// leaves: that is the cancellation, besides the Context's stop token.
class BodySource {
 public:
  virtual ~BodySource() = default;
  /// Replaces `chunk` (64 KiB to 1 MiB is a good size) and returns true, or returns false at the end. May block. An empty
  /// chunk sends the head at once. An error before the first non-empty chunk becomes an ordinary error response; after it the
  /// connection is cut without the terminating chunk, so that the client sees that the body is not whole.
  virtual Result<bool> Next(std::string& chunk) = 0;
  /// Asked once, after the end: what was not known at the head. Sent behind a chunked body (HTTP/1.1, length unknown), else lost; the
  /// names must stand in HttpResponse::trailer_names.
  virtual std::vector<HttpHeader> Trailers() const { return {}; }
};

/// What a handler answers: exactly one of body, stream, file_path. Content-Length, Connection, Date, X-Request-Id and the
/// transfer coding are the server's business.
struct HttpResponse {
  int status = 200;
  std::vector<HttpHeader> headers;
  std::string content_type;
  std::string body;
  std::unique_ptr<BodySource> stream;
  std::vector<std::string> trailer_names;  ///< which trailers the stream may have: announced in the head
  std::string file_path;                   ///< sent with its length at the time of opening; read 256 KiB at a time

  static HttpResponse Json(int status, std::string json);
  static HttpResponse Text(int status, std::string text, std::string content_type = "text/plain; charset=utf-8");
  /// The public error body and status of http_status.h.
  static HttpResponse FromError(const Error& error, std::string_view request_id);
};

}  // namespace lakehouse::net
