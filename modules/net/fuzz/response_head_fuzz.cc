// What a handler passes on from outside (names of files, types, header values) in the head of an answer: it stays one head, with one
// framing, whatever stands in it.
#include <algorithm>

#include "fuzz_target.h"
#include "response_head.h"

using namespace lakehouse;
using namespace lakehouse::net;
using fuzz::Require;

namespace {

std::size_t Count(std::string_view text, std::string_view what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  static constexpr int kStatuses[] = {200, 204, 206, 304, 404, 503, 100, 799};
  std::string_view octets = fuzz::TextOf(data + 2, size - 2);
  HttpResponse response;
  response.status = kStatuses[data[0] % 8];
  ResponseFraming framing;
  framing.is_http_10 = (data[0] & 8) != 0;
  framing.keep_alive = (data[0] & 16) != 0;
  framing.is_head = (data[0] & 32) != 0;
  framing.is_streamed = (data[0] & 64) != 0;
  if ((data[0] & 128) != 0) framing.stream_length = data[1];
  framing.date = "Sun, 06 Nov 1994 08:49:37 GMT";
  // A NUL ends a text here, so that line ends can be part of one.
  const auto take = [&octets] {
    const std::string_view text = octets.substr(0, octets.find('\0'));
    octets.remove_prefix(std::min(text.size() + 1, octets.size()));
    return text;
  };
  framing.request_id = take();
  response.content_type = take();
  while (!octets.empty() && response.headers.size() < 8) {
    const std::string_view name = take();
    response.headers.push_back({std::string(name), std::string(take())});
  }
  const std::string head = RenderHead(response, framing);
  Require(head.ends_with("\r\n\r\n") && head.find("\r\n\r\n") == head.size() - 4, "the head ends once");
  Require(Count(head, "\r") == Count(head, "\r\n") && Count(head, "\n") == Count(head, "\r\n"), "no line ends but CRLF");
  Require(Count(head, "\r\n") <= 9 + response.headers.size(), "a value begins no header of its own");
  Require(Count(head, "\r\nContent-Length:") + Count(head, "\r\nTransfer-Encoding:") <= 1, "the framing is said once");
  return 0;
}
