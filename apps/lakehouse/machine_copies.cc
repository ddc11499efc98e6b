#include "machine_copies.h"

namespace lakehouse::app {

void MachineCopies::Forget(const std::vector<std::string>& keys) {
  held_.insert(held_.end(), keys.begin(), keys.end());
  ForgetMade();
}

void MachineCopies::ForgetAll() {
  cache_.ForgetAll();
  ForgetMade();
}

void MachineCopies::ForgetMade() {
  if (query_ != nullptr) query_->ForgetCollected();
  if (ingest_workers_ != nullptr) ingest_workers_->Renew();
}

bool MachineCopies::Sweep() {
  if (!held_.empty() && cache_.Forget(held_)) held_.clear();
  const bool swept = query_ == nullptr || query_->SweepCollected();
  return swept && held_.empty();
}

Result<std::int64_t> MachineCopies::Check(const Context& context, const Spend& spend) {
  std::int64_t damaged = LH_TRY(cache_.CheckCopies(context, spend));
  if (query_ != nullptr) damaged += LH_TRY(query_->CheckFiles(spend));
  if (vectors_ != nullptr) damaged += LH_TRY(vectors_->Check(spend));
  return damaged;
}

}  // namespace lakehouse::app
