#include "lakehouse/vector/vector_index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <optional>

#include "base_testing/shared_data.h"
#include "lakehouse/base/file.h"
#include "vector_testing/index_model.h"
#include "vector_testing/random_vectors.h"

namespace lakehouse::vector {
namespace {

double RecallOf(const VectorIndex& index, std::span<const float> queries, SearchParameters parameters = {}) {
  const auto evaluation = index.Evaluate({}, queries, parameters, SystemClock());
  EXPECT_TRUE(evaluation) << evaluation.error().ToString();
  return evaluation ? evaluation->recall : 0;
}

class VectorIndexTest : public ::testing::Test {
 protected:
  void Fill(std::uint32_t dimension, std::vector<float> rows, Metric metric = Metric::kCosine) {
    spec_ = {dimension, metric};
    store_ = std::make_unique<RowStore>(dimension);
    ASSERT_TRUE(store_->Append(rows));
    rows_ = std::move(rows);
  }
  std::unique_ptr<VectorIndex> Build(IndexOptions options = {}) {
    auto index = VectorIndex::Build({}, spec_, *store_, options);
    EXPECT_TRUE(index) << index.error().ToString();
    return std::move(index).Take();
  }
  std::span<const float> RowValues(RowId row) const {
    return std::span(rows_).subspan(std::size_t{row} * spec_.dimension, spec_.dimension);
  }

  IndexSpec spec_;
  std::unique_ptr<RowStore> store_;
  std::vector<float> rows_;
};

TEST_F(VectorIndexTest, AnEmptyIndexAnswersWithNothing) {
  Fill(4, {});
  const auto index = VectorIndex::Create(spec_, *store_);
  ASSERT_TRUE(index);
  const auto found = (*index)->Search({}, std::vector<float>{1, 2, 3, 4});
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->neighbors.empty());
  EXPECT_EQ((*index)->NeedsRetrain(), RetrainReason::kNone);
  EXPECT_TRUE((*index)->Retrain({}));
}

TEST_F(VectorIndexTest, FindsTheFirstInsertAndLosesTheLastDelete) {
  Fill(2, {});
  const auto index = VectorIndex::Create(spec_, *store_);
  ASSERT_TRUE(store_->Append(std::vector<float>{1, 1}));
  ASSERT_TRUE((*index)->Insert({}, 1));
  const auto found = (*index)->Search({}, std::vector<float>{2, 2});
  ASSERT_EQ(found->neighbors.size(), 1U);
  EXPECT_EQ(found->neighbors[0].row, 0U);
  EXPECT_NEAR(found->neighbors[0].distance, 0, 1e-6);
  const RowId row = 0;
  EXPECT_EQ(*(*index)->Delete(std::span(&row, 1)), 1U);
  EXPECT_EQ(*(*index)->Delete(std::span(&row, 1)), 0U);
  EXPECT_TRUE((*index)->Search({}, std::vector<float>{2, 2})->neighbors.empty());
}

TEST_F(VectorIndexTest, RefusesQueriesAndParametersAtTheDoor) {
  Fill(2, {1, 2, 3, 4});
  const auto index = Build();
  const auto reason = [&](std::vector<float> query, SearchParameters parameters) {
    const auto found = index->Search({}, query, parameters);
    return found ? "taken" : std::string(found.error().reason());
  };
  EXPECT_EQ(reason({1, 2, 3}, {}), "wrong_dimension");
  EXPECT_EQ(reason({1, NAN}, {}), "not_finite");
  EXPECT_EQ(reason({0, 0}, {}), "zero_norm");
  EXPECT_EQ(reason({1, 2}, {.k = 0}), "bad_k");
  EXPECT_EQ(reason({1, 2}, {.k = kMaxNeighbors + 1}), "bad_k");
  EXPECT_EQ(reason({1, 2}, {.min_recall = 1.5}), "bad_min_recall");
  EXPECT_EQ(reason({1, 2}, {.min_recall = 1}), "taken");
  EXPECT_EQ(VectorIndex::Create(spec_, *store_, {.target_recall = 0}).error().reason(), "bad_target_recall");
}

TEST_F(VectorIndexTest, ABatchWithOneBadRowIsRefusedAsAWhole) {
  Fill(2, {1, 2});
  const auto index = Build();
  ASSERT_TRUE(store_->Append(std::vector<float>{1, 1, NAN, 2}));
  EXPECT_EQ(index->Insert({}, 2).error().reason(), "not_finite");
  EXPECT_EQ(index->rows(), 1U);
  EXPECT_TRUE(index->Insert({}, 1));
  EXPECT_EQ(index->Insert({}, 7).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(VectorIndex::Build({}, spec_, *store_).error().reason(), "not_finite");
}

TEST_F(VectorIndexTest, ScanModeIsExactUntilTrained) {
  RandomVectors random(16, 1);
  Fill(16, random.Clustered(3000, 20));
  const auto index = VectorIndex::Create(spec_, *store_);
  EXPECT_EQ((*index)->NeedsRetrain(), RetrainReason::kScanMode);
  EXPECT_EQ((*index)->Save("unused", {}).error().reason(), "nothing_to_save");
  const auto before = (*index)->Search({}, RowValues(5), {.k = 20});
  EXPECT_EQ(before->path, SearchPath::kRows);
  ASSERT_TRUE((*index)->Retrain({}));
  EXPECT_EQ((*index)->Search({}, RowValues(5), {.k = 20, .exact = true})->neighbors, before->neighbors);
  EXPECT_EQ((*index)->NeedsRetrain(), RetrainReason::kNone);
}

TEST_F(VectorIndexTest, IdenticalRowsAreAllFound) {
  RandomVectors random(32, 2);
  std::vector<float> rows = random.Isotropic(3000);
  const std::vector<float> one(rows.begin(), rows.begin() + 32);
  for (std::size_t row = 500; row < 2500; ++row) std::copy(one.begin(), one.end(), rows.begin() + static_cast<std::ptrdiff_t>(row * 32));
  Fill(32, rows);
  for (const std::uint32_t lists : {1U, 16U}) {
    const auto index = Build({.lists = lists});
    const auto found = index->Search({}, one, {.k = 2001, .probe = lists, .rescore = 2001});
    std::size_t same = 0;
    for (const Neighbor& neighbor : found->neighbors) same += static_cast<std::size_t>(neighbor.distance < 1e-6F);
    EXPECT_EQ(same, 2001U) << lists;
  }
}

TEST_F(VectorIndexTest, AnswersWithAsManyRowsAsMatchForEveryFilter) {
  RandomVectors random(24, 3);
  Fill(24, random.Clustered(6000, 30));
  const auto index = Build({.lists = 32});
  for (const std::uint32_t matching : {0U, 1U, 5U, 40U, 600U, 3000U, 6000U}) {
    std::vector<std::uint64_t> bitmap((6000 + 63) / 64);
    std::vector<RowId> list;
    for (RowId row = 0; list.size() < matching; row = (row + 4001) % 6000) {
      if ((bitmap[row / 64] >> row % 64 & 1) != 0) continue;
      bitmap[row / 64] |= std::uint64_t{1} << row % 64;
      list.push_back(row);
    }
    for (const RowFilter& filter : {RowFilter::Bitmap(bitmap), RowFilter::List(list)}) {
      for (const std::uint32_t probe : {0U, 1U}) {
        const auto found = index->Search({}, RowValues(17), {.k = 50, .filter = filter, .probe = probe});
        ASSERT_TRUE(found);
        ASSERT_EQ(found->neighbors.size(), std::min(50U, matching)) << matching << " by " << WireName(found->path);
        for (const Neighbor& neighbor : found->neighbors) ASSERT_NE(bitmap[neighbor.row / 64] >> neighbor.row % 64 & 1, 0U);
      }
    }
  }
  const auto all = index->Search({}, RowValues(17), {.k = 6001, .probe = 1});
  EXPECT_EQ(all->neighbors.size(), 6000U);
}

TEST_F(VectorIndexTest, FiltersWithRowsThatDoNotExistAreHarmless) {
  RandomVectors random(8, 4);
  Fill(8, random.Isotropic(100));
  const auto index = Build();
  const std::vector<RowId> list = {5, 5, 99, 100, 0xFFFFFFFF};
  EXPECT_EQ(index->Search({}, RowValues(1), {.filter = RowFilter::List(list)})->neighbors.size(), 2U);
  const std::vector<std::uint64_t> longer(1000, ~std::uint64_t{0}), shorter(1, 3);
  EXPECT_EQ(index->Search({}, RowValues(1), {.k = 500, .filter = RowFilter::Bitmap(longer)})->neighbors.size(), 100U);
  EXPECT_EQ(index->Search({}, RowValues(1), {.filter = RowFilter::Bitmap(shorter)})->neighbors.size(), 2U);
  EXPECT_EQ(index->Search({}, RowValues(1), {.filter = RowFilter::Bitmap({})})->neighbors.size(), 0U);
}

TEST_F(VectorIndexTest, BuildsAreTheSameToTheBitForAnyThreadsAndKernels) {
  RandomVectors random(40, 5);
  Fill(40, random.Clustered(1500, 40));
  auto directory = TemporaryDirectory::Create(::testing::TempDir(), "vector-index");
  ASSERT_TRUE(directory);
  std::string first;
  for (const KernelChoice kernels : {KernelChoice::kPortable, KernelChoice::kAvx2, KernelChoice::kAvx512}) {
    for (const std::uint32_t threads : {1U, 2U, 3U}) {
      for (const std::uint32_t lists : {200U}) {
        const auto index = Build({.lists = lists, .threads = threads, .kernels = kernels});
        const std::string path =
            directory->path() + "/" + index->Stats().kernels + std::to_string(threads) + std::to_string(static_cast<int>(kernels));
        ASSERT_TRUE(index->Save(path, {}));
        const std::string octets = *ReadFile(path);
        if (first.empty()) first = octets;
        ASSERT_EQ(octets, first) << threads << " threads, " << index->Stats().kernels;
      }
    }
  }
}

/// The values of a file of 16-bit floats.
std::vector<float> HalvesIn(std::string_view octets) {
  std::vector<float> values;
  for (std::size_t at = 0; at + 1 < octets.size(); at += 2) {
    const auto half = static_cast<std::uint32_t>(static_cast<unsigned char>(octets[at]) | static_cast<unsigned char>(octets[at + 1]) << 8);
    const float magnitude = (half & 0x7C00) == 0
                                ? std::ldexp(static_cast<float>(half & 0x3FF), -24)
                                : std::ldexp(static_cast<float>((half & 0x3FF) | 0x400), static_cast<int>(half >> 10 & 31) - 25);
    values.push_back((half & 0x8000) != 0 ? -magnitude : magnitude);
  }
  return values;
}

TEST_F(VectorIndexTest, BuildsOfEmbeddingsOfTextsAreTheSameToTheBitForAnyThreadsAndKernels) {
  constexpr std::uint32_t kWidth = 384;
  const auto data = SharedData();
  if (!data) GTEST_SKIP() << kNoSharedData;
  // ./dev torture vector takes all of them and every pair.
  const bool all = std::getenv("LH_VECTOR_OPERATIONS") != nullptr;
  std::string octets = *ReadFile(*data + "/vectors/real384.base.f16");
  if (!all) octets.resize(std::min<std::size_t>(octets.size(), 20'500 * kWidth * 2));
  Fill(kWidth, HalvesIn(octets));
  auto directory = TemporaryDirectory::Create(::testing::TempDir(), "vector-index");
  ASSERT_TRUE(directory);
  std::optional<std::string> first;
  int builds = 0;
  std::uint32_t threads = 0;
  for (const KernelChoice kernels : {KernelChoice::kPortable, KernelChoice::kAvx2, KernelChoice::kAvx512}) {
    ++threads;
    for (const std::uint32_t some : {1U, 2U, 3U}) {
      if (!all && some != threads) continue;
      const auto index = Build({.threads = some, .kernels = kernels});
      ASSERT_EQ(index->Stats().mode, IndexMode::kInverted);
      const std::string path = directory->path() + "/" + std::to_string(++builds);
      ASSERT_TRUE(index->Save(path, {}));
      const std::string saved = *ReadFile(path);
      if (!first) first = saved;
      ASSERT_TRUE(saved == *first) << some << " threads, " << index->Stats().kernels;
    }
  }
  EXPECT_EQ(builds, all ? 9 : 3);
}

TEST_F(VectorIndexTest, SearchesAreTheSameToTheBitForAllKernels) {
  RandomVectors random(100, 6);
  Fill(100, random.Clustered(1500, 40));
  const std::vector<float> queries = random.Clustered(50, 40);
  const auto portable = Build({.lists = 200, .kernels = KernelChoice::kPortable});
  for (const KernelChoice kernels : {KernelChoice::kAvx2, KernelChoice::kAvx512}) {
    const auto index = Build({.lists = 200, .kernels = kernels});
    for (std::size_t i = 0; i < 50; ++i) {
      const auto query = std::span(queries).subspan(i * 100, 100);
      for (const SearchParameters& parameters :
           {SearchParameters{}, SearchParameters{.probe = 5}, SearchParameters{.k = 100, .exact = true}})
        ASSERT_EQ(index->Search({}, query, parameters)->neighbors, portable->Search({}, query, parameters)->neighbors);
    }
  }
}

/// Metric, rows, lists, isotropic or clustered.
struct RecallCase {
  const char* name;
  Metric metric;
  std::uint32_t rows;
  std::uint32_t lists;
  bool isotropic;
};
class VectorRecallTest : public VectorIndexTest, public ::testing::WithParamInterface<RecallCase> {};

TEST_P(VectorRecallTest, TheCalibratedDefaultReachesItsTargetOnQueriesItNeverSaw) {
  const RecallCase& one = GetParam();
  RandomVectors random(48, 11);
  Fill(48, one.isotropic ? random.Isotropic(one.rows) : random.Clustered(one.rows, 100), one.metric);
  const std::vector<float> queries = one.isotropic ? random.Isotropic(200) : random.Clustered(200, 100);
  const auto index = Build({.lists = one.lists});
  EXPECT_GE(RecallOf(*index, queries), .985);
  EXPECT_GE(RecallOf(*index, queries, {.k = 100}), .97);
  EXPECT_EQ(RecallOf(*index, queries, {.min_recall = 1}), 1);
}

INSTANTIATE_TEST_SUITE_P(Sets, VectorRecallTest,
                         ::testing::Values(RecallCase{"CosineFlat", Metric::kCosine, 6000, 0, false},
                                           RecallCase{"CosineLists", Metric::kCosine, 12000, 96, false},
                                           RecallCase{"DotLists", Metric::kInnerProduct, 8000, 64, false},
                                           RecallCase{"EuclideanLists", Metric::kEuclidean, 8000, 64, false},
                                           RecallCase{"EuclideanManyLists", Metric::kEuclidean, 12000, 224, false},
                                           RecallCase{"IsotropicFlat", Metric::kCosine, 6000, 0, true},
                                           RecallCase{"IsotropicLists", Metric::kCosine, 12000, 96, true},
                                           RecallCase{"IsotropicDot", Metric::kInnerProduct, 8000, 64, true}),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST_F(VectorIndexTest, KeepsItsRecallAfterInsertsFromElsewhereAndDeletions) {
  RandomVectors random(48, 12);
  Fill(48, random.Clustered(9000, 60));
  const auto index = Build({.lists = 96});
  RandomVectors other(48, 99);
  ASSERT_TRUE(store_->Append(other.Clustered(2700, 30, .5F)));
  ASSERT_TRUE(index->Insert({}, 2700));
  std::vector<float> queries = random.Clustered(100, 60);
  const std::vector<float> shifted = other.Clustered(50, 30, .5F);
  queries.insert(queries.end(), shifted.begin(), shifted.end());
  EXPECT_GE(RecallOf(*index, queries), .975);
  EXPECT_GT(index->Stats().outliers, 2000U);
  EXPECT_EQ(index->NeedsRetrain(), RetrainReason::kShifted);
  std::vector<RowId> gone;
  for (RowId row = 0; row < index->rows(); ++row)
    if (random.random()() % 10 < 3) gone.push_back(row);
  EXPECT_EQ(*index->Delete(gone), gone.size());
  EXPECT_GE(RecallOf(*index, queries), .975);
  EXPECT_EQ(index->NeedsRetrain(), RetrainReason::kDeletions);
  ASSERT_TRUE(index->Retrain({}));
  EXPECT_EQ(index->NeedsRetrain(), RetrainReason::kNone);
  EXPECT_GE(RecallOf(*index, queries), .985);
  EXPECT_GE(*index->CheckRecall({}), .95);
}

TEST_F(VectorIndexTest, AsksForTrainingWhenItHasDoubled) {
  RandomVectors random(8, 13);
  Fill(8, random.Isotropic(600));
  const auto index = Build();
  ASSERT_TRUE(store_->Append(random.Isotropic(400)));
  ASSERT_TRUE(index->Insert({}, 400));
  EXPECT_EQ(index->NeedsRetrain(), RetrainReason::kNone);  // too few to matter
  ASSERT_TRUE(store_->Append(random.Isotropic(200)));
  ASSERT_TRUE(index->Insert({}, 200));
  EXPECT_EQ(index->NeedsRetrain(), RetrainReason::kGrown);
  ASSERT_TRUE(index->Retrain({}));
  EXPECT_EQ(index->NeedsRetrain(), RetrainReason::kNone);
  EXPECT_EQ(index->Stats().trained_rows, 1200U);
}

TEST_F(VectorIndexTest, FiltersKeepTheRecallWhetherRowsAreChosenAtRandomOrByPlace) {
  RandomVectors random(48, 14);
  Fill(48, random.Clustered(20'000, 100));
  const auto index = Build();
  ASSERT_EQ(index->Stats().mode, IndexMode::kInverted);
  const std::vector<float> queries = random.Clustered(60, 100);
  for (const bool by_place : {false, true}) {
    for (const std::uint32_t percent : {1U, 10U, 50U}) {
      std::vector<std::pair<float, RowId>> order;
      for (RowId row = 0; row < 20'000; ++row)
        order.emplace_back(by_place ? RowValues(row)[0] : static_cast<float>(random.random()() % 1'000'000), row);
      std::sort(order.begin(), order.end());
      std::vector<std::uint64_t> bitmap(20'000 / 64 + 1);
      for (std::size_t i = 0; i < 200 * percent; ++i) bitmap[order[i].second / 64] |= std::uint64_t{1} << order[i].second % 64;
      EXPECT_GE(RecallOf(*index, queries, {.filter = RowFilter::Bitmap(bitmap)}), .98)
          << percent << (by_place ? " by place" : " at random");
    }
  }
}

TEST_F(VectorIndexTest, StopsBuildingWhenNobodyWaits) {
  RandomVectors random(8, 15);
  Fill(8, random.Isotropic(2000));
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(VectorIndex::Build({.cancel = stop.get_token()}, spec_, *store_).error().code(), ErrorCode::kCancelled);
}

TEST_F(VectorIndexTest, StaysWithinItsMemory) {
  RandomVectors random(768, 16);
  Fill(768, random.Clustered(3000, 30));
  const auto index = Build({.lists = 16});
  EXPECT_LE(index->Stats().memory_bytes, 3000ULL * 768 * 4 * 33 / 100);
}

TEST_F(VectorIndexTest, TakesEveryDimensionAndMagnitude) {
  for (const std::uint32_t d : {1U, 2U, 3U, 5U, 31U, 33U, 65U, 127U, 1000U, 4095U, 4096U}) {
    for (const Metric metric : {Metric::kCosine, Metric::kInnerProduct, Metric::kEuclidean}) {
      for (const float size : {1e-10F, 1.F, 1e14F}) {
        RandomVectors random(d, d);
        std::vector<float> rows = random.Isotropic(d > 1000 ? 60 : 300);
        for (float& value : rows) value *= size;
        Fill(d, rows, metric);
        const auto index = Build();
        IndexModel model(spec_);
        for (RowId row = 0; row < index->rows(); ++row) model.Add(row, {RowValues(row).begin(), RowValues(row).end()});
        std::vector<float> query = random.Isotropic(1);
        for (float& value : query) value *= size;
        const auto found = index->Search({}, query, {.exact = true});
        ASSERT_EQ(found->neighbors, model.Nearest(query, 10, [](RowId) { return true; })) << d << " " << WireName(metric) << " " << size;
      }
    }
  }
}

}  // namespace
}  // namespace lakehouse::vector
