#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/net/http_message.h"

namespace lakehouse::net {

/// What the server itself says about an answer.
struct ResponseFraming {
  bool is_http_10 = false;
  bool keep_alive = true;
  bool is_head = false;  ///< the request was: no body, whatever the head says
  bool is_streamed = false;
  std::optional<std::uint64_t> stream_length;
  std::string_view request_id;
  std::string_view date;  ///< of the Date header
};

/// Chunked when the length of the stream is unknown and the client speaks 1.1.
bool IsChunked(const ResponseFraming& framing);
/// A status that never has a body.
bool IsBodiless(int status);
/// Status line and headers, final empty line included. The handler's headers that framing decides are left out; control
/// characters in the others become spaces, so no value can begin a header of its own.
std::string RenderHead(const HttpResponse& response, const ResponseFraming& framing);
/// What follows the last chunk: these fields, as far as `announced` names them, and the final empty line.
std::string RenderTrailers(const std::vector<HttpHeader>& fields, const std::vector<std::string>& announced);
/// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string HttpDate(std::int64_t wall_micros);

}  // namespace lakehouse::net
