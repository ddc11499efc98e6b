#pragma once
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "lakehouse/base/file.h"
#include "lakehouse/sandbox/worker.h"
#include "test_requests.h"

namespace lakehouse::sandbox {

inline Context Within(std::int64_t timeout_ms) {
  Context context;
  context.deadline = Deadline::After(timeout_ms);
  return context;
}

/// Tests with workers in a directory of their own.
class WorkerHarness : public testing::Test {
 protected:
  void SetUp() override {
    auto directory = TemporaryDirectory::Create(testing::TempDir(), "sandbox");
    ASSERT_TRUE(directory.ok()) << directory.error().ToString();
    directory_.emplace(std::move(directory).Take());
    options_.executable = SANDBOX_TEST_WORKER;
    options_.root = directory_->path() + "/workers";
    ASSERT_TRUE(CreateDirectories(options_.root).ok());
  }

  std::unique_ptr<Worker> Start() {
    auto worker = Worker::Start(Within(20'000), options_, "w" + std::to_string(started_), started_);
    ++started_;
    EXPECT_TRUE(worker.ok()) << worker.error().ToString();
    return worker ? std::move(worker).Take() : nullptr;
  }

  /// The answer of a request that has one frame.
  static Result<std::string> Ask(Worker& worker, std::uint32_t type, std::string_view body, const Context& context = Within(20'000)) {
    Call call = LH_TRY(Call::Start(context, worker, type, body));
    while (LH_TRY(call.Next(context))) {
    }
    return call.done();
  }
  static std::string Try(Worker& worker, const std::string& what, const std::string& argument = "") {
    const auto answer = Ask(worker, kTestTry, what + "\n" + argument);
    return answer ? *answer : answer.error().ToString();
  }
  std::string MakeFile(const std::string& name, std::string_view octets) {
    const std::string path = directory_->path() + "/" + name;
    EXPECT_TRUE(ReplaceFile(path, octets).ok());
    return path;
  }

  std::optional<TemporaryDirectory> directory_;
  WorkerOptions options_;
  unsigned started_ = 0;
};

}  // namespace lakehouse::sandbox
