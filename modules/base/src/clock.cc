#include "lakehouse/base/clock.h"

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace lakehouse {
namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;

class MachineClock final : public Clock {
 public:
  std::int64_t WallMicros() const override {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
  }
  std::int64_t SteadyNanos() const override {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
  }
};

}  // namespace

const Clock& SystemClock() {
  static const MachineClock kMachineClock;
  return kMachineClock;
}

std::string FormatTime(std::int64_t wall_micros) {
  constexpr std::int64_t kFirst = -62'167'219'200 * kMicrosPerSecond;     // 0000-01-01T00:00:00
  constexpr std::int64_t kLast = 253'402'300'800 * kMicrosPerSecond - 1;  // 9999-12-31T23:59:59.999999
  const std::chrono::microseconds since_1970(std::clamp(wall_micros, kFirst, kLast));
  const auto day = std::chrono::floor<std::chrono::days>(since_1970);
  const std::chrono::year_month_day date{std::chrono::sys_days(day)};
  const std::int64_t in_day = (since_1970 - day).count();
  const auto seconds = static_cast<int>(in_day / kMicrosPerSecond);
  char text[64];
  const int size = std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ", static_cast<int>(date.year()),
                                 static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), seconds / 3600, seconds / 60 % 60,
                                 seconds % 60, static_cast<int>(in_day % kMicrosPerSecond));
  return std::string(text, static_cast<std::size_t>(size));
}

}  // namespace lakehouse
