#pragma once
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "lakehouse/base/result.h"

namespace lakehouse {

/// A point on this machine's steady clock; travels between processes as the time that is left, so that clocks need not agree.
/// <chrono> stays out: it costs every file that names a Context a quarter of a second.
class Deadline {
 public:
  Deadline() = default;  ///< never
  static Deadline After(std::int64_t timeout_ms);
  /// Nothing when there is no deadline; 0 when it has passed.
  std::optional<std::int64_t> RemainingMs() const;
  /// The earlier of the two.
  Deadline Or(Deadline other) const;

 private:
  std::optional<std::int64_t> steady_ns_;
};

/// Who asks, on whose behalf, until when, and whether still. The first parameter of everything that blocks. A value: copies
/// share the cancellation.
struct Context {
  std::string principal;
  std::string trace;  ///< the request id: the same on every daemon a request touches
  Deadline deadline;
  std::stop_token cancel;

  /// kCancelled or kDeadlineExceeded once the work is no longer wanted. A service method starts with it, long loops repeat it.
  Status Check() const;
};

}  // namespace lakehouse
