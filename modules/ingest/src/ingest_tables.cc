#include "lakehouse/ingest/ingest_tables.h"

#include <algorithm>

#include "expectation.h"
#include "ingest_wire.h"
#include "refused_loads.h"

namespace lakehouse::ingest {
namespace {

using catalog::SystemCell;
using catalog::SystemColumn;
using catalog::SystemRow;

constexpr std::int64_t kLastVersions = 100;
constexpr std::size_t kLastRefused = 1'000;

/// What came of expectations: of the newest versions of the datasets that have some, and of loads that were refused.
class ExpectationsTable final : public catalog::SystemTable {
 public:
  ExpectationsTable(catalog::Catalog& catalog, storage::ErrorArchive* errors) : catalog_(catalog), errors_(errors) {}
  std::string_view name() const override { return "expectations"; }
  const std::vector<SystemColumn>& columns() const override {
    static const std::vector<SystemColumn> kColumns = {
        {"dataset", "VARCHAR"}, {"version", "BIGINT"}, {"time", "TIMESTAMP"}, {"job", "VARCHAR"},
        {"rule", "VARCHAR"},    {"column", "VARCHAR"}, {"mostly", "DOUBLE"},  {"refuses", "BOOLEAN"},
        {"checked", "BIGINT"},  {"failed", "BIGINT"},  {"passed", "BOOLEAN"},
    };
    return kColumns;
  }
  Result<std::vector<SystemRow>> Rows(const Context& context, const catalog::Sight& sight, std::int64_t limit) override {
    std::vector<SystemRow> rows;
    const auto room = [&] { return static_cast<std::int64_t>(rows.size()) < limit; };
    const auto add = [&](const std::string& dataset, const SystemCell& version, std::int64_t micros, const std::string& job,
                         const std::vector<ExpectationResult>& results) {
      for (const ExpectationResult& one : results)
        if (room())
          rows.push_back({dataset, version, micros, job, one.rule, one.column.empty() ? SystemCell() : SystemCell(one.column), one.mostly,
                          one.refuses, one.checked, one.failed, one.passed});
    };
    if (errors_ != nullptr)
      for (const auto& [dataset, load] : FindRefusedLoads(context, *errors_, "", kLastRefused))
        if (sight.SeesWhole(dataset)) add(dataset, {}, load.time_micros, load.job, load.results);
    catalog::ListDatasetsRequest page;
    for (bool more = true; more && room();) {
      const auto listed = LH_TRY(catalog_.ListDatasets(context, page));
      for (const catalog::Dataset& dataset : listed.datasets) {
        if (!dataset.attributes.contains(kExpectationsAttribute) || !sight.SeesWhole(dataset.name)) continue;
        for (const catalog::Snapshot& snapshot : LH_TRY(catalog_.History(context, {dataset.name, {}, kLastVersions})).snapshots) {
          const auto found = snapshot.summary.find(kSummaryExpectations);
          if (found == snapshot.summary.end()) continue;
          const auto job = snapshot.summary.find("job");
          const auto results = DecodeJson<std::vector<ExpectationResult>>(found->second);
          if (results)
            add(dataset.name, snapshot.version, snapshot.time_micros, job == snapshot.summary.end() ? "" : job->second, *results);
        }
      }
      more = listed.more && !listed.datasets.empty();
      if (more) page.after = listed.datasets.back().name;
    }
    return rows;
  }

 private:
  catalog::Catalog& catalog_;
  storage::ErrorArchive* const errors_;
};

/// The last runs of schedules, and those that have none yet.
class SchedulesTable final : public catalog::SystemTable {
 public:
  explicit SchedulesTable(Ingest& ingest) : ingest_(ingest) {}
  std::string_view name() const override { return "schedules"; }
  const std::vector<SystemColumn>& columns() const override {
    static const std::vector<SystemColumn> kColumns = {
        {"name", "VARCHAR"},        {"kind", "VARCHAR"},      {"url", "VARCHAR"},        {"dataset", "VARCHAR"}, {"running", "BOOLEAN"},
        {"next", "TIMESTAMP"},      {"started", "TIMESTAMP"}, {"finished", "TIMESTAMP"}, {"state", "VARCHAR"},   {"files", "BIGINT"},
        {"failed_files", "BIGINT"}, {"rows", "BIGINT"},       {"error", "VARCHAR"},
    };
    return kColumns;
  }
  Result<std::vector<SystemRow>> Rows(const Context& context, const catalog::Sight& sight, std::int64_t limit) override {
    std::vector<SystemRow> rows;
    if (!sight.is_admin()) return rows;
    for (const ScheduleState& state : LH_TRY(ingest_.ListSchedules(context, {})).schedules) {
      std::vector<ScheduleRun> runs = state.runs;
      const bool has_run = !runs.empty();
      if (!has_run) runs.emplace_back();
      for (const ScheduleRun& run : runs) {
        if (static_cast<std::int64_t>(rows.size()) >= limit) return rows;
        const auto time = [](std::int64_t micros) { return micros > 0 ? SystemCell(micros) : SystemCell(); };
        const auto text = [](const std::string& words) { return words.empty() ? SystemCell() : SystemCell(words); };
        rows.push_back({state.schedule.name, state.schedule.kind, state.schedule.url, text(state.schedule.dataset), state.running,
                        time(state.next_micros.value_or(0)), time(run.started_micros), time(run.finished_micros), text(run.state),
                        run.files, run.failed_files, run.rows, text(run.error)});
      }
    }
    return rows;
  }

 private:
  Ingest& ingest_;
};

}  // namespace

std::vector<std::unique_ptr<catalog::SystemTable>> MakeIngestTables(Ingest& ingest, catalog::Catalog& catalog,
                                                                    storage::ErrorArchive* errors) {
  std::vector<std::unique_ptr<catalog::SystemTable>> tables;
  tables.push_back(MakeJobsTable(ingest));
  tables.push_back(std::make_unique<ExpectationsTable>(catalog, errors));
  tables.push_back(std::make_unique<SchedulesTable>(ingest));
  return tables;
}

}  // namespace lakehouse::ingest
