#pragma once
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/result.h"

/// Named places at which a test makes this process fail: LAKEHOUSE_FAILPOINTS="catalog.after_put:2:kill,storage.before_sync:1:error".
/// name:nth:action, nth from 1. Actions: kill (SIGKILL to self at the nth hit), stop (SIGSTOP at the nth hit), error
/// (kUnavailable, reason "failpoint", at the nth hit), errors (at the nth and every later one), delay_<ms> (at the nth and
/// every later one). A name may have several. All but the delay say so on standard error when they act. Costs one relaxed load
/// when nothing is asked for. Thread-safe.
namespace lakehouse {

struct FailpointRule {
  enum class Action { kKill, kStop, kError, kErrors, kDelay };
  std::int64_t nth = 1;
  Action action = Action::kError;
  std::int64_t delay_ms = 0;
};

/// One place in the code. Define it at namespace scope in a .cc:  Failpoint after_put("catalog.after_put");
class Failpoint {
 public:
  /// The name must outlive it.
  explicit Failpoint(const char* name);
  ~Failpoint();
  Failpoint(const Failpoint&) = delete;
  Failpoint& operator=(const Failpoint&) = delete;

  /// Ok unless a test asked otherwise.  LH_TRY(after_put.Hit());
  Status Hit() {
    if (!armed_.load(std::memory_order_relaxed)) [[likely]]
      return Ok{};
    return HitArmed();
  }
  const char* name() const { return name_; }

 private:
  friend Status ArmFailpoints(std::string_view rules);
  friend std::vector<std::string> AllFailpoints();
  Status HitArmed();

  const char* name_;
  std::atomic<bool> armed_{false};
  // The one mutex of all failpoints protects these.
  Failpoint* next_ = nullptr;
  std::vector<FailpointRule> rules_;
  std::int64_t hits_ = 0;
};

/// Replaces what is armed in this process and sets all counts to 0; "" disarms everything. kInvalidArgument, with nothing
/// changed: a malformed rule, or a name that no failpoint of this binary has.
Status ArmFailpoints(std::string_view rules);

/// The same with LAKEHOUSE_FAILPOINTS: main calls it first, so that a misspelt name is loud instead of a test of nothing.
Status CheckFailpoints();

/// Sorted names of all failpoints linked into this binary, so that a test can hit them all.
std::vector<std::string> AllFailpoints();

}  // namespace lakehouse
