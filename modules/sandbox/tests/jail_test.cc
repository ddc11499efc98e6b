#include "lakehouse/sandbox/jail.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "worker_harness.h"

namespace lakehouse::sandbox {
namespace {

constexpr const char* kDenied = "Permission denied";
constexpr const char* kNotPermitted = "Operation not permitted";

class JailTest : public WorkerHarness {
 protected:
  void SetUp() override {
    WorkerHarness::SetUp();
    if (kSanitized) GTEST_SKIP() << "a sanitizer's build runs without the whole jail";
    worker_ = Start();
    ASSERT_NE(worker_, nullptr);
    if (worker_->jail().landlock_abi == 0) GTEST_SKIP() << "this kernel has no Landlock";
  }
  std::unique_ptr<Worker> worker_;
};

TEST_F(JailTest, FilesOutsideAreOutOfReach) {
  const std::string secret = MakeFile("secret", "canary");
  EXPECT_EQ(Try(*worker_, "read", secret), kDenied);
  EXPECT_EQ(Try(*worker_, "read", "/etc/passwd"), kDenied);
  EXPECT_EQ(Try(*worker_, "read", "../../secret"), kDenied);
  EXPECT_EQ(Try(*worker_, "read", "/proc/self/environ"), kDenied);
  EXPECT_EQ(Try(*worker_, "read", "/proc/self/maps"), kDenied);
  EXPECT_EQ(Try(*worker_, "create", directory_->path() + "/new"), kDenied);
  EXPECT_EQ(Try(*worker_, "list", "/"), kDenied);
}

TEST_F(JailTest, AThreadMadeLaterIsInsideToo) { EXPECT_EQ(Try(*worker_, "read in a thread", MakeFile("secret", "canary")), kDenied); }

TEST_F(JailTest, ALinkMadeLaterCanBeReadButNotWrittenOrListed) {
  const auto name = worker_->Link(MakeFile("data.parquet", "PAR1"));
  ASSERT_TRUE(name.ok()) << name.error().ToString();
  EXPECT_EQ(Try(*worker_, "read", *name), "worked");
  EXPECT_EQ(Try(*worker_, "write", *name), kDenied);
  EXPECT_EQ(Try(*worker_, "create", "in/new"), kDenied);
  EXPECT_EQ(Try(*worker_, "list", "in"), kDenied);
}

TEST_F(JailTest, OnlyPlainFilesCanBeMadeAndOnlyInTmp) {
  EXPECT_EQ(Try(*worker_, "create", "tmp/a"), "worked");
  EXPECT_EQ(Try(*worker_, "list", "tmp"), "worked");
  EXPECT_EQ(Try(*worker_, "create", "a"), kDenied);
  EXPECT_EQ(Try(*worker_, "mkdir", "tmp/d"), kNotPermitted);
  EXPECT_EQ(Try(*worker_, "symlink", "tmp/s"), kNotPermitted);
  EXPECT_EQ(Try(*worker_, "link", "tmp/l"), kNotPermitted);
  EXPECT_EQ(Try(*worker_, "rename", "tmp/b"), kNotPermitted);
  EXPECT_EQ(Try(*worker_, "chmod", "tmp/a"), kNotPermitted);
}

TEST_F(JailTest, NoOtherProcessAndNoNetworkCanBeReached) {
  for (const char* what : {"connect", "exec", "fork", "vfork", "signal the parent", "ptrace the parent", "raise a limit"})
    EXPECT_EQ(Try(*worker_, what), kNotPermitted) << what;
}

TEST_F(JailTest, DescriptorsOfTheParentAreNotInherited) {
  const std::string secret = MakeFile("secret", "canary");
  const int inherited = open(secret.c_str(), O_RDONLY);  // no O_CLOEXEC, as careless code would
  ASSERT_GE(inherited, 0);
  const auto other = Start();
  ASSERT_NE(other, nullptr);
  EXPECT_NE(Try(*other, "read", "/proc/self/fd/" + std::to_string(inherited)), "worked");
  EXPECT_NE(Try(*other, "read", "/dev/fd/" + std::to_string(inherited)), "worked");
  close(inherited);
}

TEST_F(JailTest, MemoryEndsAtTheLimitAndTheWorkerGoesOn) {
  options_.jail.address_space_bytes = 1ull << 30;
  const auto small = Start();
  ASSERT_NE(small, nullptr);
  const auto answer = Ask(*small, kTestTry, "allocate\n2147483648");
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), ErrorCode::kResourceExhausted);
  EXPECT_EQ(answer.error().reason(), "out_of_memory");
  EXPECT_EQ(Try(*small, "allocate", "1048576"), "worked");
}

TEST_F(JailTest, TheEnvironmentIsEmpty) { EXPECT_EQ(Try(*worker_, "environment"), "empty"); }

TEST_F(JailTest, AsRootEveryWorkerHasAUserOfItsOwn) {
  if (geteuid() != 0) GTEST_SKIP() << "not root";
  const auto other = Start();
  ASSERT_NE(other, nullptr);
  for (Worker* worker : {worker_.get(), other.get()}) EXPECT_EQ(Try(*worker, "create", "tmp/mine"), "worked");
  const std::string uid = Try(*worker_, "owner", "tmp/mine");
  EXPECT_NE(uid, "0");
  EXPECT_NE(uid, Try(*other, "owner", "tmp/mine"));
  EXPECT_EQ(Try(*worker_, "setuid"), kNotPermitted);
  EXPECT_TRUE(worker_->jail().own_uid);
  EXPECT_TRUE(worker_->jail().missing.empty()) << worker_->jail().missing.front();
}

TEST_F(JailTest, AFileThatOnlyItsOwnerMayReadIsCopiedForTheWorkersUser) {
  const std::string path = MakeFile("private.csv", "a,b");
  ASSERT_EQ(chmod(path.c_str(), 0600), 0);
  const auto name = worker_->Link(path);
  ASSERT_TRUE(name.ok()) << name.error().ToString();
  EXPECT_EQ(Try(*worker_, "read", *name), "worked");
}

TEST_F(JailTest, WithoutLandlockTheRestHoldsAndTheReportSaysSo) {
  options_.jail.landlock = false;
  const auto other = Start();
  ASSERT_NE(other, nullptr);
  EXPECT_THAT(other->jail().missing, testing::Contains("landlock"));
  EXPECT_EQ(Try(*other, "connect"), kNotPermitted);
  EXPECT_EQ(Try(*other, "exec"), kNotPermitted);
  if (geteuid() == 0) {
    EXPECT_EQ(Try(*other, "create", directory_->path() + "/new"), kDenied);
  }
}

TEST(ControlGroupFiles, AreComputedFromTheProcessOwnGroup) {
  EXPECT_THAT(
      ControlGroupFiles("0::/user.slice/a:b\n"),
      testing::ElementsAre("/proc/self/cgroup", "/sys/fs/cgroup/user.slice/a:b/memory.max", "/sys/fs/cgroup/user.slice/a:b/cpu.max"));
  EXPECT_THAT(ControlGroupFiles("3:cpu,cpuacct:/x\n2:memory:/\n0::/\n"),
              testing::ElementsAre("/proc/self/cgroup", "/sys/fs/cgroup/cpu/x/cpu.cfs_quota_us", "/sys/fs/cgroup/cpu/x/cpu.cfs_period_us",
                                   "/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/cpu.max"));
  EXPECT_THAT(ControlGroupFiles("nonsense\n::\n"), testing::Contains("/proc/self/cgroup"));
}

}  // namespace
}  // namespace lakehouse::sandbox
