#pragma once
#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace lakehouse::demo {

/// Numbers that depend on the seed and the name of the stream only (xoshiro256** by Blackman and Vigna, filled by SplitMix64), in integers
/// throughout: distributions of the standard library and floating-point functions may differ from one machine to the next. A stream of
/// its own for each table keeps one table's bytes as they are when another gets a column more.
class SeededRandom {
 public:
  SeededRandom(std::uint64_t seed, std::string_view stream) {
    for (const char c : stream) seed = (seed ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    for (std::uint64_t& word : state_) {
      seed += 0x9e3779b97f4a7c15U;
      std::uint64_t mixed = seed;
      mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
      mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
      word = mixed ^ (mixed >> 31);
    }
  }

  std::uint64_t Next() {
    const std::uint64_t result = RotateLeft(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = RotateLeft(state_[3], 45);
    return result;
  }

  /// 0 to bound - 1; bound > 0. The bias of at most bound in 2^32 does not matter here.
  std::uint32_t Below(std::uint32_t bound) { return static_cast<std::uint32_t>(((Next() >> 32) * bound) >> 32); }
  /// lowest to highest, both included.
  std::int32_t Between(std::int32_t lowest, std::int32_t highest) {
    return lowest + static_cast<std::int32_t>(Below(static_cast<std::uint32_t>(highest - lowest) + 1));
  }
  /// The sum of three: most values lie in the middle.
  std::int32_t AboutMiddle(std::int32_t lowest, std::int32_t highest) {
    return (Between(lowest, highest) + Between(lowest, highest) + Between(lowest, highest)) / 3;
  }
  /// The least of two: small values are the more likely ones.
  std::int32_t MostlyLow(std::int32_t lowest, std::int32_t highest) { return std::min(Between(lowest, highest), Between(lowest, highest)); }
  bool InThousand(std::uint32_t chances) { return Below(1000) < chances; }
  template <typename T>
  const T& Pick(std::span<const T> choices) {
    return choices[Below(static_cast<std::uint32_t>(choices.size()))];
  }
  template <typename T, std::size_t n>
  const T& Pick(const T (&choices)[n]) {
    return choices[Below(n)];
  }

 private:
  static std::uint64_t RotateLeft(std::uint64_t value, int by) { return (value << by) | (value >> (64 - by)); }
  std::uint64_t state_[4] = {};
};

/// Draws indices in proportion to their weights.
class WeightedChoice {
 public:
  explicit WeightedChoice(std::span<const std::uint32_t> weights) {
    std::uint32_t sum = 0;
    for (const std::uint32_t weight : weights) sums_.push_back(sum += weight);
  }
  std::uint32_t Draw(SeededRandom& random) const {
    return static_cast<std::uint32_t>(std::upper_bound(sums_.begin(), sums_.end(), random.Below(sums_.back())) - sums_.begin());
  }

 private:
  std::vector<std::uint32_t> sums_;
};

}  // namespace lakehouse::demo
