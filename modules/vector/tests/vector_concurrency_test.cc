#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include "lakehouse/base/task_group.h"
#include "lakehouse/vector/row_source.h"
#include "lakehouse/vector/vector_index.h"
#include "vector_testing/random_vectors.h"

namespace lakehouse::vector {
namespace {

TEST(VectorConcurrency, ReadersWriterAndRetrainerNeverSeeAHalfDoneChange) {
  constexpr std::uint32_t kDimension = 20, kFirst = 1500, kBatches = 60, kBatch = 20;
  RandomVectors random(kDimension, 21);
  RowStore store(kDimension);
  ASSERT_TRUE(store.Append(random.Clustered(kFirst, 20)));
  auto built = VectorIndex::Build({}, {kDimension, Metric::kEuclidean}, store, {.lists = 12});
  ASSERT_TRUE(built);
  VectorIndex& index = **built;
  const std::vector<float> later = random.Clustered(kBatches * kBatch, 20);

  std::atomic<bool> written{false};
  std::atomic<std::uint32_t> acknowledged{kFirst};
  std::atomic<std::uint64_t> searches{0}, wrong{0}, retrainings{0};
  {
    TaskGroup threads;
    for (int reader = 0; reader < 2; ++reader) {
      threads.Start("reader", [&, reader](std::stop_token) {
        std::mt19937 mine(static_cast<unsigned>(reader));
        std::vector<float> query(kDimension);
        while (!written || searches < 200) {
          // A row that was acknowledged is found by its own values, at distance 0; odd rows may be deleted meanwhile.
          const std::uint32_t known = acknowledged.load();
          const RowId row = static_cast<RowId>(mine() % known) & ~1U;
          std::memcpy(query.data(), store.Row(row), kDimension * sizeof(float));
          const auto found = index.Search({}, query, {.k = 5, .exact = mine() % 4 == 0});
          searches += 1;
          if (!found || found->neighbors.size() != 5 || found->neighbors.front().distance != 0) wrong += 1;
          if (mine() % 16 == 0) (void)index.Stats(), (void)index.NeedsRetrain();
        }
      });
    }
    threads.Start("retrainer", [&](std::stop_token) {
      while (!written) {
        if (!index.Retrain({})) wrong += 1;
        retrainings += 1;
      }
    });
    threads.Start("writer", [&](std::stop_token) {
      for (std::uint32_t batch = 0; batch < kBatches; ++batch) {
        const auto rows = std::span(later).subspan(std::size_t{batch} * kBatch * kDimension, kBatch * kDimension);
        if (!store.Append(rows) || !index.Insert({}, kBatch)) wrong += 1;
        acknowledged = kFirst + (batch + 1) * kBatch;
        const RowId odd = (batch * 37 % kFirst) | 1U;
        if (!index.Delete(std::span(&odd, 1))) wrong += 1;
        while (retrainings * 12 < batch) std::this_thread::yield();  // several retrainings happen within
      }
      written = true;
    });
    threads.StopAndJoin();
  }
  EXPECT_EQ(wrong, 0U);
  EXPECT_GE(retrainings, 4U);
  EXPECT_EQ(index.rows(), kFirst + kBatches * kBatch);
}

TEST(VectorConcurrency, SearchesRunBesideTheVeryFirstInserts) {
  for (int round = 0; round < 50; ++round) {
    RowStore store(3);
    auto created = VectorIndex::Create({3, Metric::kCosine}, store);
    VectorIndex& index = **created;
    std::atomic<bool> written{false};
    std::atomic<int> wrong{0};
    TaskGroup threads;
    threads.Start("reader", [&](std::stop_token) {
      const std::vector<float> query = {1, 2, 3};
      std::size_t last = 0;
      do {
        const auto found = index.Search({}, query, {.k = 100});
        if (!found || found->neighbors.size() < last) wrong += 1;
        last = found->neighbors.size();
      } while (!written || last < 40);
    });
    for (std::uint32_t row = 0; row < 40; ++row) {
      ASSERT_TRUE(store.Append(std::vector<float>{1, 2, static_cast<float>(row)}));
      ASSERT_TRUE(index.Insert({}, 1));
    }
    written = true;
    threads.StopAndJoin();
    ASSERT_EQ(wrong, 0);
  }
}

TEST(VectorConcurrency, ASearchSeesABatchAsAWholeOrNotAtAll) {
  RowStore store(4);
  auto created = VectorIndex::Create({4, Metric::kEuclidean}, store);
  VectorIndex& index = **created;
  std::atomic<bool> written{false};
  std::atomic<int> wrong{0};
  TaskGroup threads;
  threads.Start("reader", [&](std::stop_token) {
    while (!written) {
      const auto found = index.Search({}, std::vector<float>{0, 0, 0, 0}, {.k = 5000});
      if (found->neighbors.size() % 50 != 0) wrong += 1;
    }
  });
  RandomVectors random(4, 5);
  for (int batch = 0; batch < 40; ++batch) {
    ASSERT_TRUE(store.Append(random.Isotropic(50)));
    ASSERT_TRUE(index.Insert({}, 50));
  }
  written = true;
  threads.StopAndJoin();
  EXPECT_EQ(wrong, 0);
}

TEST(VectorConcurrency, ASecondTrainingIsRefusedWhileOneRuns) {
  RandomVectors random(32, 8);
  RowStore store(32);
  ASSERT_TRUE(store.Append(random.Clustered(4000, 10)));
  auto created = VectorIndex::Create({32, Metric::kCosine}, store);
  std::atomic<int> done{0}, refused{0};
  TaskGroup threads;
  for (int i = 0; i < 2; ++i)
    threads.Start("trainer", [&](std::stop_token) {
      for (int round = 0; round < 20 || (refused == 0 && round < 2000); ++round) {
        const Status trained = (*created)->Retrain({});
        if (trained) done += 1;
        if (!trained && trained.error().code() == ErrorCode::kConflict) refused += 1;
      }
    });
  threads.StopAndJoin();
  EXPECT_GE(done, 1);
  EXPECT_GE(refused, 1);
}

}  // namespace
}  // namespace lakehouse::vector
