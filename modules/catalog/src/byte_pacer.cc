#include "byte_pacer.h"

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "lakehouse/base/clock.h"

namespace lakehouse::catalog {

Status BytePacer::Spend(const Context& context, std::int64_t bytes) {
  LH_TRY(context.Check());
  if (bytes_per_second_ <= 0) return Ok{};
  if (started_ns_ == 0) started_ns_ = SystemClock().SteadyNanos();
  spent_ += bytes;
  const double due_s = static_cast<double>(spent_) / static_cast<double>(bytes_per_second_);
  const double passed_s = static_cast<double>(SystemClock().SteadyNanos() - started_ns_) / 1e9;
  if (due_s <= passed_s) return Ok{};
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, context.cancel, std::chrono::duration<double>(due_s - passed_s), [] { return false; });
  return context.Check();
}

}  // namespace lakehouse::catalog
