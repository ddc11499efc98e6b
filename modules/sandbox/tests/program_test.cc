#include "lakehouse/sandbox/program.h"

#include <gmock/gmock.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "worker_harness.h"

namespace lakehouse::sandbox {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

class ProgramTest : public WorkerHarness {
 protected:
  std::string File(const std::string& name, const std::string& text) {
    const std::string path = options_.root + "/" + name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  Result<Program> Run(const std::string& program, std::vector<std::string> arguments, const std::string& input = "") {
    ProgramRun run;
    run.program = program;
    run.arguments = std::move(arguments);
    run.wall_ms = wall_ms_;
    run.file_size_bytes = 1 << 20;
    if (!input.empty()) run.inputs.emplace_back(input, "a");
    return Program::Run(Within(60'000), options_, "program" + std::to_string(++runs_), run);
  }
  std::string Output(const Program& program) {
    const std::string path = options_.root + "/taken" + std::to_string(++runs_);
    if (const Status taken = program.Take("tmp/stdout", path); !taken) return taken.error().ToString();
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::int64_t wall_ms_ = 60'000;
  int runs_ = 0;
};

TEST_F(ProgramTest, ReadsWhatItIsGivenAndItsOutputIsTaken) {
  const auto program = Run("/bin/cat", {"in/a"}, File("plain", "some octets"));
  ASSERT_TRUE(program.ok()) << program.error().ToString();
  EXPECT_EQ(program->exit_status(), 0) << program->complaint();
  EXPECT_EQ(Output(*program), "some octets");
}

TEST_F(ProgramTest, OpensNothingElse) {
  const std::string secret = File("secret", "a secret");
  const auto program = Run("/bin/cat", {secret, "/etc/hostname", "/proc/self/environ"});
  ASSERT_TRUE(program.ok()) << program.error().ToString();
  if (program->complaint().find("execute") != std::string::npos) FAIL() << program->complaint();
  EXPECT_NE(program->exit_status(), 0);
  const auto worker = Start();
  ASSERT_NE(worker, nullptr);
  if (worker->jail().landlock_abi > 0) {
    EXPECT_EQ(Output(*program), "");
  }
}

TEST_F(ProgramTest, StartsNoOtherProgram) {
  if (kSanitized) GTEST_SKIP() << "no seccomp under a sanitizer";
  const auto program = Run("/bin/sh", {"-c", "/bin/echo one; /bin/echo two"});
  ASSERT_TRUE(program.ok()) << program.error().ToString();
  EXPECT_EQ(Output(*program), "");
}

TEST_F(ProgramTest, IsEndedWhenItTakesTooLong) {
  wall_ms_ = 200;
  const auto program = Run("/bin/sleep", {"600"});
  ASSERT_FALSE(program.ok());
  EXPECT_EQ(program.error().reason(), "program_timeout");
  EXPECT_FALSE(fs::exists(options_.root + "/program1")) << "its directory went with it";
}

TEST_F(ProgramTest, WritesNoMoreThanItMay) {
  const auto program = Run("/usr/bin/yes", {});
  ASSERT_TRUE(program.ok()) << program.error().ToString();
  EXPECT_TRUE(program->signal() == SIGXFSZ || program->exit_status() != 0);
  EXPECT_LE(Output(*program).size(), std::size_t{1} << 20);
}

TEST_F(ProgramTest, AProgramThatIsNotThereSaysSo) {
  const auto program = Run("/usr/bin/there-is-no-such-program", {});
  ASSERT_TRUE(program.ok()) << program.error().ToString();
  EXPECT_EQ(program->exit_status(), 70);
  EXPECT_THAT(program->complaint(), HasSubstr("there-is-no-such-program"));
}

}  // namespace
}  // namespace lakehouse::sandbox
