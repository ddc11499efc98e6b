#include "response_head.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>

#include "lakehouse/net/http_status.h"
#include "uri.h"

namespace lakehouse::net {
namespace {

void AppendHeader(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ");
  for (const char c : value) head += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  head += "\r\n";
}

bool IsOurs(std::string_view name) {
  for (const std::string_view ours : {"Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Date", "X-Request-Id", "Trailer"})
    if (EqualsIgnoringCase(name, ours)) return true;
  return false;
}

bool IsName(std::string_view name) {
  return !name.empty() &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == std::string_view::npos;
}

}  // namespace

bool IsChunked(const ResponseFraming& framing) { return framing.is_streamed && !framing.stream_length && !framing.is_http_10; }
bool IsBodiless(int status) { return status == 204 || status == 304 || status < 200; }

std::string RenderHead(const HttpResponse& response, const ResponseFraming& framing) {
  std::string head;
  head.reserve(256);
  head.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ").append(ReasonPhrase(response.status)).append("\r\n");
  AppendHeader(head, "Date", framing.date);
  AppendHeader(head, "X-Request-Id", framing.request_id);
  AppendHeader(head, "X-Content-Type-Options", "nosniff");
  if (!response.content_type.empty() && !IsBodiless(response.status)) AppendHeader(head, "Content-Type", response.content_type);
  for (const HttpHeader& header : response.headers)
    if (IsName(header.name) && !IsOurs(header.name)) AppendHeader(head, header.name, header.value);

  // What HEAD says about the length of an object that is not read for it.
  const auto told_length = FindHeader(response.headers, "Content-Length");
  if (IsBodiless(response.status)) {
  } else if (IsChunked(framing)) {
    AppendHeader(head, "Transfer-Encoding", "chunked");
    for (const std::string& name : response.trailer_names)
      if (IsName(name) && !IsOurs(name)) AppendHeader(head, "Trailer", name);
  } else if (framing.is_streamed) {
    if (framing.stream_length) AppendHeader(head, "Content-Length", std::to_string(*framing.stream_length));
  } else if (framing.is_head && response.body.empty() && told_length) {
    AppendHeader(head, "Content-Length", *told_length);
  } else {
    AppendHeader(head, "Content-Length", std::to_string(response.body.size()));
  }
  if (!framing.keep_alive)
    AppendHeader(head, "Connection", "close");
  else if (framing.is_http_10)
    AppendHeader(head, "Connection", "keep-alive");
  return head += "\r\n";
}

std::string RenderTrailers(const std::vector<HttpHeader>& fields, const std::vector<std::string>& announced) {
  std::string text;
  for (const HttpHeader& field : fields)
    if (IsName(field.name) && !IsOurs(field.name) && std::find(announced.begin(), announced.end(), field.name) != announced.end())
      AppendHeader(text, field.name, field.value);
  return text += "\r\n";
}

std::string HttpDate(std::int64_t wall_micros) {
  static constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t seconds = wall_micros / 1'000'000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[64];
  const int length =
      std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT", kDays[static_cast<std::size_t>(utc.tm_wday)], utc.tm_mday,
                    kMonths[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
  return std::string(text, static_cast<std::size_t>(length));
}

}  // namespace lakehouse::net
