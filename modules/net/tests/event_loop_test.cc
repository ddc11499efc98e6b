#include "event_loop.h"

#include <gtest/gtest.h>

#include "base_testing/matchers.h"

namespace lakehouse::net {
namespace {

TEST(EventLoop, RunsAllThatWasPostedBeforeItWasStopped) {
  const auto loop = Must(EventLoop::Create());
  int done = 0;
  loop->Post([&] {
    ++done;
    loop->Defer([&] { ++done; });
  });
  loop->Stop();
  loop->Run(1'000, [] {});
  EXPECT_EQ(done, 2);
}

}  // namespace
}  // namespace lakehouse::net
