#pragma once
#include <cstddef>
#include <cstdint>

/// The arithmetic that takes the time, once per instruction set. Every set gives the same bits: sums of integers are exact, sums of
/// floats run in lanes whose number and order of addition are fixed, and no product is fused into a sum.
///
/// This header and the kernels' files include nothing with inline functions of the standard library: the linker keeps one copy of
/// such a function for the whole program, and it could be the one compiled for a processor that this machine is not.
namespace lakehouse::vector {

/// Codes and rotated vectors are padded with zeros to a multiple of this many components.
inline constexpr std::size_t kPadding = 64;
/// Rows per block of 1-bit codes.
inline constexpr std::size_t kBlockRows = 32;
/// A query component is quantised to -kQueryLimit..kQueryLimit: products with an octet, added in pairs, then fit 16 signed bits, so that
/// AVX2 needs no saturation and computes what VNNI does.
inline constexpr int kQueryLimit = 63;

/// What a scan of 1-bit blocks needs of a query: 16 entries of 0..31 for every 4 components.
struct BlockQuery {
  const std::uint8_t* table = nullptr;  ///< padded / 4 * 16 octets, 64-aligned
  std::size_t padded = 0;
  float step = 0;  ///< sum of signs times components = sum of entries * step - offset
  float offset = 0;
};

/// Sums over the residual o = row - centroid that make a 1-bit code an estimator.
struct ResidualSums {
  float squared = 0;          ///< of o * o
  float absolute = 0;         ///< of |o|
  float centroid = 0;         ///< of centroid * o
  float centroid_signed = 0;  ///< of centroid * sign(o)
};

struct Kernels {
  const char* name;

  /// Over d components; the row may be unaligned.
  float (*dot)(const std::byte* row, const float* query, std::size_t d);
  float (*squared_distance)(const std::byte* row, const float* query, std::size_t d);

  /// In place: x = H x * scale with H the Hadamard matrix of n = a power of two.
  void (*hadamard)(float* x, std::size_t n, float scale);

  /// out[i] = round(x[i] * inverse_step) within -limit..limit, halves to even. padded components.
  void (*quantize)(const float* x, std::size_t padded, float inverse_step, int limit, std::int8_t* out);

  /// Inner products of four rows of octets with one of signed octets, exact. padded components; rows[i] 64-aligned.
  void (*dot_codes)(const std::uint8_t* const rows[4], const std::int8_t* query, std::size_t padded, std::int32_t out[4]);

  /// Fills the table of a rotated query (64-aligned, padded components) and returns its step and offset with it.
  BlockQuery (*make_table)(const float* query, std::size_t padded, std::uint8_t* table);

  /// Signs of the residual (bit i of octet i / 8: positive) and its sums. padded components, 64-aligned.
  ResidualSums (*encode)(const float* row, const float* centroid, std::size_t padded, std::uint8_t* signs);

  /// Estimates of the 32 rows of a block, (sum of signs) * factor + constant; the answer's bit j says estimate j > threshold.
  /// Block: padded / 8 groups of 32 octets, then 32 constants and 32 factors (float). 64-aligned.
  std::uint32_t (*scan_block)(const std::byte* block, const BlockQuery& query, float threshold, float estimates[kBlockRows]);
};

/// The three. The latter two must run only where the processor has them.
const Kernels& PortableKernels();
const Kernels& Avx2Kernels();
const Kernels& Avx512Kernels();

}  // namespace lakehouse::vector
