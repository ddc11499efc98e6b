#include "embedding_file.h"

#include <algorithm>
#include <cstring>

#include "parquet_pages.h"

namespace lakehouse::vector {
namespace {

/// Of the values of one page.
constexpr std::uint32_t kGroupBytes = 32 << 20;
constexpr std::uint32_t kMaxGroupRows = 20'480;
const std::vector<std::string> kIdPath{"id"}, kMetadataPath{"metadata"}, kEmbeddingPath{"embedding", "list", "element"};

std::vector<ParquetElement> EmbeddingSchema() {
  using enum ParquetRepetition;
  return {{"schema", {}, {}, 3, {}, 0},
          {"id", ParquetType::kBytes, kRequired, 0, kUtf8Type, kIdField},
          {"metadata", ParquetType::kBytes, kOptional, 0, kUtf8Type, kMetadataField},
          {"embedding", {}, kRequired, 1, kListType, kEmbeddingField},
          {"list", {}, kRepeated, 1, {}, 0},
          {"element", ParquetType::kFloat, kRequired, 0, {}, 4}};
}

void AppendBytes(std::string& values, std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  values.append(reinterpret_cast<const char*>(&size), sizeof size);
  values += text;
}

/// Every row begins a list (0) that goes on (1) to its end.
std::string RepetitionLevels(std::uint32_t rows, std::uint32_t dimension) {
  std::string one, all;
  AppendLevelRun(one, 1, 0);
  if (dimension > 1) AppendLevelRun(one, dimension - 1, 1);
  if (dimension == 1) {
    AppendLevelRun(all, rows, 0);
  } else {
    all.reserve(one.size() * rows);
    for (std::uint32_t i = 0; i < rows; ++i) all += one;
  }
  return WithLength(all);
}

Status WriteGroup(ParquetFile& file, std::uint32_t dimension, std::uint32_t first, std::uint32_t rows,
                  const std::function<EmbeddingRow(std::uint32_t)>& row) {
  std::string ids, metadata, present, vectors;
  vectors.reserve(std::size_t{rows} * dimension * sizeof(float));
  std::uint64_t run = 0;
  bool run_level = false;
  for (std::uint32_t i = 0; i < rows; ++i) {
    const EmbeddingRow one = row(first + i);
    AppendBytes(ids, one.id);
    if (one.metadata) AppendBytes(metadata, *one.metadata);
    if (run > 0 && run_level != one.metadata.has_value()) {
      AppendLevelRun(present, run, run_level ? 1 : 0);
      run = 0;
    }
    run_level = one.metadata.has_value();
    ++run;
    vectors.append(reinterpret_cast<const char*>(one.vector), dimension * sizeof(float));
  }
  AppendLevelRun(present, run, run_level ? 1 : 0);
  std::string defined;
  AppendLevelRun(defined, std::uint64_t{rows} * dimension, 1);
  file.BeginGroup(rows);
  LH_TRY(file.WritePage(ParquetType::kBytes, kIdPath, rows, "", ids));
  LH_TRY(file.WritePage(ParquetType::kBytes, kMetadataPath, rows, WithLength(present), metadata));
  return file.WritePage(ParquetType::kFloat, kEmbeddingPath, std::int64_t{rows} * dimension,
                        RepetitionLevels(rows, dimension) + WithLength(defined), vectors);
}

Result<std::string_view> TakeBytes(std::string_view& page) {
  std::uint32_t size = 0;
  if (page.size() < sizeof size) return DamagedParquet("a column ends within a text");
  std::memcpy(&size, page.data(), sizeof size);
  if (size > page.size() - sizeof size) return DamagedParquet("a text leaves its column");
  const std::string_view text = page.substr(sizeof size, size);
  page.remove_prefix(sizeof size + size);
  return text;
}

/// The chunks of a group, when they are these columns in this order with as many values.
Status CheckChunks(const ParquetGroup& group, const std::vector<const std::vector<std::string>*>& paths) {
  bool fits = group.rows > 0 && group.rows <= kMaxGroupRows && group.chunks.size() == paths.size();
  for (std::size_t i = 0; fits && i < paths.size(); ++i) fits = group.chunks[i].path == *paths[i];
  if (!fits) return DamagedParquet("its columns are others");
  return Ok{};
}

Status ReadEmbeddingGroup(std::string_view octets, const ParquetGroup& group, std::uint32_t dimension, EmbeddingPages& pages) {
  LH_TRY(CheckChunks(group, {&kIdPath, &kMetadataPath, &kEmbeddingPath}));
  const auto rows = static_cast<std::uint32_t>(group.rows);
  if (group.chunks[0].values != rows || group.chunks[1].values != rows || group.chunks[2].values != std::int64_t{rows} * dimension)
    return DamagedParquet("its columns have other lengths");
  std::string_view ids = LH_TRY(ReadPage(octets, group.chunks[0]));
  for (std::uint32_t i = 0; i < rows; ++i) pages.ids.push_back(LH_TRY(TakeBytes(ids)));
  std::string_view metadata = LH_TRY(ReadPage(octets, group.chunks[1]));
  const std::vector<bool> present = LH_TRY(ReadLevels(LH_TRY(TakeLevels(metadata)), rows));
  for (std::uint32_t i = 0; i < rows; ++i) {
    std::optional<std::string_view> text;
    if (present[i]) text = LH_TRY(TakeBytes(metadata));
    pages.metadata.push_back(text);
  }
  std::string_view vectors = LH_TRY(ReadPage(octets, group.chunks[2]));
  LH_TRY(TakeLevels(vectors));
  LH_TRY(TakeLevels(vectors));
  if (!ids.empty() || !metadata.empty() || vectors.size() != std::size_t{rows} * dimension * sizeof(float))
    return DamagedParquet("a column has another length than its rows need");
  pages.vectors.push_back(std::as_bytes(std::span(vectors)));
  pages.rows += rows;
  return Ok{};
}

}  // namespace

Result<WrittenParquet> WriteEmbeddings(const std::string& path, std::uint32_t dimension, std::uint32_t rows,
                                       const std::function<EmbeddingRow(std::uint32_t)>& row) {
  const auto fitting = static_cast<std::uint32_t>(kGroupBytes / (dimension * sizeof(float)));
  const std::uint32_t group_rows = std::clamp<std::uint32_t>(fitting, 1, kMaxGroupRows);
  ParquetFile file = LH_TRY(ParquetFile::Create(path));
  for (std::uint32_t first = 0; first < rows; first += group_rows)
    LH_TRY(WriteGroup(file, dimension, first, std::min(group_rows, rows - first), row));
  LH_TRY(file.Finish(EmbeddingSchema()));
  return WrittenParquet{file.size_bytes(), file.TakeSha256()};
}

Result<WrittenParquet> WritePositions(const std::string& path, const std::vector<RowPosition>& positions) {
  using enum ParquetRepetition;
  ParquetFile file = LH_TRY(ParquetFile::Create(path));
  for (std::size_t first = 0; first < positions.size(); first += kMaxGroupRows) {
    const std::size_t rows = std::min<std::size_t>(kMaxGroupRows, positions.size() - first);
    std::string keys, numbers;
    for (std::size_t i = first; i < first + rows; ++i) {
      AppendBytes(keys, positions[i].file_key);
      numbers.append(reinterpret_cast<const char*>(&positions[i].position), sizeof positions[i].position);
    }
    file.BeginGroup(static_cast<std::int64_t>(rows));
    LH_TRY(file.WritePage(ParquetType::kBytes, {"file_path"}, static_cast<std::int64_t>(rows), "", keys));
    LH_TRY(file.WritePage(ParquetType::kInt64, {"pos"}, static_cast<std::int64_t>(rows), "", numbers));
  }
  LH_TRY(file.Finish({{"schema", {}, {}, 2, {}, 0},
                      {"file_path", ParquetType::kBytes, kRequired, 0, kUtf8Type, kDeletedFileField},
                      {"pos", ParquetType::kInt64, kRequired, 0, {}, kDeletedPositionField}}));
  return WrittenParquet{file.size_bytes(), file.TakeSha256()};
}

Result<EmbeddingPages> ReadEmbeddings(std::string_view octets, std::uint32_t dimension) {
  EmbeddingPages pages;
  for (const ParquetGroup& group : LH_TRY(ReadFooter(octets)).groups) LH_TRY(ReadEmbeddingGroup(octets, group, dimension, pages));
  return pages;
}

Result<std::vector<RowPosition>> ReadPositions(std::string_view octets) {
  const std::vector<std::string> key_path{"file_path"}, position_path{"pos"};
  std::vector<RowPosition> positions;
  for (const ParquetGroup& group : LH_TRY(ReadFooter(octets)).groups) {
    LH_TRY(CheckChunks(group, {&key_path, &position_path}));
    std::string_view keys = LH_TRY(ReadPage(octets, group.chunks[0]));
    const std::string_view numbers = LH_TRY(ReadPage(octets, group.chunks[1]));
    if (numbers.size() != static_cast<std::size_t>(group.rows) * sizeof(std::int64_t)) return DamagedParquet("a column has another length");
    for (std::int64_t i = 0; i < group.rows; ++i) {
      RowPosition& one = positions.emplace_back();
      one.file_key = LH_TRY(TakeBytes(keys));
      std::memcpy(&one.position, numbers.data() + static_cast<std::size_t>(i) * sizeof one.position, sizeof one.position);
    }
    if (!keys.empty()) return DamagedParquet("a column has another length");
  }
  return positions;
}

}  // namespace lakehouse::vector
