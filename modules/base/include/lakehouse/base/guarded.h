#pragma once
#include <mutex>
#include <utility>

namespace lakehouse {

/// Data that can only be reached through its lock.
///   Guarded<State> state_;   auto state = state_.Lock();   state->count++;
template <typename T>
class Guarded {
 public:
  class Locked {
   public:
    T* operator->() { return data_; }
    T& operator*() { return *data_; }
    /// For a condition_variable wait.
    std::unique_lock<std::mutex>& lock() { return lock_; }

   private:
    friend Guarded;
    Locked(std::mutex& mutex, T& data) : lock_(mutex), data_(&data) {}
    std::unique_lock<std::mutex> lock_;
    T* data_;
  };

  Guarded() = default;
  explicit Guarded(T data) : data_(std::move(data)) {}
  [[nodiscard]] Locked Lock() { return Locked(mutex_, data_); }

 private:
  std::mutex mutex_;
  T data_{};
};

}  // namespace lakehouse
