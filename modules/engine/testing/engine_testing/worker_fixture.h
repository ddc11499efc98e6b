#pragma once
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "lakehouse/base/file.h"
#include "lakehouse/engine/session.h"
#include "lakehouse/engine/worker.h"

namespace lakehouse::engine {

/// A worker with an engine in a directory of its own. `executable` calls WorkerMain when argv[1] is "worker".
class WorkerFixture {
 public:
  explicit WorkerFixture(const std::string& executable, EngineOptions engine = {}, sandbox::WorkerOptions options = {})
      : directory_(Must(TemporaryDirectory::Create(testing::TempDir(), "engine"))) {
    options.executable = executable;
    options.root = directory_.path() + "/workers";
    EXPECT_TRUE(CreateDirectories(options.root).ok());
    options_ = EngineWorkers(std::move(options), engine);
    Restart();
  }

  void Restart() {
    worker_.reset();
    Context context;
    context.deadline = Deadline::After(120'000);
    worker_ = Must(sandbox::Worker::Start(context, options_, "w" + std::to_string(started_), started_));
    ++started_;
  }
  sandbox::Worker& worker() { return *worker_; }
  const std::string& path() const { return directory_.path(); }

  template <typename T>
  static T Must(Result<T> result) {
    if (!result) {
      ADD_FAILURE() << result.error().ToString();
      std::abort();
    }
    return std::move(result).Take();
  }

 private:
  TemporaryDirectory directory_;
  sandbox::WorkerOptions options_;
  std::unique_ptr<sandbox::Worker> worker_;
  unsigned started_ = 0;
};

}  // namespace lakehouse::engine
