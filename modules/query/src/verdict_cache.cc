#include "verdict_cache.h"

namespace lakehouse::query {
namespace {

// Longer texts are rarely asked twice, and a thousand of them would be a lot of memory.
constexpr std::size_t kMaxCachedText = 8'192;

}  // namespace

std::string VerdictCache::KeyOf(std::string_view principal, std::string_view sql) {
  return std::to_string(principal.size()) + ":" + std::string(principal) + std::string(sql);
}

std::shared_ptr<const Verdict> VerdictCache::Find(std::string_view principal, std::string_view sql) {
  if (sql.size() > kMaxCachedText) return nullptr;
  const std::string key = KeyOf(principal, sql);
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(key);
  if (found == entries_.end()) return nullptr;
  by_use_.splice(by_use_.begin(), by_use_, found->second);
  return found->second->verdict;
}

void VerdictCache::Put(std::string_view principal, std::string_view sql, std::shared_ptr<const Verdict> verdict) {
  if (capacity_ == 0 || sql.size() > kMaxCachedText || verdict->depends_on_time) return;
  std::string key = KeyOf(principal, sql);
  const std::scoped_lock lock(mutex_);
  if (entries_.contains(key)) return;
  if (entries_.size() >= capacity_) {
    entries_.erase(by_use_.back().key);
    by_use_.pop_back();
  }
  by_use_.push_front({std::move(key), std::move(verdict)});
  entries_.emplace(by_use_.front().key, by_use_.begin());
}

}  // namespace lakehouse::query
