#include "format.h"

#include <cmath>
#include <cstdio>

#include "lakehouse/base/clock.h"

namespace lakehouse::ui {

std::string Grouped(std::int64_t number) {
  std::string digits = std::to_string(number);
  const std::size_t first = number < 0 ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

std::string Fixed(double number, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, number);
  return text;
}

std::string Shortest(double number) {
  char text[64];
  std::snprintf(text, sizeof text, "%.6g", number);
  return text;
}

std::string Compact(std::int64_t number) {
  const auto value = static_cast<double>(number);
  if (std::abs(value) < 1e4) return Grouped(number);
  if (std::abs(value) < 1e6) return Fixed(value / 1e3, std::abs(value) < 1e5 ? 1 : 0) + " K";
  if (std::abs(value) < 1e9) return Fixed(value / 1e6, 2) + " M";
  return Fixed(value / 1e9, 2) + " G";
}

std::string Bytes(std::int64_t bytes) {
  const auto value = static_cast<double>(bytes);
  if (value < 1e3) return std::to_string(bytes) + " B";
  if (value < 1e6) return Fixed(value / 1e3, 1) + " kB";
  if (value < 1e9) return Fixed(value / 1e6, 1) + " MB";
  return Fixed(value / 1e9, 2) + " GB";
}

std::string Milliseconds(double ms) {
  if (ms < .1) return "< 0.1 ms";
  if (ms < 10) return Fixed(ms, 1) + " ms";
  if (ms < 1000) return Fixed(ms, 0) + " ms";
  return Fixed(ms / 1000, 1) + " s";
}

std::string Ago(std::int64_t now_micros, std::int64_t then_micros) {
  const std::int64_t seconds = (now_micros - then_micros) / 1'000'000;
  if (seconds < 5) return "just now";
  if (seconds < 90) return std::to_string(seconds) + " s ago";
  if (seconds < 90 * 60) return std::to_string((seconds + 30) / 60) + " min ago";
  if (seconds < 36 * 3600) return std::to_string((seconds + 1800) / 3600) + " h ago";
  return std::to_string((seconds + 43'200) / 86'400) + " d ago";
}

std::string Minute(std::int64_t wall_micros) {
  const std::string time = FormatTime(wall_micros);
  return time.substr(0, 10) + " " + time.substr(11, 5) + " UTC";
}
std::string Second(std::int64_t wall_micros) { return FormatTime(wall_micros).substr(11, 8); }

std::string UrlEncode(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if ((octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z') || (octet >= '0' && octet <= '9') || octet == '-' ||
        octet == '_' || octet == '.' || octet == '~') {
      out += c;
    } else {
      out += '%';
      out += kHex[octet >> 4];
      out += kHex[octet & 15];
    }
  }
  return out;
}

std::string Cut(std::string_view text, std::size_t octets) {
  if (text.size() <= octets) return std::string(text);
  while (octets > 0 && (static_cast<unsigned char>(text[octets]) & 0xC0) == 0x80) --octets;
  return std::string(text.substr(0, octets)) + "…";
}

std::string Counted(std::int64_t number, std::string_view noun) {
  return Grouped(number) + " " + std::string(noun) + (number == 1 ? "" : "s");
}

}  // namespace lakehouse::ui
