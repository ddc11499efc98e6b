#include "table_source.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>

#include "byte_reader.h"
#include "lakehouse/base/file.h"
#include "lakehouse/base/hash.h"
#include "record_reader.h"
#include "table_session.h"

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

class TableSource final : public Source {
 public:
  TableSource(SourceTable table, std::pair<std::string, std::string> name) : table_(std::move(table)), name_(std::move(name)) {}

  std::string Lineage() const override {
    return table_.address.Shown() + "#" + (name_.first.empty() ? "" : name_.first + ".") + name_.second;
  }
  std::string Kind() const override { return WireName(table_.address.kind); }
  std::string GrowingColumn() const override { return table_.grows; }

  Result<SourceBatch> Read(const Context& context, const std::string& after, const std::string& path, const Progress& progress) override {
    auto batch = TryRead(context, after, path, progress);
    if (!batch) session_.reset();  // whatever it is in the middle of ends with it
    return batch;
  }

 private:
  std::string From() const {
    return (name_.first.empty() ? "" : session_->QuotedName(name_.first) + ".") + session_->QuotedName(name_.second);
  }
  std::string Grows() const { return session_->QuotedName(table_.grows); }

  Result<SourceBatch> TryRead(const Context& context, const std::string& after, const std::string& path, const Progress& progress) {
    if (!session_) session_ = LH_TRY(TableSession::Open(context, table_.address, table_.password));
    if (!table_.grows.empty() && !ceiling_) LH_TRY(FindCeiling(context));
    LH_TRY(session_->BeginSnapshot(context));
    // From here to the end of the transaction its columns stay as they are.
    LH_TRY(session_->Query(context, "SELECT 1 FROM " + From() + " LIMIT 0"));
    LH_TRY(Describe(context));
    std::string select;
    for (const TableColumn& one : columns_) select += (select.empty() ? "SELECT " : ", ") + one.select;
    select += " FROM " + From();
    std::string grown_to;
    bool more = false;
    if (!table_.grows.empty()) {
      const std::string rows = LH_TRY(BatchWhere(context, after, grown_to, more));
      if (rows.empty()) {
        LH_TRY(session_->Query(context, "COMMIT"));
        if (promised_after_ == after) return RowsAreGone();
        return LH_TRY(RowFile::Create(path, Columns())).Finish(progress);
      }
      select += rows;
    }
    RowFile file = LH_TRY(RowFile::Create(path, Columns()));
    auto copied = LH_TRY(session_->CopyOut(context, columns_, select, [&](std::string_view row) { return file.Add(row, progress); }));
    LH_TRY(session_->Query(context, "COMMIT"));
    SourceBatch batch = LH_TRY(file.Finish(progress));
    if (batch.rows != copied.rows)
      return Error(ErrorCode::kUnavailable,
                   "the database sent " + std::to_string(copied.rows) + " rows and " + std::to_string(batch.rows) + " came")
          .Named("source_lost");
    if (more) promised_after_ = grown_to;
    batch.grown_to = std::move(grown_to);
    batch.more = more;
    batch.nulled = std::move(copied.nulled);
    return batch;
  }

  /// The part of the SELECT that takes the rows after `after`, about as many as a batch has; empty: there are none.
  Result<std::string> BatchWhere(const Context& context, const std::string& after, std::string& grown_to, bool& more) {
    if (ceiling_->empty()) return std::string();
    const std::string ceiling = LH_TRY(session_->PositionSql(growing_, *ceiling_));
    const std::string above = after.empty() ? "" : " AND " + Grows() + " > " + LH_TRY(session_->PositionSql(growing_, after));
    const std::string up_to = " WHERE " + Grows() + " <= ";
    const auto last = LH_TRY(session_->Query(context, "SELECT max(v), CASE WHEN max(v) < " + ceiling + " THEN 1 ELSE 0 END FROM (SELECT " +
                                                          Grows() + " AS v FROM " + From() + up_to + ceiling + above +
                                                          " ORDER BY 1 LIMIT " + std::to_string(table_.batch_rows) + ") b"));
    if (last.size() != 1 || last[0].size() != 2 || !last[0][0]) return std::string();
    grown_to = *last[0][0];
    more = last[0][1] == "1";
    return up_to + LH_TRY(session_->PositionSql(growing_, grown_to)) + above + " ORDER BY " + Grows();
  }

  Error RowsAreGone() const {
    return Error(ErrorCode::kConflict, "rows of " + Lineage() + " above " + table_.grows + " = " + promised_after_.value_or("") +
                                           " were there when this read began and are gone: they were deleted, or the server lost them. "
                                           "What was read before is committed; compare it with the table before reading on")
        .Named("source_changed");
  }

  /// The highest value below which no open transaction can bring another row.
  Status FindCeiling(const Context& context) {
    LH_TRY(session_->Query(context, "SELECT 1 FROM " + From() + " LIMIT 0"));
    if (columns_.empty()) LH_TRY(Describe(context));
    LH_TRY(session_->CheckCanGrow(context, name_.first, name_.second));
    const auto highest = LH_TRY(session_->Query(context, "SELECT max(" + Grows() + ") FROM " + From()));
    std::vector<std::string> open = LH_TRY(session_->OpenTransactions(context));
    const Deadline patience = Deadline::After(table_.busy_patience_ms);
    while (!open.empty()) {
      const auto now = LH_TRY(session_->OpenTransactions(context));
      std::erase_if(open, [&](const std::string& one) { return std::find(now.begin(), now.end(), one) == now.end(); });
      if (open.empty()) break;
      if (patience.RemainingMs() == 0)
        return Error(ErrorCode::kUnavailable,
                     std::to_string(open.size()) +
                         " transactions of the database have been open for long and may still bring rows below those that would be read; "
                         "end them (the first is " +
                         open.front() + " in " + session_->ViewOfTransactions() + ") or read later")
            .Named("source_busy");
      LH_TRY(context.Check());
      std::this_thread::sleep_for(std::chrono::milliseconds(kBusyPauseMs));
    }
    ceiling_ = highest.size() == 1 && highest[0].size() == 1 ? highest[0][0].value_or("") : "";
    return Ok{};
  }

  Status Describe(const Context& context) {
    auto columns = LH_TRY(session_->Describe(context, From()));
    if (columns.empty()) return Error(ErrorCode::kUnprocessable, Lineage() + " has no columns").Named("no_columns");
    if (!columns_.empty() && columns != columns_)
      return Error(ErrorCode::kConflict, "the columns of " + Lineage() +
                                             " were changed while it was read; nothing of this read was taken: "
                                             "read it again")
          .Named("source_changed");
    if (!table_.grows.empty()) {
      const auto growing =
          std::find_if(columns.begin(), columns.end(), [&](const TableColumn& one) { return one.column.name == table_.grows; });
      if (growing == columns.end())
        return Error(ErrorCode::kInvalidArgument, Lineage() + " has no column \"" + table_.grows + "\", after which it should be read")
            .Named("bad_growing_column");
      LH_TRY(CheckGrowing(context, *growing));
      growing_ = *growing;
    }
    columns_ = std::move(columns);
    return Ok{};
  }

  Status CheckGrowing(const Context& context, const TableColumn& column) {
    const std::string& name = column.column.name;
    if (!column.can_grow)
      return Error(ErrorCode::kInvalidArgument,
                   "column \"" + name + "\" is " + column.type + "; reads can go on after an integer, a date or a timestamp")
          .Named("bad_growing_column");
    if (column.not_null) return Ok{};
    const auto nulls = LH_TRY(session_->Query(context, "SELECT 1 FROM " + From() + " WHERE " + Grows() + " IS NULL LIMIT 1"));
    if (nulls.empty()) return Ok{};
    return Error(ErrorCode::kUnprocessable, "column \"" + name +
                                                "\" has rows without a value, which would never be read: read the "
                                                "table whole, or after another column")
        .Named("null_in_growing_column");
  }

  std::vector<SourceColumn> Columns() const {
    std::vector<SourceColumn> columns;
    for (const TableColumn& one : columns_) columns.push_back(one.column);
    return columns;
  }

  const SourceTable table_;
  const std::pair<std::string, std::string> name_;
  std::unique_ptr<TableSession> session_;
  std::vector<TableColumn> columns_;
  TableColumn growing_;
  std::optional<std::string> ceiling_;         // empty: the table has no rows
  std::optional<std::string> promised_after_;  // a batch that ended there said that there are more
};

}  // namespace

Result<std::unique_ptr<Source>> OpenTableSource(SourceTable table) {
  auto name = LH_TRY(ParseTableName(table.address.kind, table.table));
  return std::unique_ptr<Source>(std::make_unique<TableSource>(std::move(table), std::move(name)));
}

}  // namespace lakehouse::ingest
