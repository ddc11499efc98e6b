#include "lakehouse/base/failpoint.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "base_testing/child_process.h"
#include "base_testing/matchers.h"
#include "lakehouse/base/clock.h"
#include "lakehouse/base/task_group.h"

namespace lakehouse {
namespace {

Failpoint first_point("test.first");
Failpoint second_point("test.second");

/// Which of the first ten hits fail, as "1,3".
std::string FailingHits(Failpoint& point) {
  std::string failing;
  for (int hit = 1; hit <= 10; ++hit)
    if (!point.Hit()) failing += (failing.empty() ? "" : ",") + std::to_string(hit);
  return failing;
}

class FailpointTest : public testing::Test {
 protected:
  void TearDown() override { EXPECT_THAT(ArmFailpoints(""), IsOk()); }
};

TEST_F(FailpointTest, DoesNothingUntilItIsArmed) { EXPECT_EQ(FailingHits(first_point), ""); }

TEST_F(FailpointTest, FailsAtTheWantedHits) {
  ASSERT_THAT(ArmFailpoints("test.first:3:error,test.second:9:errors"), IsOk());
  EXPECT_EQ(FailingHits(first_point), "3");
  EXPECT_EQ(FailingHits(second_point), "9,10");
}

TEST_F(FailpointTest, TakesSeveralRulesForOneName) {
  ASSERT_THAT(ArmFailpoints("test.first:2:error,test.first:5:error"), IsOk());
  EXPECT_EQ(FailingHits(first_point), "2,5");
}

TEST_F(FailpointTest, CountsAnewWhenItIsArmedAgain) {
  ASSERT_THAT(ArmFailpoints("test.first:1:error"), IsOk());
  EXPECT_EQ(FailingHits(first_point), "1");
  ASSERT_THAT(ArmFailpoints("test.first:1:error"), IsOk());
  EXPECT_EQ(FailingHits(first_point), "1");
  ASSERT_THAT(ArmFailpoints(""), IsOk());
  EXPECT_EQ(FailingHits(first_point), "");
}

TEST_F(FailpointTest, NamesItselfInTheError) {
  ASSERT_THAT(ArmFailpoints("test.first:1:error"), IsOk());
  const auto failed = first_point.Hit();
  EXPECT_THAT(failed, HasCode(ErrorCode::kUnavailable));
  EXPECT_THAT(failed, HasReason("failpoint"));
  EXPECT_THAT(failed, HasMessage("failpoint test.first"));
}

TEST_F(FailpointTest, RefusesRulesThatWouldTestNothing) {
  ASSERT_THAT(ArmFailpoints("test.first:1:error"), IsOk());
  for (const char* rules : {"test.frist:1:error", "test.first", "test.first:1", ":1:error", "test.first:0:error", "test.first:-1:error",
                            "test.first:x:error", "test.first:1:explode", "test.first:1:delay_", "test.first:1:delay_x",
                            "test.first:1:error,,test.first:2:error", "test.first:1:error:more"})
    EXPECT_THAT(ArmFailpoints(rules), HasCode(ErrorCode::kInvalidArgument)) << rules;
  EXPECT_EQ(FailingHits(first_point), "1") << "a refusal changes nothing";
}

TEST_F(FailpointTest, ListsEveryNameOnce) {
  const Failpoint same_name("test.first");
  EXPECT_THAT(AllFailpoints(), testing::ElementsAre("test.first", "test.second"));
}

TEST_F(FailpointTest, ForgetsAPointThatIsGone) {
  {
    const Failpoint brief("test.brief");
  }
  EXPECT_THAT(AllFailpoints(), testing::Not(testing::Contains("test.brief")));
}

TEST_F(FailpointTest, DelaysFromTheWantedHitOn) {
  ASSERT_THAT(ArmFailpoints("test.first:2:delay_30"), IsOk());
  const auto took_ms = [] {
    const std::int64_t start = SystemClock().SteadyNanos();
    EXPECT_THAT(first_point.Hit(), IsOk());
    return (SystemClock().SteadyNanos() - start) / 1'000'000;
  };
  static_cast<void>(took_ms());
  EXPECT_GE(took_ms(), 30);
  EXPECT_GE(took_ms(), 30);
}

TEST_F(FailpointTest, KillsItsProcessAtTheWantedHit) {
  const int status = RunInChild([] {
    if (!ArmFailpoints("test.first:2:kill")) return 1;
    if (!first_point.Hit()) return 2;
    static_cast<void>(first_point.Hit());
    return 3;
  });
  ASSERT_TRUE(WIFSIGNALED(status)) << "exit code " << WEXITSTATUS(status);
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
}

TEST_F(FailpointTest, StopsItsProcessUntilItIsContinued) {
  const pid_t child = fork();
  if (child == 0) {
    const bool armed = ArmFailpoints("test.first:1:stop").ok();
    _exit(armed && first_point.Hit().ok() ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, WUNTRACED), child);
  ASSERT_TRUE(WIFSTOPPED(status));
  EXPECT_EQ(WSTOPSIG(status), SIGSTOP);
  kill(child, SIGCONT);
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(FailpointTest, ReadsTheVariableWhenItIsMade) {
  const int status = RunInChild([] {
    setenv("LAKEHOUSE_FAILPOINTS", "test.other:1:kill,test.late:2:error", 1);
    Failpoint late("test.late");
    return FailingHits(late) == "2" ? 0 : 1;
  });
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(FailpointTest, ChecksTheVariableWhenAsked) {
  EXPECT_THAT(CheckFailpoints(), IsOk());
  const int status = RunInChild([] {
    setenv("LAKEHOUSE_FAILPOINTS", "test.misspelt:1:kill", 1);
    const auto unknown = CheckFailpoints();
    setenv("LAKEHOUSE_FAILPOINTS", "test.first:1:error", 1);
    const auto known = CheckFailpoints();
    return !unknown && unknown.error().code() == ErrorCode::kInvalidArgument && known && !first_point.Hit() ? 0 : 1;
  });
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(FailpointTest, CountsHitsOfAllThreadsTogether) {
  ASSERT_THAT(ArmFailpoints("test.first:1000:error"), IsOk());
  std::atomic<int> failed{0};
  {
    TaskGroup group;
    for (int thread = 0; thread < 4; ++thread)
      group.Start("hit", [&](const std::stop_token&) {
        for (int i = 0; i < 250; ++i)
          if (!first_point.Hit()) ++failed;
      });
  }
  EXPECT_EQ(failed, 1);
}

}  // namespace
}  // namespace lakehouse
