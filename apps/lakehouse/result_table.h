#pragma once
#include <cstdint>
#include <string>

#include "lakehouse/base/result.h"
#include "lakehouse/terminal/text_table.h"

namespace lakehouse::app {

/// An answer of POST /v1/sql, ready to be drawn.
struct ResultTable {
  terminal::TextTable table;
  std::int64_t rows = 0;
  std::string cut_by;  ///< the limit that ended it; empty: none did
};
Result<ResultTable> ReadResult(const std::string& answer_json);

/// "3 rows", "1 row, cut by the limit of rows".
std::string CountOf(const ResultTable& result);

/// The answer as a table with a line that counts the rows.
Result<std::string> DrawResult(const std::string& answer_json);

}  // namespace lakehouse::app
