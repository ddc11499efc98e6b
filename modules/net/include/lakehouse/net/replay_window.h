#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>

#include "lakehouse/base/clock.h"
#include "lakehouse/base/guarded.h"
#include "lakehouse/base/random.h"
#include "lakehouse/base/result.h"

namespace lakehouse::net {

/// Sees to it that a sealed call runs once. The receiver names a random window; a call is good only in the current window or the
/// one before, and each of its nonces once. So no two machines need agree on the time, a restart refuses every older call, and
/// memory is bounded: a window ends after `window_ms` of the receiver's steady clock or `max_nonces` calls, whichever is first.
/// Thread-safe.
class ReplayWindow {
 public:
  struct Options {
    std::int64_t window_ms = 5 * 60 * 1000;
    std::size_t max_nonces = 200'000;  ///< per window; some 100 octets each
  };
  ReplayWindow(Options options, const Clock& clock, Random& random);

  /// kUnauthenticated with reason "stale_window" (details: the window to seal with; the call did not run) or "replayed".
  Status Admit(std::string_view window, std::string_view nonce);
  std::size_t remembered() const;

 private:
  struct State {
    std::string current, previous;
    std::unordered_set<std::string> current_nonces, previous_nonces;
    std::int64_t started_ns = 0;
  };
  void Rotate(State& state) const;
  Options options_;
  const Clock& clock_;
  Random& random_;
  mutable Guarded<State> state_;
};

/// The window that the refusal names; nothing when the error is another.
std::string StaleWindowOf(const Error& error);

}  // namespace lakehouse::net
