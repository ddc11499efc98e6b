#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lakehouse/base/result.h"

namespace lakehouse::ingest {

/// Where a PostgreSQL database is and who asks it. Holds no password.
struct PostgresAddress {
  std::string host;  ///< name or address; beginning with /: the directory of a socket
  std::string port = "5432";
  std::string user;
  std::string database;
  std::string ssl_mode = "prefer";

  /// "postgres://user@host:5432/database".
  std::string Shown() const;
};

/// postgres://user@host:port/database?sslmode=require, also postgresql://; a directory as the host is written with %2F. kInvalidArgument
/// reason "bad_url"; a text that holds a password is refused with reason "password_in_url", and no error repeats the text.
Result<PostgresAddress> ParsePostgresUrl(std::string_view url);

/// Whether a list as of the setting ingest.databases ("db.corp, 10.0.0.5:5433, *") has this host. Nothing is allowed without it, this
/// machine neither: whoever may write to the lake would reach what trusts callers of its own machine, and passwords would go there.
/// kPermissionDenied reason "host_not_allowed".
Status CheckDatabaseHost(const PostgresAddress& address, std::string_view allowed);

/// "orders" or "sales.orders" taken apart, as psql does: quotes keep case and dots. The schema is empty when it is not named.
/// kInvalidArgument reason "bad_table".
Result<std::pair<std::string, std::string>> ParseTableName(std::string_view text);

}  // namespace lakehouse::ingest
