#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "duck.h"
#include "encoder.h"
#include "lakehouse/base/result.h"
#include "lakehouse/engine/session.h"
#include "lakehouse/sandbox/channel.h"
#include "text.h"

namespace lakehouse::engine {

/// This process's steady clock.
std::int64_t NowMicros();

/// One statement on one connection, from its text to its last frame. Used once.
class StatementRun {
 public:
  StatementRun(duckdb_connection connection, const RunRequest& request, const std::string& statement, sandbox::Channel& channel)
      : connection_(connection), request_(request), statement_(statement), channel_(channel), out_(0) {}
  /// The views stand already; `plan` is of this statement, or null.
  void Resume(DuckPrepared plan) {
    is_resumed_ = true;
    prepared_ = std::move(plan);
  }
  Result<RunSummary> Run();
  /// After a Run that failed: runs the statement once more, sends nothing, and returns the error it ends with, or none.
  Status RunForItsError();
  /// The plan, when the statement has ended well. Null for some statements.
  DuckPrepared TakePlan();

 private:
  Status RunPrelude();
  Status Prepare(const std::string& sql);
  Status Bind();
  Status Start();
  Status StartCounted();
  Status SendColumns();
  Status CountChanges();
  Status Stream();
  /// False: the limit is reached.
  Result<bool> TakeChunk(duckdb_data_chunk chunk);
  Status SendBytes(bool all);
  Status RunToParquet();
  Result<bool> HasMore();
  Status SendFile(const std::string& path);

  duckdb_connection connection_;
  const RunRequest& request_;
  const std::string& statement_;
  sandbox::Channel& channel_;

  bool is_resumed_ = false;
  DuckPrepared prepared_;
  DuckPending pending_;
  DuckResult result_;
  std::vector<DuckType> types_;
  std::vector<Column> columns_;
  std::vector<Shape> shapes_;
  std::unique_ptr<Encoder> encoder_;  // refers to the two above
  Text out_;
  RunSummary summary_;
  std::int64_t last_flush_us_ = 0;
};

}  // namespace lakehouse::engine
