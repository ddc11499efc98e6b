#include "lakehouse/sandbox/worker.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "lakehouse/base/clock.h"
#include "worker_harness.h"

namespace lakehouse::sandbox {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
namespace fs = std::filesystem;

class WorkerTest : public WorkerHarness {};

TEST_F(WorkerTest, ARequestIsAnswered) {
  const auto worker = Start();
  ASSERT_NE(worker, nullptr);
  const auto answer = Ask(*worker, kTestEcho, "hello");
  ASSERT_TRUE(answer.ok()) << answer.error().ToString();
  EXPECT_EQ(*answer, "hello");
  if (!kSanitized) {
    EXPECT_EQ(worker->jail().threads, 1);
  }
}

TEST_F(WorkerTest, AHandlersErrorComesBackWhole) {
  const auto worker = Start();
  const auto answer = Ask(*worker, kTestFail, "words");
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), ErrorCode::kUnprocessable);
  EXPECT_EQ(answer.error().message(), "words");
  EXPECT_EQ(answer.error().reason(), "for_a_test");
  EXPECT_EQ(answer.error().details(), "{\"a\":1}");
  EXPECT_TRUE(worker->healthy());
}

TEST_F(WorkerTest, ExceptionsAreErrorsAndTheWorkerGoesOn) {
  const auto worker = Start();
  EXPECT_EQ(Ask(*worker, kTestThrow, "memory").error().reason(), "out_of_memory");
  EXPECT_EQ(Ask(*worker, kTestThrow, "other").error().code(), ErrorCode::kInternal);
  EXPECT_EQ(Ask(*worker, 9'999, "").error().code(), ErrorCode::kInternal) << "an unknown type";
  EXPECT_TRUE(Ask(*worker, kTestEcho, "x").ok());
}

TEST_F(WorkerTest, AProgramThatRefusesToOpenSaysWhy) {
  options_.arguments = {"refuse"};
  const auto worker = Worker::Start(Within(20'000), options_, "w", 0);
  ASSERT_FALSE(worker.ok());
  EXPECT_EQ(worker.error().code(), ErrorCode::kUnavailable);
  EXPECT_THAT(worker.error().message(), HasSubstr("told to refuse"));
  EXPECT_FALSE(fs::exists(options_.root + "/w")) << "its directory went with it";
}

TEST_F(WorkerTest, AProgramThatHangsAtTheStartIsEnded) {
  options_.arguments = {"hang"};
  options_.start_timeout_ms = 100;
  const auto worker = Worker::Start(Within(20'000), options_, "w", 0);
  ASSERT_FALSE(worker.ok());
  EXPECT_THAT(worker.error().message(), HasSubstr("not ready in time"));
}

TEST_F(WorkerTest, AnExecutableThatIsNotThereIsAnError) {
  options_.executable = "/nowhere/worker";
  EXPECT_EQ(Worker::Start(Within(20'000), options_, "w", 0).error().code(), ErrorCode::kUnavailable);
  options_.executable = "/bin/true";
  EXPECT_THAT(Worker::Start(Within(20'000), options_, "v", 0).error().message(), HasSubstr("ended before it was ready"));
}

TEST_F(WorkerTest, AWorkerThatDiesIsLostAndSaysSo) {
  const auto worker = Start();
  const auto answer = Ask(*worker, kTestDie, "");
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(answer.error().reason(), "worker_lost");
  EXPECT_FALSE(worker->healthy());
  EXPECT_EQ(Ask(*worker, kTestEcho, "x").error().reason(), "worker_lost");
}

TEST_F(WorkerTest, ADeadlineInterruptsARequestThatListens) {
  const auto worker = Start();
  EXPECT_EQ(Ask(*worker, kTestUntilInterrupted, "", Within(50)).error().code(), ErrorCode::kDeadlineExceeded);
  EXPECT_TRUE(worker->healthy());
  EXPECT_TRUE(Ask(*worker, kTestEcho, "x").ok()) << "and the next request works";
}

TEST_F(WorkerTest, ADeafRequestIsKilledHalfASecondAfterItsDeadline) {
  const auto worker = Start();
  const pid_t pid = worker->pid();
  const std::int64_t began = SystemClock().SteadyNanos();
  EXPECT_EQ(Ask(*worker, kTestDeaf, "", Within(50)).error().code(), ErrorCode::kDeadlineExceeded);
  const std::int64_t took_ms = (SystemClock().SteadyNanos() - began) / 1'000'000;
  EXPECT_GE(took_ms, 500);
  EXPECT_LT(took_ms, 1'600);
  EXPECT_FALSE(worker->healthy());
  EXPECT_EQ(kill(pid, 0), -1) << "reaped";
}

TEST_F(WorkerTest, DroppingACallStopsItsRequest) {
  const auto worker = Start();
  {
    auto call = Call::Start(Within(20'000), *worker, kTestUntilInterrupted, "");
    ASSERT_TRUE(call.ok());
    ASSERT_TRUE(call->Next(Within(20'000)).ok());
  }
  EXPECT_TRUE(worker->healthy());
  EXPECT_TRUE(Ask(*worker, kTestEcho, "x").ok());
}

TEST_F(WorkerTest, ALateInterruptHitsNothing) {
  const auto worker = Start();
  ASSERT_TRUE(Ask(*worker, kTestEcho, "x").ok());
  worker->Interrupt(1);
  auto call = Call::Start(Within(20'000), *worker, kTestUntilInterrupted, "");
  ASSERT_TRUE(call.ok());
  const auto begun = call->Next(Within(20'000));
  ASSERT_TRUE(begun.ok());
  EXPECT_EQ((*begun)->body, "begun");
}

TEST_F(WorkerTest, AFloodOfFramesIsReadAtTheReadersPace) {
  const auto worker = Start();
  auto call = Call::Start(Within(20'000), *worker, kTestFlood, "2000 100000");
  ASSERT_TRUE(call.ok());
  std::size_t octets = 0;
  for (;;) {
    auto frame = call->Next(Within(20'000));
    ASSERT_TRUE(frame.ok()) << frame.error().ToString();
    if (!*frame) break;
    octets += (*frame)->body.size();
  }
  EXPECT_EQ(octets, 200'000'000u);
  EXPECT_EQ(call->done(), "end");
}

TEST_F(WorkerTest, GarbageFromTheWorkerEndsIt) {
  const std::string too_long = std::string("\xff\xff\xff\xff", 4) + std::string(4, '\0');
  const std::string reserved = std::string(4, '\0') + std::string("\x01\0\0\0", 4);
  const std::string bad_error = std::string(4, '\0') + std::string("\x03\0\0\0", 4);
  for (const std::string& octets : {too_long, reserved, bad_error}) {
    const auto worker = Start();
    const auto answer = Ask(*worker, kTestGarbage, octets);
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().reason(), "bad_frame");
    EXPECT_FALSE(worker->healthy());
    EXPECT_FALSE(worker->Alive());
  }
}

TEST_F(WorkerTest, LinkedNamesAreRandomKeepTheExtensionAndGoTogether) {
  const auto worker = Start();
  const std::string path = MakeFile("x.csv.gz", "data");
  const auto name = worker->Link(path);
  ASSERT_TRUE(name.ok());
  EXPECT_THAT(*name, MatchesRegex("in/[0-9a-f]{32}\\.csv\\.gz"));
  EXPECT_EQ(*worker->Link(path), *name) << "the same file keeps its name";
  EXPECT_NE(*worker->Link(MakeFile("y.csv", "data")), *name);
  EXPECT_THAT(*worker->Link(MakeFile("odd.ex t", "data")), MatchesRegex("in/[0-9a-f]{32}"));
  EXPECT_EQ(fs::hard_link_count(path), 2u);
  worker->UnlinkAll();
  EXPECT_EQ(fs::hard_link_count(path), 1u);
  EXPECT_EQ(worker->links(), 0u);
  EXPECT_EQ(worker->Link("/nowhere/z").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(worker->Link("/").error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(WorkerTest, AFileOfAnotherFileSystemIsCopied) {
  struct stat here;
  struct stat there;
  if (stat(directory_->path().c_str(), &here) != 0 || stat("/proc/version", &there) != 0 || here.st_dev == there.st_dev)
    GTEST_SKIP() << "no other file system";
  const auto worker = Start();
  const auto name = worker->Link("/proc/version");
  ASSERT_TRUE(name.ok()) << name.error().ToString();
  if (!kSanitized) {
    EXPECT_EQ(Try(*worker, "read", *name), "worked");
  }
}

TEST_F(WorkerTest, TakeGivesAFileThatTheWorkerMadeAndNothingElse) {
  const auto worker = Start();
  ASSERT_EQ(Try(*worker, "create", "tmp/made.parquet"), "worked");
  const std::string to = directory_->path() + "/taken";
  ASSERT_TRUE(worker->Take("tmp/made.parquet", to).ok());
  EXPECT_TRUE(fs::is_regular_file(to));
  EXPECT_FALSE(fs::exists(worker->directory() + "/tmp/made.parquet"));
  EXPECT_EQ(worker->Take("tmp/made.parquet", to + "2").error().code(), ErrorCode::kNotFound);
  for (const char* name : {"tmp/../in/x", "in/x", "tmp/", "tmp/.hidden", "/etc/passwd", "tmp/a/b", "", "tmp/a b"})
    EXPECT_EQ(worker->Take(name, to + "3").error().code(), ErrorCode::kInvalidArgument) << name;
  fs::create_symlink("/etc/passwd", worker->directory() + "/tmp/link");
  EXPECT_EQ(worker->Take("tmp/link", to + "4").error().code(), ErrorCode::kInvalidArgument);
  fs::create_directory(worker->directory() + "/tmp/directory");
  EXPECT_EQ(worker->Take("tmp/directory", to + "5").error().code(), ErrorCode::kInvalidArgument);
  EXPECT_FALSE(fs::exists(to + "4"));
}

TEST_F(WorkerTest, MemoryCanBeRead) {
  const auto worker = Start();
  EXPECT_GT(worker->MemoryBytes(), 100u << 10);
  EXPECT_GT(worker->PrivateBytes(), 10u << 10);
}

TEST_F(WorkerTest, TheProcessAndItsDirectoryGoWithTheWorker) {
  auto worker = Start();
  const pid_t pid = worker->pid();
  const std::string directory = worker->directory();
  ASSERT_TRUE(fs::exists(directory));
  worker.reset();
  EXPECT_FALSE(fs::exists(directory));
  EXPECT_EQ(kill(pid, 0), -1);
}

TEST_F(WorkerTest, AWorkerThatEndsByItselfIsSeen) {
  const auto worker = Start();
  EXPECT_TRUE(worker->Alive());
  (void)Ask(*worker, kTestDie, "");
  EXPECT_FALSE(worker->Alive());
}

}  // namespace
}  // namespace lakehouse::sandbox
