#include "result_table.h"

#include <algorithm>

#include "lakehouse/base/json_view.h"

namespace lakehouse::app {
namespace {

constexpr std::size_t kCellWidth = 60;

/// Code points, which is close enough to columns for the scripts we meet.
std::size_t WidthOf(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

/// One line, no control characters (a cell may hold a terminal's escape codes), cut at a character.
std::string Shown(std::string_view text) {
  std::string out;
  std::size_t width = 0;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if ((octet & 0xC0) != 0x80 && ++width > kCellWidth) return out + "…";
    out += octet < 0x20 || octet == 0x7f ? ' ' : c;
  }
  return out;
}

bool IsNumeric(std::string_view type) {
  return type.ends_with("INT") || type == "INTEGER" || type == "UINTEGER" || type == "DOUBLE" || type == "FLOAT" || type == "HUGEINT" ||
         (type.starts_with("DECIMAL") && !type.ends_with("]"));
}

}  // namespace

TextTable::TextTable(std::vector<std::string> names, std::vector<bool> right_aligned) : right_aligned_(std::move(right_aligned)) {
  Add(std::move(names));
}

void TextTable::Add(std::vector<std::string> cells) {
  for (std::string& cell : cells) cell = Shown(cell);
  lines_.push_back(std::move(cells));
}

std::string TextTable::Draw() const {
  std::vector<std::size_t> widths(right_aligned_.size());
  for (const auto& line : lines_)
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], WidthOf(line[i]));
  std::string out;
  for (std::size_t row = 0; row < lines_.size(); ++row) {
    std::string text;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      const std::string space(widths[i] - WidthOf(lines_[row][i]), ' ');
      text += (i == 0 ? "" : "  ") + (right_aligned_[i] ? space + lines_[row][i] : lines_[row][i] + space);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + "\n";
    if (row > 0) continue;
    for (std::size_t i = 0; i < widths.size(); ++i) out += (i == 0 ? "" : "  ") + std::string(widths[i], '-');
    out += "\n";
  }
  return out;
}

Result<std::string> DrawResult(const std::string& answer_json) {
  const auto document = LH_TRY(JsonDocument::Parse(answer_json));
  std::vector<std::string> names;
  std::vector<bool> right_aligned;
  LH_TRY(document.root().Find("columns").value_or(JsonView()).ForEachElement([&](JsonView column) -> Status {
    names.emplace_back(column.Find("name").value_or(JsonView()).AsString().value_or(""));
    right_aligned.push_back(IsNumeric(column.Find("type").value_or(JsonView()).AsString().value_or("")));
    return Ok{};
  }));
  TextTable table(names, right_aligned);
  LH_TRY(document.root().Find("rows").value_or(JsonView()).ForEachElement([&](JsonView row) -> Status {
    std::vector<std::string> cells;
    LH_TRY(row.ForEachElement([&](JsonView cell) -> Status {
      const auto text = cell.AsString();
      cells.push_back(text ? std::string(*text) : cell.ToJson());
      return Ok{};
    }));
    table.Add(std::move(cells));
    return Ok{};
  }));
  const auto count = document.root().Find("row_count").value_or(JsonView()).AsInteger().value_or(0);
  std::string footer = "(" + std::to_string(count) + (count == 1 ? " row" : " rows");
  if (const auto cut = document.root().Find("truncated"))
    footer += ", cut by the limit of " + std::string(cut->AsString().value_or("rows"));
  return table.Draw() + footer + ")\n";
}

}  // namespace lakehouse::app
