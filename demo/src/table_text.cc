#include "table_text.h"

#include <charconv>
#include <chrono>

namespace lakehouse::demo {
namespace {

void AppendInteger(std::string& text, std::int64_t value) {
  char digits[24];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), value).ptr;
  text.append(digits, end);
}

}  // namespace

Day DayOf(int year, unsigned month, unsigned day) {
  using std::chrono::sys_days;
  return static_cast<Day>(sys_days(std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day)).time_since_epoch().count());
}

Day Today() { return DayOf(2026, 11, 2); }

void AppendDigits(std::string& text, std::uint64_t value, int width) {
  char digits[24];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), value).ptr;
  for (auto missing = width - (end - digits); missing > 0; --missing) text += '0';
  text.append(digits, end);
}

void AppendDate(std::string& text, Day day) {
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(day))};
  AppendDigits(text, static_cast<unsigned>(static_cast<int>(date.year())), 4);
  text += '-';
  AppendDigits(text, static_cast<unsigned>(date.month()), 2);
  text += '-';
  AppendDigits(text, static_cast<unsigned>(date.day()), 2);
}

std::string Id(std::string_view prefix, std::uint64_t number, int width) {
  std::string id(prefix);
  id += '-';
  AppendDigits(id, number, width);
  return id;
}

CsvText::CsvText(std::string_view header, std::size_t expected_bytes) {
  text_.reserve(expected_bytes);
  text_ += header;
  text_ += '\n';
}

void CsvText::Separate() {
  if (!row_is_empty_) text_ += ',';
  row_is_empty_ = false;
}

void CsvText::Field(std::string_view value) {
  Separate();
  if (value.find_first_of(",\"\r\n") == std::string_view::npos) {
    text_ += value;
    return;
  }
  text_ += '"';
  for (const char c : value) {
    if (c == '"') text_ += '"';
    text_ += c;
  }
  text_ += '"';
}

void CsvText::Integer(std::int64_t value) {
  Separate();
  AppendInteger(text_, value);
}

void CsvText::Cents(std::int64_t cents) {
  Separate();
  AppendInteger(text_, cents / 100);
  text_ += '.';
  AppendDigits(text_, static_cast<std::uint64_t>(cents % 100), 2);
}

void CsvText::Date(Day day) {
  Separate();
  AppendDate(text_, day);
}

void CsvText::EndRow() {
  text_ += '\n';
  row_is_empty_ = true;
}

}  // namespace lakehouse::demo
