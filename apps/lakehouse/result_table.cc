#include "result_table.h"

#include <optional>
#include <vector>

#include "lakehouse/base/json_view.h"

namespace lakehouse::app {
namespace {

bool IsNumeric(std::string_view type) {
  if (type.ends_with("]")) return false;
  return type.ends_with("INT") || type == "INTEGER" || type == "UINTEGER" || type == "DOUBLE" || type == "FLOAT" || type == "REAL" ||
         type.starts_with("DECIMAL");
}

}  // namespace

Result<ResultTable> ReadResult(const std::string& answer_json) {
  const auto document = LH_TRY(JsonDocument::Parse(answer_json));
  std::vector<std::string> names;
  std::vector<bool> right_aligned;
  LH_TRY(document.root().Find("columns").value_or(JsonView()).ForEachElement([&](JsonView column) -> Status {
    names.emplace_back(column.Find("name").value_or(JsonView()).AsString().value_or(""));
    right_aligned.push_back(IsNumeric(column.Find("type").value_or(JsonView()).AsString().value_or("")));
    return Ok{};
  }));
  const std::size_t width = names.size();
  ResultTable result{terminal::TextTable(names, std::move(right_aligned)), 0, {}};
  LH_TRY(document.root().Find("rows").value_or(JsonView()).ForEachElement([&](JsonView row) -> Status {
    std::vector<terminal::TextTable::Cell> cells;
    LH_TRY(row.ForEachElement([&](JsonView cell) -> Status {
      const auto text = cell.AsString();
      if (cell.is_null())
        cells.emplace_back();
      else
        cells.emplace_back(text ? std::string(*text) : cell.ToJson());
      return Ok{};
    }));
    cells.resize(width);
    result.table.Add(std::move(cells));
    return Ok{};
  }));
  result.rows = document.root().Find("row_count").value_or(JsonView()).AsInteger().value_or(0);
  if (const auto cut = document.root().Find("truncated")) result.cut_by = std::string(cut->AsString().value_or("rows"));
  return result;
}

std::string CountOf(const ResultTable& result) {
  return std::to_string(result.rows) + (result.rows == 1 ? " row" : " rows") +
         (result.cut_by.empty() ? "" : ", cut by the limit of " + result.cut_by);
}

Result<std::string> DrawResult(const std::string& answer_json) {
  const ResultTable result = LH_TRY(ReadResult(answer_json));
  return result.table.Draw() + "(" + CountOf(result) + ")\n";
}

}  // namespace lakehouse::app
