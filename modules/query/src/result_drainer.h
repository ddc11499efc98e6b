#pragma once
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stop_token>
#include <vector>

#include "lakehouse/base/task_group.h"

namespace lakehouse::query {

/// A result that can be taken from its worker while nobody reads it.
class Drainable {
 public:
  virtual ~Drainable() = default;
  /// Nobody has asked for its octets for this long, and there are some that wait in a worker.
  virtual bool LagsFor(std::int64_t lag_ms) = 0;
  /// Takes what there is, until it is asked for octets itself, or has no more room, or `stop`.
  virtual void Drain(std::stop_token stop) = 0;
};

/// Frees workers from readers that take their time: while others wait for a worker, results that lag are drained, one after the other.
/// Thread-safe; one thread of its own.
class ResultDrainer {
 public:
  /// `is_wanted`: somebody waits for a worker.
  ResultDrainer(std::int64_t lag_ms, std::function<bool()> is_wanted);
  ~ResultDrainer();

  void Add(Drainable& result);
  /// Afterwards it is not touched any more. Stops a Drain of it that is under way.
  void Remove(Drainable& result);

 private:
  void Run(std::stop_token stop);

  const std::int64_t lag_ms_;
  const std::function<bool()> is_wanted_;
  std::mutex mutex_;
  // Guarded by mutex_:
  std::condition_variable_any changed_;
  std::vector<Drainable*> results_;
  Drainable* busy_ = nullptr;
  std::stop_source busy_stop_;
  TaskGroup tasks_;
};

}  // namespace lakehouse::query
