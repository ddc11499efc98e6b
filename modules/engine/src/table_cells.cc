#include "table_cells.h"

#include <algorithm>

#include "duck_error.h"

namespace lakehouse::engine {

namespace {

Status Append(duckdb_appender appender, const Value& cell, bool is_blob) {
  duckdb_state state = DuckDBSuccess;
  if (const auto* integer = std::get_if<std::int64_t>(&cell))
    state = duckdb_append_int64(appender, *integer);
  else if (const auto* number = std::get_if<double>(&cell))
    state = duckdb_append_double(appender, *number);
  else if (const auto* boolean = std::get_if<bool>(&cell))
    state = duckdb_append_bool(appender, *boolean);
  else if (const auto* text = std::get_if<std::string>(&cell)) {
    state = is_blob ? duckdb_append_blob(appender, text->data(), text->size())
                    : duckdb_append_varchar_length(appender, text->data(), text->size());
  } else {
    state = duckdb_append_null(appender);
  }
  if (state == DuckDBSuccess) return Ok{};
  return DuckError(duckdb_appender_error(appender));
}

Value CellAt(duckdb_vector vector, duckdb_type type, idx_t row) {
  std::uint64_t* validity = duckdb_vector_get_validity(vector);
  if (validity != nullptr && !duckdb_validity_row_is_valid(validity, row)) return std::monostate();
  const void* data = duckdb_vector_get_data(vector);
  switch (type) {
    case DUCKDB_TYPE_BIGINT: return static_cast<const std::int64_t*>(data)[row];
    case DUCKDB_TYPE_DOUBLE: return static_cast<const double*>(data)[row];
    case DUCKDB_TYPE_BOOLEAN: return static_cast<const bool*>(data)[row];
    default: return std::string(TextAt(static_cast<const duckdb_string_t*>(data), row));
  }
}

}  // namespace

bool IsCellType(const std::string& type) {
  return type == "BIGINT" || type == "DOUBLE" || type == "BOOLEAN" || type == "VARCHAR" || type == "BLOB";
}

bool CellFits(const Value& cell, const std::string& type) {
  if (std::holds_alternative<std::monostate>(cell)) return true;
  if (std::holds_alternative<std::int64_t>(cell)) return type == "BIGINT";
  if (std::holds_alternative<double>(cell)) return type == "DOUBLE";
  if (std::holds_alternative<bool>(cell)) return type == "BOOLEAN";
  if (type == "BLOB") return true;
  const std::string& text = std::get<std::string>(cell);
  duckdb_error_data invalid = duckdb_valid_utf8_check(text.data(), text.size());
  const bool valid = invalid == nullptr || !duckdb_error_data_has_error(invalid);
  duckdb_destroy_error_data(&invalid);
  return type == "VARCHAR" && valid;
}

Status AppendRows(duckdb_connection connection, const char* name, const Table& table) {
  DuckAppender appender;
  if (duckdb_appender_create_ext(connection, "temp", "main", name, &appender.handle) == DuckDBError)
    return DuckError(duckdb_appender_error(appender.handle));
  std::vector<bool> is_blob;
  for (const Column& column : table.columns) is_blob.push_back(column.type == "BLOB");
  for (const std::vector<Value>& row : table.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) LH_TRY(Append(appender.handle, row[i], is_blob[i]));
    if (duckdb_appender_end_row(appender.handle) == DuckDBError) return DuckError(duckdb_appender_error(appender.handle));
  }
  if (duckdb_appender_close(appender.handle) == DuckDBError) return DuckError(duckdb_appender_error(appender.handle));
  return Ok{};
}

Status TakeRows(duckdb_data_chunk chunk, Table& table) {
  const idx_t rows = duckdb_data_chunk_get_size(chunk);
  const std::size_t first = table.rows.size();
  table.rows.resize(first + rows);
  for (idx_t row = 0; row < rows; ++row) table.rows[first + row].reserve(table.columns.size());
  for (std::size_t column = 0; column < table.columns.size(); ++column) {
    const duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, column);
    const DuckType type(duckdb_vector_get_column_type(vector));
    const duckdb_type id = duckdb_get_type_id(type.handle);
    for (idx_t row = 0; row < rows; ++row) table.rows[first + row].push_back(CellAt(vector, id, row));
  }
  return Ok{};
}

}  // namespace lakehouse::engine
