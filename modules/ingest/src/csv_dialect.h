#pragma once
#include <string>
#include <string_view>

#include "record_reader.h"

namespace lakehouse::ingest {

struct CsvGuess {
  CsvDialect dialect;
  std::int64_t preamble_records = 0;  ///< lines of prose before the table: fewer or other cells than it, and an empty line after them
};

/// From the first records of a file (256 KiB at most). The delimiter among , ; tab | that splits most of them into the same number
/// of cells, two or more; comma when none does. `tabs` prefers the tab (a file called .tsv). Backslash before a quote is an escape
/// only when records come out even with it and not without it.
Result<CsvGuess> GuessDialect(const std::string& path, bool tabs);

}  // namespace lakehouse::ingest
