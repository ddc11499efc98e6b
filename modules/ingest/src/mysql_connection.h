#pragma once
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "table_session.h"

namespace lakehouse::ingest {

/// One connection to a MySQL or MariaDB server, in UTC and UTF-8; the only door to libmariadb. Waits and errors are as TableSession says.
/// The server gets no file of this machine and no password in clear, whatever it asks for.
class MysqlConnection {
 public:
  static Result<std::unique_ptr<MysqlConnection>> Open(const Context& context, const DatabaseAddress& address, const Secret& password);
  virtual ~MysqlConnection() = default;

  /// Null: a cell without value. Valid until the next row.
  using Cells = std::span<const std::optional<std::string_view>>;
  /// Every row of the answer as it comes; an error of `take` ends it, and the connection.
  virtual Status Each(const Context& context, const std::string& sql, const std::function<Status(Cells)>& take) = 0;
};

}  // namespace lakehouse::ingest
