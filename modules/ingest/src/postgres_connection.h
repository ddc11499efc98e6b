#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/context.h"
#include "lakehouse/base/secret.h"
#include "postgres_address.h"

namespace lakehouse::ingest {

/// One session with a PostgreSQL server, in UTC, UTF-8 and ISO dates. Every wait ends with the context. One thread. Errors name the
/// server's SQLSTATE and its first line, never a detail, which may hold values: kUnavailable reason "source_lost" (the connection or the
/// server went, or has no room now), kNotFound "table_not_found", kUnprocessable "source_login", "source_forbidden", "source_error".
class PostgresConnection {
 public:
  static Result<std::unique_ptr<PostgresConnection>> Open(const Context& context, const PostgresAddress& address, const Secret& password);
  virtual ~PostgresConnection() = default;

  using Row = std::vector<std::optional<std::string>>;
  virtual Result<std::vector<Row>> Query(const Context& context, const std::string& sql) = 0;
  /// COPY … TO STDOUT: `take` gets every row with its line end. The number of rows that the server says it sent.
  virtual Result<std::int64_t> CopyOut(const Context& context, const std::string& sql,
                                       const std::function<Status(std::string_view)>& take) = 0;
};

}  // namespace lakehouse::ingest
