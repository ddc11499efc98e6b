#pragma once
#include <cstdint>

namespace lakehouse::vector {

/// SplitMix64: the same numbers from the same seed on every machine, which builds that must agree to the bit need. Not for secrets.
class RandomSequence {
 public:
  explicit RandomSequence(std::uint64_t seed) : state_(seed) {}
  std::uint64_t Next() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return z ^ (z >> 31);
  }
  /// 0 to bound - 1; bound > 0 and below 2^32, so that the bias is beyond notice.
  std::uint32_t Below(std::uint32_t bound) { return static_cast<std::uint32_t>(((Next() >> 32) * bound) >> 32); }

 private:
  std::uint64_t state_;
};

}  // namespace lakehouse::vector
