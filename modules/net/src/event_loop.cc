#include "event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>

#include "lakehouse/base/clock.h"

namespace lakehouse::net {

Result<std::unique_ptr<EventLoop>> EventLoop::Create() {
  UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll) return FileError("epoll_create1", "event loop", errno);
  UniqueFd wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake) return FileError("eventfd", "event loop", errno);
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.ptr = nullptr;  // stands for the wake-up
  if (epoll_ctl(epoll.get(), EPOLL_CTL_ADD, wake.get(), &event) != 0) return FileError("epoll_ctl", "event loop", errno);
  std::unique_ptr<EventLoop> loop(new EventLoop(std::move(epoll), std::move(wake)));
  loop->now_ns_ = SystemClock().SteadyNanos();
  return loop;
}

EventLoop::~EventLoop() = default;

Status EventLoop::Add(int fd, std::uint32_t events, Handler* handler) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = handler;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return FileError("epoll_ctl", "socket", errno);
  return Ok{};
}

void EventLoop::Remove(int fd) { epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr); }

void EventLoop::Wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = write(wake_.get(), &one, sizeof one);  // full means that a wake-up is under way
}

void EventLoop::Post(Task task) {
  bool was_empty = false;
  {
    const std::lock_guard lock(mutex_);
    was_empty = posted_.empty();
    posted_.push_back(std::move(task));
  }
  if (was_empty) Wake();
}

void EventLoop::Stop() {
  stop_.store(true);
  Wake();
}

void EventLoop::RunPosted() {
  std::vector<Task> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(posted_);
  }
  for (Task& task : tasks) task();
}

void EventLoop::RunDeferred() {
  while (!deferred_.empty()) {
    std::vector<Task> tasks;
    tasks.swap(deferred_);
    for (Task& task : tasks) task();
  }
}

void EventLoop::Run(std::int64_t tick_ms, const std::function<void()>& on_tick) {
  constexpr std::int64_t kNsPerMs = 1'000'000;
  std::array<epoll_event, 256> events;
  std::int64_t next_tick_ns = SystemClock().SteadyNanos();
  while (!stop_.load()) {
    now_ns_ = SystemClock().SteadyNanos();
    if (now_ns_ >= next_tick_ns) {
      on_tick();
      RunDeferred();
      next_tick_ns = now_ns_ + tick_ms * kNsPerMs;
    }
    const std::int64_t wait_ms = std::max<std::int64_t>(0, (next_tick_ns - now_ns_ + kNsPerMs - 1) / kNsPerMs);
    const int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), static_cast<int>(wait_ms));
    now_ns_ = SystemClock().SteadyNanos();
    bool is_woken = false;
    for (int i = 0; i < count; ++i) {
      auto* handler = static_cast<Handler*>(events[static_cast<std::size_t>(i)].data.ptr);
      if (handler == nullptr)
        is_woken = true;
      else
        handler->OnEvents(events[static_cast<std::size_t>(i)].events);
    }
    // The wake-up is edge-triggered: its counter need not be read.
    if (is_woken) RunPosted();
    RunDeferred();
  }
  // Stop may be seen before the wake-up of what was posted ahead of it, such as that the listener closes.
  RunPosted();
  RunDeferred();
}

}  // namespace lakehouse::net
