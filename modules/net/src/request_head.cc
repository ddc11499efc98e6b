#include "request_head.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "uri.h"

namespace lakehouse::net {
namespace {

HeadFault BadRequest(std::string_view message) { return {400, "bad_request", std::string(message)}; }

constexpr auto kIsTokenOctet = [] {
  std::array<bool, 256> is{};
  for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    is[static_cast<unsigned char>(c)] = true;
  return is;
}();

bool IsToken(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return kIsTokenOctet[static_cast<unsigned char>(c)]; });
}

/// Visible octets, space, tab and obs-text; CR, LF, NUL and the other controls are what smuggling is made of.
bool IsFieldValue(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    const auto octet = static_cast<unsigned char>(c);
    return octet == '\t' || (octet >= 0x20 && octet != 0x7f);
  });
}

bool IsTargetText(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    const auto octet = static_cast<unsigned char>(c);
    return octet > 0x20 && octet < 0x7f;
  });
}

bool IsDigits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

using MaybeFault = std::optional<HeadFault>;

MaybeFault ReadRequestLine(std::string_view line, const HeadLimits& limits, RequestHead& head) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return BadRequest("the request line is not METHOD TARGET VERSION");
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!IsToken(method) || method.size() > 32) return BadRequest("the method is not a token");
  if (version == "HTTP/1.0")
    head.is_http_10 = true;
  else if (version.size() == 8 && version.starts_with("HTTP/") && version != "HTTP/1.1")
    return HeadFault{505, "version_not_supported", "this server speaks HTTP/1.1"};
  else if (version != "HTTP/1.1")
    return BadRequest("the request line does not end with HTTP/1.1");
  if (target.size() > limits.max_target_bytes) return HeadFault{414, "uri_too_long", "the request target is too long"};
  if (target.empty() || !IsTargetText(target))
    return BadRequest("the request target has a space, a control character or an octet above 126");
  head.method = method;
  head.target = target;
  return std::nullopt;
}

/// `authority` gets what an absolute target names.
MaybeFault SplitTarget(RequestHead& head, std::optional<std::string>& authority) {
  std::string_view rest = head.target;
  if (rest == "*") {
    if (head.method != "OPTIONS") return BadRequest("the target * is for OPTIONS");
    head.raw_path = "*";
    return std::nullopt;
  }
  if (!rest.starts_with('/')) {
    const std::size_t scheme_end = rest.find("://");
    const std::string_view scheme = rest.substr(0, std::min(scheme_end, rest.size()));
    if (scheme_end == std::string_view::npos || !(EqualsIgnoringCase(scheme, "http") || EqualsIgnoringCase(scheme, "https")))
      return BadRequest("the request target is neither a path nor an absolute http URL");
    rest.remove_prefix(scheme_end + 3);
    const std::size_t end = std::min(rest.find_first_of("/?"), rest.size());
    authority = ToLower(rest.substr(0, end));
    rest.remove_prefix(end);
  }
  if (rest.find('#') != std::string_view::npos) return BadRequest("the request target has a fragment");
  const std::size_t question = std::min(rest.find('?'), rest.size());
  head.raw_path = rest.substr(0, question);
  if (head.raw_path.empty()) head.raw_path = "/";
  head.raw_query = rest.substr(std::min(question + 1, rest.size()));
  return std::nullopt;
}

MaybeFault ReadHeaderLine(std::string_view line, RequestHead& head) {
  if (line.front() == ' ' || line.front() == '\t')
    return BadRequest("a header line begins with white space: folded lines are not accepted");
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return BadRequest("a header line has no colon");
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = Trim(line.substr(colon + 1));
  if (!IsToken(name)) return BadRequest("a header name is not a token (is there a space before the colon?)");
  if (!IsFieldValue(value)) return BadRequest("a header value has a control character");
  head.headers.push_back({std::string(name), std::string(value)});
  return std::nullopt;
}

/// What RFC 9112 §6.3 leaves to taste is refused: any transfer coding but one chunked, chunked beside a length, two lengths.
MaybeFault ReadFraming(RequestHead& head) {
  std::size_t codings = 0;
  std::size_t lengths = 0;
  for (const HttpHeader& header : head.headers) {
    if (EqualsIgnoringCase(header.name, "Transfer-Encoding")) {
      if (++codings > 1 || !EqualsIgnoringCase(header.value, "chunked"))
        return HeadFault{501, "unsupported_transfer_encoding", "the only transfer coding here is one chunked"};
      head.is_chunked = true;
    } else if (EqualsIgnoringCase(header.name, "Content-Length")) {
      if (++lengths > 1 || !IsDigits(header.value)) return BadRequest("Content-Length must be one run of digits, given once");
      const char* end = header.value.data() + header.value.size();
      if (std::from_chars(header.value.data(), end, head.content_length).ec != std::errc{})
        return HeadFault{413, "too_large", "Content-Length is beyond every limit"};
    }
  }
  if (codings > 0 && lengths > 0) return BadRequest("Transfer-Encoding and Content-Length together");
  if (codings > 0 && head.is_http_10) return BadRequest("HTTP/1.0 has no Transfer-Encoding");
  return std::nullopt;
}

MaybeFault ReadHost(RequestHead& head, const std::optional<std::string>& authority) {
  std::size_t hosts = 0;
  for (const HttpHeader& header : head.headers) {
    if (!EqualsIgnoringCase(header.name, "Host")) continue;
    if (++hosts > 1) return BadRequest("two Host headers");
    head.host = ToLower(header.value);
  }
  if (hosts == 0 && !head.is_http_10) return BadRequest("HTTP/1.1 needs a Host header");
  if (authority) {
    if (hosts > 0 && head.host != *authority) return BadRequest("the Host header and the absolute request target name different hosts");
    head.host = *authority;
  }
  if (!head.host.empty() && !ParseHost(head.host)) return BadRequest("the Host is not a name with an optional port");
  return std::nullopt;
}

MaybeFault ReadConnection(RequestHead& head) {
  head.keep_alive = !head.is_http_10;
  for (const HttpHeader& header : head.headers) {
    if (EqualsIgnoringCase(header.name, "Connection")) {
      if (ListHas(header.value, "close"))
        head.keep_alive = false;
      else if (head.is_http_10 && ListHas(header.value, "keep-alive"))
        head.keep_alive = true;
    } else if (EqualsIgnoringCase(header.name, "Expect")) {
      if (!EqualsIgnoringCase(header.value, "100-continue"))
        return HeadFault{417, "expectation_failed", "the only expectation met here is 100-continue"};
      head.expects_continue = !head.is_http_10;
    }
  }
  return std::nullopt;
}

}  // namespace

std::variant<std::monostate, std::size_t, HeadFault> HeadScanner::Scan(std::string_view buffer, const HeadLimits& limits) {
  constexpr std::size_t kMaxEmptyLines = 4;
  constexpr std::size_t kRoomForMethodAndVersion = 64;
  const std::size_t limit = std::min(buffer.size(), limits.max_head_bytes);
  while (scanned_ < limit) {
    const std::size_t newline = buffer.find('\n', scanned_);
    if (newline == std::string_view::npos || newline >= limit) {
      scanned_ = limit;
      break;
    }
    scanned_ = newline + 1;
    if (newline == line_start_ || buffer[newline - 1] != '\r') return BadRequest("a line ends without a carriage return");
    const bool is_empty = newline - 1 == line_start_;
    line_start_ = scanned_;
    if (is_empty && lines_ > 0) return scanned_;
    if (is_empty) {
      if (++empty_lines_ > kMaxEmptyLines) return BadRequest("empty lines instead of a request");
    } else if (++lines_ > limits.max_header_count + 1) {
      return HeadFault{431, "headers_too_large", "too many header lines"};
    }
  }
  if (lines_ == 0 && limit - line_start_ > limits.max_target_bytes + kRoomForMethodAndVersion)
    return HeadFault{414, "uri_too_long", "the request target is too long"};
  if (buffer.size() >= limits.max_head_bytes) return HeadFault{431, "headers_too_large", "the head of the request is too large"};
  return std::monostate{};
}

std::variant<RequestHead, HeadFault> ParseRequestHead(std::string_view octets, const HeadLimits& limits) {
  while (octets.starts_with("\r\n")) octets.remove_prefix(2);
  RequestHead head;
  std::optional<std::string> authority;
  bool is_first = true;
  while (true) {
    const std::size_t end = octets.find("\r\n");
    if (end == std::string_view::npos) return BadRequest("the head of the request is not whole");
    const std::string_view line = octets.substr(0, end);
    octets.remove_prefix(end + 2);
    if (line.empty()) break;
    if (line.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) return BadRequest("a stray CR, LF or NUL in the head");
    if (!is_first && head.headers.size() == limits.max_header_count) return HeadFault{431, "headers_too_large", "too many header lines"};
    const MaybeFault fault = is_first ? ReadRequestLine(line, limits, head) : ReadHeaderLine(line, head);
    if (fault) return *fault;
    is_first = false;
  }
  if (is_first) return BadRequest("the request is empty");
  if (const MaybeFault fault = SplitTarget(head, authority)) return *fault;
  if (const MaybeFault fault = ReadFraming(head)) return *fault;
  if (const MaybeFault fault = ReadHost(head, authority)) return *fault;
  if (const MaybeFault fault = ReadConnection(head)) return *fault;
  return head;
}

std::optional<HostAndPort> ParseHost(std::string_view authority) {
  HostAndPort parsed;
  const std::size_t bracket = authority.starts_with('[') ? authority.find(']') : 0;
  if (bracket == std::string_view::npos) return std::nullopt;
  const std::size_t colon = std::min(authority.find(':', bracket), authority.size());
  if (bracket > 0 && colon != bracket + 1) return std::nullopt;
  parsed.host = ToLower(authority.substr(0, colon));
  const std::string_view host_octets = bracket > 0 ? "0123456789abcdef:.[]" : "abcdefghijklmnopqrstuvwxyz0123456789-._~%";
  if (parsed.host.empty() || parsed.host.find_first_not_of(host_octets) != std::string::npos) return std::nullopt;
  if (colon < authority.size()) {
    parsed.port = authority.substr(colon + 1);
    if (parsed.port.size() > 5 || (!parsed.port.empty() && !IsDigits(parsed.port))) return std::nullopt;
  }
  return parsed;
}

}  // namespace lakehouse::net
