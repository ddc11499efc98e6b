#pragma once
#include <mutex>
#include <shared_mutex>
#include <utility>

#include "lake_state.h"

namespace lakehouse::catalog {

/// The lake as this process knows it: many readers, and one writer at a time. Readers take out pointers to immutable datasets
/// and let go.
class SharedLake {
 public:
  template <typename Reader>
  auto Read(Reader read) const {
    const std::shared_lock lock(mutex_);
    return read(state_);
  }
  template <typename Writer>
  auto Write(Writer write) {
    const std::unique_lock lock(mutex_);
    return write(state_);
  }
  /// For the one thread that writes, which may read without the lock: nobody else changes the state.
  const LakeState& AsWriter() const { return state_; }

  LogHead head() const {
    return Read([](const LakeState& state) { return state.head(); });
  }

 private:
  mutable std::shared_mutex mutex_;
  LakeState state_;
};

}  // namespace lakehouse::catalog
