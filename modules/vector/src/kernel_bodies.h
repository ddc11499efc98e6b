// The kernels that one text serves for every instruction set: the compiler splits or joins the 16 lanes as the set allows, and each lane
// sees the same operations in the same order. Included by the three kernel files only, each with flags of its own;
// hence everything is without linkage.
#pragma once
#include <cstddef>
#include <cstdint>

#include "kernels.h"

namespace lakehouse::vector {
namespace {

using Lanes = float __attribute__((vector_size(64)));
using LaneInts = std::int32_t __attribute__((vector_size(64)));
using LaneOctets = std::uint8_t __attribute__((vector_size(16)));
constexpr std::size_t kLanes = 16;

[[gnu::always_inline]] inline void Load(Lanes& lanes, const void* from) { __builtin_memcpy(&lanes, from, sizeof(Lanes)); }
[[gnu::always_inline]] inline void Store(void* to, const Lanes& lanes) { __builtin_memcpy(to, &lanes, sizeof(Lanes)); }

/// Lane j with lane j + 8, then + 4, + 2, + 1.
[[gnu::always_inline]] inline float SumOf(const Lanes& lanes) {
  float part[kLanes];
  Store(part, lanes);
  for (std::size_t half = kLanes / 2; half > 0; half /= 2)
    for (std::size_t j = 0; j < half; ++j) part[j] += part[j + half];
  return part[0];
}

/// The last d % 32 components, padded with zeros.
[[gnu::always_inline]] inline void LoadTail(float (&part)[2 * kLanes], const void* from, std::size_t count) {
  for (float& value : part) value = 0;
  __builtin_memcpy(part, from, count * sizeof(float));
}

float Dot(const std::byte* row, const float* query, std::size_t d) {
  Lanes even{}, odd{}, a, b;
  std::size_t i = 0;
  for (; i + 2 * kLanes <= d; i += 2 * kLanes) {
    Load(a, row + i * sizeof(float)), Load(b, query + i);
    even += a * b;
    Load(a, row + (i + kLanes) * sizeof(float)), Load(b, query + i + kLanes);
    odd += a * b;
  }
  if (i < d) {
    float x[2 * kLanes], y[2 * kLanes];
    LoadTail(x, row + i * sizeof(float), d - i), LoadTail(y, query + i, d - i);
    Load(a, x), Load(b, y);
    even += a * b;
    Load(a, x + kLanes), Load(b, y + kLanes);
    odd += a * b;
  }
  even += odd;
  return SumOf(even);
}

float SquaredDistance(const std::byte* row, const float* query, std::size_t d) {
  Lanes even{}, odd{}, a, b;
  std::size_t i = 0;
  for (; i + 2 * kLanes <= d; i += 2 * kLanes) {
    Load(a, row + i * sizeof(float)), Load(b, query + i);
    a -= b;
    even += a * a;
    Load(a, row + (i + kLanes) * sizeof(float)), Load(b, query + i + kLanes);
    a -= b;
    odd += a * a;
  }
  if (i < d) {
    float x[2 * kLanes], y[2 * kLanes];
    LoadTail(x, row + i * sizeof(float), d - i), LoadTail(y, query + i, d - i);
    Load(a, x), Load(b, y);
    a -= b;
    even += a * a;
    Load(a, x + kLanes), Load(b, y + kLanes);
    a -= b;
    odd += a * a;
  }
  even += odd;
  return SumOf(even);
}

#if defined(__AVX512F__)
constexpr std::size_t kWide = 16;
using Wide = float __attribute__((vector_size(64)));
#elif defined(__AVX2__)
constexpr std::size_t kWide = 8;
using Wide = float __attribute__((vector_size(32)));
#else
constexpr std::size_t kWide = 4;
using Wide = float __attribute__((vector_size(16)));
#endif

/// One butterfly of stride h >= kWide.
[[gnu::always_inline]] inline void Butterfly(float* x, float* y) {
  Wide a, b;
  __builtin_memcpy(&a, x, sizeof a), __builtin_memcpy(&b, y, sizeof b);
  const Wide sum = a + b, difference = a - b;
  __builtin_memcpy(x, &sum, sizeof sum), __builtin_memcpy(y, &difference, sizeof difference);
}

/// Two strides, h and 2h, in one pass over memory.
[[gnu::always_inline]] inline void DoubleButterfly(float* x, std::size_t h) {
  Wide a, b, c, e;
  __builtin_memcpy(&a, x, sizeof a), __builtin_memcpy(&b, x + h, sizeof b);
  __builtin_memcpy(&c, x + 2 * h, sizeof c), __builtin_memcpy(&e, x + 3 * h, sizeof e);
  const Wide p = a + b, q = a - b, r = c + e, s = c - e;
  const Wide out[4] = {p + r, q + s, p - r, q - s};
  for (std::size_t j = 0; j < 4; ++j) __builtin_memcpy(x + j * h, &out[j], sizeof(Wide));
}

/// Strides 1 and 2 on four components, which every set has registers for.
[[gnu::always_inline]] inline void SmallButterflies(float* x, float scale) {
  const float a = x[0] + x[1], b = x[0] - x[1], c = x[2] + x[3], e = x[2] - x[3];
  x[0] = (a + c) * scale, x[1] = (b + e) * scale, x[2] = (a - c) * scale, x[3] = (b - e) * scale;
}

#if defined(__AVX2__)
using Eight = float __attribute__((vector_size(32)));
/// Strides 1, 2 and 4 on eight components in a register. x * ±1 + y is exact, so it is the sum or the difference to the bit.
[[gnu::always_inline]] inline void RegisterButterflies(float* x, float scale) {
  constexpr Eight kOne = {1, -1, 1, -1, 1, -1, 1, -1}, kTwo = {1, 1, -1, -1, 1, 1, -1, -1}, kFour = {1, 1, 1, 1, -1, -1, -1, -1};
  Eight v;
  __builtin_memcpy(&v, x, sizeof v);
  v = v * kOne + __builtin_shufflevector(v, v, 1, 0, 3, 2, 5, 4, 7, 6);
  v = v * kTwo + __builtin_shufflevector(v, v, 2, 3, 0, 1, 6, 7, 4, 5);
  v = v * scale;
  v = v * kFour + __builtin_shufflevector(v, v, 4, 5, 6, 7, 0, 1, 2, 3);
  __builtin_memcpy(x, &v, sizeof v);
}
#endif

void Hadamard(float* x, std::size_t n, float scale) {
  if (n < 4) {
    if (n == 2) {
      const float a = x[0], b = x[1];
      x[0] = (a + b) * scale, x[1] = (a - b) * scale;
    } else {
      x[0] *= scale;
    }
    return;
  }
  std::size_t h = 4;
#if defined(__AVX2__)
  if (n >= 8) {
    for (std::size_t i = 0; i < n; i += 8) RegisterButterflies(x + i, scale);
    h = 8;
  } else {
    for (std::size_t i = 0; i < n; i += 4) SmallButterflies(x + i, scale);
  }
#else
  for (std::size_t i = 0; i < n; i += 4) SmallButterflies(x + i, scale);
#endif
  for (; h < kWide && h < n; h *= 2)
    for (std::size_t i = 0; i < n; i += 2 * h)
      for (std::size_t j = i; j < i + h; ++j) {
        const float a = x[j], b = x[j + h];
        x[j] = a + b, x[j + h] = a - b;
      }
  for (; h * 2 < n; h *= 4)
    for (std::size_t i = 0; i < n; i += 4 * h)
      for (std::size_t j = i; j < i + h; j += kWide) DoubleButterfly(x + j, h);
  for (; h < n; h *= 2)
    for (std::size_t i = 0; i < n; i += 2 * h)
      for (std::size_t j = i; j < i + h; j += kWide) Butterfly(x + j, x + j + h);
}

void Quantize(const float* x, std::size_t padded, float inverse_step, int limit, std::int8_t* out) {
  constexpr float kRound = 12582912.F;  // 1.5 * 2^23: the addition leaves no bits behind the point, and rounds halves to even
  const float most = static_cast<float>(limit);
  for (std::size_t i = 0; i < padded; ++i) {
    float value = x[i] * inverse_step;
    value = value < most ? value : most;  // so turned that NaN becomes a number too: a damaged sidecar may bring one
    value = value > -most ? value : -most;
    out[i] = static_cast<std::int8_t>(static_cast<std::int32_t>((value + kRound) - kRound));
  }
}

BlockQuery MakeTable(const float* query, std::size_t padded, std::uint8_t* table) {
  constexpr Lanes kSigns[4] = {{-1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1},
                               {-1, -1, 1, 1, -1, -1, 1, 1, -1, -1, 1, 1, -1, -1, 1, 1},
                               {-1, -1, -1, -1, 1, 1, 1, 1, -1, -1, -1, -1, 1, 1, 1, 1},
                               {-1, -1, -1, -1, -1, -1, -1, -1, 1, 1, 1, 1, 1, 1, 1, 1}};
  Lanes sum{}, a;
  float widest = 0;
  for (std::size_t i = 0; i < padded; i += kLanes) {
    float magnitudes[kLanes];
    Load(a, query + i);
    a = a < 0.F ? -a : a;
    sum += a;
    Store(magnitudes, a);
    for (std::size_t j = 0; j < kLanes; j += 4) {
      const float width = (magnitudes[j] + magnitudes[j + 1]) + (magnitudes[j + 2] + magnitudes[j + 3]);
      widest = width > widest ? width : widest;
    }
  }
  // Each group's sums run from -width to width; they are moved to 0 and share one step. Their moves add up to the offset.
  widest = widest > 1e-30F ? widest : 1e-30F;
  const float step = 2 * widest / 31, inverse = 1 / step;
  for (std::size_t group = 0; group < padded / 4; ++group) {
    const float* q = query + 4 * group;
    const auto size = [](float value) { return value < 0 ? -value : value; };
    const float width = (size(q[0]) + size(q[1])) + (size(q[2]) + size(q[3]));
    const Lanes sums = (((kSigns[0] * q[0] + kSigns[1] * q[1]) + (kSigns[2] * q[2] + kSigns[3] * q[3])) + width) * inverse + .5F;
    const auto entries = __builtin_convertvector(__builtin_convertvector(sums, LaneInts), LaneOctets);
    __builtin_memcpy(table + 16 * group, &entries, sizeof entries);
  }
  return {table, padded, step, SumOf(sum)};
}

[[maybe_unused]] ResidualSums Encode(const float* row, const float* centroid, std::size_t padded, std::uint8_t* signs) {
  Lanes squared{}, absolute{}, inner{}, inner_signed{}, r, c;
  for (std::size_t i = 0; i < padded; i += kLanes) {
    Load(r, row + i), Load(c, centroid + i);
    const Lanes o = r - c;
    const LaneInts positive = o > 0.F;
    squared += o * o;
    absolute += positive ? o : -o;
    inner += c * o;
    inner_signed += positive ? c : -c;
    std::int32_t set[kLanes];
    __builtin_memcpy(set, &positive, sizeof set);
    for (std::size_t octet = 0; octet < 2; ++octet) {
      unsigned bits = 0;
      for (std::size_t j = 0; j < 8; ++j) bits |= static_cast<unsigned>(set[8 * octet + j] & 1) << j;
      signs[i / 8 + octet] = static_cast<std::uint8_t>(bits);
    }
  }
  return {SumOf(squared), SumOf(absolute), SumOf(inner), SumOf(inner_signed)};
}

/// From the sums of 32 rows to their estimates; shared by the sets so that the order of operations is one.
[[gnu::always_inline, maybe_unused]] inline std::uint32_t Estimate(const std::uint16_t (&sums)[kBlockRows], const std::byte* terms,
                                                                   const BlockQuery& query, float threshold, float* estimates) {
  std::uint32_t above = 0;
  for (std::size_t half = 0; half < 2; ++half) {
    Lanes value, constant, factor;
    LaneInts wide;
    for (std::size_t j = 0; j < kLanes; ++j) wide[j] = sums[half * kLanes + j];
    Load(constant, terms + half * sizeof(Lanes));
    Load(factor, terms + kBlockRows * sizeof(float) + half * sizeof(Lanes));
    value = __builtin_convertvector(wide, Lanes);
    value = (value * query.step - query.offset) * factor + constant;
    Store(estimates + half * kLanes, value);
    for (std::size_t j = 0; j < kLanes; ++j)
      above |= static_cast<std::uint32_t>(estimates[half * kLanes + j] > threshold) << (half * kLanes + j);
  }
  return above;
}

}  // namespace
}  // namespace lakehouse::vector
