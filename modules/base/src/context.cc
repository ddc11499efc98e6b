#include "lakehouse/base/context.h"

#include <algorithm>
#include <chrono>

namespace lakehouse {
namespace {
constexpr std::int64_t kNsPerMs = 1'000'000;
std::int64_t SteadyNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}
}  // namespace

Deadline Deadline::After(std::int64_t timeout_ms) {
  constexpr std::int64_t kYearMs = 365LL * 24 * 3600 * 1000;  // keeps a peer's number from overflowing ours
  Deadline deadline;
  deadline.steady_ns_ = SteadyNs() + std::clamp<std::int64_t>(timeout_ms, 0, kYearMs) * kNsPerMs;
  return deadline;
}

std::optional<std::int64_t> Deadline::RemainingMs() const {
  if (!steady_ns_) return std::nullopt;
  return std::max<std::int64_t>(0, (*steady_ns_ - SteadyNs() + kNsPerMs - 1) / kNsPerMs);
}

Deadline Deadline::Or(Deadline other) const {
  if (!steady_ns_ || (other.steady_ns_ && *other.steady_ns_ < *steady_ns_)) return other;
  return *this;
}

Status Context::Check() const {
  if (cancel.stop_requested()) return Error(ErrorCode::kCancelled, "the caller went away or the server is stopping");
  if (deadline.RemainingMs() == 0) return Error(ErrorCode::kDeadlineExceeded, "the deadline has passed");
  return Ok{};
}

}  // namespace lakehouse
