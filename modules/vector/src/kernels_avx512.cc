#if defined(__x86_64__)
#include <immintrin.h>

#include "kernel_bodies.h"
#include "kernels.h"

namespace lakehouse::vector {
namespace {

void DotCodesAvx512(const std::uint8_t* const rows[4], const std::int8_t* query, std::size_t padded, std::int32_t out[4]) {
  __m512i sum[4] = {};
  for (std::size_t i = 0; i < padded; i += 64) {
    const __m512i q = _mm512_load_si512(query + i);
    for (std::size_t row = 0; row < 4; ++row) sum[row] = _mm512_dpbusd_epi32(sum[row], _mm512_load_si512(rows[row] + i), q);
  }
  for (std::size_t row = 0; row < 4; ++row) out[row] = _mm512_reduce_add_epi32(sum[row]);
}

/// Two groups of a block at a time: the lower half of a register holds one, the upper the next.
std::uint32_t ScanBlockAvx512(const std::byte* block, const BlockQuery& query, float threshold, float estimates[kBlockRows]) {
  const __m512i nibble = _mm512_set1_epi8(15), low = _mm512_set1_epi16(255);
  __m512i even = _mm512_setzero_si512(), odd = even;
  const std::uint8_t* table = query.table;
  for (std::size_t group = 0; group < query.padded / 8; group += 8) {
    __m512i sum = _mm512_setzero_si512();
    for (std::size_t z = 0; z < 4; ++z, block += 64, table += 64) {
      const __m512i codes = _mm512_load_si512(block), entries = _mm512_load_si512(table);
      const __m512i first = _mm512_shuffle_i32x4(entries, entries, 0xA0), second = _mm512_shuffle_i32x4(entries, entries, 0xF5);
      sum = _mm512_add_epi8(sum, _mm512_shuffle_epi8(first, _mm512_and_si512(codes, nibble)));
      sum = _mm512_add_epi8(sum, _mm512_shuffle_epi8(second, _mm512_and_si512(_mm512_srli_epi16(codes, 4), nibble)));
    }
    even = _mm512_add_epi16(even, _mm512_and_si512(sum, low));
    odd = _mm512_add_epi16(odd, _mm512_srli_epi16(sum, 8));
  }
  const __m256i evens = _mm256_add_epi16(_mm512_castsi512_si256(even), _mm512_extracti64x4_epi64(even, 1));
  const __m256i odds = _mm256_add_epi16(_mm512_castsi512_si256(odd), _mm512_extracti64x4_epi64(odd, 1));
  const __m256i a = _mm256_unpacklo_epi16(evens, odds), b = _mm256_unpackhi_epi16(evens, odds);
  const __m256i halves[2] = {_mm256_permute2x128_si256(a, b, 0x20), _mm256_permute2x128_si256(a, b, 0x31)};
  const auto* constants = reinterpret_cast<const float*>(block);
  const __m512 step = _mm512_set1_ps(query.step), offset = _mm512_set1_ps(query.offset), limit = _mm512_set1_ps(threshold);
  unsigned above = 0;
  for (unsigned half = 0; half < 2; ++half) {
    __m512 value = _mm512_cvtepi32_ps(_mm512_cvtepu16_epi32(halves[half]));
    value = _mm512_sub_ps(_mm512_mul_ps(value, step), offset);
    value = _mm512_add_ps(_mm512_mul_ps(value, _mm512_load_ps(constants + kBlockRows + 16 * half)), _mm512_load_ps(constants + 16 * half));
    _mm512_storeu_ps(estimates + 16 * half, value);
    above |= static_cast<unsigned>(_mm512_cmp_ps_mask(value, limit, _CMP_GT_OQ)) << (16 * half);
  }
  return above;
}

/// As Encode, with the signs taken from a comparison's mask.
ResidualSums EncodeAvx512(const float* row, const float* centroid, std::size_t padded, std::uint8_t* signs) {
  __m512 squared = _mm512_setzero_ps(), absolute = squared, inner = squared, inner_signed = squared;
  const __m512 zero = _mm512_setzero_ps();
  for (std::size_t i = 0; i < padded; i += 16) {
    const __m512 c = _mm512_loadu_ps(centroid + i), o = _mm512_sub_ps(_mm512_loadu_ps(row + i), c);
    const __mmask16 positive = _mm512_cmp_ps_mask(o, zero, _CMP_GT_OQ);
    const __m512i sign = _mm512_set1_epi32(static_cast<int>(0x80000000U));
    const auto negated = [&](__m512 x) { return _mm512_castsi512_ps(_mm512_xor_si512(_mm512_castps_si512(x), sign)); };
    squared = _mm512_add_ps(squared, _mm512_mul_ps(o, o));
    absolute = _mm512_add_ps(absolute, _mm512_mask_blend_ps(positive, negated(o), o));
    inner = _mm512_add_ps(inner, _mm512_mul_ps(c, o));
    inner_signed = _mm512_add_ps(inner_signed, _mm512_mask_blend_ps(positive, negated(c), c));
    const auto bits = static_cast<std::uint16_t>(positive);
    __builtin_memcpy(signs + i / 8, &bits, sizeof bits);
  }
  const auto sum = [](__m512 x) {
    Lanes lanes;
    __builtin_memcpy(&lanes, &x, sizeof lanes);
    return SumOf(lanes);
  };
  return {sum(squared), sum(absolute), sum(inner), sum(inner_signed)};
}

}  // namespace

const Kernels& Avx512Kernels() {
  static constexpr Kernels kKernels = {"avx512",       Dot,       SquaredDistance, Hadamard,       Quantize,
                                       DotCodesAvx512, MakeTable, EncodeAvx512,    ScanBlockAvx512};
  return kKernels;
}

}  // namespace lakehouse::vector
#endif
