#include "arrow_messages.h"

#include <cstring>

#include "flat_builder.h"

namespace lakehouse::engine {

namespace {

// Numbers of the format's Message.fbs and Schema.fbs.
constexpr std::int16_t kVersion5 = 4;
enum Header : std::uint8_t { kSchemaHeader = 1, kRecordBatchHeader = 3 };
enum TypeTag : std::uint8_t {
  kTagNull = 1,
  kTagInt = 2,
  kTagFloatingPoint = 3,
  kTagBinary = 4,
  kTagUtf8 = 5,
  kTagBool = 6,
  kTagDecimal = 7,
  kTagDate = 8,
  kTagTime = 9,
  kTagTimestamp = 10,
  kTagInterval = 11,
  kTagList = 12,
  kTagStruct = 13,
  kTagFixedSizeList = 16,
  kTagMap = 17,
};
enum Unit : std::int16_t { kSecond = 0, kMillisecond = 1, kMicrosecond = 2, kNanosecond = 3 };

struct TypeRef {
  TypeTag tag;
  FlatBuilder::Offset table;
};

TypeRef Empty(FlatBuilder& builder, TypeTag tag) {
  builder.BeginTable();
  return {tag, builder.EndTable()};
}

TypeRef Int(FlatBuilder& builder, std::int32_t bits, bool is_signed) {
  builder.BeginTable();
  builder.Add(0, bits);
  builder.Add(1, static_cast<std::uint8_t>(is_signed));
  return {kTagInt, builder.EndTable()};
}

TypeRef Float(FlatBuilder& builder, std::int16_t precision) {
  builder.BeginTable();
  builder.Add(0, precision);
  return {kTagFloatingPoint, builder.EndTable()};
}

TypeRef Time(FlatBuilder& builder, Unit unit) {
  builder.BeginTable();
  builder.Add(0, static_cast<std::int16_t>(unit));
  builder.Add(1, std::int32_t{64});
  return {kTagTime, builder.EndTable()};
}

TypeRef Timestamp(FlatBuilder& builder, Unit unit, bool has_zone) {
  const FlatBuilder::Offset zone = has_zone ? builder.String("UTC") : 0;
  builder.BeginTable();
  builder.Add(0, static_cast<std::int16_t>(unit));
  if (has_zone) builder.AddReference(1, zone);
  return {kTagTimestamp, builder.EndTable()};
}

TypeRef Decimal(FlatBuilder& builder, const Shape& shape) {
  builder.BeginTable();
  builder.Add(0, std::int32_t{shape.width});
  builder.Add(1, std::int32_t{shape.scale});
  builder.Add(2, std::int32_t{128});
  return {kTagDecimal, builder.EndTable()};
}

/// A table with one 16-bit number: Date's and Interval's unit.
TypeRef WithUnit(FlatBuilder& builder, TypeTag tag, std::int16_t unit) {
  builder.BeginTable();
  builder.Add(0, unit);
  return {tag, builder.EndTable()};
}

TypeRef FixedList(FlatBuilder& builder, idx_t size) {
  builder.BeginTable();
  builder.Add(0, static_cast<std::int32_t>(size));
  return {kTagFixedSizeList, builder.EndTable()};
}

TypeRef TypeOf(FlatBuilder& builder, const Shape& shape) {
  constexpr std::int16_t kDays = 0;
  constexpr std::int16_t kMonthDayNano = 2;
  switch (shape.type) {
    case DUCKDB_TYPE_SQLNULL: return Empty(builder, kTagNull);
    case DUCKDB_TYPE_BOOLEAN: return Empty(builder, kTagBool);
    case DUCKDB_TYPE_TINYINT: return Int(builder, 8, true);
    case DUCKDB_TYPE_SMALLINT: return Int(builder, 16, true);
    case DUCKDB_TYPE_INTEGER: return Int(builder, 32, true);
    case DUCKDB_TYPE_BIGINT: return Int(builder, 64, true);
    case DUCKDB_TYPE_UTINYINT: return Int(builder, 8, false);
    case DUCKDB_TYPE_USMALLINT: return Int(builder, 16, false);
    case DUCKDB_TYPE_UINTEGER: return Int(builder, 32, false);
    case DUCKDB_TYPE_UBIGINT: return Int(builder, 64, false);
    case DUCKDB_TYPE_FLOAT: return Float(builder, 1);
    case DUCKDB_TYPE_DOUBLE: return Float(builder, 2);
    case DUCKDB_TYPE_DECIMAL: return Decimal(builder, shape);
    case DUCKDB_TYPE_DATE: return WithUnit(builder, kTagDate, kDays);
    case DUCKDB_TYPE_TIME: return Time(builder, kMicrosecond);
    case DUCKDB_TYPE_TIME_NS: return Time(builder, kNanosecond);
    case DUCKDB_TYPE_TIMESTAMP: return Timestamp(builder, kMicrosecond, false);
    case DUCKDB_TYPE_TIMESTAMP_TZ: return Timestamp(builder, kMicrosecond, true);
    case DUCKDB_TYPE_TIMESTAMP_S: return Timestamp(builder, kSecond, false);
    case DUCKDB_TYPE_TIMESTAMP_MS: return Timestamp(builder, kMillisecond, false);
    case DUCKDB_TYPE_TIMESTAMP_NS: return Timestamp(builder, kNanosecond, false);
    case DUCKDB_TYPE_INTERVAL: return WithUnit(builder, kTagInterval, kMonthDayNano);
    case DUCKDB_TYPE_BLOB: return Empty(builder, kTagBinary);
    case DUCKDB_TYPE_LIST: return Empty(builder, kTagList);
    case DUCKDB_TYPE_MAP: return Empty(builder, kTagMap);
    case DUCKDB_TYPE_ARRAY: return FixedList(builder, shape.array_size);
    case DUCKDB_TYPE_STRUCT: return Empty(builder, kTagStruct);
    default: return Empty(builder, kTagUtf8);
  }
}

/// The SQL type of what Arrow has no type for and travels as text; empty for all others.
std::string_view SqlTypeOfText(duckdb_type type) {
  switch (type) {
    case DUCKDB_TYPE_HUGEINT: return "HUGEINT";
    case DUCKDB_TYPE_UHUGEINT: return "UHUGEINT";
    case DUCKDB_TYPE_UUID: return "UUID";
    case DUCKDB_TYPE_BIT: return "BIT";
    case DUCKDB_TYPE_ENUM: return "ENUM";
    case DUCKDB_TYPE_TIME_TZ: return "TIME WITH TIME ZONE";
    default: return "";
  }
}

/// A field's custom_metadata, so that a reader can tell a sum from a text: {"lakehouse.type": "HUGEINT"}.
FlatBuilder::Offset SqlTypeNote(FlatBuilder& builder, std::string_view sql_type) {
  const FlatBuilder::Offset key = builder.String("lakehouse.type");
  const FlatBuilder::Offset value = builder.String(std::string(sql_type));
  builder.BeginTable();
  builder.AddReference(0, key);
  builder.AddReference(1, value);
  return builder.Vector({builder.EndTable()});
}

FlatBuilder::Offset Field(FlatBuilder& builder, const Shape& shape, const std::string& name, bool nullable, bool is_json = false) {
  std::vector<FlatBuilder::Offset> children;
  const bool is_map = shape.type == DUCKDB_TYPE_MAP;
  for (const Shape& child : shape.children) {
    // A map's entries and their keys are never null.
    const bool is_key = shape.name == "entries" && child.name == "key";
    children.push_back(Field(builder, child, child.name, !is_map && !is_key));
  }
  const FlatBuilder::Offset child_vector = builder.Vector(children);
  const TypeRef type = TypeOf(builder, shape);
  const FlatBuilder::Offset label = builder.String(name);
  const std::string_view sql_type = is_json ? "JSON" : SqlTypeOfText(shape.type);
  const FlatBuilder::Offset note = sql_type.empty() ? 0 : SqlTypeNote(builder, sql_type);
  builder.BeginTable();
  builder.AddReference(0, label);
  builder.Add(1, static_cast<std::uint8_t>(nullable));
  builder.Add(2, static_cast<std::uint8_t>(type.tag));
  builder.AddReference(3, type.table);
  builder.AddReference(5, child_vector);
  if (!sql_type.empty()) builder.AddReference(6, note);
  return builder.EndTable();
}

/// The marker, the length of the metadata with its padding, the metadata.
std::string Encapsulate(std::string metadata) {
  metadata.resize((metadata.size() + 7) / 8 * 8, '\0');
  const std::uint32_t prefix[] = {0xFFFFFFFF, static_cast<std::uint32_t>(metadata.size())};
  std::string message(sizeof prefix, '\0');
  std::memcpy(message.data(), prefix, sizeof prefix);
  return message + metadata;
}

std::string Message(FlatBuilder& builder, Header header, FlatBuilder::Offset table, std::int64_t body_bytes) {
  builder.BeginTable();
  builder.Add(3, body_bytes);
  builder.AddReference(2, table);
  builder.Add(0, kVersion5);
  builder.Add(1, static_cast<std::uint8_t>(header));
  return Encapsulate(builder.Finish(builder.EndTable()));
}

}  // namespace

std::string ArrowSchemaMessage(const std::vector<Column>& columns, const std::vector<Shape>& shapes) {
  FlatBuilder builder;
  std::vector<FlatBuilder::Offset> fields;
  for (std::size_t i = 0; i < columns.size(); ++i)
    fields.push_back(Field(builder, shapes[i], columns[i].name, true, columns[i].type == "JSON"));
  const FlatBuilder::Offset vector = builder.Vector(fields);
  builder.BeginTable();
  builder.AddReference(1, vector);
  return Message(builder, kSchemaHeader, builder.EndTable(), 0);
}

std::string ArrowBatchMessage(std::int64_t rows, std::string_view nodes, std::string_view buffers, std::int64_t body_bytes) {
  FlatBuilder builder;
  const FlatBuilder::Offset node_vector = builder.StructVector(nodes, nodes.size() / 16);
  const FlatBuilder::Offset buffer_vector = builder.StructVector(buffers, buffers.size() / 16);
  builder.BeginTable();
  builder.Add(0, rows);
  builder.AddReference(1, node_vector);
  builder.AddReference(2, buffer_vector);
  return Message(builder, kRecordBatchHeader, builder.EndTable(), body_bytes);
}

std::string ArrowEndOfStream() { return Encapsulate(""); }

}  // namespace lakehouse::engine
