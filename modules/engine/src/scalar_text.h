#pragma once
#include <string_view>

#include "shape.h"
#include "text.h"

/// Scalars as text, without quotes. What the two spellings differ in: dates and times, and nothing else.
namespace lakehouse::engine {

enum class Spelling {
  kIso,     ///< 2024-01-31T12:00:00.5Z; years outside 0–9999 with sign, as ISO 8601 allows
  kDuckDb,  ///< 2024-01-31 12:00:00.5+00; 0044-03-15 (BC)
};

/// True for types whose text needs no quotes in JSON, apart from integers beyond 2^53, NaN and infinities.
bool IsJsonNumber(duckdb_type type);
/// True when this value must be a string in JSON all the same.
bool ExceedsJsonNumber(const Shape& shape, idx_t row);

/// Any type but VARCHAR, BLOB and nested ones; the value is not NULL.
void WriteScalar(const Shape& shape, idx_t row, Spelling spelling, Text& out);
/// Standard alphabet, padded.
void WriteBase64(std::string_view octets, Text& out);

}  // namespace lakehouse::engine
