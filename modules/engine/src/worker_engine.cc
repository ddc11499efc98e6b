#include "worker_engine.h"

#include <fmt/format.h>
#include <malloc.h>

#include <utility>

#include "duck_error.h"
#include "lakehouse/base/context.h"
#include "lakehouse/engine/functions.h"
#include "protocol.h"
#include "statement_run.h"

namespace lakehouse::engine {

namespace {

constexpr std::size_t kMaxTree = 8u << 20;
constexpr std::int64_t kShortUs = 50'000;
constexpr std::int64_t kHeavyUs = 200'000;
constexpr int kAttempts = 3;

Error CannotOpen(std::string_view step, const char* why) {
  return Error(ErrorCode::kInternal, fmt::format("open the engine: {}: {}", step, why == nullptr ? "no reason given" : why));
}

/// "EXPLAIN " before a statement: only here, so that a tree can be explained too.
std::string_view ExplainWords(Explain explain) {
  switch (explain) {
    case Explain::kNo: return "";
    case Explain::kPlan: return "EXPLAIN ";
    case Explain::kAnalyze: return "EXPLAIN ANALYZE ";
  }
  return "";
}

Error NotOneStatement(std::uint64_t found) {
  return Error(ErrorCode::kInvalidArgument, fmt::format("expected exactly one statement, found {}", found)).Named("not_one_statement");
}

}  // namespace

Result<std::unique_ptr<WorkerEngine>> WorkerEngine::Open(const EngineOptions& options) {
  if (LinkedDuckDbVersion() != kDuckDbVersion)
    return Error(ErrorCode::kInternal,
                 fmt::format("open the engine: the DuckDB library is {}, expected {}", LinkedDuckDbVersion(), kDuckDbVersion));
  std::unique_ptr<WorkerEngine> engine(new WorkerEngine);
  LH_TRY(engine->Configure(options));
  return engine;
}

Status WorkerEngine::Configure(const EngineOptions& options) {
  DuckConfig config;
  if (duckdb_create_config(&config.handle) == DuckDBError) return CannotOpen("make a configuration", nullptr);
  const std::pair<const char*, std::string> settings[] = {
      {"threads", std::to_string(options.threads)},
      {"memory_limit", fmt::format("{}B", options.memory_bytes)},
      {"temp_directory", "tmp"},
      {"autoinstall_known_extensions", "false"},
      {"autoload_known_extensions", "false"},
      {"allow_community_extensions", "false"},
      {"allow_persistent_secrets", "false"},
      {"errors_as_json", "true"},
  };
  for (const auto& [name, value] : settings)
    if (duckdb_set_config(config.handle, name, value.c_str()) == DuckDBError) return CannotOpen(name, "the setting was refused");
  char* why = nullptr;
  if (duckdb_open_ext(nullptr, &database_.handle, config.handle, &why) == DuckDBError)
    return CannotOpen("open a database", TakeText(why).c_str());
  if (duckdb_connect(database_.handle, &control_.handle) == DuckDBError) return CannotOpen("connect", nullptr);
  // These are refused, or not enforced, when given before the database is open. The files of in/ never change, so their footers are
  // worth keeping. Each of the last three closes the door behind what came before it.
  const std::string statements[] = {
      fmt::format("SET GLOBAL max_temp_directory_size='{}B'", options.spill_bytes),
      "SET GLOBAL parquet_metadata_cache=true",
      "SET GLOBAL TimeZone='UTC'",
      "SET GLOBAL allowed_directories=['in/','tmp/','/proc/self/cwd/in/','/proc/self/cwd/tmp/']",  // the same two: see AttachPath
      "SET GLOBAL enable_external_access=false",
      "SET GLOBAL lock_configuration=true",
  };
  for (const std::string& sql : statements) LH_TRY_WHILE(Execute(control_.handle, sql), "open the engine");
  if (duckdb_prepare(control_.handle, "SELECT json_serialize_sql($1::VARCHAR)", &serialize_.handle) == DuckDBError)
    return CannotOpen("prepare", duckdb_prepare_error(serialize_.handle));
  if (duckdb_prepare(control_.handle, "SELECT json_deserialize_sql($1::JSON)", &deserialize_.handle) == DuckDBError)
    return CannotOpen("prepare", duckdb_prepare_error(deserialize_.handle));
  return Ok{};
}

Status WorkerEngine::Execute(duckdb_connection connection, const std::string& sql) {
  DuckResult result;
  if (duckdb_query(connection, sql.c_str(), &result.handle) == DuckDBError) return DuckError(duckdb_result_error(&result.handle));
  return Ok{};
}

/// Text in, text out.
Result<std::string> WorkerEngine::Transform(DuckPrepared& statement, std::string_view text) {
  if (duckdb_bind_varchar_length(statement.handle, 1, text.data(), text.size()) == DuckDBError)
    return Error(ErrorCode::kInvalidArgument, "the text is not UTF-8").Named("not_utf8");
  DuckResult result;
  if (duckdb_execute_prepared(statement.handle, &result.handle) == DuckDBError) return DuckError(duckdb_result_error(&result.handle));
  const DuckChunk chunk(duckdb_fetch_chunk(result.handle));
  if (!chunk) return Error(ErrorCode::kInternal, "the engine gave no answer");
  const duckdb_vector vector = duckdb_data_chunk_get_vector(chunk.handle, 0);
  const std::string_view answer = TextAt(static_cast<duckdb_string_t*>(duckdb_vector_get_data(vector)), 0);
  if (answer.size() > kMaxTree) return Error(ErrorCode::kTooLarge, "the statement is too complex");
  return std::string(answer);
}

Result<std::string> WorkerEngine::Parse(std::string_view sql) {
  const std::string text(sql);
  DuckExtracted statements;
  const idx_t count = duckdb_extract_statements(control_.handle, text.c_str(), &statements.handle);
  const char* failed = count == 0 ? duckdb_extract_statements_error(statements.handle) : nullptr;
  if (failed != nullptr && *failed != '\0') return DuckError(failed, sql);
  if (count != 1) return NotOneStatement(count);
  std::string tree = LH_TRY(Transform(serialize_, sql));
  if (!tree.starts_with("{\"error\":true")) return tree;
  if (tree.find("Only SELECT statements") != std::string::npos)
    return Error(ErrorCode::kInvalidArgument, "only SELECT statements are allowed here").Named("not_select");
  return DuckError(tree.c_str(), sql);
}

Result<std::string> WorkerEngine::Unparse(std::string_view tree) { return Transform(deserialize_, tree); }

Result<std::string> WorkerEngine::EndConnection() {
  kept_.Reset();
  return std::string();
}

Result<DuckConnection> WorkerEngine::TakeConnection() {
  if (kept_) return std::move(kept_);
  DuckConnection connection;
  if (duckdb_connect(database_.handle, &connection.handle) == DuckDBError)
    return Error(ErrorCode::kInternal, "the engine gave no connection");
  return connection;
}

Result<std::string> WorkerEngine::StatementText(const RunRequest& request) {
  std::string text(ExplainWords(request.explain));
  if (!request.is_tree) return text += request.statement;
  if (const std::string* known = texts_of_trees_.Find(request.statement)) return text += *known;
  const std::string unparsed = LH_TRY(Unparse(request.statement));
  texts_of_trees_.Put(request.statement, unparsed);
  return text += unparsed;
}

/// The statement may be interrupted while it runs.
Result<RunSummary> WorkerEngine::RunOn(DuckConnection& connection, StatementRun& statement, std::uint32_t number) {
  {
    const std::lock_guard lock(mutex_);
    if (interrupted_number_ == number) return Error(ErrorCode::kCancelled, "interrupted before it began");
    running_ = connection.handle;
    running_number_ = number;
  }
  Result<RunSummary> summary = statement.Run();
  for (int attempt = 0; attempt < kAttempts && !summary && IsStopOfItsOwn(summary.error(), number); ++attempt) {
    Status again = statement.RunForItsError();
    summary = again ? Error(ErrorCode::kUnavailable, "the statement failed, and did not when it ran again: ask again").Named("not_repeated")
                    : std::move(again).TakeError();
  }
  const std::lock_guard lock(mutex_);
  running_ = nullptr;
  return summary;
}

/// An error on one of the engine's threads stops the others, and "Interrupted!" of one of these may be noted before it (1.5.6).
bool WorkerEngine::IsStopOfItsOwn(const Error& error, std::uint32_t number) {
  const std::lock_guard lock(mutex_);
  return error.code() == ErrorCode::kCancelled && interrupted_number_ != number;
}

/// On a connection whose views stand when there is one; it stays for the next request unless something went wrong.
Result<RunSummary> WorkerEngine::RunKept(const RunRequest& request, const std::string& text, std::uint32_t number,
                                         sandbox::Channel& channel) {
  KeptConnections::Lent lent = ready_.Take(request.prelude, text);
  const bool is_known = static_cast<bool>(lent.connection);
  if (!is_known) lent.connection = LH_TRY(TakeConnection());
  StatementRun statement(lent.connection.handle, request, text, channel);
  if (is_known) statement.Resume(std::move(lent.plan));
  Result<RunSummary> summary = RunOn(lent.connection, statement, number);
  DuckPrepared plan = statement.TakePlan();
  if (!summary) {
    plan.Reset();
    return summary;
  }
  // A plan holds what its operators gathered until it runs again: only those of short statements are worth that.
  if (request.plan_may_stay && summary->run_us + summary->encode_us < kShortUs)
    lent.plan = std::move(plan);
  else
    plan.Reset();
  ready_.Give(request.prelude, text, std::move(lent));
  return summary;
}

Result<std::string> WorkerEngine::Run(const sandbox::Request& request, sandbox::Channel& channel) {
  const std::int64_t began = NowMicros();
  Result<std::string> summary = RunAny(request, channel);
  // What a heavy statement freed stays with the process otherwise: an idle worker would keep hundreds of megabytes.
  if (NowMicros() - began > kHeavyUs) malloc_trim(0);
  return summary;
}

Result<std::string> WorkerEngine::RunAny(const sandbox::Request& request, sandbox::Channel& channel) {
  const RunRequest run = LH_TRY(DecodeRun(request.body));
  const std::string text = LH_TRY(StatementText(run));
  const bool leaves_no_trace =
      run.format != Format::kNone && run.format != Format::kParquet && run.explain == Explain::kNo && run.parameters.empty();
  if (run.views_may_stay && leaves_no_trace && !run.keep_connection && !kept_)
    return EncodeSummary(LH_TRY(RunKept(run, text, request.number, channel)));

  DuckConnection connection = LH_TRY(TakeConnection());
  Result<RunSummary> summary = [&] {
    StatementRun statement(connection.handle, run, text, channel);
    return RunOn(connection, statement, request.number);
  }();
  const std::int64_t closing = NowMicros();
  if (run.keep_connection)
    kept_ = std::move(connection);
  else
    connection.Reset();
  if (!summary) return std::move(summary).TakeError();
  summary->close_us = NowMicros() - closing;
  return EncodeSummary(*summary);
}

void WorkerEngine::Interrupt(std::uint32_t number) {
  const std::lock_guard lock(mutex_);
  interrupted_number_ = number;
  if (running_ != nullptr && running_number_ == number) duckdb_interrupt(running_);
}

void WorkerEngine::SendProgress(std::uint32_t number, sandbox::Channel& channel) {
  double percent = -1;
  {
    const std::lock_guard lock(mutex_);
    if (running_ == nullptr || running_number_ != number) return;
    percent = duckdb_query_progress(running_).percentage;
  }
  if (!(percent >= 0)) percent = -1;
  (void)channel.Send(kProgress, EncodeProgress(percent < 100 ? percent : 100), true);
}

}  // namespace lakehouse::engine
