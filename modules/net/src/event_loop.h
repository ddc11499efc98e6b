#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "lakehouse/base/file.h"
#include "lakehouse/base/result.h"

namespace lakehouse::net {

/// Waits for sockets (epoll, edge-triggered) and runs what other threads post. All methods but Post and Stop belong to the
/// thread that runs it, or to the time before Run.
class EventLoop {
 public:
  using Task = std::move_only_function<void()>;
  class Handler {
   public:
    virtual ~Handler() = default;
    /// Bits of epoll_wait(2).
    virtual void OnEvents(std::uint32_t events) = 0;
  };

  static Result<std::unique_ptr<EventLoop>> Create();
  ~EventLoop();

  /// Until Stop. `on_tick` runs every `tick_ms` or a little later.
  void Run(std::int64_t tick_ms, const std::function<void()>& on_tick);
  /// Any thread. Tasks run in the order in which they were posted, and all that were posted before Stop do; what is posted after the end
  /// of Run is dropped with the loop.
  void Post(Task task);
  /// Any thread.
  void Stop();

  /// The handler must stay alive until the round in which it was removed has ended: see Defer.
  Status Add(int fd, std::uint32_t events, Handler* handler);
  void Remove(int fd);
  /// Runs at the end of the current round of events.
  void Defer(Task task) { deferred_.push_back(std::move(task)); }
  /// Steady clock, read once per round.
  std::int64_t now_ns() const { return now_ns_; }

 private:
  EventLoop(UniqueFd epoll, UniqueFd wake) : epoll_(std::move(epoll)), wake_(std::move(wake)) {}
  void Wake();
  void RunPosted();
  void RunDeferred();

  UniqueFd epoll_;
  UniqueFd wake_;
  std::int64_t now_ns_ = 0;
  std::vector<Task> deferred_;
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::vector<Task> posted_;  ///< under mutex_; a wake-up is under way when it is not empty
};

}  // namespace lakehouse::net
