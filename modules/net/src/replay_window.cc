#include "lakehouse/net/replay_window.h"

#include "lakehouse/base/json_view.h"

namespace lakehouse::net {
namespace {
constexpr std::string_view kStale = "stale_window";
constexpr std::int64_t kNanosPerMs = 1'000'000;
constexpr std::size_t kLongestNonce = 64;  // so that a remembered nonce is small, whoever sent it
}  // namespace

ReplayWindow::ReplayWindow(Options options, const Clock& clock, Random& random) : options_(options), clock_(clock), random_(random) {
  auto state = state_.Lock();
  Rotate(*state);
  state->previous.clear();  // nothing was sealed for it
}

void ReplayWindow::Rotate(State& state) const {
  constexpr std::size_t kWindowOctets = 16;
  state.previous = std::move(state.current);
  state.previous_nonces = std::move(state.current_nonces);
  state.current = random_.Hex(kWindowOctets);
  state.current_nonces.clear();
  state.started_ns = clock_.SteadyNanos();
}

Status ReplayWindow::Admit(std::string_view window, std::string_view nonce) {
  if (nonce.empty() || nonce.size() > kLongestNonce) return Error(ErrorCode::kInvalidArgument, "a call needs a nonce of 1 to 64 octets");
  auto state = state_.Lock();
  const std::int64_t age_ns = clock_.SteadyNanos() - state->started_ns;
  const std::int64_t window_ns = options_.window_ms * kNanosPerMs;
  if (age_ns >= window_ns || state->current_nonces.size() >= options_.max_nonces) {
    Rotate(*state);
    if (age_ns >= 2 * window_ns) {  // nobody called for long: the window before is too old as well
      state->previous.clear();
      state->previous_nonces.clear();
    }
  }
  const bool is_current = window == state->current;
  if (!is_current && (window.empty() || window != state->previous)) {
    return Error(ErrorCode::kUnauthenticated, "the call was sealed for another window; it did not run: seal it again")
        .Named(std::string(kStale))
        .WithDetails("\"" + state->current + "\"");
  }
  auto& seen = is_current ? state->current_nonces : state->previous_nonces;
  if (!is_current && seen.size() >= options_.max_nonces + options_.max_nonces / 2) {  // latecomers are few; bound them all the same
    state->previous.clear();
    state->previous_nonces.clear();
    return Error(ErrorCode::kUnauthenticated, "the call was sealed for another window; it did not run: seal it again")
        .Named(std::string(kStale))
        .WithDetails("\"" + state->current + "\"");
  }
  if (!seen.emplace(nonce).second)
    return Error(ErrorCode::kUnauthenticated, "this very call has come before; it does not run twice").Named("replayed");
  return Ok{};
}

std::size_t ReplayWindow::remembered() const {
  auto state = state_.Lock();
  return state->current_nonces.size() + state->previous_nonces.size();
}

std::string StaleWindowOf(const Error& error) {
  if (error.reason() != kStale) return {};
  const auto document = JsonDocument::Parse(error.details());
  if (!document) return {};
  return std::string(document->root().AsString().value_or(""));
}

}  // namespace lakehouse::net
