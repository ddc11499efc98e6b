#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "lakehouse/query/query.h"

namespace lakehouse::matrix {

/// All that a statement answered with, in memory.
struct SqlRows {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;    ///< texts as they are, other values as JSON
  std::string json;                              ///< the rows as an array of arrays
  std::map<std::string, std::int64_t> versions;  ///< of each dataset that was read
};
/// Errors of the query, and kTooLarge when its rows were cut.
Result<SqlRows> RunSql(const Context& context, query::Query& query, const std::string& sql);

}  // namespace lakehouse::matrix
