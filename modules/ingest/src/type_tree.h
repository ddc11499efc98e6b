#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/result.h"
#include "lakehouse/catalog/types.h"

namespace lakehouse::ingest {

/// A type as DuckDB spells it, taken apart: "STRUCT(a INTEGER, b VARCHAR[])".
struct TypeTree {
  enum class Kind { kPlain, kList, kStruct, kMap };
  Kind kind = Kind::kPlain;
  std::string name;                  ///< of a plain type: "BIGINT", "DECIMAL(10,2)"
  std::vector<std::string> members;  ///< names, of a struct
  std::vector<TypeTree> children;    ///< of list: element; map: key, value; struct: its members
};

/// kInvalidArgument for a text that is no type, or is nested deeper than 32 levels.
Result<TypeTree> ParseType(std::string_view text);
std::string SpellType(const TypeTree& type);

/// The type that values of this one are stored as: one that Parquet and Iceberg both have. Narrow and unsigned integers widen (UBIGINT
/// to DECIMAL(20,0)), HUGEINT becomes DECIMAL(38,0), times lose what is finer than a microsecond, ENUM, JSON, INTERVAL, UNION and the like
/// become text, GEOMETRY becomes well-known binary, arrays of fixed length become lists.
TypeTree StoredType(const TypeTree& type);

/// Parts at all levels below: each has a field id, of which a column has 999.
std::size_t CountParts(const TypeTree& type);
inline constexpr std::size_t kMostTypeParts = 999;

/// The expression that turns a column (quoted) of type `from` into its stored type.
std::string StoreExpression(const std::string& quoted_column, const TypeTree& from);

/// The value of COPY's FIELD_IDS. Nested parts of column n have the ids 1,000,000 + 1,000 n + 1, 2… in the order of a walk, so that they
/// follow from the schema alone.
Result<std::string> FieldIdsOf(const std::vector<catalog::Column>& columns);

/// Iceberg's schema (spec version 2) with the same ids, as the JSON text that goes under the Parquet key "iceberg.schema".
Result<std::string> IcebergSchemaOf(const std::vector<catalog::Column>& columns);

}  // namespace lakehouse::ingest
