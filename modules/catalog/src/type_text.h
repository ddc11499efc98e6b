#pragma once
#include <string_view>

namespace lakehouse::catalog {

/// Whether this is a SQL type as DuckDB spells one: a known name, "DECIMAL(18,3)", "STRUCT(a INTEGER, "b c" DATE[])", "MAP(VARCHAR,
/// FLOAT[3])", "ENUM('a', 'b')". Types come from clients and stand unquoted in the text of views, so nothing else may pass.
bool IsTypeText(std::string_view text);

}  // namespace lakehouse::catalog
