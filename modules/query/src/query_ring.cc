#include "query_ring.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace lakehouse::query {
namespace {

constexpr std::size_t kHistoryTextBytes = 4'096;

/// Cut where no character ends up in halves.
std::string Beginning(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return std::string(text);
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
  return std::string(text.substr(0, bytes));
}

}  // namespace

QueryRing::Entry QueryRing::Begin(QueryRecord record) {
  record.sql = Beginning(record.sql, kHistoryTextBytes);
  auto shared = std::make_shared<QueryRecord>(std::move(record));
  const std::scoped_lock lock(mutex_);
  records_.push_back(shared);
  if (records_.size() > capacity_) records_.pop_front();
  return {*this, std::move(shared)};
}

void QueryRing::Entry::Update(const std::function<void(QueryRecord&)>& change) const {
  const std::scoped_lock lock(ring_->mutex_);
  change(*record_);
}

std::vector<QueryRecord> QueryRing::Recent(std::size_t limit) const {
  const std::scoped_lock lock(mutex_);
  std::vector<QueryRecord> recent;
  for (auto record = records_.rbegin(); record != records_.rend() && recent.size() < limit; ++record) recent.push_back(**record);
  return recent;
}

}  // namespace lakehouse::query
