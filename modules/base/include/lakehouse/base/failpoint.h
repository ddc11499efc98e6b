#pragma once
#include <atomic>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/result.h"

/// Named places at which a test makes this process fail: LAKEHOUSE_FAILPOINTS="catalog.after_put:2:kill,storage.before_sync:1:error".
/// name:nth:action. Actions: kill (SIGKILL to self at the nth hit), error (kUnavailable at the nth hit), errors (at the nth
/// and every later one), delay_<ms>, stop (SIGSTOP at the nth hit). Costs one relaxed load when the variable is not set.
/// Every name is listed by AllFailpoints(), so that a test can hit them all.
namespace lakehouse {

/// One place in the code. Define it at namespace scope in a .cc:  Failpoint after_put("catalog.after_put");
class Failpoint {
 public:
  explicit Failpoint(const char* name);
  /// Ok unless a test asked otherwise.  LH_TRY(after_put.Hit());
  Status Hit() { return armed_ ? HitArmed() : Status(Ok{}); }
  const char* name() const { return name_; }

 private:
  Status HitArmed();
  const char* name_;
  bool armed_ = false;
  long nth_ = 0;
  std::string action_;
  std::atomic<long> hits_{0};
};

/// Sorted names of all failpoints linked into this binary.
std::vector<std::string> AllFailpoints();

}  // namespace lakehouse
