#include "source_select.h"

#include <algorithm>

#include "json_splitter.h"
#include "lakehouse/engine/session.h"
#include "record_reader.h"
#include "table_builder.h"
#include "type_tree.h"

namespace lakehouse::ingest {
namespace {

std::string ColumnMap(const std::vector<catalog::Column>& columns) {
  std::string map = "{";
  for (const catalog::Column& column : columns) {
    if (map.size() > 1) map += ", ";
    map += QuoteText(column.name) + ": " + QuoteText(column.type);
  }
  return map + "}";
}

std::string ReadText(const PrepareReport& report, const std::vector<catalog::Column>& columns, bool in_one_piece) {
  if (report.is_lines)
    return "SELECT * FROM read_json(" + QuoteText(report.load_path) +
           ", format='newline_delimited', auto_detect=false, maximum_object_size=" +
           std::to_string(kMaxJsonValueBytes + (kMaxJsonValueBytes >> 1)) + ", columns=" + ColumnMap(columns) + ")";
  const std::string delimiter = report.copied ? "," : report.delimiter;
  std::string select = "SELECT * FROM read_csv(" + QuoteText(report.load_path) +
                       ", auto_detect=false, header=" + (report.header && !report.copied ? "true" : "false") +
                       ", delim=" + QuoteText(delimiter) + ", quote='\"', escape='\"', nullstr='', strict_mode=true, null_padding=false";
  if (report.copied) select += ", new_line='\\n'";  // or the engine would guess it, from one within a cell
  if (in_one_piece) select += ", parallel=false";
  // The larger the limit, the larger each thread's buffers: ask for more than the engine's 2 MB only where a line may need it.
  if (report.longest_record_bytes > (1 << 20)) select += ", max_line_size=" + std::to_string(kMaxRecordBytes + (1 << 20));
  return select + ", columns=" + ColumnMap(columns) + ")";
}

}  // namespace

std::string SelectFromText(const PrepareReport& report, const std::vector<catalog::Column>& columns, const std::vector<int>& from,
                           bool in_one_piece) {
  if (from.empty()) return ReadText(report, columns, in_one_piece);
  const bool by_name = report.is_lines;
  std::vector<catalog::Column> read;
  for (std::size_t i = 0; i < report.columns.size(); ++i) {
    const bool is_used = std::find(from.begin(), from.end(), static_cast<int>(i)) != from.end();
    if (is_used || !by_name) read.push_back({report.columns[i].name, is_used ? report.columns[i].type : "VARCHAR", 0, {}});
  }
  std::string list;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const std::string value =
        from[i] < 0 ? "CAST(NULL AS " + columns[i].type + ")" : QuoteName(report.columns[static_cast<std::size_t>(from[i])].name);
    list += (list.empty() ? "" : ", ") + value + " AS " + QuoteName(columns[i].name);
  }
  return "SELECT " + list + " FROM (" + ReadText(report, read, in_one_piece) + ")";
}

std::string SelectFromRows(const std::string& path, const SourceBatch& batch, const std::vector<catalog::Column>& columns,
                           const std::vector<int>& from, bool in_one_piece) {
  // Numbered names: whatever the source calls its columns, the reader cannot mix them up.
  std::vector<catalog::Column> read;
  for (std::size_t i = 0; i < batch.columns.size(); ++i) read.push_back({"c" + std::to_string(i), batch.columns[i].read_as, 0, {}});
  std::string list;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const int at = from.empty() ? static_cast<int>(i) : from[i];
    std::string value = "CAST(NULL AS " + columns[i].type + ")";
    if (at >= 0) {
      const SourceColumn& column = batch.columns[static_cast<std::size_t>(at)];
      const std::string& name = read[static_cast<std::size_t>(at)].name;
      value = column.expression.empty() ? name : "";
      for (const char c : column.expression) value += c == '%' ? name : std::string(1, c);
      if (column.type != columns[i].type) value = "CAST(" + value + " AS " + columns[i].type + ")";
    }
    list += (list.empty() ? "" : ", ") + value + " AS " + QuoteName(columns[i].name);
  }
  std::string select = "SELECT " + list + " FROM read_csv(" + QuoteText(path) +
                       ", auto_detect=false, header=false, delim=',', quote='\"', escape='\"', new_line='\\n', nullstr='\\N', "
                       "allow_quoted_nulls=false, strict_mode=true, null_padding=false";
  if (in_one_piece) select += ", parallel=false";
  if (batch.longest_record_bytes > (1 << 20)) select += ", max_line_size=" + std::to_string(kMaxRecordBytes + (1 << 20));
  return select + ", columns=" + ColumnMap(read) + ")";
}

Result<std::string> CopyToParquet(const std::string& select, const std::string& path, const std::vector<catalog::Column>& columns) {
  return "COPY (" + select + ") TO " + QuoteText(path) + " (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE " +
         std::to_string(kRowGroupRows) + ", FIELD_IDS " + LH_TRY(FieldIdsOf(columns)) + ", KV_METADATA {" + QuoteText("iceberg.schema") +
         ": " + QuoteText(LH_TRY(IcebergSchemaOf(columns))) + "})";
}

}  // namespace lakehouse::ingest
