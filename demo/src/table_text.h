#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace lakehouse::demo {

/// Days since 1970-01-01.
using Day = std::int32_t;
Day DayOf(int year, unsigned month, unsigned day);
/// The day on which the demo's company is looked at: nothing in it depends on the clock.
Day Today();
/// "2026-11-02"
void AppendDate(std::string& text, Day day);
/// At least `width` digits, with zeros in front.
void AppendDigits(std::string& text, std::uint64_t value, int width);
/// "W-000042" for ('W', 42, 6)
std::string Id(std::string_view prefix, std::uint64_t number, int width);

/// Builds CSV (RFC 4180, line feeds): fields of a row in order, then EndRow. Fields that need quotes get them.
class CsvText {
 public:
  explicit CsvText(std::string_view header, std::size_t expected_bytes);
  void Field(std::string_view value);
  void Integer(std::int64_t value);
  /// 1850 as 18.50
  void Cents(std::int64_t cents);
  void Date(Day day);
  void EndRow();
  std::string Take() && { return std::move(text_); }

 private:
  void Separate();
  std::string text_;
  bool row_is_empty_ = true;
};

}  // namespace lakehouse::demo
