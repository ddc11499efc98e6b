#pragma once
#include <cstdint>
#include <span>
#include <string>

namespace lakehouse {

/// Where randomness comes from. Thread-safe.
class Random {
 public:
  virtual ~Random() = default;
  virtual void Fill(std::span<unsigned char> out) = 0;
  std::uint64_t Next64();
  /// 0 to bound - 1, without bias; bound > 0.
  std::uint64_t Below(std::uint64_t bound);
  /// Lower-case hex of this many random octets.
  std::string Hex(std::size_t octets);
};

/// The kernel's generator: fit for keys and nonces. One for the process.
Random& SystemRandom();

}  // namespace lakehouse
