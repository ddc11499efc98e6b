#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/context.h"
#include "lakehouse/base/secret.h"
#include "table_session.h"

namespace lakehouse::ingest {

/// One connection to a PostgreSQL server, in UTC, UTF-8 and ISO dates; the only door to libpq. Waits and errors are as TableSession says.
class PostgresConnection {
 public:
  static Result<std::unique_ptr<PostgresConnection>> Open(const Context& context, const DatabaseAddress& address, const Secret& password);
  virtual ~PostgresConnection() = default;

  using Row = TableSession::Row;
  virtual Result<std::vector<Row>> Query(const Context& context, const std::string& sql) = 0;
  /// COPY … TO STDOUT: `take` gets every row with its line end. The number of rows that the server says it sent.
  virtual Result<std::int64_t> CopyOut(const Context& context, const std::string& sql,
                                       const std::function<Status(std::string_view)>& take) = 0;
};

}  // namespace lakehouse::ingest
