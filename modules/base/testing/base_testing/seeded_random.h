#pragma once
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <mutex>

#include "lakehouse/base/random.h"

namespace lakehouse {

/// Random for tests that can be repeated: it prints its seed, and LH_SEED=<seed> brings the same numbers again. Thread-safe.
class SeededRandom final : public Random {
 public:
  SeededRandom() : SeededRandom(ChooseSeed()) {}
  explicit SeededRandom(std::uint64_t seed) : seed_(seed), state_(seed) { std::cout << "seed " << seed << " (LH_SEED repeats it)\n"; }

  std::uint64_t seed() const { return seed_; }

  void Fill(std::span<unsigned char> out) override {
    const std::scoped_lock lock(mutex_);
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (i % 8 == 0) word = Step();
      out[i] = static_cast<unsigned char>(word >> i % 8 * 8);
    }
  }

 private:
  static std::uint64_t ChooseSeed() {
    const char* wanted = std::getenv("LH_SEED");
    return wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : SystemRandom().Next64();
  }
  /// SplitMix64: every seed is a good one.
  std::uint64_t Step() {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t z = state_;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }

  const std::uint64_t seed_;
  std::mutex mutex_;
  std::uint64_t state_;
};

}  // namespace lakehouse
