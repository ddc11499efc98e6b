#pragma once
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gate.h"

namespace lakehouse::query {

/// Verdicts by principal and text, the most recently used ones. A verdict rests on a tree that a worker made, and a worker that a
/// statement has taken over may lie: so what it said to one principal never serves another. Thread-safe.
class VerdictCache {
 public:
  explicit VerdictCache(std::size_t capacity) : capacity_(capacity) {}

  /// Null when it is not known.
  std::shared_ptr<const Verdict> Find(std::string_view principal, std::string_view sql);
  void Put(std::string_view principal, std::string_view sql, std::shared_ptr<const Verdict> verdict);

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<const Verdict> verdict;
  };
  static std::string KeyOf(std::string_view principal, std::string_view sql);

  const std::size_t capacity_;
  std::mutex mutex_;
  std::list<Entry> by_use_;                                                   // most recent first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> entries_;  // keys live in the list
};

}  // namespace lakehouse::query
