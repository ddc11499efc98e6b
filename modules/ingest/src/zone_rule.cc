#include "zone_rule.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

namespace lakehouse::ingest {
namespace {

constexpr std::int64_t kHourSeconds = 3'600, kDaySeconds = 86'400;

bool TakeOne(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

/// "CET" or "<+0530>".
bool TakeLetters(std::string_view& text) {
  if (text.starts_with('<')) {
    const std::size_t end = text.find('>');
    if (end == std::string_view::npos || end < 2) return false;
    text.remove_prefix(end + 1);
    return true;
  }
  const auto* const end =
      std::find_if(text.begin(), text.end(), [](char c) { return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')); });
  const auto length = static_cast<std::size_t>(end - text.begin());
  text.remove_prefix(length);
  return length >= 3;
}

std::optional<int> TakeNumber(std::string_view& text, int most) {
  int number = 0;
  std::size_t digits = 0;
  for (; digits < text.size() && digits < 4 && text[digits] >= '0' && text[digits] <= '9'; ++digits)
    number = number * 10 + (text[digits] - '0');
  if (digits == 0 || number > most) return std::nullopt;
  text.remove_prefix(digits);
  return number;
}

/// "-1", "+5:30", "2:00:01", in seconds.
std::optional<std::int64_t> TakeTime(std::string_view& text) {
  const bool is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) text.remove_prefix(1);
  const auto hours = TakeNumber(text, 167);
  if (!hours) return std::nullopt;
  std::int64_t seconds = *hours * kHourSeconds;
  for (const std::int64_t unit : {std::int64_t{60}, std::int64_t{1}}) {
    if (!TakeOne(text, ':')) break;
    const auto part = TakeNumber(text, 59);
    if (!part) return std::nullopt;
    seconds += *part * unit;
  }
  return is_negative ? -seconds : seconds;
}

}  // namespace

std::optional<ZoneRule::Change> ZoneRule::ReadChange(std::string_view& text) {
  Change change;
  std::optional<int> month, week, day;
  if (TakeOne(text, 'M')) {
    month = TakeNumber(text, 12);
    if (!month || *month == 0 || !TakeOne(text, '.')) return std::nullopt;
    week = TakeNumber(text, 5);
    if (!week || *week == 0 || !TakeOne(text, '.')) return std::nullopt;
    day = TakeNumber(text, 6);
    change.month = *month, change.week = *week;
  } else {
    change.kind = TakeOne(text, 'J') ? Change::Day::kWithoutLeapDay : Change::Day::kFromZero;
    day = TakeNumber(text, 365);
    if (day && *day == 0 && change.kind == Change::Day::kWithoutLeapDay) return std::nullopt;
  }
  if (!day) return std::nullopt;
  change.day = *day;
  if (!TakeOne(text, '/')) return change;
  const auto time = TakeTime(text);
  if (!time) return std::nullopt;
  change.seconds = *time;
  return change;
}

std::optional<ZoneRule> ZoneRule::Parse(std::string_view text) {
  ZoneRule rule;
  if (!TakeLetters(text)) return std::nullopt;
  const auto west = TakeTime(text);
  if (!west) return std::nullopt;
  rule.standard_ = -*west;
  if (text.empty()) return rule;
  if (!TakeLetters(text)) return std::nullopt;
  rule.has_summer_ = true;
  rule.summer_ = rule.standard_ + kHourSeconds;
  if (!text.starts_with(',')) {
    const auto summer_west = TakeTime(text);
    if (!summer_west) return std::nullopt;
    rule.summer_ = -*summer_west;
  }
  for (Change* change : {&rule.begin_, &rule.end_}) {
    if (!TakeOne(text, ',')) return std::nullopt;
    const auto read = ReadChange(text);
    if (!read) return std::nullopt;
    *change = *read;
  }
  if (!text.empty()) return std::nullopt;
  return rule;
}

/// Since 1970, by the clocks of the place.
std::int64_t ZoneRule::LocalSeconds(const Change& change, int year_number) {
  using namespace std::chrono;
  const year y{year_number};
  sys_days date = sys_days(y / January / 1);
  switch (change.kind) {
    case Change::Day::kFromZero: date += days(change.day); break;
    case Change::Day::kWithoutLeapDay: date += days(change.day - 1 + (y.is_leap() && change.day >= 60 ? 1 : 0)); break;
    case Change::Day::kMonthWeekDay: {
      const year_month in = y / month(static_cast<unsigned>(change.month));
      const weekday day(static_cast<unsigned>(change.day));
      date = change.week == 5 ? sys_days(in / day[last]) : sys_days(in / day[static_cast<unsigned>(change.week)]);
      break;
    }
  }
  return date.time_since_epoch().count() * kDaySeconds + change.seconds;
}

std::int64_t ZoneRule::OffsetAt(std::int64_t utc_seconds) const {
  using namespace std::chrono;
  if (!has_summer_) return standard_;
  const year_month_day date(floor<days>(sys_seconds(seconds(utc_seconds))));
  std::array<std::pair<std::int64_t, std::int64_t>, 6> changes;  // when, in UTC, and what holds from then on
  std::size_t n = 0;
  for (int year = static_cast<int>(date.year()) - 1; n < changes.size(); ++year) {
    changes[n++] = {LocalSeconds(begin_, year) - standard_, summer_};
    changes[n++] = {LocalSeconds(end_, year) - summer_, standard_};
  }
  // Where one summer ends as the next begins, the year's later change stands behind.
  std::stable_sort(changes.begin(), changes.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::int64_t offset = changes.front().second == summer_ ? standard_ : summer_;
  for (const auto& [when, then] : changes)
    if (when <= utc_seconds) offset = then;
  return offset;
}

}  // namespace lakehouse::ingest
