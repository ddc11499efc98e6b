#include "result_drainer.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace lakehouse::query {
namespace {

constexpr std::chrono::milliseconds kLookAgain{100};

}  // namespace

ResultDrainer::ResultDrainer(std::int64_t lag_ms, std::function<bool()> is_wanted) : lag_ms_(lag_ms), is_wanted_(std::move(is_wanted)) {
  if (lag_ms_ > 0) tasks_.Start("drain", [this](std::stop_token stop) { Run(std::move(stop)); });
}

ResultDrainer::~ResultDrainer() {
  {
    const std::scoped_lock lock(mutex_);
    busy_stop_.request_stop();
  }
  tasks_.StopAndJoin();
}

void ResultDrainer::Add(Drainable& result) {
  const std::scoped_lock lock(mutex_);
  results_.push_back(&result);
  changed_.notify_all();
}

void ResultDrainer::Remove(Drainable& result) {
  std::unique_lock lock(mutex_);
  std::erase(results_, &result);
  if (busy_ == &result) busy_stop_.request_stop();
  changed_.wait(lock, [&] { return busy_ != &result; });
}

void ResultDrainer::Run(std::stop_token stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (!changed_.wait(lock, stop, [this] { return !results_.empty(); })) return;
    changed_.wait_for(lock, stop, kLookAgain, [] { return false; });
    if (stop.stop_requested() || results_.empty() || !is_wanted_()) continue;
    const auto lagging = std::ranges::find_if(results_, [this](Drainable* result) { return result->LagsFor(lag_ms_); });
    if (lagging == results_.end()) continue;
    busy_ = *lagging;
    busy_stop_ = std::stop_source();
    const std::stop_token stop_this = busy_stop_.get_token();
    // The next one first, next time.
    std::rotate(results_.begin(), lagging + 1, results_.end());
    lock.unlock();
    busy_->Drain(stop_this);
    lock.lock();
    busy_ = nullptr;
    changed_.notify_all();
  }
}

}  // namespace lakehouse::query
