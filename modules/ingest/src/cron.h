#pragma once
#include <bitset>
#include <cstdint>
#include <optional>
#include <string_view>

#include "lakehouse/base/result.h"
#include "time_zone.h"

namespace lakehouse::ingest {

/// When something is to happen, by the clock on the wall: minute, hour, day of the month, month, day of the week (0 or 7: Sunday), each
/// "*", "5", "1-5", "*/15", "8-18/2" or several with commas. Of the two days one has to fit when both are given.
class Cron {
 public:
  /// kInvalidArgument "bad_cron".
  static Result<Cron> Parse(std::string_view text);
  /// The first time after this one, at the beginning of a minute; nothing within four years. When clocks go forward, what lay in the hour
  /// that is left out happens at its end; when they go back, what names its hour happens the first time only.
  std::optional<std::int64_t> NextAfter(std::int64_t utc_seconds, const TimeZone& zone) const;

 private:
  bool IsDay(std::int64_t local_seconds) const;
  bool IsMinute(std::int64_t local_seconds) const;
  std::bitset<64> minutes_, hours_, days_, months_, weekdays_;
  bool any_hour_ = false, any_day_ = false, any_weekday_ = false;
};

/// "90s", "15m", "6h", "1d" in milliseconds, of a second at least. kInvalidArgument "bad_schedule".
Result<std::int64_t> ParseInterval(std::string_view text);

}  // namespace lakehouse::ingest
