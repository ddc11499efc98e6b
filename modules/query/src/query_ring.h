#pragma once
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "lakehouse/query/query_history.h"

namespace lakehouse::query {

/// The last statements. Thread-safe.
class QueryRing {
 public:
  explicit QueryRing(std::size_t capacity) : capacity_(capacity) {}

  /// One statement from beginning to end: its record changes only through this.
  class Entry {
   public:
    Entry(QueryRing& ring, std::shared_ptr<QueryRecord> record) : ring_(&ring), record_(std::move(record)) {}
    void Update(const std::function<void(QueryRecord&)>& change) const;

   private:
    QueryRing* ring_;
    std::shared_ptr<QueryRecord> record_;
  };
  /// Of a long statement only the beginning is kept.
  Entry Begin(QueryRecord record);
  /// Newest first.
  std::vector<QueryRecord> Recent(std::size_t limit) const;

 private:
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::deque<std::shared_ptr<QueryRecord>> records_;  // oldest first
};

}  // namespace lakehouse::query
