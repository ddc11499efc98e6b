#include "lakehouse/catalog/catalog_tables.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "record.h"

namespace lakehouse::catalog {
namespace {

constexpr std::int64_t kPage = 1'000;
constexpr std::int64_t kSnapshotsOfOne = 1'000;

SystemCell Text(std::string text) { return SystemCell(std::move(text)); }
SystemCell OptionalText(const std::map<std::string, std::string>& texts, const char* key) {
  const auto found = texts.find(key);
  return found == texts.end() ? SystemCell() : SystemCell(found->second);
}
SystemCell WhenWhole(bool whole, std::int64_t number) { return whole ? SystemCell(number) : SystemCell(); }

class CatalogTable final : public SystemTable {
 public:
  using Fill = std::function<Result<std::vector<SystemRow>>(const Context&, const Sight&, std::int64_t)>;
  CatalogTable(std::string name, std::vector<SystemColumn> columns, Fill fill)
      : name_(std::move(name)), columns_(std::move(columns)), fill_(std::move(fill)) {}
  std::string_view name() const override { return name_; }
  const std::vector<SystemColumn>& columns() const override { return columns_; }
  Result<std::vector<SystemRow>> Rows(const Context& context, const Sight& sight, std::int64_t limit) override {
    return fill_(context, sight, limit);
  }

 private:
  const std::string name_;
  const std::vector<SystemColumn> columns_;
  const Fill fill_;
};

/// Each dataset that the caller may see, until `take` has enough.
Status ForEachDataset(Catalog& catalog, const Context& context, const Sight& sight,
                      const std::function<Result<bool>(const Dataset&)>& take) {
  ListDatasetsRequest page;
  page.limit = kPage;
  for (bool more = true; more;) {
    const auto listed = LH_TRY(catalog.ListDatasets(context, page));
    for (const Dataset& dataset : listed.datasets)
      if (sight.MaySee(dataset.name) && !LH_TRY(take(dataset))) return Ok{};
    more = listed.more && !listed.datasets.empty();
    if (more) page.after = listed.datasets.back().name;
  }
  return Ok{};
}

Result<std::vector<SystemRow>> Datasets(Catalog& catalog, const Context& context, const Sight& sight, std::int64_t limit) {
  std::vector<SystemRow> rows;
  LH_TRY(ForEachDataset(catalog, context, sight, [&](const Dataset& dataset) -> Result<bool> {
    const bool whole = sight.SeesWhole(dataset.name);
    const Snapshot& head = dataset.head;
    static const std::map<std::string, std::string> kNone;
    const auto& attributes = whole ? dataset.attributes : kNone;
    rows.push_back({Text(dataset.name), Text(dataset.id), dataset.created_micros, head.version, head.sequence, head.time_micros,
                    WhenWhole(whole, head.rows), WhenWhole(whole, head.size_bytes), WhenWhole(whole, head.file_count),
                    static_cast<std::int64_t>(head.schema.columns.size()), OptionalText(attributes, "owner"),
                    OptionalText(attributes, "description")});
    if (!whole) rows.back()[9] = SystemCell();
    return static_cast<std::int64_t>(rows.size()) < limit;
  }));
  return rows;
}

Result<std::vector<SystemRow>> Snapshots(Catalog& catalog, const Context& context, const Sight& sight, std::int64_t limit) {
  std::vector<SystemRow> rows;
  LH_TRY(ForEachDataset(catalog, context, sight, [&](const Dataset& dataset) -> Result<bool> {
    const bool whole = sight.SeesWhole(dataset.name);
    const std::int64_t left = limit - static_cast<std::int64_t>(rows.size());
    const auto history = LH_TRY(catalog.History(context, {dataset.name, std::nullopt, std::min(left, kSnapshotsOfOne)}));
    for (const Snapshot& snapshot : history.snapshots)
      rows.push_back({Text(dataset.name), snapshot.version, snapshot.sequence, snapshot.time_micros,
                      Text(std::string(WireName(snapshot.operation))), WhenWhole(whole, snapshot.rows),
                      WhenWhole(whole, snapshot.size_bytes), WhenWhole(whole, snapshot.file_count),
                      whole ? Text(snapshot.principal) : SystemCell(), snapshot.expired});
    return static_cast<std::int64_t>(rows.size()) < limit;
  }));
  return rows;
}

Result<std::vector<SystemRow>> Files(Catalog& catalog, const Context& context, const Sight& sight, std::int64_t limit) {
  std::vector<SystemRow> rows;
  LH_TRY(ForEachDataset(catalog, context, sight, [&](const Dataset& dataset) -> Result<bool> {
    if (!sight.SeesWhole(dataset.name)) return true;  // the digest of a file says which values are in it to whoever guesses them
    const auto resolved = LH_TRY(catalog.Resolve(context, {{{dataset.name, {.version = dataset.head.version}}}}));
    for (const DataFile& file : resolved.tables.at(0).files) {
      if (static_cast<std::int64_t>(rows.size()) == limit) return false;
      rows.push_back({Text(dataset.name), resolved.tables[0].snapshot.version, Text(std::string(WireName(file.content))), Text(file.key),
                      file.rows, file.size_bytes, Text(file.sha256)});
    }
    return true;
  }));
  return rows;
}

/// The dataset that a change is of; nothing for changes of the lake.
const std::string* NamedDataset(const ChangeRecord& change) {
  if (change.snapshot) return &change.snapshot->dataset;
  if (change.drop) return &change.drop->dataset;
  if (change.tag) return &change.tag->dataset;
  if (change.expired) return &change.expired->dataset;
  return change.retention && !change.retention->dataset.empty() ? &change.retention->dataset : nullptr;
}

/// What of a transaction the caller may know; nothing when that is nothing.
std::optional<SystemRow> CommitRow(const CommitRecord& record, const Transaction& transaction, const Sight& sight) {
  std::string datasets, operations;
  const auto add = [](std::string& list, std::string_view text) { list += (list.empty() ? "" : ", ") + std::string(text); };
  bool any = !sight.restricted();
  for (const ChangeRecord& change : transaction.changes) {
    const std::string* dataset = NamedDataset(change);
    if (dataset != nullptr && !sight.MaySee(*dataset)) continue;
    if (dataset == nullptr && sight.restricted()) continue;
    any = true;
    if (dataset != nullptr) add(datasets, *dataset);
    add(operations, change.snapshot    ? WireName(change.snapshot->operation)
                    : change.drop      ? "drop"
                    : change.epoch     ? "epoch"
                    : change.condemned ? "condemn"
                    : change.deleted   ? "delete_objects"
                    : change.erased    ? "erase"
                    : change.tag       ? "tag"
                    : change.retention ? "retention"
                    : change.expired   ? "expire"
                                       : "access");
  }
  if (!any) return std::nullopt;
  SystemRow row{record.header.seq, record.header.time, record.header.epoch, Text(transaction.commit_id),
                SystemCell(),      Text(datasets),     Text(operations),    SystemCell()};
  if (!sight.restricted()) {
    row[4] = Text(transaction.principal);
    row[7] = static_cast<std::int64_t>(transaction.events.size());
  }
  return row;
}

Result<std::vector<SystemRow>> Commits(Catalog& catalog, const Context& context, const Sight& sight, std::int64_t limit) {
  std::vector<SystemRow> rows;
  std::int64_t end = LH_TRY(catalog.LoadStatus(context, {})).sequence;
  while (end > 0 && static_cast<std::int64_t>(rows.size()) < limit) {
    const std::int64_t from = std::max<std::int64_t>(1, end - kPage + 1);
    std::vector<LogRecord> page;
    for (std::int64_t next = from; next <= end;) {  // a page may be cut by its octets
      auto read = LH_TRY(catalog.ReadRecords(context, {next, end - next + 1}));
      if (read.records.empty()) break;
      next = read.records.back().sequence + 1;
      std::ranges::move(read.records, std::back_inserter(page));
    }
    for (auto record = page.rbegin(); record != page.rend(); ++record) {
      const CommitRecord decoded = LH_TRY(DecodeRecord(record->json.text));
      for (auto transaction = decoded.txns.rbegin(); transaction != decoded.txns.rend(); ++transaction) {
        auto row = CommitRow(decoded, *transaction, sight);
        if (row && static_cast<std::int64_t>(rows.size()) < limit) rows.push_back(*std::move(row));
      }
    }
    end = from - 1;
  }
  return rows;
}

/// At work first, then the last of each kind.
Result<std::vector<SystemRow>> UpkeepRuns(Upkeep& upkeep, const Context& context, const Sight& sight, std::int64_t limit) {
  std::vector<SystemRow> rows;
  if (sight.restricted()) return rows;  // counts and times tell of datasets that are hidden
  const UpkeepState state = LH_TRY(upkeep.LoadState(context, {}));
  const auto begin = [&](const char* kind, bool ended, const auto& run) {
    rows.push_back({Text(kind),
                    Text(!ended       ? "running"
                         : run.failed ? "failed"
                                      : "ended"),
                    run.started_micros, ended ? SystemCell(run.finished_micros) : SystemCell(), run.objects, SystemCell(), SystemCell(),
                    SystemCell(), run.failed ? Text(*run.failed) : SystemCell()});
  };
  const auto add_scrub = [&](bool ended, const std::optional<ScrubRun>& run) {
    if (!run) return;
    begin("scrub", ended, *run);
    rows.back()[5] = run->bytes;
    rows.back()[7] = run->damaged;
  };
  const auto add_collection = [&](bool ended, const std::optional<CollectionRun>& run) {
    if (!run) return;
    begin("gc", ended, *run);
    rows.back()[5] = run->size_bytes;
    rows.back()[6] = run->expired_versions;
  };
  add_scrub(false, state.scrub);
  add_collection(false, state.collection);
  add_scrub(true, state.last_scrub);
  add_collection(true, state.last_collection);
  if (static_cast<std::int64_t>(rows.size()) > limit) rows.resize(static_cast<std::size_t>(limit));
  return rows;
}

}  // namespace

std::unique_ptr<SystemTable> MakeUpkeepTable(Upkeep& upkeep) {
  std::vector<SystemColumn> columns = {
      {"kind", "VARCHAR"}, {"state", "VARCHAR"},           {"started", "TIMESTAMP"}, {"finished", "TIMESTAMP"}, {"objects", "BIGINT"},
      {"bytes", "BIGINT"}, {"expired_versions", "BIGINT"}, {"damaged", "BIGINT"},    {"error", "VARCHAR"}};
  return std::make_unique<CatalogTable>(
      "upkeep", std::move(columns),
      [&upkeep](const Context& context, const Sight& sight, std::int64_t limit) { return UpkeepRuns(upkeep, context, sight, limit); });
}

std::vector<std::unique_ptr<SystemTable>> MakeCatalogTables(Catalog& catalog) {
  std::vector<std::unique_ptr<SystemTable>> tables;
  const auto add = [&](std::string name, std::vector<SystemColumn> columns, auto fill) {
    tables.push_back(std::make_unique<CatalogTable>(
        std::move(name), std::move(columns),
        [&catalog, fill](const Context& context, const Sight& sight, std::int64_t limit) { return fill(catalog, context, sight, limit); }));
  };
  add("datasets",
      {{"name", "VARCHAR"},
       {"id", "VARCHAR"},
       {"created", "TIMESTAMP"},
       {"version", "BIGINT"},
       {"sequence", "BIGINT"},
       {"changed", "TIMESTAMP"},
       {"rows", "BIGINT"},
       {"size_bytes", "BIGINT"},
       {"files", "BIGINT"},
       {"columns", "BIGINT"},
       {"owner", "VARCHAR"},
       {"description", "VARCHAR"}},
      Datasets);
  add("snapshots",
      {{"dataset", "VARCHAR"},
       {"version", "BIGINT"},
       {"sequence", "BIGINT"},
       {"time", "TIMESTAMP"},
       {"operation", "VARCHAR"},
       {"rows", "BIGINT"},
       {"size_bytes", "BIGINT"},
       {"files", "BIGINT"},
       {"principal", "VARCHAR"},
       {"expired", "BOOLEAN"}},
      Snapshots);
  add("files",
      {{"dataset", "VARCHAR"},
       {"version", "BIGINT"},
       {"content", "VARCHAR"},
       {"key", "VARCHAR"},
       {"rows", "BIGINT"},
       {"size_bytes", "BIGINT"},
       {"sha256", "VARCHAR"}},
      Files);
  add("commits",
      {{"sequence", "BIGINT"},
       {"time", "TIMESTAMP"},
       {"epoch", "BIGINT"},
       {"commit_id", "VARCHAR"},
       {"principal", "VARCHAR"},
       {"datasets", "VARCHAR"},
       {"operations", "VARCHAR"},
       {"events", "BIGINT"}},
      Commits);
  return tables;
}

}  // namespace lakehouse::catalog
