#include "format.h"
#include "lakehouse/catalog/dataset_name.h"
#include "pages.h"
#include "sql_text.h"

namespace lakehouse::ui {
namespace {

constexpr std::size_t kCellOctets = 240;

/// Whether digits are a name here, not an amount: they are never grouped.
bool IsName(const std::string& column) {
  const std::string folded = catalog::FoldName(column);
  for (const char* ending : {"id", "year", "zip", "number", "code", "key", "no", "phone", "line", "version", "postcode"})
    if (folded.ends_with(ending)) return true;
  return false;
}

std::string GroupDigits(const std::string& text) {
  const std::size_t point = std::min(text.find('.'), text.size());
  if (point < 4 || text.find_first_not_of("-0123456789.") != std::string::npos || point > 18) return text;
  return Grouped(std::stoll(text.substr(0, point))) + text.substr(point);
}

}  // namespace

std::string TypeWords(const std::string& type) {
  if (type == "VARCHAR") return "text";
  if (type == "BIGINT") return "int64";
  if (type == "INTEGER") return "int32";
  if (type == "SMALLINT") return "int16";
  if (type == "TINYINT") return "int8";
  if (type == "TIMESTAMP WITH TIME ZONE") return "timestamp tz";
  return catalog::FoldName(Cut(type, 28));
}

void ShowCell(View& row, const Cell& cell, const std::string& column, const std::string& type) {
  View& one = row.Add("cells");
  const bool is_number = IsNumeric(type);
  one.ShowFlag("null", cell.is_null).ShowFlag("number", is_number);
  const bool is_empty = !cell.is_null && cell.text.empty();
  one.ShowFlag("empty", is_empty).ShowFlag("plain", !cell.is_null && !is_empty);
  if (!cell.is_null) one.Set("value", cell.text);
  if (cell.is_null || is_empty) return;
  one.Show("text", is_number && !IsName(column) ? GroupDigits(cell.text) : Cut(cell.text, kCellOctets));
  one.ShowFlag("long", cell.text.size() > 40);
}

}  // namespace lakehouse::ui
