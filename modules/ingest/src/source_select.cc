#include "source_select.h"

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
    map += engine::QuoteText(column.name) + ": " + engine::QuoteText(column.type);
  }
  return map + "}";
}

}  // namespace

std::string SelectFromText(const PrepareReport& report, const std::vector<catalog::Column>& columns, bool in_one_piece) {
  if (report.format == "json" || report.format == "ndjson")
    return "SELECT * FROM read_json(" + engine::QuoteText(report.load_path) +
           ", format='newline_delimited', auto_detect=false, maximum_object_size=" +
           std::to_string(kMaxJsonValueBytes + (kMaxJsonValueBytes >> 1)) + ", columns=" + ColumnMap(columns) + ")";
  const std::string delimiter = report.copied ? "," : report.delimiter;
  std::string select = "SELECT * FROM read_csv(" + engine::QuoteText(report.load_path) +
                       ", auto_detect=false, header=" + (report.header && !report.copied ? "true" : "false") +
                       ", delim=" + engine::QuoteText(delimiter) +
                       ", quote='\"', escape='\"', nullstr='', strict_mode=true, null_padding=false";
  if (in_one_piece) select += ", parallel=false";
  // The larger the limit, the larger each thread's buffers: ask for more than the engine's 2 MB only where a line may need it.
  if (report.longest_record_bytes > (1 << 20)) select += ", max_line_size=" + std::to_string(kMaxRecordBytes + (1 << 20));
  return select + ", columns=" + ColumnMap(columns) + ")";
}

Result<std::string> CopyToParquet(const std::string& select, const std::string& path, const std::vector<catalog::Column>& columns) {
  return "COPY (" + select + ") TO " + engine::QuoteText(path) + " (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE " +
         std::to_string(kRowGroupRows) + ", FIELD_IDS " + LH_TRY(FieldIdsOf(columns)) + ", KV_METADATA {" +
         engine::QuoteText("iceberg.schema") + ": " + engine::QuoteText(LH_TRY(IcebergSchemaOf(columns))) + "})";
}

}  // namespace lakehouse::ingest
