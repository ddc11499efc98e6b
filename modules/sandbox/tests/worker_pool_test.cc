#include "lakehouse/sandbox/worker_pool.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include "worker_harness.h"

namespace lakehouse::sandbox {
namespace {

namespace fs = std::filesystem;

class WorkerPoolTest : public WorkerHarness {
 protected:
  void SetUp() override {
    WorkerHarness::SetUp();
    pool_options_.max_workers = 1;
    pool_options_.min_warm = 1;
  }
  void Open() {
    pool_options_.worker = options_;
    auto pool = WorkerPool::Start(pool_options_, metrics_, log_);
    ASSERT_TRUE(pool.ok()) << pool.error().ToString();
    pool_ = std::move(pool).Take();
  }
  WorkerPool::Lease Must(std::string_view principal, std::string_view version = "") {
    auto lease = pool_->Acquire(Within(20'000), principal, version);
    if (!lease) throw std::runtime_error(lease.error().ToString());
    return std::move(lease).Take();
  }
  int PidOfUse(std::string_view principal, std::string_view version = "") {
    auto lease = Must(principal, version);
    EXPECT_TRUE(Ask(lease.worker(), kTestEcho, "x").ok());
    return lease.worker().pid();
  }
  /// Until the pool has this many waiting requests: the tests need an order, not a time.
  void AwaitWaiting(unsigned count) {
    while (pool_->Inspect().waiting != count) std::this_thread::yield();
  }

  Metrics metrics_;
  Log log_{"test", LogLevel::kError, [](std::string_view) {}};
  WorkerPool::Options pool_options_;
  std::unique_ptr<WorkerPool> pool_;
};

TEST_F(WorkerPoolTest, TheSamePrincipalGetsTheSameProcessAndAnotherOneDoesNot) {
  pool_options_.max_workers = 2;
  Open();
  const int first = PidOfUse("ann");
  EXPECT_EQ(PidOfUse("ann"), first);
  EXPECT_NE(PidOfUse("bob"), first);
  EXPECT_EQ(PidOfUse("ann"), first);
  EXPECT_NE(PidOfUse("ann", "profile 2"), first) << "what it may see has changed";
}

TEST_F(WorkerPoolTest, OneWorkerServesManyPrincipalsByEndingForEachOther) {
  Open();
  for (int round = 0; round < 2; ++round)
    for (const char* principal : {"ann", "bob", "cy"}) PidOfUse(principal);
  EXPECT_GE(pool_->Inspect().started, 6u);
}

TEST_F(WorkerPoolTest, AfterARenewalNobodyGetsAWorkerThatHasServedBefore) {
  pool_options_.max_workers = 2;
  Open();
  const int idle = PidOfUse("ann");
  int busy = 0;
  {
    auto lease = Must("bob");
    busy = lease.worker().pid();
    pool_->Renew();
    EXPECT_TRUE(Ask(lease.worker(), kTestEcho, "x").ok()) << "it may end what it does";
  }
  EXPECT_NE(PidOfUse("ann"), idle);
  const int after = PidOfUse("bob");
  EXPECT_NE(after, busy);
  EXPECT_EQ(PidOfUse("bob"), after);
}

TEST_F(WorkerPoolTest, AnUnhealthyWorkerIsReplaced) {
  Open();
  int pid = 0;
  {
    auto lease = Must("ann");
    pid = lease.worker().pid();
    lease.MarkUnhealthy();
  }
  EXPECT_NE(PidOfUse("ann"), pid);
  EXPECT_EQ(pool_->Inspect().ended_unhealthy, 1u);
}

TEST_F(WorkerPoolTest, AWorkerThatDiedWhileIdleIsNotHandedOut) {
  Open();
  const int pid = PidOfUse("ann");
  ASSERT_EQ(kill(pid, SIGKILL), 0);
  siginfo_t ended;
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(pid), &ended, WEXITED | WNOWAIT), 0);
  EXPECT_NE(PidOfUse("ann"), pid);
}

TEST_F(WorkerPoolTest, AWorkerIsReplacedAfterItsUses) {
  pool_options_.max_uses = 3;
  Open();
  const int first = PidOfUse("ann");
  EXPECT_EQ(PidOfUse("ann"), first);
  EXPECT_EQ(PidOfUse("ann"), first);
  EXPECT_NE(PidOfUse("ann"), first);
}

TEST_F(WorkerPoolTest, AWorkerThatHoldsTooMuchMemoryIsReplaced) {
  pool_options_.memory_mark_bytes = 1;
  Open();
  const int first = PidOfUse("ann");
  EXPECT_NE(PidOfUse("ann"), first);
}

TEST_F(WorkerPoolTest, PrincipalsTakeTurnsHoweverManyRequestsOneOfThemHas) {
  Open();
  std::optional<WorkerPool::Lease> first(Must("greedy"));
  std::mutex mutex;
  std::vector<std::string> served;
  std::vector<std::thread> threads;
  const auto request = [&](const std::string& principal) {
    threads.emplace_back([this, &mutex, &served, principal] {
      auto lease = Must(principal);
      const std::lock_guard lock(mutex);
      served.push_back(principal);
    });
    AwaitWaiting(static_cast<unsigned>(threads.size()));
  };
  for (int i = 0; i < 5; ++i) request("greedy");
  request("modest");
  while (pool_->Inspect().fresh != 1) std::this_thread::yield();  // the spare that is started beside the one in use
  first.reset();
  for (std::thread& thread : threads) thread.join();
  ASSERT_EQ(served.size(), 6u);
  const auto place = std::find(served.begin(), served.end(), "modest") - served.begin();
  EXPECT_EQ(place, 1) << "behind one request of the other, not behind its whole line";
}

TEST_F(WorkerPoolTest, WhereOthersWereHereLatelyAPrincipalLeavesAWorkerToThem) {
  pool_options_.max_workers = 2;
  Open();
  {
    const auto alone = Must("greedy"), too = Must("greedy");  // nobody else is here: it has all of them
  }
  PidOfUse("bob");
  const auto first = Must("greedy");
  EXPECT_EQ(pool_->Acquire(Within(200), "greedy").error().code(), ErrorCode::kDeadlineExceeded);
  PidOfUse("bob");
  PidOfUse("cy");
}

TEST_F(WorkerPoolTest, AFullQueueIsRefusedAtOnce) {
  pool_options_.queue_capacity = 1;
  Open();
  std::optional<WorkerPool::Lease> first(Must("ann"));
  std::thread waiter([&] { Must("bob"); });
  AwaitWaiting(1);
  const auto refused = pool_->Acquire(Within(20'000), "cy");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(refused.error().reason(), "overloaded");
  first.reset();
  waiter.join();
}

TEST_F(WorkerPoolTest, OnePrincipalMayNotTakeTheWholeQueue) {
  pool_options_.principal_capacity = 1;
  Open();
  std::optional<WorkerPool::Lease> first(Must("ann"));
  EXPECT_EQ(pool_->Acquire(Within(20'000), "ann").error().code(), ErrorCode::kResourceExhausted);
  first.reset();
  EXPECT_TRUE(pool_->Acquire(Within(20'000), "ann").ok());
}

TEST_F(WorkerPoolTest, AWaitingRequestObeysItsDeadlineAndItsCancellation) {
  Open();
  std::optional<WorkerPool::Lease> first(Must("ann"));
  EXPECT_EQ(pool_->Acquire(Within(30), "bob").error().code(), ErrorCode::kDeadlineExceeded);
  const auto stop = std::make_unique<std::stop_source>();
  Context context;
  context.cancel = stop->get_token();
  auto waiting = std::async(std::launch::async, [&] { return pool_->Acquire(context, "bob").error().code(); });
  AwaitWaiting(1);
  stop->request_stop();
  EXPECT_EQ(waiting.get(), ErrorCode::kCancelled);
  EXPECT_EQ(pool_->Inspect().waiting, 0u);
  first.reset();
  PidOfUse("bob");
}

TEST_F(WorkerPoolTest, WorkersThatCannotStartAreAnErrorAndNotAHang) {
  options_.arguments = {"refuse"};
  Open();
  const auto lease = pool_->Acquire(Within(20'000), "ann");
  ASSERT_FALSE(lease.ok());
  EXPECT_EQ(lease.error().code(), ErrorCode::kUnavailable);
  EXPECT_THAT(pool_->Inspect().last_error, testing::HasSubstr("told to refuse"));
}

TEST_F(WorkerPoolTest, ManyThreadsOfManyPrincipalsAreAllServed) {
  pool_options_.max_workers = 2;
  Open();
  std::atomic<int> served = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 5; ++i) {
        auto lease = Must("principal " + std::to_string(t % 4));
        if (Ask(lease.worker(), kTestEcho, "x").ok()) ++served;
        if (i == 3 && t == 0) lease.MarkUnhealthy();
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(served, 40);
  EXPECT_EQ(pool_->Inspect().busy, 0u);
}

TEST_F(WorkerPoolTest, LeftoversOfADeadProcessAreRemovedAndThoseOfALivingOneAreNot) {
  fs::create_directories(options_.root + "/dead-0/in");
  std::ofstream(options_.root + "/dead.lock").put('x');
  fs::create_directories(options_.root + "/live-0/in");
  std::ofstream(options_.root + "/live.lock").put('x');
  const UniqueFd lock(open((options_.root + "/live.lock").c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_EQ(flock(lock.get(), LOCK_EX | LOCK_NB), 0);
  Open();
  EXPECT_FALSE(fs::exists(options_.root + "/dead-0"));
  EXPECT_FALSE(fs::exists(options_.root + "/dead.lock"));
  EXPECT_TRUE(fs::exists(options_.root + "/live-0/in"));
}

TEST_F(WorkerPoolTest, NothingStaysBehindWhenThePoolEnds) {
  Open();
  PidOfUse("ann");
  pool_.reset();
  EXPECT_TRUE(fs::is_empty(options_.root));
}

}  // namespace
}  // namespace lakehouse::sandbox
