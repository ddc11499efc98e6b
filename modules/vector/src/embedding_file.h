#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/result.h"

/// The truth of an index as Parquet that anybody can read: id, metadata, embedding; uncompressed and plain, one page per column and row
/// group, so that the float32 values lie one after the other and are used where they are mapped. docs/formats/vector-batch.md.
namespace lakehouse::vector {

struct EmbeddingRow {
  std::string_view id;
  std::optional<std::string_view> metadata;
  const std::byte* vector = nullptr;  ///< dimension float32 values
};
struct WrittenParquet {
  std::int64_t size_bytes = 0;
  std::string sha256;  ///< hex
};

/// Writes and syncs a new file. `row` is asked once for each, in order; what it points to lives until the next.
Result<WrittenParquet> WriteEmbeddings(const std::string& path, std::uint32_t dimension, std::uint32_t rows,
                                       const std::function<EmbeddingRow(std::uint32_t)>& row);

/// One row of one data file that is no more, as Iceberg's position deletes have it.
struct RowPosition {
  std::string file_key;
  std::int64_t position = 0;
  auto operator<=>(const RowPosition&) const = default;
};
Result<WrittenParquet> WritePositions(const std::string& path, const std::vector<RowPosition>& positions);

/// Views into the octets of a file.
struct EmbeddingPages {
  std::uint32_t rows = 0;
  std::vector<std::span<const std::byte>> vectors;  ///< of each row group: whole rows
  std::vector<std::string_view> ids;
  std::vector<std::optional<std::string_view>> metadata;
};
/// kCorruption, reason "embeddings_damaged": not a file that WriteEmbeddings wrote for this dimension.
Result<EmbeddingPages> ReadEmbeddings(std::string_view octets, std::uint32_t dimension);
Result<std::vector<RowPosition>> ReadPositions(std::string_view octets);

inline constexpr std::int32_t kIdField = 1, kMetadataField = 2, kEmbeddingField = 3;
/// As Iceberg numbers the columns of a position-delete file.
inline constexpr std::int32_t kDeletedFileField = 2147483546, kDeletedPositionField = 2147483545;

}  // namespace lakehouse::vector
