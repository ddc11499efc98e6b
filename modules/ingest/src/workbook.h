#pragma once
#include <optional>
#include <string>
#include <vector>

#include "lakehouse/base/result.h"

namespace lakehouse::ingest {

/// A sheet of an XLSX workbook as a text file: tabs between cells, quotes where needed, one line a row, rows without a value left out.
/// Dates and times are ISO, numbers as short as they can be exactly, truth values true and false, formulas what they gave when saved.
struct SheetText {
  std::string sheet;                ///< its name
  std::vector<std::string> others;  ///< the workbook's other sheets
};
/// `sheet`: the name of one; absent: the first that has a value. kUnprocessable: "no_such_sheet" (with the names there are), "bad_xlsx",
/// "bad_zip", "bad_xml", "decompression_bomb", "empty_file", "too_many_columns".
Result<SheetText> WriteSheet(const std::string& workbook_path, const std::optional<std::string>& sheet, const std::string& text_path);

}  // namespace lakehouse::ingest
