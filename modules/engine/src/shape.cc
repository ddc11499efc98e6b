#include "shape.h"

#include <fmt/format.h>

#include "duck.h"
#include "lakehouse/engine/session.h"

namespace lakehouse::engine {

namespace {

std::string_view SpellScalar(duckdb_type type) {
  switch (type) {
    case DUCKDB_TYPE_BOOLEAN: return "BOOLEAN";
    case DUCKDB_TYPE_TINYINT: return "TINYINT";
    case DUCKDB_TYPE_SMALLINT: return "SMALLINT";
    case DUCKDB_TYPE_INTEGER: return "INTEGER";
    case DUCKDB_TYPE_BIGINT: return "BIGINT";
    case DUCKDB_TYPE_UTINYINT: return "UTINYINT";
    case DUCKDB_TYPE_USMALLINT: return "USMALLINT";
    case DUCKDB_TYPE_UINTEGER: return "UINTEGER";
    case DUCKDB_TYPE_UBIGINT: return "UBIGINT";
    case DUCKDB_TYPE_HUGEINT: return "HUGEINT";
    case DUCKDB_TYPE_UHUGEINT: return "UHUGEINT";
    case DUCKDB_TYPE_FLOAT: return "FLOAT";
    case DUCKDB_TYPE_DOUBLE: return "DOUBLE";
    case DUCKDB_TYPE_VARCHAR: return "VARCHAR";
    case DUCKDB_TYPE_BLOB: return "BLOB";
    case DUCKDB_TYPE_BIT: return "BIT";
    case DUCKDB_TYPE_UUID: return "UUID";
    case DUCKDB_TYPE_DATE: return "DATE";
    case DUCKDB_TYPE_TIME: return "TIME";
    case DUCKDB_TYPE_TIME_NS: return "TIME_NS";
    case DUCKDB_TYPE_TIME_TZ: return "TIME WITH TIME ZONE";
    case DUCKDB_TYPE_TIMESTAMP: return "TIMESTAMP";
    case DUCKDB_TYPE_TIMESTAMP_S: return "TIMESTAMP_S";
    case DUCKDB_TYPE_TIMESTAMP_MS: return "TIMESTAMP_MS";
    case DUCKDB_TYPE_TIMESTAMP_NS: return "TIMESTAMP_NS";
    case DUCKDB_TYPE_TIMESTAMP_TZ: return "TIMESTAMP WITH TIME ZONE";
    case DUCKDB_TYPE_INTERVAL: return "INTERVAL";
    case DUCKDB_TYPE_SQLNULL: return "NULL";
    case DUCKDB_TYPE_UNION: return "UNION";
    case DUCKDB_TYPE_VARIANT: return "VARIANT";
    case DUCKDB_TYPE_GEOMETRY: return "GEOMETRY";
    case DUCKDB_TYPE_BIGNUM: return "BIGNUM";
    default: return "unknown";
  }
}

bool IsUnsupported(duckdb_type type) {
  switch (type) {
    case DUCKDB_TYPE_UNION:
    case DUCKDB_TYPE_VARIANT:
    case DUCKDB_TYPE_GEOMETRY:
    case DUCKDB_TYPE_BIGNUM:
    case DUCKDB_TYPE_INVALID:
    case DUCKDB_TYPE_ANY:
    case DUCKDB_TYPE_STRING_LITERAL:
    case DUCKDB_TYPE_INTEGER_LITERAL: return true;
    default: return type > DUCKDB_TYPE_VARIANT;  // of a later version
  }
}

std::string SpellMembers(duckdb_logical_type type) {
  std::string text;
  for (idx_t i = 0; i < duckdb_struct_type_child_count(type); ++i) {
    const std::string name = TakeText(duckdb_struct_type_child_name(type, i));
    const DuckType member(duckdb_struct_type_child_type(type, i));
    if (i != 0) text += ", ";
    if (!name.empty()) text += QuoteName(name) + " ";
    text += SpellType(member.handle);
  }
  return text;
}

std::string SpellLabels(duckdb_logical_type type) {
  std::string text;
  const std::uint32_t count = duckdb_enum_dictionary_size(type);
  constexpr std::uint32_t kEnough = 100;  // a type is for reading
  for (std::uint32_t i = 0; i < std::min(count, kEnough); ++i) {
    if (i != 0) text += ", ";
    text += QuoteText(TakeText(duckdb_enum_dictionary_value(type, i)));
  }
  return count > kEnough ? text + ", …" : text;
}

Status AddChild(Shape& shape, duckdb_logical_type owned_type, std::string name, const std::string& column) {
  const DuckType type(owned_type);
  Shape child = LH_TRY(MakeShape(type.handle, column));
  child.name = std::move(name);
  shape.children.push_back(std::move(child));
  return Ok{};
}

}  // namespace

std::string SpellType(duckdb_logical_type type) {
  switch (const duckdb_type id = duckdb_get_type_id(type)) {
    case DUCKDB_TYPE_DECIMAL: return fmt::format("DECIMAL({},{})", duckdb_decimal_width(type), duckdb_decimal_scale(type));
    case DUCKDB_TYPE_ENUM: return "ENUM(" + SpellLabels(type) + ")";
    case DUCKDB_TYPE_STRUCT: return "STRUCT(" + SpellMembers(type) + ")";
    case DUCKDB_TYPE_LIST: return SpellType(DuckType(duckdb_list_type_child_type(type)).handle) + "[]";
    case DUCKDB_TYPE_ARRAY:
      return fmt::format("{}[{}]", SpellType(DuckType(duckdb_array_type_child_type(type)).handle), duckdb_array_type_array_size(type));
    case DUCKDB_TYPE_MAP:
      return fmt::format("MAP({}, {})", SpellType(DuckType(duckdb_map_type_key_type(type)).handle),
                         SpellType(DuckType(duckdb_map_type_value_type(type)).handle));
    case DUCKDB_TYPE_VARCHAR: {
      const std::string alias = TakeText(duckdb_logical_type_get_alias(type));
      return alias == "JSON" ? alias : "VARCHAR";
    }
    default: return std::string(SpellScalar(id));
  }
}

bool Shape::AllValid(idx_t from, idx_t to) const {
  if (validity == nullptr || from >= to) return true;
  for (idx_t word = from / 64; word * 64 < to; ++word) {
    std::uint64_t wanted = ~std::uint64_t{0};
    if (word == from / 64) wanted &= ~std::uint64_t{0} << from % 64;
    if (word == (to - 1) / 64) wanted &= ~std::uint64_t{0} >> (63 - (to - 1) % 64);
    if ((validity[word] & wanted) != wanted) return false;
  }
  return true;
}

Result<Shape> MakeShape(duckdb_logical_type type, const std::string& column) {
  Shape shape;
  shape.type = duckdb_get_type_id(type);
  if (IsUnsupported(shape.type))
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("column \"{}\" has type {}, which cannot be sent; cast it, for example {}::VARCHAR", column, SpellType(type),
                             QuoteName(column)))
        .Named("unsupported_type");
  switch (shape.type) {
    case DUCKDB_TYPE_DECIMAL:
      shape.storage = duckdb_decimal_internal_type(type);
      shape.width = duckdb_decimal_width(type);
      shape.scale = duckdb_decimal_scale(type);
      break;
    case DUCKDB_TYPE_ENUM:
      shape.storage = duckdb_enum_internal_type(type);
      for (std::uint32_t i = 0; i < duckdb_enum_dictionary_size(type); ++i)
        shape.labels.push_back(TakeText(duckdb_enum_dictionary_value(type, i)));
      break;
    case DUCKDB_TYPE_LIST: LH_TRY(AddChild(shape, duckdb_list_type_child_type(type), "element", column)); break;
    case DUCKDB_TYPE_ARRAY:
      shape.array_size = duckdb_array_type_array_size(type);
      LH_TRY(AddChild(shape, duckdb_array_type_child_type(type), "element", column));
      break;
    case DUCKDB_TYPE_MAP: {
      Shape entry;
      entry.type = DUCKDB_TYPE_STRUCT;
      entry.name = "entries";
      LH_TRY(AddChild(entry, duckdb_map_type_key_type(type), "key", column));
      LH_TRY(AddChild(entry, duckdb_map_type_value_type(type), "value", column));
      shape.children.push_back(std::move(entry));
      break;
    }
    case DUCKDB_TYPE_STRUCT:
      for (idx_t i = 0; i < duckdb_struct_type_child_count(type); ++i)
        LH_TRY(AddChild(shape, duckdb_struct_type_child_type(type, i), TakeText(duckdb_struct_type_child_name(type, i)), column));
      break;
    default: break;
  }
  return shape;
}

void BindShape(Shape& shape, duckdb_vector vector, idx_t size) {
  shape.data = duckdb_vector_get_data(vector);
  shape.validity = duckdb_vector_get_validity(vector);
  shape.size = size;
  switch (shape.type) {
    case DUCKDB_TYPE_LIST:
    case DUCKDB_TYPE_MAP: BindShape(shape.children[0], duckdb_list_vector_get_child(vector), duckdb_list_vector_get_size(vector)); break;
    case DUCKDB_TYPE_ARRAY: BindShape(shape.children[0], duckdb_array_vector_get_child(vector), size * shape.array_size); break;
    case DUCKDB_TYPE_STRUCT:
      for (idx_t i = 0; i < shape.children.size(); ++i) BindShape(shape.children[i], duckdb_struct_vector_get_child(vector, i), size);
      break;
    default: break;
  }
}

}  // namespace lakehouse::engine
