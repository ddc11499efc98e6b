#include "lakehouse/catalog/catalog_routes.h"

#include <algorithm>
#include <limits>

#include "catalog_wire.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/base/schema_of.h"
#include "lakehouse/net/query_params.h"
#include "lakehouse/net/route_of.h"
#include "legacy_manifest.h"

namespace lakehouse::catalog {
namespace {

using net::HttpRequest;
using net::HttpResponse;
using net::Param;
using net::Route;

constexpr std::int64_t kLegacyPage = 1000;

/// Body of POST /catalog/datasets/{name}/restore.
struct RestoreBody {
  std::int64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(RestoreBody, (), (version))

struct LegacyList {
  std::vector<LegacyManifest> manifests;
  std::int64_t count = 0;
  bool more = false;
};
BOOST_DESCRIBE_STRUCT(LegacyList, (), (manifests, count, more))

struct LegacyRegistered {
  LegacyManifest manifest;
  bool existing = false;
};
BOOST_DESCRIBE_STRUCT(LegacyRegistered, (), (manifest, existing))

constexpr net::WholeNumber kVersion{.name = "version", .description = "as it was at this version", .least = 1, .example = "1"};
constexpr net::WholeNumber kTime{
    .name = "time_micros", .description = "as it was then, in microseconds since 1970", .least = std::numeric_limits<std::int64_t>::min()};
constexpr net::WholeNumber kSequence{.name = "sequence", .description = "as the lake was after this record"};
constexpr net::WholeNumber kDatasetsLimit{.name = "limit", .description = "how many", .least = 1, .most = 10'000, .otherwise = 1'000};
constexpr net::WholeNumber kHistoryLimit{.name = "limit", .description = "how many", .least = 1, .most = 10'000, .otherwise = 100};
constexpr net::WholeNumber kBefore{.name = "before", .description = "versions less than this"};
constexpr net::WholeNumber kFrom{.name = "from", .description = "a version", .required = true, .example = "1"};
constexpr net::WholeNumber kTo{.name = "to", .description = "another version", .required = true, .example = "2"};
constexpr net::WholeNumber kFirstRecord{.name = "from", .description = "the first record", .least = 1, .otherwise = 1};
constexpr net::WholeNumber kRecordsLimit{.name = "limit", .description = "how many", .least = 1, .most = 1'000, .otherwise = 100};

template <typename T>
HttpResponse Answer(const Context& context, const Result<T>& result) {
  if (!result) return HttpResponse::FromError(result.error(), context.trace);
  return HttpResponse::Json(200, EncodeJson(*result));
}

Result<SnapshotSelector> SelectorParams(const HttpRequest& request) {
  SnapshotSelector at;
  at.version = LH_TRY(kVersion.Find(request));
  at.time_micros = LH_TRY(kTime.Find(request));
  at.sequence = LH_TRY(kSequence.Find(request));
  return at;
}

/// A client that names its request may send it again.
std::optional<Idempotency> IdempotencyOf(const HttpRequest& request) {
  const auto key = request.FindHeader("Idempotency-Key");
  if (!key || key->empty()) return std::nullopt;
  return Idempotency{*key, Sha256Hex(request.method + " " + request.path + "\n" + request.body)};
}

std::string NameOf(const HttpRequest& request) { return request.path_params.at("name"); }

// The predecessor's routes.

Result<LegacyList> ListLegacy(Catalog& catalog, const Context& context, const HttpRequest& request) {
  const auto list = LH_TRY(catalog.ListDatasets(context, {"", request.FindQuery("after").value_or(""), kLegacyPage}));
  ResolveRequest resolve;
  for (const Dataset& dataset : list.datasets) resolve.tables.push_back({dataset.name, {.version = dataset.head.version}});
  const auto resolved = LH_TRY(catalog.Resolve(context, resolve));
  LegacyList answer{{}, static_cast<std::int64_t>(list.datasets.size()), list.more};
  for (std::size_t i = 0; i < list.datasets.size(); ++i)
    answer.manifests.push_back(LegacyManifestOf(list.datasets[i], resolved.tables.at(i).files));
  return answer;
}

Result<LegacyManifest> LoadLegacy(Catalog& catalog, const Context& context, const std::string& name) {
  const auto described = LH_TRY(catalog.Describe(context, {name, {}}));
  const auto resolved = LH_TRY(catalog.Resolve(context, {{{name, {.version = described.dataset.head.version}}}}));
  return LegacyManifestOf(described.dataset, resolved.tables.at(0).files);
}

Result<LegacyRegistered> RegisterLegacy(Catalog& catalog, const Context& context, const HttpRequest& request) {
  const RegisterRequest body = LH_TRY(ReadLegacyRegister(request.body));
  const auto registered = LH_TRY(catalog.Register(context, body));
  const auto resolved = LH_TRY(catalog.Resolve(context, {{{body.name, {.version = registered.dataset.head.version}}}}));
  return LegacyRegistered{LegacyManifestOf(registered.dataset, resolved.tables.at(0).files), registered.existing};
}

/// What the predecessor's register call reads: fields it does not know are ignored.
constexpr std::string_view kLegacyRegisterSchema =
    R"({"type":"object","required":["name"],"properties":{"name":{"type":"string","minLength":1},"schema_fingerprint":{"type":["string","null"]},)"
    R"("columns":{"type":["array","null"],"items":{"type":"object","required":["name","type"],"properties":{"name":{"type":"string"},"type":{"type":"string"}}}},)"
    R"("objects":{"type":["array","null"],"items":{"type":"object","required":["key"],"properties":{"key":{"type":"string"},"size":{"type":["integer","null"],"minimum":0},)"
    R"("row_count":{"type":["integer","null"],"minimum":0}}}},"row_count":{"type":["integer","null"],"minimum":0}}})";

// Ours.

Result<HistoryResponse> History(Catalog& catalog, const Context& context, const HttpRequest& request) {
  return catalog.History(context, {NameOf(request), LH_TRY(kBefore.Find(request)), LH_TRY(kHistoryLimit.Get(request))});
}

Result<DiffResponse> Diff(Catalog& catalog, const Context& context, const HttpRequest& request) {
  return catalog.Diff(context, {NameOf(request), LH_TRY(kFrom.Get(request)), LH_TRY(kTo.Get(request))});
}

Result<ListDatasetsResponse> List(Catalog& catalog, const Context& context, const HttpRequest& request) {
  return catalog.ListDatasets(
      context, {request.FindQuery("prefix").value_or(""), request.FindQuery("after").value_or(""), LH_TRY(kDatasetsLimit.Get(request))});
}

Result<DescribeResponse> Describe(Catalog& catalog, const Context& context, const HttpRequest& request) {
  return catalog.Describe(context, {NameOf(request), LH_TRY(SelectorParams(request))});
}

Result<CommitResponse> Restore(Catalog& catalog, const Context& context, const HttpRequest& request) {
  const RestoreBody body = LH_TRY(DecodeJson<RestoreBody>(request.body));
  SnapshotChange change;
  change.dataset = NameOf(request);
  change.operation = Operation::kRestore;
  change.restore_version = body.version;
  CommitRequest commit;
  commit.events.push_back({"dataset:" + change.dataset, "catalog.restore", {{"version", std::to_string(body.version)}}});
  commit.changes.push_back(std::move(change));
  commit.idempotency = IdempotencyOf(request);
  return catalog.Commit(context, commit);
}

/// Body of POST /catalog/datasets/by-name/{name}/tags.
struct TagBody {
  std::string tag;
  std::int64_t version = 0;
  std::optional<std::int64_t> until_micros;
};
BOOST_DESCRIBE_STRUCT(TagBody, (), (tag, version, until_micros))

Result<CommitResponse> ChangeTag(Catalog& catalog, const Context& context, const HttpRequest& request, TagChange change) {
  CommitRequest commit;
  commit.events.push_back({"dataset:" + change.dataset, change.version ? "catalog.tag" : "catalog.untag", {{"tag", change.name}}});
  commit.tags.push_back(std::move(change));
  commit.idempotency = IdempotencyOf(request);
  return catalog.Commit(context, commit);
}

Result<CommitResponse> SetTag(Catalog& catalog, const Context& context, const HttpRequest& request) {
  const TagBody body = LH_TRY(DecodeJson<TagBody>(request.body));
  return ChangeTag(catalog, context, request, {NameOf(request), body.tag, body.version, body.until_micros});
}

Result<CommitResponse> SetRetention(Catalog& catalog, const Context& context, const HttpRequest& request, const std::string& dataset) {
  CommitRequest commit;
  commit.retention.push_back({dataset, LH_TRY(DecodeJson<Retention>(request.body))});
  commit.events.push_back({dataset.empty() ? "lake" : "dataset:" + dataset, "catalog.retention", {}});
  commit.idempotency = IdempotencyOf(request);
  return catalog.Commit(context, commit);
}

Result<CommitResponse> Drop(Catalog& catalog, const Context& context, const HttpRequest& request) {
  CommitRequest commit;
  commit.drops.push_back(NameOf(request));
  commit.events.push_back({"dataset:" + NameOf(request), "catalog.drop", {}});
  commit.idempotency = IdempotencyOf(request);
  return catalog.Commit(context, commit);
}

Result<ReadRecordsResponse> ReadLog(Catalog& catalog, const Context& context, const HttpRequest& request) {
  return catalog.ReadRecords(context, {LH_TRY(kFirstRecord.Get(request)), LH_TRY(kRecordsLimit.Get(request))});
}

Result<CollectGarbageResponse> CollectGarbage(Catalog& catalog, const Context& context, const HttpRequest& request) {
  return catalog.CollectGarbage(context,
                                request.body.empty() ? CollectGarbageRequest{} : LH_TRY(DecodeJson<CollectGarbageRequest>(request.body)));
}

// The table.

Param PathName() { return net::PathText("name", "the dataset, in any case", "workers"); }
Param IdempotencyKey() { return {"Idempotency-Key", "header", false, "makes a retry safe: the first answer is given again"}; }
net::Fault NoSuchDataset() { return {404, {"dataset_not_found", "snapshot_not_found", "snapshot_not_available"}}; }
net::Fault BadName() { return {400, {"invalid_name"}}; }
std::vector<net::Fault> CommitFaults() {
  return {BadName(),
          NoSuchDataset(),
          {409, {"base_moved", "overtaken", "conflict", "schema_conflict"}},
          {422, {"files_gone", "condemned", "idempotency_mismatch", "unprocessable"}}};
}

/// Answers GET with what `ask` brings; its schema is the answer's type.
template <typename T>
Route RouteOf(Catalog& catalog, std::string method, std::string pattern, std::string summary,
              Result<T> (*ask)(Catalog&, const Context&, const HttpRequest&)) {
  Route route = net::RouteOf(std::move(method), std::move(pattern), std::move(summary), "catalog", "catalog");
  route.answers = {{200, "", SchemaOf<T>()}};
  route.handle = [&catalog, ask](const Context& context, HttpRequest& request) { return Answer(context, ask(catalog, context, request)); };
  return route;
}

std::vector<Route> LegacyRoutes(Catalog& catalog) {
  Route list = RouteOf(catalog, "GET", "/catalog/list", "All datasets with their objects", &ListLegacy);
  list.params = {net::QueryText("after", "names greater than this")};

  Route put =
      RouteOf(catalog, "POST", "/catalog/register", "Register a dataset, or find it registered with the same schema", &RegisterLegacy);
  put.body = net::BodyKind::kSmall;
  put.request_schema = {std::string(kLegacyRegisterSchema), {}};
  put.request_example = R"({"name":"registered","columns":[{"name":"id","type":"BIGINT"}],"objects":[],"row_count":0})";
  put.faults = {{400, {"invalid_name", "invalid_schema", "missing_object", "digest_mismatch", "invalid_key", "key_too_long"}},
                {403, {"reserved_prefix"}},
                {404, {"not_found"}},
                {409, {"schema_conflict", "dataset_exists", "base_moved", "overtaken", "conflict"}},
                {422, {"files_gone", "condemned", "unprocessable"}}};

  Route one = RouteOf<LegacyManifest>(
      catalog, "GET", "/catalog/manifest/{name}", "One dataset with its objects",
      [](Catalog& c, const Context& context, const HttpRequest& request) { return LoadLegacy(c, context, NameOf(request)); });
  one.params = {PathName()};
  one.faults = {BadName(), NoSuchDataset()};
  return {list, put, one};
}

std::vector<Route> DatasetRoutes(Catalog& catalog) {
  Route list = RouteOf(catalog, "GET", "/catalog/datasets", "Datasets by name, in pages", &List);
  list.params = {net::QueryText("prefix", "names that begin so"), net::QueryText("after", "names greater than this"),
                 kDatasetsLimit.Describe()};

  Route one = RouteOf(catalog, "GET", "/catalog/datasets/{name}", "One dataset: schema, head, attributes", &Describe);
  one.description = "At most one of version, time_micros and sequence.";
  one.params = {PathName(), kVersion.Describe(), kTime.Describe(), kSequence.Describe()};
  one.faults = {BadName(), NoSuchDataset()};

  Route history = RouteOf(catalog, "GET", "/catalog/datasets/{name}/history", "Snapshots of a dataset, newest first", &History);
  history.params = {PathName(), kBefore.Describe(), kHistoryLimit.Describe()};
  history.faults = {BadName(), NoSuchDataset()};

  Route diff = RouteOf(catalog, "GET", "/catalog/datasets/{name}/diff", "What changed between two versions", &Diff);
  diff.params = {PathName(), kFrom.Describe(), kTo.Describe()};
  diff.faults = {BadName(), NoSuchDataset()};

  Route restore = RouteOf(catalog, "POST", "/catalog/datasets/{name}/restore", "Make an old version the new head", &Restore);
  restore.body = net::BodyKind::kSmall;
  restore.params = {PathName(), IdempotencyKey(), {"version", "body", true, "an earlier one", R"({"minimum":1})"}};
  restore.request_schema = SchemaOf<RestoreBody>();
  restore.request_example = R"({"version":1})";
  restore.faults = CommitFaults();

  Route drop = RouteOf(catalog, "DELETE", "/catalog/datasets/{name}", "Drop a dataset; its past stays readable by version and time", &Drop);
  drop.params = {PathName(), IdempotencyKey()};
  drop.faults = CommitFaults();
  return {list, one, history, diff, restore, drop};
}

std::vector<Route> KeepingRoutes(Catalog& catalog) {
  const auto posts = [](Route route, JsonSchema schema, std::string example) {
    route.body = net::BodyKind::kSmall;
    route.request_schema = std::move(schema);
    route.request_example = std::move(example);
    route.faults = CommitFaults();
    return route;
  };
  Route tag = posts(
      RouteOf(catalog, "POST", "/catalog/datasets/by-name/{name}/tags", "Name a version, which is kept as long as it has a name", &SetTag),
      SchemaOf<TagBody>(), R"({"tag":"audit-2026","version":1})");
  tag.params = {PathName(), IdempotencyKey()};
  Route untag = RouteOf<CommitResponse>(catalog, "DELETE", "/catalog/datasets/by-name/{name}/tags/{tag}", "Take the name from a version",
                                        [](Catalog& c, const Context& context, const HttpRequest& request) {
                                          return ChangeTag(c, context, request, {NameOf(request), request.path_params.at("tag"), {}, {}});
                                        });
  untag.params = {PathName(), net::PathText("tag", "the name of the version", "audit-2026"), IdempotencyKey()};
  untag.faults = CommitFaults();
  untag.faults.push_back({404, {"tag_not_found"}});
  Route retention = posts(RouteOf<CommitResponse>(catalog, "POST", "/catalog/datasets/by-name/{name}/retention",
                                                  "Which old versions are kept; {} follows the lake",
                                                  [](Catalog& c, const Context& context, const HttpRequest& request) {
                                                    return SetRetention(c, context, request, NameOf(request));
                                                  }),
                          SchemaOf<Retention>(), R"({"keep_last":10,"keep_for_seconds":2592000})");
  retention.params = {PathName(), IdempotencyKey()};
  Route of_lake = posts(
      RouteOf<CommitResponse>(
          catalog, "POST", "/catalog/retention", "Which old versions are kept of datasets that do not say it themselves; {} keeps all",
          [](Catalog& c, const Context& context, const HttpRequest& request) { return SetRetention(c, context, request, {}); }),
      SchemaOf<Retention>(), R"({"keep_for_seconds":2592000})");
  of_lake.params = {IdempotencyKey()};
  return {tag, untag, retention, of_lake};
}

std::vector<Route> LogRoutes(Catalog& catalog) {
  Route status = RouteOf<StatusResponse>(catalog, "GET", "/catalog/status", "Where the log stands, and who writes",
                                         [](Catalog& c, const Context& context, const HttpRequest&) { return c.LoadStatus(context, {}); });

  Route log = RouteOf(catalog, "GET", "/catalog/log", "Commit records, oldest first", &ReadLog);
  log.params = {kFirstRecord.Describe(), kRecordsLimit.Describe()};
  log.faults = {{404, {"snapshot_not_available", "not_found"}}};

  Route gc =
      RouteOf(catalog, "POST", "/catalog/gc",
              "Find, and with run remove, versions that retention lets go, their objects, and uploads that never became part of a commit",
              &CollectGarbage);
  gc.body = net::BodyKind::kSmall;
  gc.body_optional = true;
  gc.request_schema = SchemaOf<CollectGarbageRequest>();
  gc.request_example = R"({"run":false})";
  gc.faults = {{409, {"gc_overtaken", "conflict"}}};
  return {status, log, gc};
}

}  // namespace

std::vector<Route> CatalogRoutes(Catalog& catalog, bool keeps_profiles) {
  std::vector<Route> routes;
  for (std::vector<Route>& some : std::vector{LegacyRoutes(catalog), DatasetRoutes(catalog), KeepingRoutes(catalog), LogRoutes(catalog)})
    for (Route& route : some) routes.push_back(std::move(route));
  for (Route& route : routes) {
    // Garbage and old versions do not come back, and the log shows everything.
    if (route.pattern == "/catalog/gc" || route.pattern == "/catalog/log" || route.pattern.ends_with("/retention"))
      route.scope = net::RouteScope::kAdmin;
    // Those that answer with what the catalog gives, and nothing of their own.
    constexpr std::string_view kKeeping[] = {"/catalog/list", "/catalog/manifest/{name}", "/catalog/datasets", "/catalog/datasets/{name}",
                                             "/catalog/datasets/{name}/history"};
    route.keeps_profiles = keeps_profiles && route.method == "GET" && std::ranges::find(kKeeping, route.pattern) != std::end(kKeeping);
  }
  return routes;
}

}  // namespace lakehouse::catalog
