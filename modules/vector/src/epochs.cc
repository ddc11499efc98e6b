#include "epochs.h"

#include <algorithm>
#include <functional>
#include <thread>
#include <utility>

namespace lakehouse::vector {

Epochs::Reader::Reader(Epochs& epochs) {
  // A thread finds its own slot free, nearly always. More readers than slots wait for one of them, in turns.
  std::size_t at = std::hash<std::thread::id>{}(std::this_thread::get_id());
  for (std::size_t tries = 0;; ++tries) {
    slot_ = &epochs.slots_[at++ % kSlots].epoch;
    std::uint64_t nobody = 0;
    if (slot_->compare_exchange_strong(nobody, epochs.epoch_.load())) return;
    if (tries % kSlots == kSlots - 1) std::this_thread::yield();
  }
}

void Epochs::Retire(std::function<void()> free) {
  const std::scoped_lock lock(mutex_);
  retired_.push_back({epoch_.fetch_add(1), std::move(free)});
}

void Epochs::Collect(bool all) {
  std::vector<Retired> gone;
  {
    const std::scoped_lock lock(mutex_);
    std::uint64_t oldest = epoch_.load() + 1;
    for (const Slot& slot : slots_)
      if (const std::uint64_t epoch = slot.epoch.load(); epoch != 0) oldest = std::min(oldest, epoch);
    const auto keeps = [&](const Retired& retired) { return !all && retired.epoch >= oldest; };
    const auto split = std::stable_partition(retired_.begin(), retired_.end(), keeps);
    gone.assign(std::make_move_iterator(split), std::make_move_iterator(retired_.end()));
    retired_.erase(split, retired_.end());
  }
  for (const Retired& retired : gone) retired.free();
}

}  // namespace lakehouse::vector
