#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lakehouse/base/result.h"

namespace lakehouse::ingest {

enum class DatabaseKind { kPostgres, kMysql };  ///< MariaDB is asked as MySQL is

/// "postgres", "mysql": how schedules, jobs and snapshots name it.
std::string WireName(DatabaseKind kind);

/// Where a database is and who asks it. Holds no password.
struct DatabaseAddress {
  DatabaseKind kind = DatabaseKind::kPostgres;
  std::string host;  ///< name or address; beginning with /: the directory of PostgreSQL's socket, the socket of MySQL
  std::string port;
  std::string user;
  std::string database;
  std::string ssl_mode = "prefer";

  /// "postgres://user@host:5432/database".
  std::string Shown() const;
};

/// postgres://user@host:port/database?sslmode=require, also postgresql://, mysql:// and mariadb://; a host that is a path is written with
/// %2F. kInvalidArgument reason "bad_url"; a text that holds a password is refused with reason "password_in_url", and no error repeats the
/// text.
Result<DatabaseAddress> ParseDatabaseUrl(std::string_view url);

/// Whether a list as of the setting ingest.databases ("db.corp, 10.0.0.5:5433, *") has this host. Nothing is allowed without it, this
/// machine neither: whoever may write to the lake would reach what trusts callers of its own machine, and passwords would go there.
/// kPermissionDenied reason "host_not_allowed".
Status CheckDatabaseHost(const DatabaseAddress& address, std::string_view allowed);

/// "orders" or "sales.orders" taken apart, as psql and mysql do: quotes keep dots, of PostgreSQL case too. The schema is empty when it is
/// not named. kInvalidArgument reason "bad_table".
Result<std::pair<std::string, std::string>> ParseTableName(DatabaseKind kind, std::string_view text);

}  // namespace lakehouse::ingest
