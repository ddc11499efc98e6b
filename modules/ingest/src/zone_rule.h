#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace lakehouse::ingest {

/// How the clocks of a place go from some time on, for ever: the rule at the end of a file of tzdata, in the words of POSIX's TZ with the
/// hours of RFC 8536 (-167 to 167): "CET-1CEST,M3.5.0,M10.5.0/3", "<+0530>-5:30".
class ZoneRule {
 public:
  /// Nothing: it is no such rule.
  static std::optional<ZoneRule> Parse(std::string_view text);
  /// Seconds to add to this time of UTC.
  std::int64_t OffsetAt(std::int64_t utc_seconds) const;

 private:
  /// A day of every year, and a time of it.
  struct Change {
    enum class Day { kMonthWeekDay, kWithoutLeapDay, kFromZero } kind = Day::kMonthWeekDay;
    int month = 0, week = 0, day = 0;  ///< Mm.w.d; of Jn and n only day
    std::int64_t seconds = 7'200;      ///< after its midnight
  };
  static std::optional<Change> ReadChange(std::string_view& text);
  static std::int64_t LocalSeconds(const Change& change, int year);

  std::int64_t standard_ = 0, summer_ = 0;
  bool has_summer_ = false;
  Change begin_, end_;
};

}  // namespace lakehouse::ingest
