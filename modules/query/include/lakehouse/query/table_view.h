#pragma once
#include <map>
#include <string>
#include <string_view>

#include "lakehouse/catalog/types.h"

namespace lakehouse::query {

/// Object key → what the file is called where the statement runs: "in/3f….parquet".
using FileNames = std::map<std::string, std::string, std::less<>>;

/// The rows of one snapshot as a SELECT over its Parquet files: columns by name in the order of the schema, data files minus
/// their position deletes. Filters and projections reach the Parquet scans, so a point lookup reads what it needs.
/// Every file of the table must have a name.
///
/// A delete file holds (file_path VARCHAR, pos BIGINT), file_path being the key of a data file; when its statistics bound
/// file_path (field id 2147483546, as Iceberg has it), data files outside are read without it.
std::string TableSelect(const catalog::ResolvedTable& table, const FileNames& names);

/// CREATE TEMP VIEW "view" AS TableSelect(…);
std::string CreateTableView(std::string_view view, const catalog::ResolvedTable& table, const FileNames& names);

/// Whether a delete file may name rows of the data file of this key, by the bounds in its statistics.
bool MayTouch(const catalog::DataFile& deletes, const std::string& data_key);

inline constexpr std::int32_t kDeleteFilePathFieldId = 2147483546;
inline constexpr std::int32_t kDeletePositionFieldId = 2147483545;

}  // namespace lakehouse::query
