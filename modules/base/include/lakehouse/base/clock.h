#pragma once
#include <cstdint>
#include <string>

namespace lakehouse {

/// Where time comes from. Order never rests on wall time: it labels. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Microseconds since 1970, UTC. May jump either way.
  virtual std::int64_t WallMicros() const = 0;
  /// Nanoseconds since some start. Never goes back.
  virtual std::int64_t SteadyNanos() const = 0;
};

/// This machine's clocks. One for the process.
const Clock& SystemClock();

/// "2026-11-21T14:03:05.123456Z" (RFC 3339, UTC, always six digits). Years 0 to 9999.
std::string FormatTime(std::int64_t wall_micros);

}  // namespace lakehouse
