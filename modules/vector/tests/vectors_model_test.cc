#include "vector_testing/vectors_model.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace lakehouse::vector {
namespace {

/// LH_VECTOR_OPERATIONS: of each case; ./dev torture vector sets it high.
std::size_t OperationsPerCase() {
  const char* wanted = std::getenv("LH_VECTOR_OPERATIONS");
  return wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 2'500;
}

struct ServiceCase {
  IndexSpec spec;
  std::size_t ids;
};

class VectorsModel : public testing::TestWithParam<ServiceCase> {};

TEST_P(VectorsModel, AnswersLikeAMapThroughKillsAndGenerations) {
  const std::uint64_t seed = std::random_device()();
  RecordProperty("seed", std::to_string(seed));
  RandomVectorOperations operations(GetParam().spec, seed, GetParam().ids);
  EXPECT_EQ(operations.Run(OperationsPerCase()), "") << "seed " << seed;
  EXPECT_GT(operations.searches(), 0U);
  EXPECT_GT(operations.restarts(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Sizes, VectorsModel,
                         testing::Values(ServiceCase{{1, Metric::kEuclidean}, 8}, ServiceCase{{2, Metric::kCosine}, 1},
                                         ServiceCase{{3, Metric::kInnerProduct}, 40}, ServiceCase{{16, Metric::kCosine}, 200},
                                         ServiceCase{{65, Metric::kEuclidean}, 30}, ServiceCase{{768, Metric::kCosine}, 60},
                                         ServiceCase{{1'025, Metric::kInnerProduct}, 8}, ServiceCase{{4'096, Metric::kEuclidean}, 5}),
                         [](const auto& one) { return "Dimension" + std::to_string(one.param.spec.dimension); });

}  // namespace
}  // namespace lakehouse::vector
