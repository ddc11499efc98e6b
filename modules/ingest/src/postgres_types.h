#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "table_session.h"

namespace lakehouse::ingest {

/// A column as PostgreSQL's catalogue describes it; domains are followed to their base.
struct PostgresColumn {
  std::string name;
  std::string type;          ///< name in pg_type: "int4", "_text"
  std::string element_type;  ///< of an array; else empty
  std::int64_t modifier = -1;
  std::int64_t dimensions = 0;  ///< as declared
  bool not_null = false;
};

/// What PostgreSQL shall select, and how the engine reads that. Exact or text: numeric(p,s) up to 38 digits is
/// DECIMAL, any other numeric is text; arrays of one dimension are lists, of more JSON; timestamptz is in UTC; enum, json, interval, inet
/// and all that is not known are the text that PostgreSQL prints. Values that cannot be said (infinity in a date) refuse the read.
TableColumn MapPostgresColumn(const PostgresColumn& column);

/// Quoted for PostgreSQL.
std::string PostgresName(std::string_view name);
std::string PostgresText(std::string_view text);

}  // namespace lakehouse::ingest
