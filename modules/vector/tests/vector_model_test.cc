#include <gtest/gtest.h>

#include <cstdlib>

#include "vector_testing/index_model.h"

namespace lakehouse::vector {
namespace {

/// How many operations: a run for hours sets it.
std::size_t Operations(std::size_t usual) {
  const char* wanted = std::getenv("LH_VECTOR_OPERATIONS");
  return wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : usual;
}

struct ModelCase {
  std::uint32_t dimension;
  Metric metric;
  std::size_t most_rows;
};
class VectorModelTest : public ::testing::TestWithParam<ModelCase> {};

TEST_P(VectorModelTest, AnswersAsBruteForceDoesThroughRandomOperations) {
  const ModelCase& one = GetParam();
  const std::uint64_t seed = std::random_device{}();
  RandomOperations run({one.dimension, one.metric}, seed, one.most_rows);
  const std::string wrong = run.Run(Operations(one.dimension > 500 ? 1000 : 8000));
  EXPECT_EQ(wrong, "") << "seed " << seed;
  EXPECT_GT(run.searches(), 50U);
}

INSTANTIATE_TEST_SUITE_P(Sizes, VectorModelTest,
                         ::testing::Values(ModelCase{1, Metric::kEuclidean, 8}, ModelCase{1, Metric::kCosine, 40},
                                           ModelCase{2, Metric::kInnerProduct, 8}, ModelCase{3, Metric::kCosine, 8},
                                           ModelCase{8, Metric::kEuclidean, 200}, ModelCase{17, Metric::kCosine, 200},
                                           ModelCase{64, Metric::kInnerProduct, 200}, ModelCase{100, Metric::kEuclidean, 8},
                                           ModelCase{768, Metric::kCosine, 60}, ModelCase{4096, Metric::kEuclidean, 30},
                                           ModelCase{4096, Metric::kCosine, 8}),
                         [](const auto& tested) {
                           return std::string(WireName(tested.param.metric)) + std::to_string(tested.param.dimension) + "of" +
                                  std::to_string(tested.param.most_rows);
                         });

}  // namespace
}  // namespace lakehouse::vector
