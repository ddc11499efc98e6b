#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "lakehouse/base/result.h"

namespace lakehouse {

using Sha256Digest = std::array<unsigned char, 32>;

/// SHA-256 (FIPS 180-4) of what is added. One thread at a time.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void Add(std::string_view octets);
  /// Once; start a new one afterwards.
  Sha256Digest Finish();
  std::string FinishHex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Sha256Digest Sha256Of(std::string_view octets);
std::string Sha256Hex(std::string_view octets);
/// Reads the whole file once. kNotFound or kUnavailable.
Result<std::string> Sha256HexOfFile(const std::string& path);
/// RFC 2104.
Sha256Digest HmacSha256(std::string_view key, std::string_view message);

/// XXH3, 64 bits, seed 0: for hash tables and caches, never across a trust boundary.
std::uint64_t Xxh3(std::string_view octets);
/// CRC-32C (Castagnoli, RFC 3720), as in blocks of logs. `crc` continues an earlier sum.
std::uint32_t Crc32c(std::string_view octets, std::uint32_t crc = 0);

std::string ToHex(std::string_view octets);
template <std::size_t n>
std::string ToHex(const std::array<unsigned char, n>& octets) {
  return ToHex(std::string_view(reinterpret_cast<const char*>(octets.data()), n));
}
/// In a time that depends on the lengths only: for secrets and macs.
bool EqualInConstantTime(std::string_view a, std::string_view b);

}  // namespace lakehouse
