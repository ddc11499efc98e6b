#include "lakehouse/vector/vector_check.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace lakehouse::vector {
namespace {

std::string ReasonOf(const Status& status) { return status ? "taken" : std::string(status.error().reason()); }

TEST(VectorCheck, RefusesDimensionsOutsideOfOneTo4096) {
  EXPECT_EQ(ReasonOf(CheckSpec({0, Metric::kCosine})), "bad_dimension");
  EXPECT_EQ(ReasonOf(CheckSpec({4097, Metric::kCosine})), "bad_dimension");
  EXPECT_EQ(ReasonOf(CheckSpec({1, Metric::kCosine})), "taken");
  EXPECT_EQ(ReasonOf(CheckSpec({4096, Metric::kCosine})), "taken");
}

TEST(VectorCheck, NamesWhatIsWrongWithAVector) {
  const IndexSpec spec = {3, Metric::kCosine};
  EXPECT_EQ(ReasonOf(CheckVector(spec, std::vector<float>{1, 2})), "wrong_dimension");
  EXPECT_EQ(ReasonOf(CheckVector(spec, std::vector<float>{1, 2, 3, 4})), "wrong_dimension");
  EXPECT_EQ(ReasonOf(CheckVector(spec, std::vector<float>{1, NAN, 3})), "not_finite");
  EXPECT_EQ(ReasonOf(CheckVector(spec, std::vector<float>{1, 2, -INFINITY})), "not_finite");
  EXPECT_EQ(ReasonOf(CheckVector(spec, std::vector<float>{1, 2e15F, 3})), "out_of_range");
  EXPECT_EQ(ReasonOf(CheckVector(spec, std::vector<float>{0, -0.F, 0})), "zero_norm");
  EXPECT_EQ(ReasonOf(CheckVector(spec, std::vector<float>{1e-30F, 0, 0})), "zero_norm");
  EXPECT_EQ(ReasonOf(CheckVector(spec, std::vector<float>{1e-14F, 0, 0})), "taken");
  EXPECT_EQ(CheckVector(spec, std::vector<float>{1, NAN, 3}).error().code(), ErrorCode::kInvalidArgument);
}

TEST(VectorCheck, TakesTheZeroVectorWhereItHasAMeaning) {
  const std::vector<float> zero(3, 0);
  EXPECT_TRUE(CheckVector({3, Metric::kEuclidean}, zero));
  EXPECT_TRUE(CheckVector({3, Metric::kInnerProduct}, zero));
}

TEST(VectorCheck, MeasuresDistancesAsTheMetricsAreDefined) {
  const std::vector<float> a = {3, 4}, b = {4, -3}, c = {6, 8};
  EXPECT_FLOAT_EQ(Distance(Metric::kCosine, a, b), 1);
  EXPECT_FLOAT_EQ(Distance(Metric::kCosine, a, c), 0);
  EXPECT_FLOAT_EQ(Distance(Metric::kInnerProduct, a, c), -50);
  EXPECT_FLOAT_EQ(Distance(Metric::kEuclidean, a, c), 5);
  EXPECT_EQ(Distance(Metric::kEuclidean, a, a), 0);
}

TEST(VectorTypes, ReadTheirOwnNamesAndTheUsualOthers) {
  for (const Metric metric : {Metric::kCosine, Metric::kInnerProduct, Metric::kEuclidean}) EXPECT_EQ(ParseMetric(WireName(metric)), metric);
  EXPECT_EQ(ParseMetric("l2"), Metric::kEuclidean);
  EXPECT_EQ(ParseMetric("ip"), Metric::kInnerProduct);
  EXPECT_FALSE(ParseMetric("hamming"));
}

}  // namespace
}  // namespace lakehouse::vector
