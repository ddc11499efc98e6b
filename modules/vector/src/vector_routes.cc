#include "lakehouse/vector/vector_routes.h"

#include <charconv>

#include "lakehouse/net/query_params.h"
#include "vector_bodies.h"
#include "vector_requests.h"

namespace lakehouse::vector {
namespace {

using net::BodyKind;
using net::HttpRequest;
using net::HttpResponse;
using net::Route;

constexpr std::uint64_t kMaxAddBody = 160ull << 20;  ///< 10,000 items of 768 digits each
constexpr std::uint64_t kMaxSearchBody = 1 << 20;
constexpr std::uint64_t kMaxSearchBatchBody = 32 << 20;
constexpr std::int64_t kBuildTimeoutMs = 30 * 60'000;

template <typename T>
HttpResponse Answer(const Context& context, const Result<T>& result, int status = 200) {
  if (!result) return HttpResponse::FromError(result.error(), context.trace);
  return HttpResponse::Json(status, EncodeJson(*result));
}

/// The body was read, or the error of reading it is the answer.
template <typename Request, typename Call>
HttpResponse With(const Context& context, Result<Request> request, Call call, int status = 200) {
  if (!request) return HttpResponse::FromError(request.error(), context.trace);
  return Answer(context, call(*request), status);
}

void WriteHits(JsonWriter& writer, const std::vector<Hit>& hits) {
  writer.Open('[');
  for (const Hit& hit : hits) {
    writer.Open('{');
    writer.Key("id");
    writer.String(hit.id);
    writer.Key("distance");
    writer.Number(hit.distance);
    writer.Key("metadata");
    hit.metadata ? writer.Raw(hit.metadata->text) : writer.Null();
    writer.Close('}');
  }
  writer.Close(']');
}

HttpResponse AnswerHits(const Context& context, const Result<SearchResponse>& found) {
  if (!found) return HttpResponse::FromError(found.error(), context.trace);
  JsonWriter writer;
  writer.Open('{');
  writer.Key("results");
  WriteHits(writer, found->results);
  writer.Key("path");
  writer.String(found->path);
  writer.Close('}');
  return HttpResponse::Json(200, std::move(writer).Take());
}

HttpResponse Search(Vectors& vectors, const Context& context, const HttpRequest& request) {
  const auto search = ReadSearch(request);
  if (!search) return HttpResponse::FromError(search.error(), context.trace);
  return AnswerHits(context, vectors.Search(context, *search));
}

/// Bodies of some thousand numbers; longer ones are for the workers to read.
constexpr std::size_t kMaxAtOnceBody = 64 << 10;

std::optional<HttpResponse> SearchAtOnce(Vectors& vectors, const Context& context, const HttpRequest& request) {
  if (request.body.size() > kMaxAtOnceBody) return std::nullopt;
  const auto search = ReadSearch(request);
  if (!search) return HttpResponse::FromError(search.error(), context.trace);
  const auto found = vectors.SearchAtOnce(context, *search);
  if (!found) return std::nullopt;
  return AnswerHits(context, *found);
}

HttpResponse SearchBatch(Vectors& vectors, const Context& context, const HttpRequest& request) {
  const auto search = ReadSearchBatch(request);
  if (!search) return HttpResponse::FromError(search.error(), context.trace);
  const auto found = vectors.SearchBatch(context, *search);
  if (!found) return HttpResponse::FromError(found.error(), context.trace);
  JsonWriter writer;
  writer.Open('{');
  writer.Key("results");
  writer.Open('[');
  for (const SearchResponse& one : found->searches) WriteHits(writer, one.results);
  writer.Close(']');
  writer.Close('}');
  return HttpResponse::Json(200, std::move(writer).Take());
}

HttpResponse GetItem(Vectors& vectors, const Context& context, const HttpRequest& request) {
  const auto got = vectors.GetItem(context, {request.path_params.at("name"), request.path_params.at("item")});
  if (!got) return HttpResponse::FromError(got.error(), context.trace);
  JsonWriter writer;
  writer.Open('{');
  writer.Key("id");
  writer.String(got->item.id);
  writer.Key("vector");
  writer.Open('[');
  for (const float value : got->item.vector) writer.Number(value);
  writer.Close(']');
  writer.Key("metadata");
  got->item.metadata ? writer.Raw(got->item.metadata->text) : writer.Null();
  writer.Close('}');
  return HttpResponse::Json(200, std::move(writer).Take());
}

HttpResponse DropIndex(Vectors& vectors, const Context& context, const HttpRequest& request) {
  const auto dropped = vectors.DropIndex(context, {request.path_params.at("name")});
  if (!dropped) return HttpResponse::FromError(dropped.error(), context.trace);
  HttpResponse response;
  response.status = 204;
  return response;
}

Result<double> ShareIn(const HttpRequest& request, std::string_view name, double otherwise) {
  const auto text = request.FindQuery(name);
  if (!text || text->empty()) return otherwise;
  double value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size() || !(value >= 0 && value <= 1))
    return Error(ErrorCode::kInvalidArgument, "parameter " + std::string(name) + " is \"" + *text + "\"; expected a number from 0 to 1");
  return value;
}

Result<PromoteRequest> ReadPromote(const HttpRequest& request) {
  return PromoteRequest{request.path_params.at("name"), request.path_params.at("trial_id"), request.FindQuery("promoted_by").value_or(""),
                        request.FindQuery("note").value_or(""), LH_TRY(ShareIn(request, "min_recall", .9))};
}

Result<BestTrialRequest> ReadBest(const HttpRequest& request) {
  return BestTrialRequest{request.path_params.at("name"), LH_TRY(ShareIn(request, "min_recall", .9))};
}

std::string NameOf(const HttpRequest& request) { return request.path_params.at("name"); }

/// What may be wrong with a request about an index.
std::vector<net::Fault> IndexFaults() {
  return {{400,
           {"bad_budget", "bad_dimension", "bad_filter", "bad_k", "bad_lists", "bad_metric", "bad_min_recall", "bad_target_recall",
            "bucket_protected", "invalid_bucket", "invalid_name", "not_finite", "out_of_range", "self_merge", "wrong_dimension",
            "zero_norm", "…"}},
          {404, {"index_not_found", "item_not_found", "trial_not_found", "unknown_bucket"}},
          {409, {"base_moved", "dataset_exists", "index_exists", "nothing_promoted", "rewritten", "training_runs", "conflict"}},
          {413, {"too_large"}},
          {422, {"nothing_to_measure", "recall_too_low", "…"}},
          {429, {"log_full"}},
          {503, {"fenced", "unsettled", "…"}},
          {504, {"not_stored"}}};
}

/// Collects routes of one service.
class Routes {
 public:
  Route& Add(std::string method, std::string pattern, std::string summary, decltype(Route::handle) handle, net::Answer answer) {
    Route& route = routes_.emplace_back();
    route.method = std::move(method);
    route.pattern = std::move(pattern);
    route.summary = std::move(summary);
    route.handle = std::move(handle);
    route.answers = {std::move(answer)};
    route.faults = IndexFaults();
    route.tag = "vectors";
    route.service = "vector";
    if (route.pattern.find("{name}") != std::string::npos) route.params.push_back(net::PathText("name", "the index", "notes"));
    return route;
  }
  Route& Post(std::string pattern, std::string summary, decltype(Route::handle) handle, JsonSchema body, std::string example,
              net::Answer answer) {
    Route& route = Add("POST", std::move(pattern), std::move(summary), std::move(handle), std::move(answer));
    route.body = BodyKind::kSmall;
    route.request_schema = std::move(body);
    route.request_example = std::move(example);
    return route;
  }
  std::vector<Route> Take() { return std::move(routes_); }

 private:
  std::vector<Route> routes_;
};

template <typename T>
net::Answer Good(std::string description, int status = 200) {
  return {status, std::move(description), SchemaOf<T>()};
}

void AddIndexRoutes(Routes& routes, Vectors& v) {
  Route& create = routes.Post(
      "/vectors/index", "Make an index",
      [&v](const Context& c, HttpRequest& r) {
        return With(c, ReadCreate(r), [&](const auto& request) { return v.CreateIndex(c, request); }, 201);
      },
      SchemaOf<CreateIndexBody>(), R"({"name":"resumes","dimension":384,"metric":"cosine"})", Good<IndexInfo>("The index", 201));
  create.description = "bucket: where its embeddings are kept; primary when absent, or the bucket of the caller's profile.";
  create.faults.push_back({403, {"bucket_not_allowed"}});
  routes.Add(
      "GET", "/vectors/index", "All indexes", [&v](const Context& c, HttpRequest&) { return Answer(c, v.ListIndexes(c, {})); },
      Good<ListIndexesResponse>("The indexes, by name"));
  routes.Add(
      "GET", "/vectors/index/{name}", "One index: length, generation, recall, memory",
      [&v](const Context& c, HttpRequest& r) { return Answer(c, v.DescribeIndex(c, {NameOf(r)})); }, Good<IndexInfo>("The index"));
  routes.Add("DELETE", "/vectors/index/{name}", "Remove an index with all that is in it",
             [&v](const Context& c, HttpRequest& r) { return DropIndex(v, c, r); }, {204, "It is gone", {}, {}});
  Route& maintain = routes.Post(
      "/vectors/index/{name}/maintain", "Write a generation now, train or rewrite",
      [&v](const Context& c, HttpRequest& r) {
        return With(c, ReadMaintain(r), [&](const auto& request) { return v.Maintain(c, request); });
      },
      SchemaOf<MaintainBody>(), R"({"retrain":true})", Good<IndexInfo>("The index afterwards"));
  maintain.body_optional = true;
  maintain.timeout_ms = kBuildTimeoutMs;
}

void AddItemRoutes(Routes& routes, Vectors& v) {
  Route& add = routes.Post(
      "/vectors/index/{name}/add", "Add or replace items, all or none",
      [&v](const Context& c, HttpRequest& r) { return With(c, ReadAdd(r), [&](const auto& request) { return v.Add(c, request); }); },
      SchemaOf<AddBody>(), R"({"items":[{"id":"n1","vector":[0.1,0.2],"metadata":{"site":"Gary"}}]})", Good<AddResponse>("They are kept"));
  add.description =
      "Metadata that is left out stays as it was; {} clears it. Of several items with one id the last counts. outcome_unknown: the items "
      "may "
      "come to be, all of them, before any later ones; look, or send them again. Items that are refused in any other way never come.";
  add.max_body_bytes = kMaxAddBody;
  routes.Post(
      "/vectors/index/{name}/delete", "Remove items",
      [&v](const Context& c, HttpRequest& r) { return With(c, ReadRemove(r), [&](const auto& request) { return v.Remove(c, request); }); },
      SchemaOf<RemoveBody>(), R"({"ids":["n1"]})", Good<RemoveResponse>("They are gone"));
  routes
      .Add(
          "GET", "/vectors/index/{name}/items/{item}", "One item", [&v](const Context& c, HttpRequest& r) { return GetItem(v, c, r); },
          Good<ItemBody>("The item"))
      .params.push_back(net::PathText("item", "the item's id", "n2"));
  Route& search = routes.Post(
      "/vectors/index/{name}/search", "The nearest items", [&v](const Context& c, HttpRequest& r) { return Search(v, c, r); },
      SchemaOf<SearchBody>(), R"({"vector":[0.1,0.2],"k":10,"filter":{"metadata":{"site":["Gary","Joliet"]}}})",
      Good<SearchResponse>("The items, nearest first: min(k, matching) of them"));
  search.description =
      "filter takes ids, metadata or both. exact compares with every item; min_recall takes the cheapest setting that reached it.";
  search.max_body_bytes = kMaxSearchBody;
  search.handle_at_once = [&v](const Context& c, HttpRequest& r) { return SearchAtOnce(v, c, r); };
  routes
      .Post(
          "/vectors/index/{name}/search/batch", "The nearest items of several vectors",
          [&v](const Context& c, HttpRequest& r) { return SearchBatch(v, c, r); }, SchemaOf<SearchBatchBody>(),
          R"({"vectors":[[0.1,0.2],[0.3,0.4]],"k":10})", Good<SearchBatchAnswer>("One list for each vector, in the order asked"))
      .max_body_bytes = kMaxSearchBatchBody;
  routes.Post(
      "/vectors/index/{name}/merge", "Bring what another index lacks there",
      [&v](const Context& c, HttpRequest& r) { return With(c, ReadMerge(r), [&](const auto& request) { return v.Merge(c, request); }); },
      SchemaOf<MergeBody>(), R"({"dest":"all_notes","clear_source":false})", Good<MergeResponse>("What was done"));
}

void AddTrialRoutes(Routes& routes, Vectors& v) {
  routes
      .Post(
          "/vectors/hnsw/trial", "Build a configuration beside an index and measure it",
          [&v](const Context& c, HttpRequest& r) {
            return With(c, ReadTrial(r), [&](const auto& request) { return v.RunTrial(c, request); });
          },
          SchemaOf<TrialBody>(), R"({"index_name":"notes","config":{"target_recall":0.99}})", Good<Trial>("What was measured"))
      .timeout_ms = kBuildTimeoutMs;
  routes
      .Post(
          "/vectors/hnsw/autotune", "Run trials and name the best: a grid, or an agent with a budget",
          [&v](const Context& c, HttpRequest& r) {
            return With(c, ReadAutotune(r), [&](const auto& request) { return v.Autotune(c, request); });
          },
          SchemaOf<AutotuneBody>(), R"({"index_name":"notes","min_recall":0.95})",
          Good<AutotuneResponse>("The trials and the best of them"))
      .timeout_ms = kBuildTimeoutMs;
  routes.Add(
      "GET", "/vectors/hnsw/trials", "Trials of all indexes, newest first",
      [&v](const Context& c, HttpRequest&) { return Answer(c, v.ListTrials(c, {"", 1'000})); }, Good<TrialsResponse>("The trials"));
  routes.Add(
      "GET", "/vectors/hnsw/trials/{name}", "Trials of one index, newest first",
      [&v](const Context& c, HttpRequest& r) { return Answer(c, v.ListTrials(c, {NameOf(r), 1'000})); },
      Good<TrialsResponse>("The trials"));
  const net::Param recall{"min_recall", "query", false, ".9 when absent", R"({"type":"number","minimum":0,"maximum":1})"};
  routes
      .Add(
          "GET", "/vectors/hnsw/trials/{name}/best", "The fastest trial that reaches a recall",
          [&v](const Context& c, HttpRequest& r) {
            return With(c, ReadBest(r), [&](const auto& request) { return v.BestTrial(c, request); });
          },
          Good<BestTrialResponse>("The trial, if there is one"))
      .params.push_back(recall);
  Route& promote = routes.Add(
      "POST", "/vectors/hnsw/promote/{name}/{trial_id}", "Serve an index as a trial was built",
      [&v](const Context& c, HttpRequest& r) {
        return With(c, ReadPromote(r), [&](const auto& request) { return v.Promote(c, request); });
      },
      Good<PromotionState>("What it is built with now"));
  promote.params.insert(promote.params.end(),
                        {net::PathText("trial_id", "the trial", "none-such"),
                         net::QueryText("promoted_by", "who wants it; the caller when absent"), net::QueryText("note", "why"), recall});
  promote.description = "Built anew over what the index holds now, measured, and refused below min_recall. Searches go on meanwhile.";
  promote.timeout_ms = kBuildTimeoutMs;
  routes
      .Add(
          "POST", "/vectors/hnsw/rollback/{name}", "Serve an index as before the last promotion",
          [&v](const Context& c, HttpRequest& r) { return Answer(c, v.Rollback(c, {NameOf(r)})); },
          Good<PromotionState>("What it is built with now"))
      .timeout_ms = kBuildTimeoutMs;
  routes.Add(
      "GET", "/vectors/hnsw/promoted/{name}", "What an index is built with, and was before",
      [&v](const Context& c, HttpRequest& r) { return Answer(c, v.LoadPromotions(c, {NameOf(r)})); },
      Good<PromotionState>("What it is built with now"));
}

}  // namespace

std::vector<Route> VectorRoutes(Vectors& vectors, bool keeps_profiles) {
  Routes collected;
  AddIndexRoutes(collected, vectors);
  AddItemRoutes(collected, vectors);
  AddTrialRoutes(collected, vectors);
  std::vector<Route> routes = collected.Take();
  for (Route& route : routes) {
    const bool is_search = route.pattern.find("/search") != std::string::npos;
    if (is_search) route.scope = net::RouteScope::kRead;  // a question with a body
    // Those that answer with what the service gives of one index, or of all that the caller sees.
    const bool is_reading = is_search || (route.method == "GET" && route.pattern.starts_with("/vectors/index"));
    route.keeps_profiles = keeps_profiles && is_reading;
  }
  return routes;
}

}  // namespace lakehouse::vector
