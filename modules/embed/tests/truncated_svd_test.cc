#include "truncated_svd.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base_testing/matchers.h"
#include "base_testing/seeded_random.h"

namespace lakehouse::embed {
namespace {

constexpr std::uint32_t kRows = 120, kWidth = 60, kRank = 5;

/// A matrix of known rank: sums of `kRank` outer products whose strengths fall.
SparseRows LowRank(SeededRandom& random) {
  const auto number = [&] { return static_cast<double>(random.Below(2'001)) / 1'000 - 1; };
  std::vector<double> all(kRows * kWidth, 0);
  for (std::uint32_t r = 0; r < kRank; ++r) {
    std::vector<double> left(kRows), right(kWidth);
    for (double& value : left) value = number();
    for (double& value : right) value = number();
    for (std::uint32_t i = 0; i < kRows; ++i)
      for (std::uint32_t j = 0; j < kWidth; ++j) all[i * kWidth + j] += left[i] * right[j] / (1 + r);
  }
  SparseRows matrix;
  matrix.width = kWidth;
  for (std::uint32_t i = 0; i < kRows; ++i) {
    for (std::uint32_t j = 0; j < kWidth; ++j) {
      matrix.columns.push_back(j);
      matrix.values.push_back(static_cast<float>(all[i * kWidth + j]));
    }
    matrix.starts.push_back(matrix.values.size());
  }
  return matrix;
}

TEST(TruncatedSvd, VectorsAreOrthonormalAndSpanTheMatrix) {
  SeededRandom random;
  const SparseRows matrix = LowRank(random);
  const std::vector<float> v = Must(RightSingularVectors({}, matrix, kRank, 2));
  const auto at = [&](std::size_t row, std::size_t c) { return static_cast<double>(v[row * kRank + c]); };
  for (std::size_t a = 0; a < kRank; ++a) {
    for (std::size_t b = 0; b < kRank; ++b) {
      double dot = 0;
      for (std::size_t row = 0; row < kWidth; ++row) dot += at(row, a) * at(row, b);
      EXPECT_NEAR(dot, a == b ? 1 : 0, 1e-5) << a << " " << b;
    }
  }
  // A row less its projection onto the vectors is nothing.
  for (std::size_t i = 0; i < kRows; ++i) {
    std::vector<double> rest(matrix.values.begin() + static_cast<std::ptrdiff_t>(i * kWidth),
                             matrix.values.begin() + static_cast<std::ptrdiff_t>((i + 1) * kWidth));
    for (std::size_t c = 0; c < kRank; ++c) {
      double dot = 0;
      for (std::size_t j = 0; j < kWidth; ++j) dot += static_cast<double>(matrix.values[i * kWidth + j]) * at(j, c);
      for (std::size_t j = 0; j < kWidth; ++j) rest[j] -= dot * at(j, c);
    }
    for (const double value : rest) ASSERT_NEAR(value, 0, 1e-4);
  }
}

TEST(TruncatedSvd, StrengthFallsFromVectorToVector) {
  SeededRandom random;
  const SparseRows matrix = LowRank(random);
  const std::vector<float> v = Must(RightSingularVectors({}, matrix, kRank, 1));
  double before = INFINITY;
  for (std::size_t c = 0; c < kRank; ++c) {
    double strength = 0;
    for (std::size_t i = 0; i < kRows; ++i) {
      double dot = 0;
      for (std::size_t j = 0; j < kWidth; ++j)
        dot += static_cast<double>(matrix.values[i * kWidth + j]) * static_cast<double>(v[j * kRank + c]);
      strength += dot * dot;
    }
    EXPECT_LE(strength, before * (1 + 1e-6));
    before = strength;
  }
}

TEST(TruncatedSvd, BeyondTheRankThereIsNothingAndNothingIsInfinite) {
  SeededRandom random;
  const std::vector<float> v = Must(RightSingularVectors({}, LowRank(random), 12, 3));
  for (const float value : v) ASSERT_TRUE(std::isfinite(value));
  for (std::size_t row = 0; row < kWidth; ++row)
    for (std::size_t c = kRank; c < 12; ++c) EXPECT_NEAR(v[row * 12 + c], 0, 1e-3);
}

TEST(TruncatedSvd, AMatrixOfNothingGivesNothing) {
  SparseRows matrix;
  matrix.width = 10;
  for (int i = 0; i < 20; ++i) matrix.starts.push_back(0);
  for (const float value : Must(RightSingularVectors({}, matrix, 4, 2))) EXPECT_EQ(value, 0);
}

}  // namespace
}  // namespace lakehouse::embed
