#include "kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "aligned_buffer.h"
#include "kernel_choice.h"
#include "vector_testing/random_vectors.h"

namespace lakehouse::vector {
namespace {

/// Every set of this processor beside the portable one, which is what the formulas say.
class KernelsTest : public ::testing::TestWithParam<const Kernels*> {
 protected:
  const Kernels& portable_ = PortableKernels();
  const Kernels& tested_ = *GetParam();
  RandomVectors random_{1, 7};
};

std::uint32_t BitsOf(float value) {
  std::uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

TEST_P(KernelsTest, FloatSumsAreTheSameToTheBitForEveryLengthAndAlignment) {
  for (std::size_t d = 1; d <= 300; ++d) {
    const std::vector<float> query = random_.Isotropic(d), row = random_.Isotropic(d);
    std::vector<std::byte> unaligned(d * sizeof(float) + 4);
    for (std::size_t shift = 0; shift < 4; ++shift) {
      std::memcpy(unaligned.data() + shift, row.data(), d * sizeof(float));
      const std::byte* at = unaligned.data() + shift;
      ASSERT_EQ(BitsOf(tested_.dot(at, query.data(), d)), BitsOf(portable_.dot(at, query.data(), d))) << d;
      ASSERT_EQ(BitsOf(tested_.squared_distance(at, query.data(), d)), BitsOf(portable_.squared_distance(at, query.data(), d))) << d;
    }
  }
}

TEST_P(KernelsTest, FloatSumsAreRight) {
  for (const std::size_t d : {1, 3, 17, 64, 100, 768, 4096}) {
    const std::vector<float> a = random_.Isotropic(d), b = random_.Isotropic(d);
    double dot = 0, squared = 0;
    for (std::size_t i = 0; i < d; ++i) dot += double{a[i]} * b[i], squared += (double{a[i]} - b[i]) * (double{a[i]} - b[i]);
    EXPECT_NEAR(tested_.dot(reinterpret_cast<const std::byte*>(a.data()), b.data(), d), dot, 1e-3);
    EXPECT_NEAR(tested_.squared_distance(reinterpret_cast<const std::byte*>(a.data()), b.data(), d), squared, 1e-5 * squared);
  }
}

TEST_P(KernelsTest, HadamardIsTheSameToTheBitAndKeepsLengths) {
  for (std::size_t n = 1; n <= 4096; n *= 2) {
    std::vector<float> one = random_.Isotropic(n), other = one;
    double before = 0, after = 0;
    for (const float value : one) before += double{value} * value;
    const float scale = 1 / std::sqrt(static_cast<float>(n));
    tested_.hadamard(one.data(), n, scale);
    portable_.hadamard(other.data(), n, scale);
    ASSERT_EQ(std::memcmp(one.data(), other.data(), n * sizeof(float)), 0) << n;
    for (const float value : one) after += double{value} * value;
    EXPECT_NEAR(after / before, 1, 1e-5) << n;
  }
}

TEST_P(KernelsTest, WhatIsNoNumberBecomesAnOctetAllTheSame) {
  // A damaged sidecar turned a query into NaN once, and its conversion to an integer was undefined.
  AlignedBuffer memory(kPadding * sizeof(float));
  float* query = memory.As<float>();
  const float odd[] = {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                       -std::numeric_limits<float>::infinity(), 1e38F};
  for (std::size_t i = 0; i < kPadding; ++i) query[i] = odd[i % std::size(odd)];
  std::vector<std::int8_t> octets(kPadding);
  tested_.quantize(query, kPadding, 30.5F, 63, octets.data());
  for (std::size_t i = 0; i < kPadding; ++i) ASSERT_EQ(octets[i], i % std::size(odd) == 2 ? -63 : 63) << i;
}

TEST_P(KernelsTest, OctetsTablesAndCodesAreTheSameToTheBit) {
  for (std::size_t padded = kPadding; padded <= 4096; padded += padded < 1024 ? kPadding : 512) {
    AlignedBuffer memory(padded * 64);
    float* query = memory.As<float>();
    float* centroid = query + padded;
    const std::vector<float> values = random_.Isotropic(2 * padded);
    std::memcpy(query, values.data(), 2 * padded * sizeof(float));
    query[padded - 1] = 0;
    std::vector<std::int8_t> one(padded), other(padded);
    for (const int limit : {63, 127}) {
      tested_.quantize(query, padded, 30.5F, limit, one.data());
      portable_.quantize(query, padded, 30.5F, limit, other.data());
      ASSERT_EQ(one, other) << padded;
    }
    AlignedBuffer tables(padded * 8);
    auto* first = tables.As<std::uint8_t>();
    const BlockQuery a = tested_.make_table(query, padded, first), b = portable_.make_table(query, padded, first + padded * 4);
    ASSERT_EQ(std::memcmp(first, first + padded * 4, padded * 4), 0) << padded;
    ASSERT_EQ(BitsOf(a.step), BitsOf(b.step));
    ASSERT_EQ(BitsOf(a.offset), BitsOf(b.offset));
    std::vector<std::uint8_t> signs(padded / 8), signs_too(padded / 8);
    const ResidualSums x = tested_.encode(query, centroid, padded, signs.data()),
                       y = portable_.encode(query, centroid, padded, signs_too.data());
    ASSERT_EQ(signs, signs_too) << padded;
    for (const auto sum : {&ResidualSums::squared, &ResidualSums::absolute, &ResidualSums::centroid, &ResidualSums::centroid_signed})
      ASSERT_EQ(BitsOf(x.*sum), BitsOf(y.*sum)) << padded;
  }
}

TEST_P(KernelsTest, ProductsOfOctetsAreExactAtTheirExtremes) {
  for (std::size_t padded = kPadding; padded <= 4096; padded *= 2) {
    AlignedBuffer memory(padded * 5);
    auto* octets = memory.As<std::uint8_t>();
    auto* query = reinterpret_cast<std::int8_t*>(octets + 4 * padded);
    for (int round = 0; round < 4; ++round) {
      for (std::size_t i = 0; i < 4 * padded; ++i) octets[i] = round == 0 ? 255 : static_cast<std::uint8_t>(random_.random()());
      for (std::size_t i = 0; i < padded; ++i)
        query[i] = static_cast<std::int8_t>(round == 0   ? kQueryLimit
                                            : round == 1 ? -kQueryLimit
                                                         : static_cast<int>(random_.random()() % 127) - 63);
      const std::uint8_t* rows[4] = {octets, octets + padded, octets + 2 * padded, octets + 3 * padded};
      std::int32_t products[4];
      tested_.dot_codes(rows, query, padded, products);
      for (std::size_t row = 0; row < 4; ++row) {
        std::int64_t expected = 0;
        for (std::size_t i = 0; i < padded; ++i) expected += std::int64_t{rows[row][i]} * query[i];
        ASSERT_EQ(products[row], expected) << padded;
      }
    }
  }
}

TEST_P(KernelsTest, BlocksAreEstimatedTheSameToTheBit) {
  for (std::size_t padded = kPadding; padded <= 4096; padded += padded < 1024 ? kPadding : 512) {
    AlignedBuffer block(padded * 4 + 384), tables(padded * 4), memory(padded * 4);
    std::memcpy(memory.data(), random_.Isotropic(padded).data(), padded * sizeof(float));
    const BlockQuery query = portable_.make_table(memory.As<float>(), padded, tables.As<std::uint8_t>());
    for (std::size_t i = 0; i < padded * 4; ++i) block.data()[i] = static_cast<std::byte>(random_.random()());
    const std::vector<float> terms = random_.Isotropic(64);
    std::memcpy(block.data() + padded * 4, terms.data(), 64 * sizeof(float));
    float one[kBlockRows], other[kBlockRows];
    const std::uint32_t above = tested_.scan_block(block.data(), query, .25F, one);
    ASSERT_EQ(above, portable_.scan_block(block.data(), query, .25F, other));
    for (std::size_t i = 0; i < kBlockRows; ++i) ASSERT_EQ(BitsOf(one[i]), BitsOf(other[i])) << padded;
    EXPECT_NE(above, 0U);
  }
}

INSTANTIATE_TEST_SUITE_P(OfThisProcessor, KernelsTest, ::testing::ValuesIn(KernelsOfThisProcessor()),
                         [](const auto& tested) { return std::string(tested.param->name); });

}  // namespace
}  // namespace lakehouse::vector
