#include "postgres_types.h"

#include <utility>

#include "lakehouse/engine/session.h"

namespace lakehouse::ingest {
namespace {

/// numeric's modifier is (precision << 16 | scale) + 4, the scale a signed number of eleven bits.
std::string DecimalType(std::int64_t modifier) {
  if (modifier < 4) return "VARCHAR";
  const std::int64_t precision = ((modifier - 4) >> 16) & 0xffff;
  const std::int64_t scale = (((modifier - 4) & 0x7ff) ^ 1024) - 1024;
  if (precision < 1 || precision > 38 || scale < 0 || scale > precision) return "VARCHAR";
  return "DECIMAL(" + std::to_string(precision) + "," + std::to_string(scale) + ")";
}

/// Text: as it is printed.
std::string StoredAs(std::string_view type, std::int64_t modifier) {
  constexpr std::pair<std::string_view, std::string_view> kTypes[] = {{"bool", "BOOLEAN"},
                                                                      {"int2", "INTEGER"},
                                                                      {"int4", "INTEGER"},
                                                                      {"int8", "BIGINT"},
                                                                      {"oid", "BIGINT"},
                                                                      {"float4", "FLOAT"},
                                                                      {"float8", "DOUBLE"},
                                                                      {"date", "DATE"},
                                                                      {"time", "TIME"},
                                                                      {"uuid", "UUID"},
                                                                      {"timestamp", "TIMESTAMP"},
                                                                      {"bytea", "BLOB"},
                                                                      {"timestamptz", "TIMESTAMP WITH TIME ZONE"}};
  if (type == "numeric") return DecimalType(modifier);
  for (const auto& [from, to] : kTypes)
    if (type == from) return std::string(to);
  return "VARCHAR";
}

bool CanGrow(std::string_view type) {
  return type == "int2" || type == "int4" || type == "int8" || type == "date" || type == "timestamp" || type == "timestamptz";
}

}  // namespace

std::string PostgresName(std::string_view name) { return QuotedBy('"', name); }
/// A literal that means the same whatever the session says about backslashes.
std::string PostgresText(std::string_view text) {
  if (text.find('\\') == std::string_view::npos) return QuotedBy('\'', text);
  std::string escaped;
  for (const char c : text) escaped += c == '\\' ? std::string("\\\\") : std::string(1, c);
  return " E" + QuotedBy('\'', escaped);
}

TableColumn MapPostgresColumn(const PostgresColumn& column) {
  const std::string name = PostgresName(column.name);
  const std::string shown = QuoteText("column " + column.name + " ");
  TableColumn mapping{
      {column.name, StoredAs(column.type, column.modifier), "", ""}, name, column.type, column.not_null, CanGrow(column.type)};
  SourceColumn& source = mapping.column;
  source.read_as = source.type;
  if (!column.element_type.empty()) {
    source.read_as = "VARCHAR";
    // As texts, so that no digit of a number is lost on the way through JSON.
    mapping.select = "to_json(" + name + "::text[])";
    if (column.element_type == "bytea" || column.dimensions > 1) {
      source.type = "VARCHAR";
      return mapping;
    }
    const std::string element = StoredAs(column.element_type, column.modifier);
    source.type = element + "[]";
    source.expression = "CASE WHEN json_type(%, '$[0]') = 'ARRAY' THEN error(" + shown +
                        " || 'holds an array of several dimensions, though it is declared with one') "
                        "ELSE CAST(CAST(CAST(% AS JSON) AS VARCHAR[]) AS " +
                        source.type + ") END";
    return mapping;
  }
  if (column.type == "bytea") {
    mapping.select = "encode(" + name + ", 'hex')";
    source.read_as = "VARCHAR";
    source.expression = "unhex(%)";
  } else if (column.type == "date" || column.type == "timestamp" || column.type == "timestamptz") {
    // Parquet has no infinity: as the last microsecond that fits it would be a lie.
    source.expression = "CASE WHEN % IS NULL OR isfinite(%) THEN % ELSE error(" + shown +
                        " || 'holds infinity, which a date or timestamp cannot be in Parquet: read a view that says what it means') END";
  } else if (source.type == "VARCHAR") {
    mapping.select = name + "::text";
    if (column.type == "bpchar" || column.type == "text" || column.type == "varchar" || column.type == "json") mapping.select = name;
  }
  return mapping;
}

}  // namespace lakehouse::ingest
