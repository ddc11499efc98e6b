#include "cron.h"

#include <charconv>
#include <chrono>
#include <string>

namespace lakehouse::ingest {
namespace {

constexpr std::int64_t kMinute = 60, kHour = 3'600, kDay = 86'400;
constexpr std::int64_t kFarthest = 4 * 366 * kDay;  // 29 February comes within it
constexpr std::int64_t kShortestMs = 1'000, kLongestMs = std::int64_t{366} * kDay * 1'000;

Error Bad() {
  return Error(ErrorCode::kInvalidArgument,
               "cron is minute, hour, day, month and weekday, as in \"30 6 * * 1-5\"; each is *, a number, a range 1-5, steps */15, or a "
               "list")
      .Named("bad_cron");
}

std::optional<int> NumberOf(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

Status ReadField(std::string_view field, int least, int most, std::bitset<64>& bits) {
  while (true) {
    std::string_view one = field.substr(0, field.find(','));
    int step = 1;
    if (const std::size_t slash = one.find('/'); slash != std::string_view::npos) {
      const auto number = NumberOf(one.substr(slash + 1));
      if (!number || *number == 0) return Bad();
      step = *number;
      one = one.substr(0, slash);
    }
    int from = least, to = most;
    if (one != "*") {
      const std::size_t dash = one.find('-');
      const auto first = NumberOf(one.substr(0, dash));
      const auto last = dash == std::string_view::npos ? (step > 1 ? std::optional(most) : first) : NumberOf(one.substr(dash + 1));
      if (!first || !last || *first < least || *last > most || *first > *last) return Bad();
      from = *first, to = *last;
    }
    for (int n = from; n <= to; n += step) bits.set(static_cast<std::size_t>(n));
    if (field.find(',') == std::string_view::npos) return Ok{};
    field.remove_prefix(field.find(',') + 1);
  }
}

}  // namespace

Result<Cron> Cron::Parse(std::string_view text) {
  Cron cron;
  std::string_view fields[5];
  for (std::string_view& field : fields) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    field = text.substr(0, text.find(' '));
    if (field.empty()) return Bad();
    text.remove_prefix(field.size());
  }
  if (text.find_first_not_of(' ') != std::string_view::npos) return Bad();
  LH_TRY(ReadField(fields[0], 0, 59, cron.minutes_));
  LH_TRY(ReadField(fields[1], 0, 23, cron.hours_));
  LH_TRY(ReadField(fields[2], 1, 31, cron.days_));
  LH_TRY(ReadField(fields[3], 1, 12, cron.months_));
  LH_TRY(ReadField(fields[4], 0, 7, cron.weekdays_));
  if (cron.weekdays_[7]) cron.weekdays_.set(0);
  cron.any_hour_ = fields[1].starts_with('*');
  cron.any_day_ = fields[2].starts_with('*');
  cron.any_weekday_ = fields[4].starts_with('*');
  return cron;
}

bool Cron::IsDay(std::int64_t local_seconds) const {
  using namespace std::chrono;
  const sys_days day = floor<days>(sys_seconds(seconds(local_seconds)));
  const year_month_day date(day);
  if (!months_[static_cast<unsigned>(date.month())]) return false;
  const bool is_day = days_[static_cast<unsigned>(date.day())], is_weekday = weekdays_[weekday(day).c_encoding()];
  return any_day_ || any_weekday_ ? is_day && is_weekday : is_day || is_weekday;
}

bool Cron::IsMinute(std::int64_t local_seconds) const {
  const std::int64_t in_day = ((local_seconds % kDay) + kDay) % kDay;
  return hours_[static_cast<std::size_t>(in_day / kHour)] && minutes_[static_cast<std::size_t>(in_day / kMinute % 60)];
}

std::optional<std::int64_t> Cron::NextAfter(std::int64_t utc_seconds, const TimeZone& zone) const {
  std::int64_t at = (utc_seconds / kMinute + 1) * kMinute;
  for (const std::int64_t end = at + kFarthest; at < end; at += kMinute) {
    const std::int64_t offset = zone.OffsetAt(at), before = zone.OffsetAt(at - kMinute);
    const std::int64_t local = at + offset;
    // Clocks went forward just now: what lay in between is due.
    for (std::int64_t skipped = at + before; offset > before && !any_hour_ && skipped < local; skipped += kMinute)
      if (IsDay(skipped) && IsMinute(skipped)) return at;
    if (!IsDay(local)) {
      // To the day's last minutes at once, but not past a change of the clocks.
      const std::int64_t rest = kDay - ((local % kDay) + kDay) % kDay - kMinute;
      if (rest > 0 && zone.OffsetAt(at + rest) == offset) at += rest;
      continue;
    }
    if (!IsMinute(local)) continue;
    // Clocks went back within the last hours: this minute was there before.
    bool was_there = false;
    for (std::int64_t back = kHour / 2; !any_hour_ && back <= 2 * kHour; back += kHour / 2)
      was_there = was_there || at - back + zone.OffsetAt(at - back) == local;
    if (!was_there) return at;
  }
  return std::nullopt;
}

Result<std::int64_t> ParseInterval(std::string_view text) {
  const auto bad = [] {
    return Error(ErrorCode::kInvalidArgument, "every is a time as in 90s, 15m, 6h or 1d, of a second at least and a year at most")
        .Named("bad_schedule");
  };
  const std::size_t unit_at = text.find_first_not_of("0123456789");
  if (unit_at == 0 || unit_at > 9 || unit_at + 1 != text.size()) return bad();
  const auto number = NumberOf(text.substr(0, unit_at));
  std::int64_t unit = 0;
  switch (text[unit_at]) {
    case 's': unit = 1'000; break;
    case 'm': unit = kMinute * 1'000; break;
    case 'h': unit = kHour * 1'000; break;
    case 'd': unit = kDay * 1'000; break;
    default: return bad();
  }
  if (!number) return bad();
  const std::int64_t interval = *number * unit;
  if (interval < kShortestMs || interval > kLongestMs) return bad();
  return interval;
}

}  // namespace lakehouse::ingest
