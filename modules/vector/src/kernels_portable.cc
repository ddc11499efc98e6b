#include "kernel_bodies.h"
#include "kernels.h"

namespace lakehouse::vector {
namespace {

void DotCodesPortable(const std::uint8_t* const rows[4], const std::int8_t* query, std::size_t padded, std::int32_t out[4]) {
  for (std::size_t row = 0; row < 4; ++row) {
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < padded; ++i) sum += std::int32_t{rows[row][i]} * query[i];
    out[row] = sum;
  }
}

std::uint32_t ScanBlockPortable(const std::byte* block, const BlockQuery& query, float threshold, float estimates[kBlockRows]) {
  std::uint16_t sums[kBlockRows] = {};
  const auto* codes = reinterpret_cast<const std::uint8_t*>(block);
  const std::uint8_t* table = query.table;
  for (std::size_t group = 0; group < query.padded / 8; ++group, codes += kBlockRows, table += 32)
    for (std::size_t j = 0; j < kBlockRows; ++j)
      sums[j] = static_cast<std::uint16_t>(sums[j] + table[codes[j] & 15] + table[16 + (codes[j] >> 4)]);
  return Estimate(sums, reinterpret_cast<const std::byte*>(codes), query, threshold, estimates);
}

}  // namespace

const Kernels& PortableKernels() {
  static constexpr Kernels kKernels = {"portable",       Dot,       SquaredDistance, Hadamard,         Quantize,
                                       DotCodesPortable, MakeTable, Encode,          ScanBlockPortable};
  return kKernels;
}

}  // namespace lakehouse::vector
