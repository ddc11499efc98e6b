#include "lakehouse/ingest/jobs_table.h"

#include <algorithm>

namespace lakehouse::ingest {
namespace {

using catalog::SystemCell;
using catalog::SystemColumn;
using catalog::SystemRow;

constexpr std::int64_t kMostJobs = 1'000;

SystemCell TimeOrNull(std::int64_t micros) { return micros > 0 ? SystemCell(micros) : SystemCell(); }
SystemCell NumberOrNull(const std::optional<std::int64_t>& number) { return number ? SystemCell(*number) : SystemCell(); }

class JobsTable final : public catalog::SystemTable {
 public:
  explicit JobsTable(Ingest& ingest) : ingest_(ingest) {}
  std::string_view name() const override { return "jobs"; }
  const std::vector<SystemColumn>& columns() const override {
    static const std::vector<SystemColumn> kColumns = {
        {"id", "VARCHAR"},         {"state", "VARCHAR"},        {"stage", "VARCHAR"},     {"dataset", "VARCHAR"},
        {"file_name", "VARCHAR"},  {"format", "VARCHAR"},       {"bytes", "BIGINT"},      {"rows_read", "BIGINT"},
        {"rows_loaded", "BIGINT"}, {"rows_rejected", "BIGINT"}, {"started", "TIMESTAMP"}, {"finished", "TIMESTAMP"},
        {"version", "BIGINT"},     {"sequence", "BIGINT"},      {"error", "VARCHAR"},
    };
    return kColumns;
  }
  Result<std::vector<SystemRow>> Rows(const Context& context, const catalog::Sight& sight, std::int64_t limit) override {
    std::vector<SystemRow> rows;
    if (sight.restricted()) return rows;  // names of files and messages tell what was in them
    for (Job& job : LH_TRY(ingest_.ListJobs(context, {std::min(limit, kMostJobs)})).jobs)
      rows.push_back({std::move(job.id), std::string(WireName(job.state)), std::move(job.stage), std::move(job.name),
                      std::move(job.file_name), std::move(job.format), job.bytes_total, job.rows_read, job.rows_loaded, job.rows_rejected,
                      TimeOrNull(job.started_micros), TimeOrNull(job.finished_micros), NumberOrNull(job.version),
                      NumberOrNull(job.sequence), job.error ? SystemCell(std::move(job.error->message)) : SystemCell()});
    return rows;
  }

 private:
  Ingest& ingest_;
};

}  // namespace

std::unique_ptr<catalog::SystemTable> MakeJobsTable(Ingest& ingest) { return std::make_unique<JobsTable>(ingest); }

}  // namespace lakehouse::ingest
