#include "local_database.h"

#include <fmt/format.h>

#include <stop_token>
#include <utility>

#include "duck_error.h"
#include "lakehouse/engine/functions.h"

namespace lakehouse::engine {

Status LocalDatabase::Open() {
  if (LinkedDuckDbVersion() != kDuckDbVersion)
    return Error(ErrorCode::kInternal, fmt::format("the DuckDB library is {}, expected {}", LinkedDuckDbVersion(), kDuckDbVersion));
  DuckConfig config;
  if (duckdb_create_config(&config.handle) == DuckDBError) return Error(ErrorCode::kInternal, "make a DuckDB configuration");
  const std::pair<const char*, std::string> settings[] = {
      {"threads", "1"},
      {"memory_limit", fmt::format("{}B", memory_bytes_)},
      {"temp_directory", directory_ + "/spill"},
      {"autoinstall_known_extensions", "false"},
      {"autoload_known_extensions", "false"},
      {"errors_as_json", "true"},
  };
  for (const auto& [name, value] : settings)
    if (duckdb_set_config(config.handle, name, value.c_str()) == DuckDBError)
      return Error(ErrorCode::kInternal, fmt::format("DuckDB refused the setting {}", name));
  DuckDatabase database;
  DuckConnection connection;
  char* why = nullptr;
  if (duckdb_open_ext(nullptr, &database.handle, config.handle, &why) == DuckDBError)
    return Error(ErrorCode::kInternal, "open DuckDB: " + TakeText(why));
  if (duckdb_connect(database.handle, &connection.handle) == DuckDBError) return Error(ErrorCode::kInternal, "connect to DuckDB");
  for (const std::string& sql :
       {"SET GLOBAL allowed_directories=[" + QuoteText(directory_ + "/") + "]", std::string("SET GLOBAL enable_external_access=false"),
        std::string("SET GLOBAL lock_configuration=true")}) {
    DuckResult result;
    if (duckdb_query(connection.handle, sql.c_str(), &result.handle) == DuckDBError) return DuckError(duckdb_result_error(&result.handle));
  }
  database_ = std::move(database);
  connection_ = std::move(connection);
  return Ok{};
}

Result<duckdb_connection> LocalDatabase::connection() {
  if (!connection_) LH_TRY(Open());
  return connection_.handle;
}

void LocalDatabase::Close() {
  connection_.Reset();
  database_.Reset();
}

Status LocalDatabase::Execute(const Context& context, const std::string& sql) {
  return Query(context, sql, [](duckdb_result&, duckdb_data_chunk) { return Status(Ok{}); });
}

Status LocalDatabase::Query(const Context& context, const std::string& sql,
                            const std::function<Status(duckdb_result&, duckdb_data_chunk)>& take) {
  duckdb_connection connection = LH_TRY(this->connection());
  LH_TRY(context.Check());
  const std::stop_callback interrupt(context.cancel, [connection] { duckdb_interrupt(connection); });
  DuckResult result;
  if (duckdb_query(connection, sql.c_str(), &result.handle) == DuckDBError) {
    LH_TRY(context.Check());
    Error error = DuckError(duckdb_result_error(&result.handle));
    if (EndsTheEngine(error)) Close();
    return error;
  }
  LH_TRY(take(result.handle, nullptr));
  for (;;) {
    const DuckChunk chunk(duckdb_fetch_chunk(result.handle));
    if (!chunk) break;
    LH_TRY(take(result.handle, chunk.handle));
    LH_TRY(context.Check());
  }
  if (const char* error = duckdb_result_error(&result.handle); error != nullptr && *error != '\0') return DuckError(error);
  return Ok{};
}

}  // namespace lakehouse::engine
