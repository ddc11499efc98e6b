#pragma once
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "lakehouse/base/clock.h"
#include "lakehouse/base/guarded.h"
#include "lakehouse/base/result.h"

namespace lakehouse::embed {

/// Keeps callers from a provider that is in trouble, so that none of them waits for what will not come. Thread-safe.
class ProviderHealth {
 public:
  ProviderHealth(const Clock& clock, std::int64_t longest_pause_ms) : clock_(clock), longest_pause_ms_(longest_pause_ms) {}

  /// The last error, while the pause after it lasts.
  Status Check() const {
    auto state = state_.Lock();
    if (!state->trouble || clock_.SteadyNanos() >= state->until_ns) return Ok{};
    return *state->trouble;
  }
  void Worked() { *state_.Lock() = State(); }
  /// `pause_ms`: what the provider asks for; nothing: 1 s, and twice as long each time.
  void Failed(const Error& error, std::optional<std::int64_t> pause_ms) {
    auto state = state_.Lock();
    state->trouble = error;
    state->next_pause_ms = std::min(state->next_pause_ms, longest_pause_ms_);
    state->until_ns = clock_.SteadyNanos() + pause_ms.value_or(state->next_pause_ms) * 1'000'000;
    state->next_pause_ms *= 2;
  }

 private:
  struct State {
    std::optional<Error> trouble;
    std::int64_t until_ns = 0;
    std::int64_t next_pause_ms = 1'000;
  };
  const Clock& clock_;
  const std::int64_t longest_pause_ms_;
  mutable Guarded<State> state_;
};

}  // namespace lakehouse::embed
