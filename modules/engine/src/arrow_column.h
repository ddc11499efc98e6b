#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "shape.h"
#include "text.h"

/// Rows of one column in Arrow's memory layout, waiting for their record batch.
namespace lakehouse::engine {

/// How a type of DuckDB lies in Arrow.
enum class ArrowLayout {
  kNull,
  kBits,       ///< BOOLEAN
  kFixed,      ///< values of `width` octets, as DuckDB has them
  kWiden,      ///< DECIMAL kept in fewer than 16 octets
  kInterval,   ///< months, days, nanoseconds
  kText,       ///< VARCHAR and BLOB: 32-bit offsets and octets
  kSpelled,    ///< types that Arrow lacks, as text
  kList,       ///< LIST and MAP: 32-bit offsets and a child
  kFixedList,  ///< ARRAY: a child
  kStruct,     ///< children
};
struct ArrowType {
  ArrowLayout layout;
  std::size_t width;  ///< of kFixed
};
ArrowType ArrowTypeOf(const Shape& shape);

class ArrowColumn {
 public:
  explicit ArrowColumn(const Shape& shape);

  /// Rows [from, to) of the shape's current vectors.
  void Append(idx_t from, idx_t to) { AppendFrom(*shape_, from, to); }
  /// No less than what one row adds.
  static std::size_t RowBytes(const Shape& shape, idx_t row);
  /// The sum over rows [from, to).
  static std::size_t RowsBytes(const Shape& shape, idx_t from, idx_t to);
  void Clear();

  /// One buffer of the body, and what describes the column, in the depth-first order of the format.
  struct Layout {
    std::string nodes;  ///< {i64 length, i64 nulls}…
    std::vector<std::string_view> buffers;
  };
  void Describe(Layout& layout) const;

 private:
  void AppendFrom(const Shape& shape, idx_t from, idx_t to);
  void AppendValidity(const Shape& shape, idx_t from, idx_t to);
  void AppendFixed(const Shape& shape, idx_t from, idx_t to);
  void AppendBits(const Shape& shape, idx_t from, idx_t to);
  void AppendWidened(const Shape& shape, idx_t from, idx_t to);
  void AppendIntervals(const Shape& shape, idx_t from, idx_t to);
  void AppendTexts(const Shape& shape, idx_t from, idx_t to);
  void AppendSpelled(const Shape& shape, idx_t from, idx_t to);
  void AppendLists(const Shape& shape, idx_t from, idx_t to);
  void PutOffset(std::size_t offset);

  const Shape* shape_;
  ArrowType type_;
  std::size_t length_ = 0;
  std::size_t nulls_ = 0;
  std::string validity_;  // empty while there are no nulls
  std::string values_;    // values, bits or octets of texts
  std::string offsets_;
  std::vector<ArrowColumn> children_;
};

}  // namespace lakehouse::engine
