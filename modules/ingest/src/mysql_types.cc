#include "mysql_types.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <utility>

namespace lakehouse::ingest {
namespace {

/// "decimal(10,2) unsigned" taken apart; what enum and set list is passed over.
struct TypeWords {
  explicit TypeWords(std::string_view shown) {
    const auto end = std::find_if(shown.begin(), shown.end(), [](char c) { return c == '(' || c == ' '; });
    for (const char c : std::string_view(shown.begin(), end)) base += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (base == "enum" || base == "set") return;
    is_unsigned = shown.find(" unsigned") != std::string_view::npos;
    if (end == shown.end() || *end != '(') return;
    char* after = nullptr;
    first = std::strtol(&*end + 1, &after, 10);
    if (*after == ',') second = std::strtol(after + 1, nullptr, 10);
  }
  std::string base;
  bool is_unsigned = false;
  long first = 0, second = 0;
};

bool IsOne(std::string_view type, std::initializer_list<std::string_view> types) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

std::string StoredAs(const TypeWords& type) {
  if (IsOne(type.base, {"tinyint", "smallint", "mediumint", "year"})) return "INTEGER";
  if (type.base == "int") return type.is_unsigned ? "BIGINT" : "INTEGER";
  if (type.base == "bigint") return type.is_unsigned ? "DECIMAL(20,0)" : "BIGINT";
  if (type.base == "bit") return type.first <= 1 ? "BOOLEAN" : type.first < 64 ? "BIGINT" : "DECIMAL(20,0)";
  if (type.base == "decimal" && type.first >= 1 && type.first <= 38)
    return "DECIMAL(" + std::to_string(type.first) + "," + std::to_string(type.second) + ")";
  constexpr std::pair<std::string_view, std::string_view> kTypes[] = {{"float", "FLOAT"},
                                                                      {"double", "DOUBLE"},
                                                                      {"date", "DATE"},
                                                                      {"datetime", "TIMESTAMP"},
                                                                      {"timestamp", "TIMESTAMP WITH TIME ZONE"},
                                                                      {"binary", "BLOB"},
                                                                      {"varbinary", "BLOB"},
                                                                      {"tinyblob", "BLOB"},
                                                                      {"blob", "BLOB"},
                                                                      {"mediumblob", "BLOB"},
                                                                      {"longblob", "BLOB"},
                                                                      {"uuid", "UUID"},
                                                                      {"geometry", "BLOB"},
                                                                      {"point", "BLOB"},
                                                                      {"linestring", "BLOB"},
                                                                      {"polygon", "BLOB"},
                                                                      {"multipoint", "BLOB"},
                                                                      {"multilinestring", "BLOB"},
                                                                      {"multipolygon", "BLOB"},
                                                                      {"geometrycollection", "BLOB"},
                                                                      {"geomcollection", "BLOB"}};
  for (const auto& [from, to] : kTypes)
    if (type.base == from) return std::string(to);
  return "VARCHAR";
}

}  // namespace

std::string MysqlName(std::string_view name) { return QuotedBy('`', name); }
std::string MysqlText(std::string_view text) { return QuotedBy('\'', text); }

bool IsZeroDate(std::string_view text) {
  return text.size() >= 10 && (text.starts_with("0000") || text.substr(5, 2) == "00" || text.substr(8, 2) == "00");
}

TableColumn MapMysqlColumn(const MysqlColumn& column) {
  const TypeWords type(column.type);
  const std::string name = MysqlName(column.name);
  const bool can_grow = IsOne(type.base, {"tinyint", "smallint", "mediumint", "int", "bigint", "date", "datetime", "timestamp"});
  TableColumn mapped{{column.name, StoredAs(type), "", ""}, name, type.base, column.not_null, can_grow};
  SourceColumn& source = mapped.column;
  source.read_as = source.type;
  if (source.type == "BLOB") {
    const bool is_bytes = type.base.ends_with("binary") || type.base.ends_with("blob");
    mapped.select = is_bytes ? "HEX(" + name + ")" : "HEX(ST_AsBinary(" + name + "))";
    source.read_as = "VARCHAR";
    source.expression = "unhex(%)";
  } else if (type.base == "float") {
    // As a float it would be printed with six digits.
    mapped.select = "(" + name + " + 0e0)";
    source.read_as = "DOUBLE";
    source.expression = "CAST(% AS FLOAT)";
  } else if (type.base == "bit") {
    mapped.select = "(" + name + " + 0)";
  } else if (type.base == "timestamp") {
    mapped.select = "CONCAT(" + name + ", '+00:00')";
  }
  return mapped;
}

}  // namespace lakehouse::ingest
