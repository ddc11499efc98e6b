#pragma once
#include <optional>
#include <string>
#include <vector>

#include "duck.h"
#include "lakehouse/base/result.h"

/// The types of a result, and how to reach the values of a chunk.
namespace lakehouse::engine {

/// One column, or a part of a nested one. Made once per result, bound to the vectors of each chunk.
struct Shape {
  duckdb_type type = DUCKDB_TYPE_INVALID;
  duckdb_type storage = DUCKDB_TYPE_INVALID;  ///< of DECIMAL and ENUM
  std::uint8_t width = 0, scale = 0;          ///< of DECIMAL
  idx_t array_size = 0;
  std::vector<std::string> labels;  ///< of ENUM
  std::string name;                 ///< of a member of a STRUCT; "key" and "value" below a MAP's entries
  std::vector<Shape> children;      ///< LIST, ARRAY: the element; MAP: a STRUCT of key and value; STRUCT: its members

  const void* data = nullptr;
  const std::uint64_t* validity = nullptr;  ///< null: all valid
  idx_t size = 0;                           ///< rows of this vector

  bool IsNull(idx_t row) const { return validity != nullptr && (validity[row / 64] >> (row % 64) & 1) == 0; }
  /// None of these rows is NULL. Cheap.
  bool AllValid(idx_t from, idx_t to) const;
  template <typename T>
  const T& At(idx_t row) const {
    return static_cast<const T*>(data)[row];
  }
};

/// kInvalidArgument "unsupported_type": UNION, VARIANT, GEOMETRY or BIGNUM somewhere in it; `column` is for the message.
Result<Shape> MakeShape(duckdb_logical_type type, const std::string& column);
void BindShape(Shape& shape, duckdb_vector vector, idx_t size);

/// "STRUCT(a INTEGER, b VARCHAR[])".
std::string SpellType(duckdb_logical_type type);

}  // namespace lakehouse::engine
