#include "cell_type.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace lakehouse::ingest {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// `count` digits at `at` as a number, -1 when they are none.
int Digits(std::string_view text, std::size_t at, std::size_t count) {
  if (at + count > text.size()) return -1;
  int value = 0;
  for (std::size_t i = at; i < at + count; ++i) {
    if (!IsDigit(text[i])) return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

bool IsDay(std::string_view text) {
  if (text.size() < 10 || text[4] != '-' || text[7] != '-') return false;
  const int year = Digits(text, 0, 4), month = Digits(text, 5, 2), day = Digits(text, 8, 2);
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return day <= kDays[month - 1] + (month == 2 && leap ? 1 : 0);
}

unsigned TimesOf(std::string_view text) {
  if (!IsDay(text)) return 0;
  if (text.size() == 10) return kDate | kTimestamp;
  if (text.size() < 19 || (text[10] != 'T' && text[10] != ' ') || text[13] != ':' || text[16] != ':') return 0;
  const int hour = Digits(text, 11, 2), minute = Digits(text, 14, 2), second = Digits(text, 17, 2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return 0;
  std::size_t at = 19;
  if (at < text.size() && text[at] == '.') {
    const std::size_t first = ++at;
    while (at < text.size() && IsDigit(text[at])) ++at;
    if (at == first || at - first > 6) return 0;
  }
  if (at == text.size()) return kTimestamp;
  const std::string_view zone = text.substr(at);
  if (zone == "Z") return kTimestampTz;
  if (zone[0] != '+' && zone[0] != '-') return 0;
  const int hours = Digits(zone, 1, 2);
  if (hours < 0 || hours > 14) return 0;
  if (zone.size() == 3) return kTimestampTz;
  const std::size_t minutes_at = zone[3] == ':' ? 4 : 3;
  const int minutes = Digits(zone, minutes_at, 2);
  return minutes >= 0 && minutes <= 59 && zone.size() == minutes_at + 2 ? kTimestampTz : 0u;
}

unsigned NumbersOf(std::string_view text) {
  const bool negative = text[0] == '-';
  std::size_t at = negative ? 1 : 0;
  const std::size_t whole_from = at;
  while (at < text.size() && IsDigit(text[at])) ++at;
  const std::size_t whole = at - whole_from;
  if (whole > 1 && text[whole_from] == '0') return 0;
  if (at == text.size()) {
    if (whole == 0 || whole > 19) return 0;
    std::int64_t value = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc{}) return 0;
    if (negative && value == 0) return kDouble;
    constexpr std::int64_t kExact = std::int64_t{1} << 53;
    return kBigint | (value >= -kExact && value <= kExact ? unsigned{kDouble} : 0u);
  }
  bool point = false;
  std::size_t digits = whole, zeros_first = 0;  // zeros before the first other digit are no digits that a double could change
  if (text[at] == '.') {
    point = true;
    const std::size_t first = ++at;
    while (at < text.size() && IsDigit(text[at])) ++at;
    if (at == first) return 0;
    digits += at - first;
    if (whole == 0 || text[whole_from] == '0') zeros_first = std::min(text.find_first_not_of('0', first), at) - first;
  }
  const bool zero_first = whole == 1 && text[whole_from] == '0';
  if (digits == 0 || digits - (zero_first ? 1 : 0) - zeros_first > 17) return 0;
  if (at < text.size()) {
    if (text[at] != 'e' && text[at] != 'E') return 0;
    ++at;
    const bool sign = at < text.size() && (text[at] == '-' || text[at] == '+');
    if (!sign && !point) return 0;
    if (sign) ++at;
    const std::size_t first = at;
    while (at < text.size() && IsDigit(text[at])) ++at;
    if (at == first || at - first > 3 || at != text.size()) return 0;
    double value = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc{} || !std::isfinite(value)) return 0;
  }
  return kDouble;
}

bool EqualsWord(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if ((text[i] | 0x20) != lower[i]) return false;
  return true;
}

}  // namespace

unsigned CellTypesOf(std::string_view text) {
  if (EqualsWord(text, "true") || EqualsWord(text, "false")) return kBoolean;
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  if (text.empty() || text.size() > 40) return 0;
  const char first = text[0];
  if (IsDigit(first)) {
    if (text.size() >= 10 && text[4] == '-') return TimesOf(text);
    return NumbersOf(text);
  }
  if (first == '-' || first == '.') return text.size() > 1 ? NumbersOf(text) : 0;
  return 0;
}

std::string ColumnTypeOf(unsigned types) {
  if ((types & kBoolean) != 0) return "BOOLEAN";
  if ((types & kBigint) != 0) return "BIGINT";
  if ((types & kDouble) != 0) return "DOUBLE";
  if ((types & kDate) != 0) return "DATE";
  if ((types & kTimestamp) != 0) return "TIMESTAMP";
  if ((types & kTimestampTz) != 0) return "TIMESTAMP WITH TIME ZONE";
  return "VARCHAR";
}

unsigned AcceptedCellTypes(std::string_view type) {
  if (type == "BOOLEAN") return kBoolean;
  if (type == "BIGINT") return kBigint;
  if (type == "DOUBLE") return kDouble;
  if (type == "DATE") return kDate;
  if (type == "TIMESTAMP") return kTimestamp;
  if (type == "TIMESTAMP WITH TIME ZONE") return kTimestampTz;
  return 0;
}

}  // namespace lakehouse::ingest
