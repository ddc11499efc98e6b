#if defined(__x86_64__)
#include <immintrin.h>

#include "kernel_bodies.h"
#include "kernels.h"

namespace lakehouse::vector {
namespace {

__m256i LoadAvx2(const void* from) { return _mm256_load_si256(static_cast<const __m256i*>(from)); }

void DotCodesAvx2(const std::uint8_t* const rows[4], const std::int8_t* query, std::size_t padded, std::int32_t out[4]) {
  const __m256i ones = _mm256_set1_epi16(1);
  __m256i sum[4] = {};
  for (std::size_t i = 0; i < padded; i += 32) {
    const __m256i q = LoadAvx2(query + i);
    for (std::size_t row = 0; row < 4; ++row)
      sum[row] = _mm256_add_epi32(sum[row], _mm256_madd_epi16(_mm256_maddubs_epi16(LoadAvx2(rows[row] + i), q), ones));
  }
  const __m256i pairs = _mm256_hadd_epi32(_mm256_hadd_epi32(sum[0], sum[1]), _mm256_hadd_epi32(sum[2], sum[3]));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm_add_epi32(_mm256_castsi256_si128(pairs), _mm256_extracti128_si256(pairs, 1)));
}

/// A row's octet of a group looks up two entries. Eight entries of at most 31 are added in 8 bits before they move to 16.
std::uint32_t ScanBlockAvx2(const std::byte* block, const BlockQuery& query, float threshold, float estimates[kBlockRows]) {
  const __m256i nibble = _mm256_set1_epi8(15), low = _mm256_set1_epi16(255);
  __m256i even = _mm256_setzero_si256(), odd = even;
  const std::uint8_t* table = query.table;
  const auto entries = [](const std::uint8_t* from) {
    return _mm256_broadcastsi128_si256(_mm_load_si128(reinterpret_cast<const __m128i*>(from)));
  };
  for (std::size_t group = 0; group < query.padded / 8; group += 4) {
    __m256i sum = _mm256_setzero_si256();
    for (std::size_t z = 0; z < 4; ++z, block += kBlockRows, table += 32) {
      const __m256i codes = LoadAvx2(block);
      sum = _mm256_add_epi8(sum, _mm256_shuffle_epi8(entries(table), _mm256_and_si256(codes, nibble)));
      sum = _mm256_add_epi8(sum, _mm256_shuffle_epi8(entries(table + 16), _mm256_and_si256(_mm256_srli_epi16(codes, 4), nibble)));
    }
    even = _mm256_add_epi16(even, _mm256_and_si256(sum, low));
    odd = _mm256_add_epi16(odd, _mm256_srli_epi16(sum, 8));
  }
  const __m256i first = _mm256_unpacklo_epi16(even, odd), second = _mm256_unpackhi_epi16(even, odd);
  const __m128i quarters[4] = {_mm256_castsi256_si128(first), _mm256_castsi256_si128(second), _mm256_extracti128_si256(first, 1),
                               _mm256_extracti128_si256(second, 1)};
  const auto* constants = reinterpret_cast<const float*>(block);
  const __m256 step = _mm256_set1_ps(query.step), offset = _mm256_set1_ps(query.offset), limit = _mm256_set1_ps(threshold);
  unsigned above = 0;
  for (unsigned quarter = 0; quarter < 4; ++quarter) {
    __m256 value = _mm256_cvtepi32_ps(_mm256_cvtepu16_epi32(quarters[quarter]));
    value = _mm256_sub_ps(_mm256_mul_ps(value, step), offset);
    value =
        _mm256_add_ps(_mm256_mul_ps(value, _mm256_load_ps(constants + kBlockRows + 8 * quarter)), _mm256_load_ps(constants + 8 * quarter));
    _mm256_storeu_ps(estimates + 8 * quarter, value);
    above |= static_cast<unsigned>(_mm256_movemask_ps(_mm256_cmp_ps(value, limit, _CMP_GT_OQ))) << (8 * quarter);
  }
  return above;
}

/// As Encode, with the signs taken from the registers.
ResidualSums EncodeAvx2(const float* row, const float* centroid, std::size_t padded, std::uint8_t* signs) {
  Lanes squared{}, absolute{}, inner{}, inner_signed{}, r, c;
  for (std::size_t i = 0; i < padded; i += kLanes) {
    Load(r, row + i), Load(c, centroid + i);
    const Lanes o = r - c;
    const LaneInts positive = o > 0.F;
    squared += o * o;
    absolute += positive ? o : -o;
    inner += c * o;
    inner_signed += positive ? c : -c;
    __m256 half[2];
    __builtin_memcpy(half, &positive, sizeof half);
    signs[i / 8] = static_cast<std::uint8_t>(_mm256_movemask_ps(half[0]));
    signs[i / 8 + 1] = static_cast<std::uint8_t>(_mm256_movemask_ps(half[1]));
  }
  return {SumOf(squared), SumOf(absolute), SumOf(inner), SumOf(inner_signed)};
}

}  // namespace

const Kernels& Avx2Kernels() {
  static constexpr Kernels kKernels = {"avx2",       Dot,       SquaredDistance, Hadamard,     Quantize,
                                       DotCodesAvx2, MakeTable, EncodeAvx2,      ScanBlockAvx2};
  return kKernels;
}

}  // namespace lakehouse::vector
#endif
