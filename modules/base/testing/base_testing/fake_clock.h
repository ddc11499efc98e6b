#pragma once
#include <atomic>
#include <cstdint>

#include "lakehouse/base/clock.h"

namespace lakehouse {

/// Stands still until the test moves it. Thread-safe.
class FakeClock final : public Clock {
 public:
  static constexpr std::int64_t kStart = 1'700'000'000'000'000;  ///< 2023-11-14T22:13:20Z
  explicit FakeClock(std::int64_t wall_micros = kStart) : wall_micros_(wall_micros) {}

  std::int64_t WallMicros() const override { return wall_micros_; }
  std::int64_t SteadyNanos() const override { return steady_nanos_; }

  /// Both clocks, forward.
  void AdvanceMicros(std::int64_t micros) {
    wall_micros_ += micros;
    steady_nanos_ += micros * 1000;
  }
  void AdvanceMs(std::int64_t ms) { AdvanceMicros(ms * 1000); }
  /// The wall clock alone, either way, as an operator or NTP does it.
  void SetWallMicros(std::int64_t wall_micros) { wall_micros_ = wall_micros; }

 private:
  std::atomic<std::int64_t> wall_micros_;
  std::atomic<std::int64_t> steady_nanos_{1'000'000'000};
};

}  // namespace lakehouse
