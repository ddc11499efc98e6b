#include "manifest.h"

#include "catalog_wire.h"
#include "small_table.h"

namespace lakehouse::catalog {
namespace {

// Iceberg numbers contents so.
constexpr std::int64_t kIcebergData = 0;
constexpr std::int64_t kIcebergPositionDeletes = 1;
constexpr std::string_view kFileFormat = "PARQUET";

enum ManifestColumn : std::size_t {
  kContent,
  kFilePath,
  kFileFormatColumn,
  kRecordCount,
  kFileSize,
  kSha256,
  kNullCounts,
  kLowerBounds,
  kUpperBounds
};

const std::vector<SmallTable::Column>& ManifestColumns() {
  static const std::vector<SmallTable::Column> columns = {
      {"content", true}, {"file_path", false},         {"file_format", false},  {"record_count", true}, {"file_size_in_bytes", true},
      {"sha256", false}, {"null_value_counts", false}, {"lower_bounds", false}, {"upper_bounds", false}};
  return columns;
}

// The three maps of Iceberg have field ids as keys; here they are JSON objects.
SmallTable::Cell NullCounts(const DataFile& file) {
  if (file.statistics.empty()) return std::monostate{};
  std::map<std::string, std::int64_t> counts;
  for (const ColumnStatistics& column : file.statistics) counts[std::to_string(column.field_id)] = column.null_count;
  return EncodeJson(counts);
}

SmallTable::Cell Bounds(const DataFile& file, std::optional<std::string> ColumnStatistics::* bound) {
  std::map<std::string, std::string> bounds;
  for (const ColumnStatistics& column : file.statistics)
    if (column.*bound) bounds[std::to_string(column.field_id)] = *(column.*bound);
  if (bounds.empty()) return std::monostate{};
  return EncodeJson(bounds);
}

Error BadManifest(const std::string& why) { return Error(ErrorCode::kCorruption, "this is no manifest: " + why); }

template <typename T>
Result<std::map<std::string, T>> ReadMap(RowReader& row, std::size_t column) {
  const auto text = row.OptionalText(column);
  if (!text) return std::map<std::string, T>();
  auto map = DecodeJson<std::map<std::string, T>>(*text);
  if (!map) return BadManifest(map.error().message());
  return std::move(map).Take();
}

Result<std::vector<ColumnStatistics>> ReadStatistics(RowReader& row) {
  const auto nulls = LH_TRY(ReadMap<std::int64_t>(row, kNullCounts));
  const auto lower = LH_TRY(ReadMap<std::string>(row, kLowerBounds));
  const auto upper = LH_TRY(ReadMap<std::string>(row, kUpperBounds));
  std::map<std::int32_t, ColumnStatistics> columns;
  for (const auto& [id, count] : nulls) {
    const auto number = LH_TRY(DecodeJson<std::int32_t>(id));
    columns[number] = {number, count, {}, {}};
    if (const auto found = lower.find(id); found != lower.end()) columns[number].lower = found->second;
    if (const auto found = upper.find(id); found != upper.end()) columns[number].upper = found->second;
  }
  std::vector<ColumnStatistics> statistics;
  for (auto& [id, column] : columns) statistics.push_back(std::move(column));
  return statistics;
}

Result<DataFile> ReadFile(RowReader row) {
  DataFile file;
  const std::int64_t content = LH_TRY(row.Integer(kContent));
  if (content != kIcebergData && content != kIcebergPositionDeletes) return BadManifest("content " + std::to_string(content));
  file.content = content == kIcebergData ? FileContent::kData : FileContent::kPositionDeletes;
  file.key = LH_TRY(row.Text(kFilePath));
  if (const std::string format = LH_TRY(row.Text(kFileFormatColumn)); format != kFileFormat) return BadManifest("file format " + format);
  file.rows = LH_TRY(row.Integer(kRecordCount));
  file.size_bytes = LH_TRY(row.Integer(kFileSize));
  file.sha256 = LH_TRY(row.Text(kSha256));
  if (file.rows < 0 || file.size_bytes < 0) return BadManifest("a negative count");
  auto statistics = ReadStatistics(row);
  if (!statistics) return BadManifest(statistics.error().message());
  file.statistics = std::move(statistics).Take();
  return file;
}

}  // namespace

Result<std::string> EncodeManifest(const Context& context, TableCodec& codec, const FileList& files) {
  SmallTable table{ManifestColumns(), {}};
  table.rows.reserve(files.size());
  for (const DataFile& file : files) {
    const std::int64_t content = file.content == FileContent::kData ? kIcebergData : kIcebergPositionDeletes;
    table.rows.push_back({content, file.key, std::string(kFileFormat), file.rows, file.size_bytes, file.sha256, NullCounts(file),
                          Bounds(file, &ColumnStatistics::lower), Bounds(file, &ColumnStatistics::upper)});
  }
  return codec.Encode(context, table);
}

Result<FileList> DecodeManifest(const Context& context, TableCodec& codec, std::string_view octets) {
  SmallTable table = LH_TRY(codec.Decode(context, octets, ManifestColumns()));
  FileList files;
  files.reserve(table.rows.size());
  for (auto& row : table.rows) files.push_back(LH_TRY(ReadFile(RowReader(row))));
  return files;
}

FileTotals TotalsOf(const FileList& files) {
  FileTotals totals;
  for (const DataFile& file : files) {
    totals.rows += file.content == FileContent::kData ? file.rows : -file.rows;
    totals.size_bytes += file.size_bytes;
    ++totals.file_count;
  }
  return totals;
}

}  // namespace lakehouse::catalog
