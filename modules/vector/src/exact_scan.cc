#include "exact_scan.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>

#include "distance.h"

namespace lakehouse::vector {
namespace {

bool IsNearer(const Neighbor& a, const Neighbor& b) { return a.distance != b.distance ? a.distance < b.distance : a.row < b.row; }

}  // namespace

ExactScan::ExactScan(const Generation* generation, const Kernels& kernels, const IndexSpec& spec, const RowSource& source,
                     const QueryForms& query, std::uint32_t k)
    : generation_(generation),
      kernels_(&kernels),
      spec_(spec),
      source_(&source),
      query_(&query),
      k_(k),
      largest_norm_(generation == nullptr ? 0 : generation->largest_norm()),
      threshold_(-std::numeric_limits<float>::infinity()) {}

void ExactScan::Consider(RowId row, float inverse_norm) {
  const float distance =
      RowDistance(*kernels_, spec_.metric, source_->Row(row), inverse_norm, query_->raw, query_->inverse_norm, spec_.dimension);
  if (!(distance == distance)) return;  // only in scan mode, over rows that nobody checked
  const Neighbor found = {row, distance};
  if (heap_.size() == k_) {
    if (!IsNearer(found, heap_.front())) return;
    std::pop_heap(heap_.begin(), heap_.end(), IsNearer);
    heap_.back() = found;
  } else {
    heap_.push_back(found);
  }
  std::push_heap(heap_.begin(), heap_.end(), IsNearer);
  if (heap_.size() == k_ && generation_ != nullptr)
    threshold_ = generation_->space().ScoreOfDistance(*query_, heap_.front().distance, largest_norm_);
}

void ExactScan::FeedFloats(std::span<const RowId> rows) {
  for (const RowId row : rows)
    Consider(row, spec_.metric == Metric::kCosine ? InverseNorm(*kernels_, source_->Row(row), spec_.dimension) : 1);
}

void ExactScan::Feed(std::span<const RowId> rows) {
  if (generation_ == nullptr) return FeedFloats(rows);
  const CodeSpace& space = generation_->space();
  const std::size_t padded = space.padded(), count = rows.size();
  upper_.resize(count);
  for (std::size_t i = 0; i < count; i += 4) {
    const std::uint8_t* octets[4];
    for (std::size_t j = 0; j < 4; ++j) octets[j] = generation_->Octets(rows[std::min(i + j, count - 1)]);
    if (i + 8 < count)
      for (std::size_t x = 0; x < padded; x += 64) __builtin_prefetch(generation_->Octets(rows[i + 8]) + x);
    std::int32_t products[4];
    kernels_->dot_codes(octets, query_->octets, padded, products);
    for (std::size_t j = 0; j < 4 && i + j < count; ++j) {
      const RowTerms& terms = generation_->Terms(rows[i + j]);
      upper_[i + j] = CodeSpace::Product(*query_, products[j], terms.scale) - terms.bias + space.ScoreError(*query_, terms, largest_norm_);
    }
  }
  // The best by their bounds first: they set the threshold that spares the others.
  order_.clear();
  for (std::size_t i = 0; i < count; ++i)
    if (!(upper_[i] < threshold_)) order_.push_back(static_cast<std::uint32_t>(i));
  if (heap_.size() < k_ && order_.size() > k_) {
    const std::size_t first = std::min(order_.size(), 2 * k_ + 14);
    std::partial_sort(order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(first), order_.end(),
                      [&](std::uint32_t a, std::uint32_t b) { return upper_[a] != upper_[b] ? upper_[a] > upper_[b] : a < b; });
  }
  for (const std::uint32_t i : order_)
    if (!(upper_[i] < threshold_)) Consider(rows[i], generation_->Terms(rows[i]).inverse_norm);
}

std::vector<Neighbor> ExactScan::Finish() {
  std::sort_heap(heap_.begin(), heap_.end(), IsNearer);
  return std::move(heap_);
}

}  // namespace lakehouse::vector
