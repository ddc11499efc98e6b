#include "unsettled_keys.h"

#include <chrono>
#include <utility>

namespace lakehouse::storage {

UnsettledKeys::Change::Change(UnsettledKeys& keys, std::string key) : keys_(keys), key_(std::move(key)), number_(keys.Begin(key_)) {}

UnsettledKeys::Change::~Change() {
  {
    auto state = keys_.state_.Lock();
    const auto found = state->changes.find(key_);
    found->second.erase(number_);
    if (found->second.empty()) state->changes.erase(found);
  }
  keys_.settled_.notify_all();
}

void UnsettledKeys::Change::BecomesDoubtful() { keys_.state_.Lock()->doubtful.insert(key_); }

std::uint64_t UnsettledKeys::Begin(const std::string& key) {
  auto state = state_.Lock();
  const std::uint64_t number = state->next_number++;
  state->changes[key].insert(number);
  return number;
}

Status UnsettledKeys::Await(const Context& ctx, const std::string& key) {
  auto state = state_.Lock();
  const std::uint64_t later = state->next_number;
  const auto settled = [&] {
    const auto found = state->changes.find(key);
    return found == state->changes.end() || *found->second.begin() >= later;
  };
  while (!settled()) {
    LH_TRY(ctx.Check());
    // Wakes up now and then to see whether the caller still waits: a sync may hang for as long as a disk does.
    settled_.wait_for(state.lock(), std::chrono::milliseconds(50), settled);
  }
  if (!state->doubtful.contains(key)) return Ok{};
  return Error(ErrorCode::kUnavailable,
               "key \"" + key + "\" was written, but its directory could not be synced, so nobody can say whether it is on disk: " +
                   "check the disk, then open the store again")
      .Named("store_failed");
}

}  // namespace lakehouse::storage
