#pragma once
#include <string>

#include "duck.h"
#include "lakehouse/base/result.h"
#include "lakehouse/engine/parquet_table.h"
#include "shape.h"

/// Between the library's vectors and Table's cells.
namespace lakehouse::engine {

bool IsCellType(const std::string& type);
bool CellFits(const Value& cell, const std::string& type);
/// All rows of a table that CheckTable let pass.
Status AppendRows(duckdb_connection connection, const char* name, const Table& table);
/// Adds the rows of a chunk whose columns are those of the table.
Status TakeRows(duckdb_data_chunk chunk, Table& table);

}  // namespace lakehouse::engine
