#pragma once
#include <cstdint>
#include <span>

#include "lakehouse/vector/vector_types.h"

namespace lakehouse::vector {

/// The rows a search may answer with. A view: what it points to must outlive the search. Three forms; default is all rows.
class RowFilter {
 public:
  RowFilter() = default;
  /// Bit (row % 64) of word (row / 64) says whether the row is allowed. Rows beyond the last word are not.
  static RowFilter Bitmap(std::span<const std::uint64_t> words) { return RowFilter(Kind::kBitmap, words, {}); }
  /// Rows in any order. One that does not exist, is deleted or comes twice is harmless.
  static RowFilter List(std::span<const RowId> rows) { return RowFilter(Kind::kList, {}, rows); }

  enum class Kind : std::uint8_t { kAll, kBitmap, kList };
  Kind kind() const { return kind_; }
  std::span<const std::uint64_t> words() const { return words_; }
  std::span<const RowId> rows() const { return rows_; }

 private:
  RowFilter(Kind kind, std::span<const std::uint64_t> words, std::span<const RowId> rows) : kind_(kind), words_(words), rows_(rows) {}
  Kind kind_ = Kind::kAll;
  std::span<const std::uint64_t> words_;
  std::span<const RowId> rows_;
};

}  // namespace lakehouse::vector
