#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace lakehouse::demo {

using CsvRow = std::map<std::string, std::string>;

/// The records of a CSV text whose first record names the columns (RFC 4180). A reader of its own, so that the writer is not its own judge.
/// Stops the test's hopes early: a record of another width gives an empty result.
inline std::vector<std::vector<std::string>> CsvRecords(std::string_view text) {
  std::vector<std::vector<std::string>> records;
  std::vector<std::string> record;
  std::string field;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c != '"') {
        field += c;
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        field += text[++i];
      } else {
        quoted = false;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == ',' || c == '\n') {
      record.push_back(std::move(field));
      field.clear();
      if (c == '\n') {
        records.push_back(std::move(record));
        record.clear();
      }
    } else {
      field += c;
    }
  }
  return records;
}

inline std::vector<CsvRow> CsvRows(std::string_view text) {
  const auto records = CsvRecords(text);
  std::vector<CsvRow> rows;
  for (std::size_t i = 1; i < records.size(); ++i) {
    if (records[i].size() != records[0].size()) return {};
    CsvRow row;
    for (std::size_t column = 0; column < records[i].size(); ++column) row[records[0][column]] = records[i][column];
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace lakehouse::demo
