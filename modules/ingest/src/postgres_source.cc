#include "postgres_source.h"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <thread>

#include "byte_reader.h"
#include "lakehouse/base/file.h"
#include "lakehouse/base/hash.h"
#include "postgres_connection.h"
#include "postgres_types.h"
#include "record_reader.h"

namespace lakehouse::ingest {
namespace {

constexpr std::size_t kPartBytes = 1u << 20;  // written at once; progress is told as often
constexpr int kBusyPauseMs = 50;

/// A file that is written in large parts while its digest is made.
class RowFile {
 public:
  static Result<RowFile> Create(const std::string& path, const std::vector<SourceColumn>& columns) {
    RowFile file(LH_TRY(OpenToWrite(path)), path);
    for (const SourceColumn& column : columns) file.digest_.Add(column.name + "\x1f" + column.type + "\x1e");
    file.batch_.columns = columns;
    return file;
  }
  Status Add(std::string_view row, const Source::Progress& progress) {
    batch_.longest_record_bytes = std::max(batch_.longest_record_bytes, static_cast<std::int64_t>(row.size()));
    if (row.size() > kMaxRecordBytes)
      return Error(ErrorCode::kUnprocessable,
                   "row " + std::to_string(batch_.rows + 1) + " has " + std::to_string(row.size()) + " bytes; 16 MiB are taken")
          .Named("record_too_long");
    ++batch_.rows;
    part_ += row;
    return part_.size() < kPartBytes ? Status(Ok{}) : Flush(progress);
  }
  Result<SourceBatch> Finish(const Source::Progress& progress) {
    LH_TRY(Flush(progress));
    batch_.sha256 = digest_.FinishHex();
    return std::move(batch_);
  }

 private:
  RowFile(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  Status Flush(const Source::Progress& progress) {
    digest_.Add(part_);
    LH_TRY(WriteAll(fd_.get(), part_, path_));
    batch_.bytes += static_cast<std::int64_t>(part_.size());
    part_.clear();
    return progress ? progress(batch_.bytes) : Status(Ok{});
  }

  UniqueFd fd_;
  std::string path_;
  Sha256 digest_;
  std::string part_;
  SourceBatch batch_;
};

class PostgresSource final : public Source {
 public:
  PostgresSource(PostgresTable table, std::pair<std::string, std::string> name) : table_(std::move(table)), name_(std::move(name)) {}

  std::string Lineage() const override {
    return table_.address.Shown() + "#" + (name_.first.empty() ? "" : name_.first + ".") + name_.second;
  }
  std::string Kind() const override { return "postgres"; }
  std::string GrowingColumn() const override { return table_.grows; }

  Result<SourceBatch> Read(const Context& context, const std::string& after, const std::string& path, const Progress& progress) override {
    auto batch = TryRead(context, after, path, progress);
    if (!batch) connection_.reset();  // whatever it is in the middle of ends with it
    return batch;
  }

 private:
  std::string From() const { return (name_.first.empty() ? "" : PostgresName(name_.first) + ".") + PostgresName(name_.second); }
  std::string Grows() const { return PostgresName(table_.grows); }

  Result<SourceBatch> TryRead(const Context& context, const std::string& after, const std::string& path, const Progress& progress) {
    if (!connection_) {
      connection_ = LH_TRY(PostgresConnection::Open(context, table_.address, table_.password));
      // A scan may begin where another one is; the same rows shall come in the same order, so that the same octets are known again.
      LH_TRY(connection_->Query(context, "SET synchronize_seqscans = off"));
    }
    if (!table_.grows.empty() && !ceiling_) LH_TRY(FindCeiling(context));
    LH_TRY(connection_->Query(context, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
    // From here to the end of the transaction its columns stay as they are.
    LH_TRY(connection_->Query(context, "SELECT 1 FROM " + From() + " LIMIT 0"));
    LH_TRY(Describe(context));
    std::string select;
    for (const PostgresMapping& one : mappings_) select += (select.empty() ? "SELECT " : ", ") + one.select;
    select += " FROM " + From();
    std::string grown_to;
    bool more = false;
    if (!table_.grows.empty()) {
      const std::string rows = LH_TRY(BatchWhere(context, after, grown_to, more));
      if (rows.empty()) {
        LH_TRY(connection_->Query(context, "COMMIT"));
        return LH_TRY(RowFile::Create(path, Columns())).Finish(progress);
      }
      select += rows;
    }
    RowFile file = LH_TRY(RowFile::Create(path, Columns()));
    const std::int64_t said =
        LH_TRY(connection_->CopyOut(context, "COPY (" + select + ") TO STDOUT (FORMAT csv, NULL '\\N', ENCODING 'UTF8')",
                                    [&](std::string_view row) { return file.Add(row, progress); }));
    LH_TRY(connection_->Query(context, "COMMIT"));
    SourceBatch batch = LH_TRY(file.Finish(progress));
    if (batch.rows != said)
      return Error(ErrorCode::kUnavailable, "PostgreSQL sent " + std::to_string(said) + " rows and " + std::to_string(batch.rows) + " came")
          .Named("source_lost");
    batch.grown_to = std::move(grown_to);
    batch.more = more;
    return batch;
  }

  /// The part of the SELECT that takes the rows after `after`, about as many as a batch has; empty: there are none.
  Result<std::string> BatchWhere(const Context& context, const std::string& after, std::string& grown_to, bool& more) {
    if (ceiling_->empty()) return std::string();
    const std::string type = "::" + grows_type_;
    const std::string above = after.empty() ? "" : " AND " + Grows() + " > " + PostgresText(after) + type;
    const std::string up_to = " WHERE " + Grows() + " <= ";
    const auto last = LH_TRY(connection_->Query(
        context, "SELECT max(v)::text, max(v) < " + PostgresText(*ceiling_) + type + " FROM (SELECT " + Grows() + " AS v FROM " + From() +
                     up_to + PostgresText(*ceiling_) + type + above + " ORDER BY 1 LIMIT " + std::to_string(table_.batch_rows) + ") b"));
    if (last.size() != 1 || last[0].size() != 2 || !last[0][0]) return std::string();
    grown_to = *last[0][0];
    more = last[0][1].value_or("f") == "t";
    return up_to + PostgresText(grown_to) + type + above + " ORDER BY " + Grows();
  }

  /// The highest value below which no open transaction can bring another row.
  Status FindCeiling(const Context& context) {
    if (mappings_.empty()) {
      LH_TRY(connection_->Query(context, "SELECT 1 FROM " + From() + " LIMIT 0"));
      LH_TRY(Describe(context));
    }
    const auto highest = LH_TRY(connection_->Query(context, "SELECT max(" + Grows() + ")::text FROM " + From()));
    const auto open = LH_TRY(connection_->Query(
        context,
        "SELECT DISTINCT l.virtualtransaction FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.locktype IN "
        "('virtualxid', 'transactionid') AND l.granted AND l.mode = 'ExclusiveLock' AND l.pid IS DISTINCT FROM pg_backend_pid() AND "
        "(a.pid IS NULL OR a.datname = current_database()) AND coalesce(a.backend_type, 'client backend') = 'client backend'"));
    std::string list;
    for (const auto& row : open)
      if (!row.empty() && row[0]) list += (list.empty() ? "" : ", ") + PostgresText(*row[0]);
    const Deadline patience = Deadline::After(table_.busy_patience_ms);
    while (!list.empty()) {
      const auto left = LH_TRY(connection_->Query(
          context, "SELECT count(DISTINCT virtualtransaction) FROM pg_locks WHERE virtualtransaction IN (" + list + ")"));
      if (left.size() == 1 && left[0].size() == 1 && left[0][0] == "0") break;
      if (patience.RemainingMs() == 0)
        return Error(ErrorCode::kUnavailable,
                     left[0][0].value_or("some") +
                         " transactions of the database have been open for long and may still bring rows below those that would be read; "
                         "end them (pg_stat_activity names them) or read later")
            .Named("source_busy");
      LH_TRY(context.Check());
      std::this_thread::sleep_for(std::chrono::milliseconds(kBusyPauseMs));
    }
    ceiling_ = highest.size() == 1 && highest[0].size() == 1 ? highest[0][0].value_or("") : "";
    return Ok{};
  }

  Status Describe(const Context& context) {
    const auto rows = LH_TRY(connection_->Query(
        context,
        "WITH RECURSIVE base AS (SELECT a.attnum, a.attname, a.atttypid AS t, a.atttypmod AS m, a.attndims::bigint AS d, a.attnotnull AS n "
        "FROM pg_attribute a WHERE a.attrelid = " +
            PostgresText(From()) +
            "::regclass AND a.attnum > 0 AND NOT a.attisdropped UNION ALL "
            "SELECT b.attnum, b.attname, y.typbasetype, CASE WHEN y.typtypmod >= 0 THEN y.typtypmod ELSE b.m END, "
            "greatest(b.d, y.typndims), b.n OR y.typnotnull FROM base b JOIN pg_type y ON y.oid = b.t AND y.typtype = 'd') "
            "SELECT b.attname, y.typname, CASE WHEN y.typcategory = 'A' AND y.typelem <> 0 THEN e.typname END, b.m, b.d, b.n, "
            "y.typtype::text, e.typtype::text FROM base b JOIN pg_type y ON y.oid = b.t AND y.typtype <> 'd' LEFT JOIN pg_type e ON e.oid "
            "= "
            "y.typelem ORDER BY b.attnum"));
    std::vector<PostgresMapping> mappings;
    std::string grows_type;
    for (const auto& row : rows) {
      if (row.size() != 8 || !row[0] || !row[1]) return Error(ErrorCode::kInternal, "PostgreSQL described its columns in another way");
      PostgresColumn column{
          *row[0],      *row[1], row[2].value_or(""), std::atoll(row[3].value_or("-1").c_str()), std::atoll(row[4].value_or("0").c_str()),
          row[5] == "t"};
      // Types of the users' own may be called like those that are built in.
      if (row[6] == "e" || row[6] == "c") column.type = "text of another type";
      if (!column.element_type.empty() && row[7] != "b") column.element_type = "text of another type";
      mappings.push_back(MapPostgresColumn(column));
      if (column.name == table_.grows) LH_TRY(CheckGrowing(context, column));
      if (column.name == table_.grows) grows_type = column.type;
    }
    if (mappings.empty()) return Error(ErrorCode::kUnprocessable, Lineage() + " has no columns").Named("no_columns");
    if (!table_.grows.empty() && grows_type.empty())
      return Error(ErrorCode::kInvalidArgument, Lineage() + " has no column \"" + table_.grows + "\", after which it should be read")
          .Named("bad_growing_column");
    const auto same = [](const PostgresMapping& a, const PostgresMapping& b) { return a.column == b.column && a.select == b.select; };
    if (!mappings_.empty() && !std::equal(mappings.begin(), mappings.end(), mappings_.begin(), mappings_.end(), same))
      return Error(ErrorCode::kConflict, "the columns of " + Lineage() +
                                             " were changed while it was read; nothing of this read was taken: "
                                             "read it again")
          .Named("source_changed");
    mappings_ = std::move(mappings);
    grows_type_ = grows_type;
    return Ok{};
  }

  Status CheckGrowing(const Context& context, const PostgresColumn& column) {
    if (!CanGrow(column.type))
      return Error(ErrorCode::kInvalidArgument,
                   "column \"" + column.name + "\" is " + column.type + "; reads can go on after an integer, a date or a timestamp")
          .Named("bad_growing_column");
    if (column.not_null) return Ok{};
    const auto nulls = LH_TRY(connection_->Query(context, "SELECT 1 FROM " + From() + " WHERE " + Grows() + " IS NULL LIMIT 1"));
    if (nulls.empty()) return Ok{};
    return Error(ErrorCode::kUnprocessable, "column \"" + column.name +
                                                "\" has rows without a value, which would never be read: read the "
                                                "table whole, or after another column")
        .Named("null_in_growing_column");
  }

  std::vector<SourceColumn> Columns() const {
    std::vector<SourceColumn> columns;
    for (const PostgresMapping& one : mappings_) columns.push_back(one.column);
    return columns;
  }

  const PostgresTable table_;
  const std::pair<std::string, std::string> name_;
  std::unique_ptr<PostgresConnection> connection_;
  std::vector<PostgresMapping> mappings_;
  std::string grows_type_;
  std::optional<std::string> ceiling_;  // empty: the table has no rows
};

}  // namespace

Result<std::unique_ptr<Source>> OpenPostgresSource(PostgresTable table) {
  auto name = LH_TRY(ParseTableName(table.table));
  return std::unique_ptr<Source>(std::make_unique<PostgresSource>(std::move(table), std::move(name)));
}

}  // namespace lakehouse::ingest
