#pragma once
#include <cstddef>
#include <string>

#include "lakehouse/engine/parquet_table.h"

/// Parquet without the library, for tables that are written all the time and hold a handful of rows: one row group, one page a column,
/// no compression. A commit writes a manifest; through a database each costs milliseconds, and they wait for each other.
namespace lakehouse::engine {

/// Up to here a table is written so. Beyond it compression earns its time.
constexpr std::size_t kPlainParquetBytes = 64u << 10;

/// Whether the cells take no more than that.
bool IsPlainParquetSize(const Table& table);
/// The file. The table is one that contradicts itself nowhere.
std::string PlainParquet(const Table& table, const ParquetWriteOptions& options);

}  // namespace lakehouse::engine
