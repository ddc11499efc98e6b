#pragma once
#include <string>

namespace lakehouse::engine {

/// A column of a result or a table.
struct Column {
  std::string name;
  std::string type;  ///< DuckDB's spelling: "BIGINT", "DECIMAL(10,2)", "STRUCT(a INTEGER, b VARCHAR[])"
  bool operator==(const Column&) const = default;
};

}  // namespace lakehouse::engine
