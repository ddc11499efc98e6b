#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lakehouse/net/http_message.h"

/// The head of a request, read the strict way: every spelling that two servers could read differently is refused. Pure, so that
/// the fuzzer and the unit tests reach all of it. Rules: RFC 9110, RFC 9112.
namespace lakehouse::net {

struct HeadLimits {
  std::size_t max_head_bytes = 64 * 1024;
  std::size_t max_header_count = 128;
  std::size_t max_target_bytes = 16 * 1024;
};

/// Why a request is refused before it has a handler; the connection closes after the answer.
struct HeadFault {
  int status = 400;
  std::string_view code;
  std::string message;
};

struct RequestHead {
  std::string method;
  std::string target;     ///< as sent
  std::string raw_path;   ///< of the target, undecoded; "*" for OPTIONS *
  std::string raw_query;  ///< without '?'
  std::string host;       ///< of the target when it is absolute, else of the Host header; lower case, with port; may be empty in 1.0
  std::vector<HttpHeader> headers;
  bool is_http_10 = false;
  bool keep_alive = false;
  bool expects_continue = false;
  bool is_chunked = false;
  std::uint64_t content_length = 0;  ///< 0 also when there is none
  bool has_body() const { return is_chunked || content_length > 0; }
};

/// Finds the end of the head in octets that arrive bit by bit, so that no octet is looked at twice.
class HeadScanner {
 public:
  /// `buffer`: everything received of this request, from its first octet, each time with more at the end. Empty lines before the
  /// request line are part of the head (at most 4). Returns the length of the head when it is whole.
  std::variant<std::monostate, std::size_t, HeadFault> Scan(std::string_view buffer, const HeadLimits& limits);

 private:
  std::size_t scanned_ = 0;      ///< octets seen
  std::size_t line_start_ = 0;   ///< of the line being read
  std::size_t lines_ = 0;        ///< whole lines since the first that is not empty
  std::size_t empty_lines_ = 0;  ///< before it
};

/// `head`: what HeadScanner found, final empty line included.
std::variant<RequestHead, HeadFault> ParseRequestHead(std::string_view head, const HeadLimits& limits);

/// "name" and port of "name:port", "[::1]:80"; nothing for what is no authority.
struct HostAndPort {
  std::string host;  ///< lower case; IPv6 in brackets
  std::string port;  ///< digits, or empty
};
std::optional<HostAndPort> ParseHost(std::string_view authority);

}  // namespace lakehouse::net
