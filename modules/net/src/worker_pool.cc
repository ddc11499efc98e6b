#include "worker_pool.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "lakehouse/base/clock.h"

namespace lakehouse::net {
namespace {

constexpr std::int64_t kCompanyNs = 10'000'000'000;
constexpr std::chrono::seconds kLookAgain(1);
constexpr std::string_view kAnonymous = "anonymous";  // pages that anybody may see are nobody's company

}  // namespace

WorkerPool::WorkerPool(const std::string& name, std::size_t threads, std::size_t capacity, Gauge& depth)
    : capacity_(capacity), most_threads_of_one_(std::max<std::size_t>(1, threads - (threads + 3) / 4)), depth_(depth) {
  for (std::size_t i = 0; i < threads; ++i) threads_.Start(name + std::to_string(i), [this](std::stop_token) { Run(); });
}

void WorkerPool::See(const std::string& who) {
  if (who == kAnonymous) return;
  if (seen_[0].who != who) seen_[1] = std::exchange(seen_[0], {who, 0});
  seen_[0].at_ns = SystemClock().SteadyNanos();
}

bool WorkerPool::HasCompany(const std::string& who) const {
  const std::int64_t now = SystemClock().SteadyNanos();
  return std::ranges::any_of(seen_,
                             [&](const Seen& other) { return other.at_ns > 0 && other.who != who && now - other.at_ns < kCompanyNs; });
}

void WorkerPool::Add(Task task, const std::string& who) {
  Lane& lane = lanes_[who];
  if (lane.waiting.empty()) turns_.push_back(who);
  lane.waiting.push_back(std::move(task));
  ++waiting_;
  depth_.Add(1);
}

WorkerPool::Admission WorkerPool::TryPush(Task task, const std::string& who) {
  {
    const std::lock_guard lock(mutex_);
    See(who);
    if (stopping_ || waiting_ >= capacity_) return Admission::kFull;
    const auto lane = lanes_.find(who);
    if (lane != lanes_.end() && lane->second.waiting.size() >= std::max<std::size_t>(1, capacity_ * 3 / 4) && HasCompany(who))
      return Admission::kTooManyOfOne;
    Add(std::move(task), who);
  }
  changed_.notify_one();
  return Admission::kTaken;
}

bool WorkerPool::IsAlone(const std::string& who) {
  const std::lock_guard lock(mutex_);
  See(who);
  return !HasCompany(who);
}

void WorkerPool::Push(Task task, const std::string& who) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    Add(std::move(task), who);
  }
  changed_.notify_one();
}

void WorkerPool::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  threads_.StopAndJoin();
}

/// Whose task a free thread takes; the end when it has to leave what waits to a thread that works for the same one.
std::list<std::string>::iterator WorkerPool::NextTurn() {
  return std::ranges::find_if(turns_, [this](const std::string& who) {
    return stopping_ || who.empty() || lanes_.at(who).running < most_threads_of_one_ || !HasCompany(who);
  });
}

void WorkerPool::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    auto turn = turns_.end();
    while ((turn = NextTurn()) == turns_.end()) {
      if (stopping_) return;
      if (turns_.empty())
        changed_.wait(lock);
      else
        changed_.wait_for(lock, kLookAgain);  // whoever waits may be alone by now
    }
    const std::string who = *turn;
    Lane& lane = lanes_.at(who);
    ++lane.running;
    --waiting_;
    depth_.Add(-1);
    {
      Task task = std::move(lane.waiting.front());
      lane.waiting.pop_front();
      turns_.splice(turns_.end(), turns_, turn);
      if (lane.waiting.empty()) turns_.pop_back();
      if (NextTurn() != turns_.end()) changed_.notify_one();
      lock.unlock();
      task();
    }  // what the task holds is released outside the lock
    lock.lock();
    if (--lane.running == 0 && lane.waiting.empty()) lanes_.erase(who);
  }
}

}  // namespace lakehouse::net
