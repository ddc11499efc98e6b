#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "duck.h"
#include "kept_connections.h"
#include "lakehouse/base/result.h"
#include "lakehouse/engine/session.h"
#include "lakehouse/engine/worker.h"
#include "lakehouse/sandbox/worker_main.h"

namespace lakehouse::engine {

class StatementRun;

/// The engine inside a worker: one in-memory database, opened after the jail, locked down, with one control connection to parse with
/// and a connection of its own for every statement. The handlers run on one thread; Interrupt and SendProgress on the control thread.
class WorkerEngine {
 public:
  /// kInternal: another library version, or one that does not take the settings.
  static Result<std::unique_ptr<WorkerEngine>> Open(const EngineOptions& options);

  Result<std::string> Parse(std::string_view sql);
  Result<std::string> Unparse(std::string_view tree);
  Result<std::string> Run(const sandbox::Request& request, sandbox::Channel& channel);
  Result<std::string> EndConnection();
  void Interrupt(std::uint32_t number);
  void SendProgress(std::uint32_t number, sandbox::Channel& channel);

 private:
  WorkerEngine() = default;
  Status Configure(const EngineOptions& options);
  Status Execute(duckdb_connection connection, const std::string& sql);
  Result<std::string> Transform(DuckPrepared& statement, std::string_view text);
  Result<std::string> RunAny(const sandbox::Request& request, sandbox::Channel& channel);
  Result<DuckConnection> TakeConnection();
  Result<RunSummary> RunOn(DuckConnection& connection, StatementRun& statement, std::uint32_t number);
  Result<RunSummary> RunKept(const RunRequest& request, const std::string& text, std::uint32_t number, sandbox::Channel& channel);
  bool IsStopOfItsOwn(const Error& error, std::uint32_t number);
  Result<std::string> StatementText(const RunRequest& request);

  DuckDatabase database_;
  DuckConnection control_;
  DuckPrepared serialize_;
  DuckPrepared deserialize_;
  DuckConnection kept_;
  KeptConnections ready_;
  TextMemo texts_of_trees_;

  std::mutex mutex_;                     // protects the rest: what the control thread may touch
  duckdb_connection running_ = nullptr;  // not owned
  std::uint32_t running_number_ = 0;
  std::uint32_t interrupted_number_ = 0;  // one that comes before its statement has started is not lost
};

}  // namespace lakehouse::engine
