#pragma once
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>

#include "lakehouse/base/metrics.h"
#include "lakehouse/base/task_group.h"

namespace lakehouse::net {

/// Threads that run what blocks, with a queue in front. Thread-safe.
class WorkerPool {
 public:
  using Task = std::move_only_function<void()>;
  /// `depth` shows how many tasks wait.
  WorkerPool(const std::string& name, std::size_t threads, std::size_t capacity, Gauge& depth);
  ~WorkerPool() { Stop(); }

  /// New work. False, with the task dropped, when `capacity` tasks wait already or after Stop.
  bool TryPush(Task task);
  /// The rest of work that was let in before, so not subject to the capacity; there is at most one per connection. Dropped
  /// after Stop.
  void Push(Task task);
  /// Runs what waits, then joins.
  void Stop();

 private:
  void Run();
  const std::size_t capacity_;
  Gauge& depth_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> waiting_;
  bool stopping_ = false;
  TaskGroup threads_;
};

}  // namespace lakehouse::net
