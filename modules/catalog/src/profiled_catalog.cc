#include "lakehouse/catalog/profiled_catalog.h"

#include <algorithm>

#include "lakehouse/catalog/dataset_name.h"
#include "lakehouse/catalog/schema.h"

namespace lakehouse::catalog {
namespace {

Error Closed(std::string_view what) {
  return Error(ErrorCode::kPermissionDenied, "the profile of this API key hides data, and a key like that cannot " + std::string(what))
      .Named("profile_restricted");
}

/// The same words whether the dataset is hidden or not there, and no name of another one.
Error NotThere(const std::string& name) {
  return Error(ErrorCode::kNotFound, "there is no dataset \"" + name + "\" for this API key").Named("dataset_not_found");
}

void Hide(Snapshot& snapshot, const DatasetRule& rule) {
  snapshot.schema = VisibleSchema(snapshot.schema, rule);
  snapshot.rows = 0;
  snapshot.size_bytes = 0;
  snapshot.file_count = 0;
  snapshot.manifest.reset();
  snapshot.summary.clear();
}

void Hide(Dataset& dataset, const DatasetRule& rule) {
  dataset.attributes.clear();
  dataset.tags.clear();
  dataset.retention.reset();
  Hide(dataset.head, rule);
}

class ProfiledCatalog final : public Catalog {
 public:
  ProfiledCatalog(Catalog& catalog, AccessBook& book) : catalog_(catalog), book_(book) {}

  Result<CommitResponse> Commit(const Context& context, const CommitRequest& request) override {
    if (LH_TRY(book_.SightOf(context)).restricted()) return Closed("change datasets");
    return catalog_.Commit(context, request);
  }
  Result<RegisterResponse> Register(const Context& context, const RegisterRequest& request) override {
    if (LH_TRY(book_.SightOf(context)).restricted()) return Closed("register datasets");
    return catalog_.Register(context, request);
  }
  Result<ResolveResponse> Resolve(const Context& context, const ResolveRequest& request) override {
    const Sight sight = LH_TRY(book_.SightOf(context));
    if (!sight.restricted()) return catalog_.Resolve(context, request);
    for (const ResolveTable& table : request.tables)
      if (!sight.MaySee(table.name)) return NotThere(table.name);
    auto resolved = catalog_.Resolve(context, request);
    if (!resolved) return Plain(resolved.error(), request.tables.empty() ? "" : request.tables.front().name);
    for (ResolvedTable& table : resolved->tables) {
      const auto rule = sight.RuleOf(table.name);
      if (!rule) continue;
      Hide(table.snapshot, *rule);
      table.files.clear();
    }
    return resolved;
  }
  Result<ListDatasetsResponse> ListDatasets(const Context& context, const ListDatasetsRequest& request) override {
    const Sight sight = LH_TRY(book_.SightOf(context));
    if (!sight.restricted()) return catalog_.ListDatasets(context, request);
    ListDatasetsResponse seen;
    ListDatasetsRequest page = request;
    for (bool more = true; more && static_cast<std::int64_t>(seen.datasets.size()) < request.limit;) {
      ListDatasetsResponse listed = LH_TRY(catalog_.ListDatasets(context, page));
      more = listed.more && !listed.datasets.empty();
      if (more) page.after = listed.datasets.back().name;
      seen.sequence = listed.sequence;
      for (Dataset& dataset : listed.datasets) {
        if (!sight.MaySee(dataset.name)) continue;
        if (static_cast<std::int64_t>(seen.datasets.size()) == request.limit) {
          more = true;
          break;
        }
        if (const auto rule = sight.RuleOf(dataset.name)) Hide(dataset, *rule);
        seen.datasets.push_back(std::move(dataset));
      }
      seen.more = more;
    }
    return seen;
  }
  Result<DescribeResponse> Describe(const Context& context, const DescribeRequest& request) override {
    const Sight sight = LH_TRY(book_.SightOf(context));
    if (!sight.restricted()) return catalog_.Describe(context, request);
    if (!sight.MaySee(request.name)) return NotThere(request.name);
    auto described = catalog_.Describe(context, request);
    if (!described) return Plain(described.error(), request.name);
    if (const auto rule = sight.RuleOf(request.name)) Hide(described->dataset, *rule);
    return described;
  }
  Result<HistoryResponse> History(const Context& context, const HistoryRequest& request) override {
    const Sight sight = LH_TRY(book_.SightOf(context));
    if (!sight.restricted()) return catalog_.History(context, request);
    if (!sight.MaySee(request.name)) return NotThere(request.name);
    auto history = catalog_.History(context, request);
    if (!history) return Plain(history.error(), request.name);
    if (const auto rule = sight.RuleOf(request.name))
      for (Snapshot& snapshot : history->snapshots) Hide(snapshot, *rule);
    return history;
  }
  Result<DiffResponse> Diff(const Context& context, const DiffRequest& request) override {
    const Sight sight = LH_TRY(book_.SightOf(context));
    if (sight.restricted()) return Closed("compare versions");
    return catalog_.Diff(context, request);
  }
  Result<ReadRecordsResponse> ReadRecords(const Context& context, const ReadRecordsRequest& request) override {
    if (LH_TRY(book_.SightOf(context)).restricted()) return Closed("read the log");
    return catalog_.ReadRecords(context, request);
  }
  Result<StatusResponse> LoadStatus(const Context& context, const StatusRequest& request) override {
    return catalog_.LoadStatus(context, request);
  }
  Result<LoadProfileResponse> LoadProfile(const Context& context, const LoadProfileRequest& request) override {
    if (!LH_TRY(book_.SightOf(context)).is_admin()) return Closed("read profiles");
    return catalog_.LoadProfile(context, request);
  }
  Result<CollectGarbageResponse> CollectGarbage(const Context& context, const CollectGarbageRequest& request) override {
    if (LH_TRY(book_.SightOf(context)).restricted()) return Closed("collect garbage");
    return catalog_.CollectGarbage(context, request);
  }
  Result<LoadAccessResponse> LoadAccess(const Context& context, const LoadAccessRequest& request) override {
    if (!LH_TRY(book_.SightOf(context)).is_admin()) return Closed("read profiles and keys");
    return catalog_.LoadAccess(context, request);
  }
  Result<ChangeAccessResponse> ChangeAccess(const Context& context, const ChangeAccessRequest& request) override {
    if (!LH_TRY(book_.SightOf(context)).is_admin()) return Closed("change profiles and keys");
    return catalog_.ChangeAccess(context, request);
  }

 private:
  /// Messages of the catalog may name other datasets.
  static Error Plain(const Error& error, const std::string& name) { return error.reason() == "dataset_not_found" ? NotThere(name) : error; }

  Catalog& catalog_;
  AccessBook& book_;
};

}  // namespace

Schema VisibleSchema(const Schema& schema, const DatasetRule& rule) {
  Schema visible;
  for (const Column& column : schema.columns) {
    const std::string folded = FoldName(column.name);
    if (!rule.columns.empty() && std::ranges::find(rule.columns, folded) == rule.columns.end()) continue;
    Column shown = column;
    const auto redaction = std::ranges::find(rule.redactions, folded, &Redaction::column);
    if (redaction != rule.redactions.end() && redaction->kind != RedactionKind::kNull) shown.type = "VARCHAR";
    visible.columns.push_back(std::move(shown));
  }
  visible.fingerprint = FingerprintOf(visible.columns);
  return visible;
}

std::unique_ptr<Catalog> MakeProfiledCatalog(Catalog& catalog, AccessBook& book) {
  return std::make_unique<ProfiledCatalog>(catalog, book);
}

}  // namespace lakehouse::catalog
