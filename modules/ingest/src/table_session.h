#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "database_address.h"
#include "lakehouse/base/context.h"
#include "lakehouse/base/secret.h"
#include "lakehouse/ingest/source.h"

namespace lakehouse::ingest {

/// A column of a table as its database describes it, and how the values come over.
struct TableColumn {
  SourceColumn column;
  std::string select;  ///< expression of the database
  std::string type;    ///< as the database calls it
  bool not_null = false;
  bool can_grow = false;  ///< its values can be the position of reads that go on: integers and dates, which say nothing about a person
  bool operator==(const TableColumn& other) const { return column == other.column && select == other.select; }
};

/// A session with one kind of database, as TableSource needs it. One thread. Every wait ends with the context. Errors name the server's
/// code and its first line, never a detail, which may hold values: kUnavailable reason "source_lost" (the connection or the server went,
/// or has no room now), kNotFound "table_not_found", kUnprocessable "source_login", "source_forbidden", "source_error".
class TableSession {
 public:
  using Row = std::vector<std::optional<std::string>>;
  struct Copied {
    std::int64_t rows = 0;  ///< that the server says it sent
    std::map<std::string, std::int64_t> nulled{};
  };

  static Result<std::unique_ptr<TableSession>> Open(const Context& context, const DatabaseAddress& address, const Secret& password);
  virtual ~TableSession() = default;

  virtual Result<std::vector<Row>> Query(const Context& context, const std::string& sql) = 0;
  /// `take` gets every row of the SELECT of these columns as a line of SourceBatch's CSV.
  virtual Result<Copied> CopyOut(const Context& context, const std::vector<TableColumn>& columns, const std::string& select,
                                 const std::function<Status(std::string_view)>& take) = 0;
  /// A transaction that reads one snapshot and writes nothing; ended by COMMIT.
  virtual Status BeginSnapshot(const Context& context) = 0;
  /// The columns of the table (quoted, as FROM takes it) that this transaction holds.
  virtual Result<std::vector<TableColumn>> Describe(const Context& context, const std::string& from) = 0;
  /// Whether the table has transactions, without which a read that goes on could miss rows. kInvalidArgument reason "bad_growing_column".
  virtual Status CheckCanGrow(const Context& context, const std::string& schema, const std::string& table) = 0;
  /// Of others: each named so that it is not taken for a later one.
  virtual Result<std::vector<std::string>> OpenTransactions(const Context& context) = 0;
  /// Where those can be looked at: "pg_stat_activity".
  virtual std::string ViewOfTransactions() const = 0;

  virtual std::string QuotedName(std::string_view name) const = 0;
  /// A value of the growing column in SQL, of the text that a query gave. kInvalidArgument reason "bad_position".
  virtual Result<std::string> PositionSql(const TableColumn& column, const std::string& text) const = 0;
};

/// kUnavailable reason "source_lost".
Error SourceLost(const std::string& what);
/// Of what a server says, of at most 500 octets; null is nothing.
std::string FirstLineOf(const char* text);
/// Between `quote`, which is doubled inside.
std::string QuotedBy(char quote, std::string_view text);
constexpr int kSessionTickMs = 100;  ///< how soon a wait notices that nobody wants it any more

}  // namespace lakehouse::ingest
