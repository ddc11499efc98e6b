#pragma once
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string>

#include "lakehouse/base/metrics.h"
#include "lakehouse/base/task_group.h"

namespace lakehouse::net {

/// Threads that run what blocks, with a queue in front. Tasks belong to whoever asked: where several ask, they take turns, and nobody has
/// all threads, nor all places of the queue, while others asked within the last 10 s. Thread-safe.
class WorkerPool {
 public:
  using Task = std::move_only_function<void()>;
  /// `depth` shows how many tasks wait.
  WorkerPool(const std::string& name, std::size_t threads, std::size_t capacity, Gauge& depth);
  ~WorkerPool() { Stop(); }

  enum class Admission { kTaken, kFull, kTooManyOfOne };
  /// New work of `who`. The task is dropped unless it is taken: `capacity` tasks wait already, or three quarters of that are this one's and
  /// there is company; kFull after Stop.
  Admission TryPush(Task task, const std::string& who);
  /// Nobody else asked within the last 10 s: work of `who` that is done elsewhere takes no turn from anybody. Counts as asking.
  bool IsAlone(const std::string& who);
  /// The rest of work that was let in before, so not subject to the capacity; there is at most one per connection. Dropped
  /// after Stop. Of nobody: never kept waiting for another task of the same.
  void Push(Task task, const std::string& who = {});
  /// Runs what waits, then joins.
  void Stop();

 private:
  struct Lane {
    std::deque<Task> waiting;
    std::size_t running = 0;
  };
  void Run();
  // Under the lock:
  void See(const std::string& who);
  bool HasCompany(const std::string& who) const;
  void Add(Task task, const std::string& who);
  std::list<std::string>::iterator NextTurn();

  const std::size_t capacity_;
  const std::size_t most_threads_of_one_;  ///< in company
  Gauge& depth_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, Lane> lanes_;  ///< of those who wait or run
  std::list<std::string> turns_;       ///< who waits, the next first
  std::size_t waiting_ = 0;
  struct Seen {
    std::string who;
    std::int64_t at_ns = 0;
  };
  Seen seen_[2];  ///< the last two who asked, the newest first
  bool stopping_ = false;
  TaskGroup threads_;
};

}  // namespace lakehouse::net
