#include "system_view.h"

#include "lakehouse/base/json_writer.h"
#include "lakehouse/engine/session.h"

namespace lakehouse::query {
namespace {

// One row: messages of errors are the longest, and they are cut at 4 KiB.
constexpr std::size_t kMaxRowBytes = 4u << 20;

void WriteCell(JsonWriter& json, const catalog::SystemCell& cell) {
  if (const auto* integer = std::get_if<std::int64_t>(&cell)) return json.Raw(std::to_string(*integer));
  if (const auto* number = std::get_if<double>(&cell)) return json.Number(*number);
  if (const auto* truth = std::get_if<bool>(&cell)) return json.Bool(*truth);
  if (const auto* text = std::get_if<std::string>(&cell)) return json.String(*text);
  json.Null();
}

std::string Position(std::size_t column) { return "c" + std::to_string(column); }

}  // namespace

std::string SystemRowsAsJson(const std::vector<catalog::SystemRow>& rows) {
  std::string lines;
  for (const catalog::SystemRow& row : rows) {
    JsonWriter json;
    json.Open('{');
    for (std::size_t i = 0; i < row.size(); ++i) {
      json.Key(Position(i));
      WriteCell(json, row[i]);
    }
    json.Close('}');
    lines += std::move(json).Take() + "\n";
  }
  return lines;
}

std::string CreateSystemView(std::string_view view, const std::vector<catalog::SystemColumn>& columns, std::string_view file) {
  std::string list, types;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const bool is_time = columns[i].type == "TIMESTAMP";
    const std::string value = is_time ? "make_timestamp(" + Position(i) + ")" : Position(i);
    list += (i == 0 ? "" : ", ") + value + " AS " + QuoteName(columns[i].name);
    types += (i == 0 ? "" : ", ") + Position(i) + ": " + QuoteText(is_time ? "BIGINT" : columns[i].type);
  }
  return "CREATE TEMP VIEW " + QuoteName(view) + " AS SELECT " + list + " FROM read_json(" + QuoteText(file) +
         ", format='newline_delimited', auto_detect=false, maximum_object_size=" + std::to_string(kMaxRowBytes) + ", columns={" + types +
         "});\n";
}

}  // namespace lakehouse::query
