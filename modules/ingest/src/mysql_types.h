#pragma once
#include <string>
#include <string_view>

#include "table_session.h"

namespace lakehouse::ingest {

/// A column as SHOW COLUMNS has it.
struct MysqlColumn {
  std::string name;
  std::string type;  ///< "bigint(20) unsigned"
  bool not_null = false;
};

/// What MySQL shall select, and how the engine reads that. Exact or text: decimal(p,s) up to 38 digits is DECIMAL, with more it is text;
/// bigint unsigned is DECIMAL(20,0), bit(1) BOOLEAN and other bits a number; timestamp is in UTC; time, which may be longer than a day,
/// enum, set, json and all that is not known are the text that MySQL prints; geometries are WKB.
TableColumn MapMysqlColumn(const MysqlColumn& column);

/// Whether the text of a date or timestamp lacks a year, month or day: 0000-00-00, 2024-00-00.
bool IsZeroDate(std::string_view text);

/// Quoted for MySQL, in a session with NO_BACKSLASH_ESCAPES.
std::string MysqlName(std::string_view name);
std::string MysqlText(std::string_view text);

}  // namespace lakehouse::ingest
