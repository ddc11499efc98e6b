#include "postgres_session.h"

#include <cstdlib>

#include "postgres_connection.h"
#include "postgres_types.h"

namespace lakehouse::ingest {
namespace {

class PostgresSession final : public TableSession {
 public:
  explicit PostgresSession(std::unique_ptr<PostgresConnection> connection) : connection_(std::move(connection)) {}

  Result<std::vector<Row>> Query(const Context& context, const std::string& sql) override { return connection_->Query(context, sql); }

  Result<Copied> CopyOut(const Context& context, const std::vector<TableColumn>&, const std::string& select,
                         const std::function<Status(std::string_view)>& take) override {
    return Copied{LH_TRY(connection_->CopyOut(context, "COPY (" + select + ") TO STDOUT (FORMAT csv, NULL '\\N', ENCODING 'UTF8')", take))};
  }

  Status BeginSnapshot(const Context& context) override {
    LH_TRY(Query(context, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
    return Ok{};
  }

  Result<std::vector<TableColumn>> Describe(const Context& context, const std::string& from) override {
    const auto rows = LH_TRY(Query(
        context,
        "WITH RECURSIVE base AS (SELECT a.attnum, a.attname, a.atttypid AS t, a.atttypmod AS m, a.attndims::bigint AS d, a.attnotnull AS n "
        "FROM pg_attribute a WHERE a.attrelid = " +
            PostgresText(from) +
            "::regclass AND a.attnum > 0 AND NOT a.attisdropped UNION ALL "
            "SELECT b.attnum, b.attname, y.typbasetype, CASE WHEN y.typtypmod >= 0 THEN y.typtypmod ELSE b.m END, "
            "greatest(b.d, y.typndims), b.n OR y.typnotnull FROM base b JOIN pg_type y ON y.oid = b.t AND y.typtype = 'd') "
            "SELECT b.attname, y.typname, CASE WHEN y.typcategory = 'A' AND y.typelem <> 0 THEN e.typname END, b.m, b.d, b.n, "
            "y.typtype::text, e.typtype::text FROM base b JOIN pg_type y ON y.oid = b.t AND y.typtype <> 'd' LEFT JOIN pg_type e ON e.oid "
            "= "
            "y.typelem ORDER BY b.attnum"));
    std::vector<TableColumn> columns;
    for (const auto& row : rows) {
      if (row.size() != 8 || !row[0] || !row[1]) return Error(ErrorCode::kInternal, "PostgreSQL described its columns in another way");
      PostgresColumn column{
          *row[0],      *row[1], row[2].value_or(""), std::atoll(row[3].value_or("-1").c_str()), std::atoll(row[4].value_or("0").c_str()),
          row[5] == "t"};
      // Types of the users' own may be called like those that are built in.
      if (row[6] == "e" || row[6] == "c") column.type = "text of another type";
      if (!column.element_type.empty() && row[7] != "b") column.element_type = "text of another type";
      columns.push_back(MapPostgresColumn(column));
    }
    return columns;
  }

  Status CheckCanGrow(const Context&, const std::string&, const std::string&) override { return Ok{}; }

  Result<std::vector<std::string>> OpenTransactions(const Context& context) override {
    const auto rows = LH_TRY(
        Query(context,
              "SELECT DISTINCT l.virtualtransaction FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.locktype IN "
              "('virtualxid', 'transactionid') AND l.granted AND l.mode = 'ExclusiveLock' AND l.pid IS DISTINCT FROM pg_backend_pid() AND "
              "(a.pid IS NULL OR a.datname = current_database()) AND coalesce(a.backend_type, 'client backend') = 'client backend'"));
    std::vector<std::string> open;
    for (const auto& row : rows)
      if (!row.empty() && row[0]) open.push_back(*row[0]);
    return open;
  }
  std::string ViewOfTransactions() const override { return "pg_stat_activity"; }

  std::string QuotedName(std::string_view name) const override { return PostgresName(name); }
  Result<std::string> PositionSql(const TableColumn& column, const std::string& text) const override {
    return PostgresText(text) + "::" + column.type;
  }

 private:
  std::unique_ptr<PostgresConnection> connection_;
};

}  // namespace

Result<std::unique_ptr<TableSession>> OpenPostgresSession(const Context& context, const DatabaseAddress& address, const Secret& password) {
  auto connection = LH_TRY(PostgresConnection::Open(context, address, password));
  // A scan may begin where another one is; the same rows shall come in the same order, so that the same octets are known again.
  LH_TRY(connection->Query(context, "SET synchronize_seqscans = off"));
  return std::unique_ptr<TableSession>(std::make_unique<PostgresSession>(std::move(connection)));
}

}  // namespace lakehouse::ingest
