#include "side_engine.h"

#include <duckdb.h>

#include <cstdlib>

namespace lakehouse::query {
namespace {

std::vector<std::vector<std::string>> TakeRows(duckdb_result& result, bool failed) {
  std::vector<std::vector<std::string>> rows;
  if (failed) {
    const char* message = duckdb_result_error(&result);
    rows.push_back({std::string("ERROR: ") + (message != nullptr ? message : "?")});
  } else {
    for (idx_t r = 0; r < duckdb_row_count(&result); ++r) {
      std::vector<std::string> row;
      for (idx_t c = 0; c < duckdb_column_count(&result); ++c) {
        char* text = duckdb_value_varchar(&result, c, r);
        row.emplace_back(text != nullptr ? text : "NULL");
        duckdb_free(text);
      }
      rows.push_back(std::move(row));
    }
  }
  duckdb_destroy_result(&result);
  return rows;
}

}  // namespace

SideEngine::SideEngine() {
  auto* database = reinterpret_cast<duckdb_database*>(&database_);
  auto* connection = reinterpret_cast<duckdb_connection*>(&connection_);
  if (duckdb_open(nullptr, database) != DuckDBSuccess || duckdb_connect(*database, connection) != DuckDBSuccess) std::abort();
}

SideEngine::~SideEngine() {
  duckdb_disconnect(reinterpret_cast<duckdb_connection*>(&connection_));
  duckdb_close(reinterpret_cast<duckdb_database*>(&database_));
}

std::string SideEngine::Tree(const std::string& sql) { return Call("json_serialize_sql", sql); }
std::string SideEngine::Text(const std::string& tree) { return Call("json_deserialize_sql", tree); }

std::vector<std::vector<std::string>> SideEngine::Rows(const std::string& sql) {
  duckdb_result result{};
  const bool failed = duckdb_query(static_cast<duckdb_connection>(connection_), sql.c_str(), &result) != DuckDBSuccess;
  return TakeRows(result, failed);
}

std::string SideEngine::Call(const char* function, const std::string& argument) {
  duckdb_prepared_statement statement = nullptr;
  duckdb_result result{};
  const std::string sql = std::string("SELECT ") + function + "(?::VARCHAR)";
  duckdb_prepare(static_cast<duckdb_connection>(connection_), sql.c_str(), &statement);
  duckdb_bind_varchar_length(statement, 1, argument.data(), argument.size());
  const bool failed = duckdb_execute_prepared(statement, &result) != DuckDBSuccess;
  const auto rows = TakeRows(result, failed);
  duckdb_destroy_prepare(&statement);
  return rows.at(0).at(0);
}

}  // namespace lakehouse::query
