#include "query_ring.h"

#include <algorithm>

namespace lakehouse::query {

QueryRing::Entry QueryRing::Begin(QueryRecord record) {
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
