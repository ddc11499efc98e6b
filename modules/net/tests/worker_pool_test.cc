#include "worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <string>
#include <thread>
#include <vector>

namespace lakehouse::net {
namespace {

using Admission = WorkerPool::Admission;

class EdgeWorkersTest : public ::testing::Test {
 protected:
  Metrics metrics_;
  Gauge& depth_ = metrics_.gauge("lakehouse_test_depth", "of the test");
};

TEST_F(EdgeWorkersTest, NobodyHasAllThreadsInCompany) {
  std::latch release(1);
  std::atomic<int> greedy = 0, quick = 0;
  WorkerPool pool("test", 4, 100, depth_);
  EXPECT_EQ(pool.TryPush([&] { ++quick; }, "quick"), Admission::kTaken);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(pool.TryPush([&] { ++greedy, release.wait(); }, "greedy"), Admission::kTaken);
  while (greedy < 3) std::this_thread::yield();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(pool.TryPush([&] { ++quick; }, "quick"), Admission::kTaken);
  while (quick < 6) std::this_thread::yield();
  EXPECT_EQ(greedy, 3);
  release.count_down();
  pool.Stop();
  EXPECT_EQ(greedy, 20);
}

TEST_F(EdgeWorkersTest, WhoIsAloneHasAllThreadsAndAllPlaces) {
  std::latch release(1);
  std::atomic<int> running = 0;
  WorkerPool pool("test", 4, 8, depth_);
  int taken = 0;
  while (running < 4) taken += pool.TryPush([&] { ++running, release.wait(); }, "one") == Admission::kTaken ? 1 : 0;
  while (pool.TryPush([&] { ++running, release.wait(); }, "one") == Admission::kTaken) ++taken;
  EXPECT_EQ(taken, 12);
  EXPECT_EQ(pool.TryPush([] {}, "two"), Admission::kFull);
  release.count_down();
}

TEST_F(EdgeWorkersTest, InCompanyOneFillsThreeQuartersOfThePlacesAndTurnsAreTaken) {
  std::latch started(1), release(1);
  std::vector<std::string> order;  // one thread: needs no lock
  WorkerPool pool("test", 1, 8, depth_);
  EXPECT_EQ(pool.TryPush([&] { started.count_down(), release.wait(); }, "b"), Admission::kTaken);
  started.wait();
  int taken = 0;
  while (pool.TryPush([&] { order.emplace_back("a"); }, "a") == Admission::kTaken) ++taken;
  EXPECT_EQ(taken, 6);
  EXPECT_EQ(pool.TryPush([&] { order.emplace_back("a"); }, "a"), Admission::kTooManyOfOne);
  EXPECT_EQ(pool.TryPush([&] { order.emplace_back("b"); }, "b"), Admission::kTaken);
  EXPECT_EQ(pool.TryPush([&] { order.emplace_back("b"); }, "b"), Admission::kTaken);
  release.count_down();
  pool.Stop();
  EXPECT_EQ(order, (std::vector<std::string>{"a", "b", "a", "b", "a", "a", "a", "a"}));
}

}  // namespace
}  // namespace lakehouse::net
