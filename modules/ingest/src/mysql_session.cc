#include "mysql_session.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "mysql_connection.h"
#include "mysql_types.h"
#include "reject_file.h"

namespace lakehouse::ingest {
namespace {

constexpr int kListPauseMs = 120;  // InnoDB keeps its list of transactions for 100 ms
constexpr int kMostLists = 20;

void AppendValue(std::string& line, std::string_view value) {
  if (value.empty() || value == "\\N")
    line += QuotedBy('"', value);
  else
    AppendCell(line, value);
}

class MysqlSession final : public TableSession {
 public:
  explicit MysqlSession(std::unique_ptr<MysqlConnection> connection) : connection_(std::move(connection)) {}

  Result<std::vector<Row>> Query(const Context& context, const std::string& sql) override {
    std::vector<Row> rows;
    LH_TRY(connection_->Each(context, sql, [&](MysqlConnection::Cells cells) -> Status {
      Row& row = rows.emplace_back();
      for (const auto& cell : cells) row.push_back(cell ? std::optional<std::string>(*cell) : std::nullopt);
      return Ok{};
    }));
    return rows;
  }

  Result<Copied> CopyOut(const Context& context, const std::vector<TableColumn>& columns, const std::string& select,
                         const std::function<Status(std::string_view)>& take) override {
    std::vector<std::int64_t> zero_dates(columns.size(), 0);
    std::vector<bool> is_date;
    for (const TableColumn& column : columns)
      is_date.push_back(column.type == "date" || column.type == "datetime" || column.type == "timestamp");
    Copied copied;
    std::string line;
    LH_TRY(connection_->Each(context, select, [&](MysqlConnection::Cells cells) -> Status {
      line.clear();
      for (std::size_t i = 0; i < cells.size(); ++i) {
        if (i > 0) line += ',';
        const bool is_zero = cells[i] && is_date[i] && IsZeroDate(*cells[i]);
        if (is_zero) ++zero_dates[i];
        if (!cells[i] || is_zero)
          line += "\\N";
        else
          AppendValue(line, *cells[i]);
      }
      line += '\n';
      ++copied.rows;
      return take(line);
    }));
    for (std::size_t i = 0; i < columns.size(); ++i)
      if (zero_dates[i] > 0) copied.nulled[columns[i].column.name] = zero_dates[i];
    return copied;
  }

  Status BeginSnapshot(const Context& context) override {
    LH_TRY(Query(context, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"));
    return Ok{};
  }

  Result<std::vector<TableColumn>> Describe(const Context& context, const std::string& from) override {
    std::vector<TableColumn> columns;
    for (const Row& row : LH_TRY(Query(context, "SHOW COLUMNS FROM " + from))) {
      if (row.size() < 3 || !row[0] || !row[1]) return Error(ErrorCode::kInternal, "MySQL described its columns in another way");
      columns.push_back(MapMysqlColumn({*row[0], *row[1], row[2] == "NO"}));
    }
    return columns;
  }

  Status CheckCanGrow(const Context& context, const std::string& schema, const std::string& table) override {
    const std::string where = schema.empty() ? "DATABASE()" : MysqlText(schema);
    const auto rows = LH_TRY(Query(
        context, "SELECT engine FROM information_schema.tables WHERE table_schema = " + where + " AND table_name = " + MysqlText(table)));
    if (rows.empty() || !rows[0][0] || *rows[0][0] == "InnoDB") return Ok{};  // a view has none
    return Error(ErrorCode::kInvalidArgument,
                 "the table is stored by " + *rows[0][0] +
                     ", which has no transactions: reads that go on after a column could miss rows; read it whole")
        .Named("bad_growing_column");
  }

  /// Those that may write. Its own is in the list when the list is one of now, and when this user may see it.
  Result<std::vector<std::string>> OpenTransactions(const Context& context) override {
    LH_TRY(BeginSnapshot(context));
    for (int attempt = 0; attempt < kMostLists; ++attempt) {
      LH_TRY(context.Check());
      std::this_thread::sleep_for(std::chrono::milliseconds(kListPauseMs));
      const auto rows = Query(context,
                              "SELECT trx_mysql_thread_id, trx_started, trx_mysql_thread_id = CONNECTION_ID() FROM "
                              "information_schema.innodb_trx WHERE trx_is_read_only = 0 OR trx_mysql_thread_id = CONNECTION_ID()");
      if (!rows && rows.error().reason() != "source_forbidden") return rows.error();
      if (!rows) break;
      bool is_fresh = false;
      std::vector<std::string> open;
      for (const Row& row : *rows)
        if (row[2] == "1")
          is_fresh = true;
        else
          open.push_back(row[0].value_or("") + " " + row[1].value_or(""));
      if (!is_fresh) continue;
      LH_TRY(Query(context, "COMMIT"));
      return open;
    }
    return Error(ErrorCode::kUnprocessable,
                 "MySQL does not show this user which transactions are open, so that rows of those could be missed: GRANT PROCESS ON *.* "
                 "to it, "
                 "or read the table whole")
        .Named("source_forbidden");
  }
  std::string ViewOfTransactions() const override { return "information_schema.innodb_trx"; }

  std::string QuotedName(std::string_view name) const override { return MysqlName(name); }

  /// Beside a text an integer would be compared as a double.
  Result<std::string> PositionSql(const TableColumn& column, const std::string& text) const override {
    if (column.type == "date" || column.type == "datetime" || column.type == "timestamp") return MysqlText(text);
    const std::string_view digits = std::string_view(text).substr(text.starts_with('-') ? 1 : 0);
    if (!digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos) return text;
    return Error(ErrorCode::kInvalidArgument,
                 "\"" + text + "\" is no position in column \"" + column.column.name + "\", which is " + column.type)
        .Named("bad_position");
  }

 private:
  std::unique_ptr<MysqlConnection> connection_;
};

}  // namespace

Result<std::unique_ptr<TableSession>> OpenMysqlSession(const Context& context, const DatabaseAddress& address, const Secret& password) {
  return std::unique_ptr<TableSession>(std::make_unique<MysqlSession>(LH_TRY(MysqlConnection::Open(context, address, password))));
}

}  // namespace lakehouse::ingest
