#include "lakehouse/catalog/catalog_routes.h"

#include <charconv>

#include "catalog_wire.h"
#include "lakehouse/base/hash.h"
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

template <typename T>
HttpResponse Answer(const Context& context, const Result<T>& result, int status = 200) {
  if (!result) return HttpResponse::FromError(result.error(), context.trace);
  return HttpResponse::Json(status, EncodeJson(*result));
}

Result<std::optional<std::int64_t>> IntegerParam(const HttpRequest& request, std::string_view name) {
  const auto text = request.FindQuery(name);
  if (!text || text->empty()) return std::optional<std::int64_t>();
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc{} || end != text->data() + text->size())
    return Error(ErrorCode::kInvalidArgument, "parameter " + std::string(name) + " is \"" + *text + "\"; expected an integer");
  return std::optional<std::int64_t>(number);
}

Result<SnapshotSelector> SelectorParams(const HttpRequest& request) {
  SnapshotSelector at;
  at.version = LH_TRY(IntegerParam(request, "version"));
  at.time_micros = LH_TRY(IntegerParam(request, "time_micros"));
  at.sequence = LH_TRY(IntegerParam(request, "sequence"));
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

Result<std::string> LegacyList(Catalog& catalog, const Context& context, const HttpRequest& request) {
  const auto list = LH_TRY(catalog.ListDatasets(context, {"", request.FindQuery("after").value_or(""), kLegacyPage}));
  ResolveRequest resolve;
  for (const Dataset& dataset : list.datasets) resolve.tables.push_back({dataset.name, {.version = dataset.head.version}});
  const auto resolved = LH_TRY(catalog.Resolve(context, resolve));
  JsonWriter writer;
  writer.Open('{');
  writer.Key("manifests");
  writer.Open('[');
  for (std::size_t i = 0; i < list.datasets.size(); ++i) WriteLegacyManifest(writer, list.datasets[i], resolved.tables.at(i).files);
  writer.Close(']');
  writer.Key("count");
  writer.Integer(static_cast<std::int64_t>(list.datasets.size()));
  writer.Key("more");
  writer.Bool(list.more);
  writer.Close('}');
  return std::move(writer).Take();
}

Result<std::string> LegacyManifest(Catalog& catalog, const Context& context, const std::string& name) {
  const auto described = LH_TRY(catalog.Describe(context, {name, {}}));
  const auto resolved = LH_TRY(catalog.Resolve(context, {{{name, {.version = described.dataset.head.version}}}}));
  JsonWriter writer;
  WriteLegacyManifest(writer, described.dataset, resolved.tables.at(0).files);
  return std::move(writer).Take();
}

Result<std::string> LegacyRegister(Catalog& catalog, const Context& context, const HttpRequest& request) {
  const RegisterRequest body = LH_TRY(ReadLegacyRegister(request.body));
  const auto registered = LH_TRY(catalog.Register(context, body));
  const auto resolved = LH_TRY(catalog.Resolve(context, {{{body.name, {.version = registered.dataset.head.version}}}}));
  JsonWriter writer;
  writer.Open('{');
  writer.Key("manifest");
  WriteLegacyManifest(writer, registered.dataset, resolved.tables.at(0).files);
  writer.Key("existing");
  writer.Bool(registered.existing);
  writer.Close('}');
  return std::move(writer).Take();
}

HttpResponse AnswerText(const Context& context, Result<std::string> json) {
  if (!json) return HttpResponse::FromError(json.error(), context.trace);
  return HttpResponse::Json(200, std::move(json).Take());
}

// Ours.

Result<HistoryResponse> History(Catalog& catalog, const Context& context, const HttpRequest& request) {
  HistoryRequest history{NameOf(request), LH_TRY(IntegerParam(request, "before")), 100};
  history.limit = LH_TRY(IntegerParam(request, "limit")).value_or(history.limit);
  return catalog.History(context, history);
}

Result<DiffResponse> Diff(Catalog& catalog, const Context& context, const HttpRequest& request) {
  const auto from = LH_TRY(IntegerParam(request, "from"));
  const auto to = LH_TRY(IntegerParam(request, "to"));
  if (!from || !to) return Error(ErrorCode::kInvalidArgument, "a diff needs the parameters from and to: two versions");
  return catalog.Diff(context, {NameOf(request), *from, *to});
}

Result<ListDatasetsResponse> List(Catalog& catalog, const Context& context, const HttpRequest& request) {
  ListDatasetsRequest list{request.FindQuery("prefix").value_or(""), request.FindQuery("after").value_or(""), 1000};
  list.limit = LH_TRY(IntegerParam(request, "limit")).value_or(list.limit);
  return catalog.ListDatasets(context, list);
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
  ReadRecordsRequest read;
  read.from_sequence = LH_TRY(IntegerParam(request, "from")).value_or(read.from_sequence);
  read.limit = LH_TRY(IntegerParam(request, "limit")).value_or(read.limit);
  return catalog.ReadRecords(context, read);
}

Result<CollectGarbageResponse> CollectGarbage(Catalog& catalog, const Context& context, const HttpRequest& request) {
  return catalog.CollectGarbage(context,
                                request.body.empty() ? CollectGarbageRequest{} : LH_TRY(DecodeJson<CollectGarbageRequest>(request.body)));
}

Param PathName() { return {"name", "path", true, "the dataset, in any case"}; }
Param Query(std::string name, std::string description) { return {std::move(name), "query", false, std::move(description)}; }
std::vector<Param> SelectorDocs() {
  return {PathName(), Query("version", "as it was at this version"), Query("time_micros", "as it was then, in microseconds since 1970"),
          Query("sequence", "as the lake was after this record")};
}

}  // namespace

std::vector<Route> CatalogRoutes(Catalog& catalog) {
  std::vector<Route> routes;
  const auto add = [&](std::string method, std::string pattern, std::string summary, std::vector<Param> params, auto handle,
                       net::BodyKind body = net::BodyKind::kNone, std::string example = {}) {
    Route route;
    route.method = std::move(method);
    route.pattern = std::move(pattern);
    route.body = body;
    route.handle = std::move(handle);
    route.summary = std::move(summary);
    route.tag = "catalog";
    route.params = std::move(params);
    route.request_example = std::move(example);
    route.service = "catalog";
    routes.push_back(std::move(route));
  };
  const auto post = net::BodyKind::kSmall;
  add("GET", "/catalog/list", "All datasets with their objects", {Query("after", "names greater than this")},
      [&catalog](const Context& c, HttpRequest& r) { return AnswerText(c, LegacyList(catalog, c, r)); });
  add(
      "POST", "/catalog/register", "Register a dataset, or find it registered with the same schema", {},
      [&catalog](const Context& c, HttpRequest& r) { return AnswerText(c, LegacyRegister(catalog, c, r)); }, post,
      R"({"name":"workers","schema_fingerprint":"sha256:…","objects":[{"key":"objects/workers.parquet","size":1024}],"row_count":10})");
  add("GET", "/catalog/manifest/{name}", "One dataset with its objects", {PathName()},
      [&catalog](const Context& c, HttpRequest& r) { return AnswerText(c, LegacyManifest(catalog, c, NameOf(r))); });
  add("GET", "/catalog/datasets", "Datasets by name, in pages",
      {Query("prefix", "names that begin so"), Query("after", "names greater than this"), Query("limit", "1 to 10,000; 1,000 when absent")},
      [&catalog](const Context& c, HttpRequest& r) { return Answer(c, List(catalog, c, r)); });
  add("GET", "/catalog/datasets/{name}", "One dataset: schema, head, attributes", SelectorDocs(),
      [&catalog](const Context& c, HttpRequest& r) { return Answer(c, Describe(catalog, c, r)); });
  add("GET", "/catalog/datasets/{name}/history", "Snapshots of a dataset, newest first",
      {PathName(), Query("before", "versions less than this"), Query("limit", "1 to 10,000; 100 when absent")},
      [&catalog](const Context& c, HttpRequest& r) { return Answer(c, History(catalog, c, r)); });
  add("GET", "/catalog/datasets/{name}/diff", "What changed between two versions",
      {PathName(), {"from", "query", true, "a version"}, {"to", "query", true, "another version"}},
      [&catalog](const Context& c, HttpRequest& r) { return Answer(c, Diff(catalog, c, r)); });
  add(
      "POST", "/catalog/datasets/{name}/restore", "Make an old version the new head", {PathName()},
      [&catalog](const Context& c, HttpRequest& r) { return Answer(c, Restore(catalog, c, r)); }, post, R"({"version":3})");
  add(
      "POST", "/catalog/datasets/by-name/{name}/tags", "Name a version, which is kept as long as it has a name", {PathName()},
      [&catalog](const Context& c, HttpRequest& r) { return Answer(c, SetTag(catalog, c, r)); }, post,
      R"({"tag":"audit-2026","version":3})");
  add("DELETE", "/catalog/datasets/by-name/{name}/tags/{tag}", "Take the name from a version",
      {PathName(), {"tag", "path", true, "the name of the version"}}, [&catalog](const Context& c, HttpRequest& r) {
        return Answer(c, ChangeTag(catalog, c, r, {NameOf(r), r.path_params.at("tag"), {}, {}}));
      });
  add(
      "POST", "/catalog/datasets/by-name/{name}/retention", "Which old versions are kept; {} follows the lake", {PathName()},
      [&catalog](const Context& c, HttpRequest& r) { return Answer(c, SetRetention(catalog, c, r, NameOf(r))); }, post,
      R"({"keep_last":10,"keep_for_seconds":2592000})");
  add(
      "POST", "/catalog/retention", "Which old versions are kept of datasets that do not say it themselves; {} keeps all", {},
      [&catalog](const Context& c, HttpRequest& r) { return Answer(c, SetRetention(catalog, c, r, {})); }, post,
      R"({"keep_for_seconds":2592000})");
  add("DELETE", "/catalog/datasets/{name}", "Drop a dataset; its past stays readable by version and time", {PathName()},
      [&catalog](const Context& c, HttpRequest& r) { return Answer(c, Drop(catalog, c, r)); });
  add("GET", "/catalog/status", "Where the log stands, and who writes", {},
      [&catalog](const Context& c, HttpRequest&) { return Answer(c, catalog.LoadStatus(c, {})); });
  add("GET", "/catalog/log", "Commit records, oldest first",
      {Query("from", "the first record, from 1"), Query("limit", "1 to 1,000; 100 when absent")},
      [&catalog](const Context& c, HttpRequest& r) { return Answer(c, ReadLog(catalog, c, r)); });
  add(
      "POST", "/catalog/gc", "Find, and with run remove, versions that retention lets go, their objects, and uploads that never became part of a commit", {},
      [&catalog](const Context& c, HttpRequest& r) { return Answer(c, CollectGarbage(catalog, c, r)); }, post, R"({"run":false})");
  return routes;
}

}  // namespace lakehouse::catalog
