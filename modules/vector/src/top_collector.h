#pragma once
#include <cstddef>
#include <limits>
#include <vector>

#include "lakehouse/vector/vector_types.h"

namespace lakehouse::vector {

/// A row, or a list, with its score; larger is better.
struct Scored {
  float score = 0;
  std::uint32_t id = 0;
};
/// Better first; of equal ones the smaller number.
inline bool IsBetter(const Scored& a, const Scored& b) { return a.score != b.score ? a.score > b.score : a.id < b.id; }

/// Keeps about the `wanted` best of a stream, never fewer. Exact selection would cost more than the scan that feeds it: when the room is
/// full a histogram of 256 bins over the scores says from which bin on to keep.
class TopCollector {
 public:
  void Reset(std::size_t wanted);
  /// Scores at or below it are not worth pushing.
  const float& threshold() const { return threshold_; }
  void Push(float score, std::uint32_t id) {
    room_[count_++] = {score, id};
    if (count_ == limit_) Shrink();
  }
  /// Once, at the end: the best `wanted` and possibly an eighth more, unordered.
  std::vector<Scored>& Finish();

 private:
  void Shrink();
  /// Keeps the bins that hold the best `wanted`; the score below which all of the rest is.
  float KeepBest();

  std::size_t wanted_ = 0;
  std::size_t limit_ = 0;
  std::size_t count_ = 0;
  float threshold_ = -std::numeric_limits<float>::infinity();
  std::vector<Scored> room_;
};

}  // namespace lakehouse::vector
