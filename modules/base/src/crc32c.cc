#include "crc32c.h"

#include <array>
#include <bit>
#include <cstring>

#include "lakehouse/base/hash.h"

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace lakehouse {
namespace {

constexpr std::uint32_t kCastagnoliReflected = 0x82f63b78;

/// table[k][b]: what octet b, followed by k zero octets, adds to the sum.
constexpr auto kCrcTables = [] {
  std::array<std::array<std::uint32_t, 256>, 8> tables{};
  for (std::uint32_t octet = 0; octet < 256; ++octet) {
    std::uint32_t crc = octet;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? kCastagnoliReflected : 0);
    tables[0][octet] = crc;
  }
  for (std::size_t zeros = 1; zeros < tables.size(); ++zeros)
    for (std::size_t octet = 0; octet < 256; ++octet) {
      const std::uint32_t shorter = tables[zeros - 1][octet];
      tables[zeros][octet] = shorter >> 8 ^ tables[0][shorter & 255];
    }
  return tables;
}();

/// Of the first eight octets.
std::uint64_t LoadLittleEndian64(std::string_view octets) {
  std::uint64_t word;
  std::memcpy(&word, octets.data(), sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}

}  // namespace

std::uint32_t Crc32cByTable(std::string_view octets, std::uint32_t crc) {
  crc = ~crc;
  while (octets.size() >= 8) {
    const std::uint64_t word = LoadLittleEndian64(octets) ^ crc;
    crc = 0;
    for (std::size_t i = 0; i < 8; ++i) crc ^= kCrcTables[7 - i][word >> 8 * i & 255];
    octets.remove_prefix(8);
  }
  for (const char octet : octets) crc = crc >> 8 ^ kCrcTables[0][(crc ^ static_cast<unsigned char>(octet)) & 255];
  return ~crc;
}

#if defined(__x86_64__)
bool HasCrc32cInstruction() { return __builtin_cpu_supports("sse4.2") != 0; }

__attribute__((target("sse4.2"))) std::uint32_t Crc32cByInstruction(std::string_view octets, std::uint32_t crc) {
  std::uint64_t sum = ~crc;
  while (octets.size() >= 8) {
    sum = _mm_crc32_u64(sum, LoadLittleEndian64(octets));
    octets.remove_prefix(8);
  }
  auto narrow = static_cast<std::uint32_t>(sum);
  for (const char octet : octets) narrow = _mm_crc32_u8(narrow, static_cast<unsigned char>(octet));
  return ~narrow;
}
#else
bool HasCrc32cInstruction() { return false; }
std::uint32_t Crc32cByInstruction(std::string_view octets, std::uint32_t crc) { return Crc32cByTable(octets, crc); }
#endif

std::uint32_t Crc32c(std::string_view octets, std::uint32_t crc) {
  static const auto kBest = HasCrc32cInstruction() ? Crc32cByInstruction : Crc32cByTable;
  return kBest(octets, crc);
}

}  // namespace lakehouse
