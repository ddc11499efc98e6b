#include "top_collector.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace lakehouse::vector {
namespace {

constexpr std::size_t kBins = 256;

/// Of any float, NaN included, a bin.
std::size_t BinOf(float score, float lowest, float scale) {
  const float bin = (score - lowest) * scale;
  return static_cast<std::size_t>(std::min(static_cast<float>(kBins - 1), std::max(0.F, bin)));
}

}  // namespace

void TopCollector::Reset(std::size_t wanted) {
  wanted_ = std::max<std::size_t>(1, wanted);
  limit_ = wanted_ * 2 + 64;
  count_ = 0;
  threshold_ = -std::numeric_limits<float>::infinity();
  room_.resize(std::max(room_.size(), limit_));
}

float TopCollector::KeepBest() {
  float lowest = room_[0].score, highest = lowest;
  for (std::size_t i = 1; i < count_; ++i) {
    lowest = std::min(lowest, room_[i].score);
    highest = std::max(highest, room_[i].score);
  }
  if (!(highest > lowest)) return -std::numeric_limits<float>::infinity();
  const float scale = static_cast<float>(kBins - 1) / (highest - lowest);
  std::array<std::uint32_t, kBins> bins{};
  for (std::size_t i = 0; i < count_; ++i) ++bins[BinOf(room_[i].score, lowest, scale)];
  std::size_t first = kBins - 1;
  for (std::size_t kept = bins[first]; first > 0 && kept < wanted_;) kept += bins[--first];
  std::size_t kept = 0;
  for (std::size_t i = 0; i < count_; ++i) {
    const Scored one = room_[i];
    room_[kept] = one;
    kept += static_cast<std::size_t>(BinOf(one.score, lowest, scale) >= first);
  }
  count_ = kept;
  if (first == 0) return -std::numeric_limits<float>::infinity();
  return std::nextafter(lowest + static_cast<float>(first) / scale, -std::numeric_limits<float>::infinity());
}

void TopCollector::Shrink() {
  threshold_ = std::max(threshold_, KeepBest());
  if (count_ < limit_) return;
  // One bin holds (nearly) all: equal scores, as of duplicates. Any of them will do.
  std::nth_element(room_.begin(), room_.begin() + static_cast<std::ptrdiff_t>(wanted_), room_.begin() + static_cast<std::ptrdiff_t>(count_),
                   IsBetter);
  threshold_ = std::max(threshold_, room_[wanted_].score);
  count_ = wanted_;
}

std::vector<Scored>& TopCollector::Finish() {
  if (count_ > wanted_ + wanted_ / 8) KeepBest();
  room_.resize(count_);
  return room_;
}

}  // namespace lakehouse::vector
