#include "lakehouse/query/system_tables.h"

#include <algorithm>

namespace lakehouse::query {
namespace {

using catalog::SystemColumn;
using catalog::SystemRow;

class QueriesTable final : public catalog::SystemTable {
 public:
  explicit QueriesTable(QueryLog& log) : log_(log) {}
  std::string_view name() const override { return "queries"; }
  const std::vector<SystemColumn>& columns() const override {
    static const std::vector<SystemColumn> kColumns = {
        {"query_id", "VARCHAR"},  {"principal", "VARCHAR"},      {"sql", "VARCHAR"},     {"sql_sha256", "VARCHAR"},
        {"started", "TIMESTAMP"}, {"duration_micros", "BIGINT"}, {"sequence", "BIGINT"}, {"rows", "BIGINT"},
        {"bytes", "BIGINT"},      {"outcome", "VARCHAR"},        {"message", "VARCHAR"},
    };
    return kColumns;
  }
  Result<std::vector<SystemRow>> Rows(const Context& context, const catalog::Sight& sight, std::int64_t limit) override {
    std::vector<SystemRow> rows;
    for (QueryRecord& record : LH_TRY(log_.Recent(context, {limit})).queries) {
      if (!sight.is_admin() && record.principal != sight.principal()) continue;
      rows.push_back({std::move(record.query_id), std::move(record.principal), std::move(record.sql), std::move(record.sql_sha256),
                      record.started_micros, record.duration_micros, record.sequence, record.rows, record.bytes, std::move(record.outcome),
                      std::move(record.message)});
    }
    return rows;
  }

 private:
  QueryLog& log_;
};

class ErrorsTable final : public catalog::SystemTable {
 public:
  explicit ErrorsTable(storage::ErrorArchive& archive) : archive_(archive) {}
  std::string_view name() const override { return "errors"; }
  const std::vector<SystemColumn>& columns() const override {
    static const std::vector<SystemColumn> kColumns = {
        {"time", "TIMESTAMP"},    {"kind", "VARCHAR"},       {"service", "VARCHAR"}, {"object", "VARCHAR"},
        {"principal", "VARCHAR"}, {"request_id", "VARCHAR"}, {"message", "VARCHAR"},
    };
    return kColumns;
  }
  Result<std::vector<SystemRow>> Rows(const Context& context, const catalog::Sight& sight, std::int64_t limit) override {
    storage::ErrorJournal::Query query;
    query.limit = static_cast<std::size_t>(limit);
    std::vector<storage::ErrorRecord> found = archive_.Find(context, query).records;
    std::ranges::reverse(found);  // the newest first
    std::vector<SystemRow> rows;
    for (storage::ErrorRecord& record : found) {
      // Messages quote what others asked for and what was in their files.
      if (!sight.is_admin() && record.principal != sight.principal()) continue;
      rows.push_back({record.time_micros, std::move(record.kind), std::move(record.service), std::move(record.object),
                      std::move(record.principal), std::move(record.request_id), std::move(record.message)});
    }
    return rows;
  }

 private:
  storage::ErrorArchive& archive_;
};

}  // namespace

std::unique_ptr<catalog::SystemTable> MakeQueriesTable(QueryLog& log) { return std::make_unique<QueriesTable>(log); }
std::unique_ptr<catalog::SystemTable> MakeErrorsTable(storage::ErrorArchive& archive) { return std::make_unique<ErrorsTable>(archive); }

}  // namespace lakehouse::query
