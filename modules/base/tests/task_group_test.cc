#include "lakehouse/base/task_group.h"

#include <gmock/gmock.h>
#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <mutex>
#include <stdexcept>

#include "lakehouse/base/guarded.h"

namespace lakehouse {
namespace {

/// Blocks until the group wants its threads back.
void WaitForStop(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait(lock, stop, [] { return false; });
}

TEST(TaskGroupTest, StopsAndJoinsItsThreadsWhenItGoes) {
  std::atomic<int> ended{0};
  {
    TaskGroup group;
    for (int i = 0; i < 3; ++i)
      group.Start("wait", [&](const std::stop_token& stop) {
        WaitForStop(stop);
        ++ended;
      });
    EXPECT_EQ(ended, 0);
  }
  EXPECT_EQ(ended, 3);
}

TEST(TaskGroupTest, StopsOnce) {
  TaskGroup group;
  EXPECT_FALSE(group.stop_token().stop_requested());
  group.Start("wait", WaitForStop);
  group.StopAndJoin();
  EXPECT_TRUE(group.stop_token().stop_requested());
  group.StopAndJoin();
}

TEST(TaskGroupTest, NamesItsThreadsAndGivesThemRoom) {
  std::promise<std::string> name;
  std::promise<std::size_t> stack;
  TaskGroup group;
  group.Start("a-name-beyond-fifteen", [&](const std::stop_token&) {
    char text[32] = {};
    pthread_getname_np(pthread_self(), text, sizeof text);
    name.set_value(text);
    pthread_attr_t attributes;
    std::size_t size = 0;
    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getstacksize(&attributes, &size);
    pthread_attr_destroy(&attributes);
    stack.set_value(size);
  });
  EXPECT_EQ(name.get_future().get(), "a-name-beyond-f");
  EXPECT_EQ(stack.get_future().get(), 8u * 1024 * 1024);
}

void LetAnExceptionLoose() {
  TaskGroup group;
  group.Start("throw", [](const std::stop_token&) { throw std::runtime_error("loose"); });
}

TEST(TaskGroupDeathTest, EndsTheProcessWhenAnExceptionLeavesATask) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(LetAnExceptionLoose(), "loose");
}

TEST(GuardedTest, LetsOneThreadAtATimeToTheData) {
  Guarded<int> count(5);
  {
    TaskGroup group;
    for (int thread = 0; thread < 4; ++thread)
      group.Start("count", [&](const std::stop_token&) {
        for (int i = 0; i < 1'000; ++i) ++*count.Lock();
      });
  }
  EXPECT_EQ(*count.Lock(), 4'005);
}

TEST(GuardedTest, LendsItsLockToAConditionVariable) {
  Guarded<bool> ready;
  std::condition_variable changed;
  TaskGroup group;
  group.Start("ready", [&](const std::stop_token&) {
    *ready.Lock() = true;
    changed.notify_one();
  });
  auto locked = ready.Lock();
  changed.wait(locked.lock(), [&] { return *locked; });
  EXPECT_TRUE(*locked);
}

}  // namespace
}  // namespace lakehouse
