#include "lakehouse/query/hot_routes.h"

#include <utility>

#include "hot_wire.h"
#include "lakehouse/base/schema_of.h"
#include "lakehouse/net/http_message.h"
#include "lakehouse/net/route_of.h"

namespace lakehouse::query {
namespace {

using net::HttpRequest;
using net::HttpResponse;

template <typename Answer>
HttpResponse AnswerHot(const Context& context, const Result<Answer>& answer) {
  if (!answer) return HttpResponse::FromError(answer.error(), context.trace);
  HttpResponse response = HttpResponse::Json(200, EncodeJson(*answer));
  response.headers.push_back({"Cache-Control", "no-store"});
  return response;
}

net::Route HotRoute(std::string method, std::string pattern, std::string summary, std::string description) {
  net::Route route = net::RouteOf(std::move(method), std::move(pattern), std::move(summary), "query", "query");
  route.description = std::move(description);
  return route;
}

net::Route PinRoute(HotCache& cache) {
  net::Route route = HotRoute(
      "POST", "/query/cache/pin", "Keep a dataset hot",
      "Writes the dataset as a native file of the engine on this machine, which statements read instead of Parquet: the same answers, "
      "sooner. Without \"version\" the file follows the newest; until it has, statements read Parquet. Waits for the first file, 20 s at "
      "most: \"state\" says \"ready\", \"waiting\" or, with a message, \"failed\". Datasets with a view in a profile stay masked for its "
      "callers, whose statements never read this file.");
  route.body = net::BodyKind::kSmall;
  route.params = {{"dataset", "body", true, "its name", R"({"minLength":1})"},
                  {"version", "body", false, "keep this one instead of the newest", R"({"minimum":1})"}};
  route.request_schema = SchemaOf<PinRequest>();
  route.request_example = R"({"dataset":"workers"})";
  route.answers = {{200, "What is kept", SchemaOf<HotTable>()}};
  route.response_example =
      R"({"dataset":"workers","ready_version":3,"rows":812,"bytes":274432,"pinned_micros":1763683200000000,"statements":0,"state":"ready","message":""})";
  route.faults = {{404, {"dataset_not_found", "snapshot_not_found", "snapshot_not_available"}},
                  {409, {"pin_replaced"}},
                  {422, {"no_columns", "hot_cache_off"}}};
  route.handle = [&cache](const Context& context, HttpRequest& request) {
    const auto body = DecodeJson<PinRequest>(request.body);
    return body ? AnswerHot(context, cache.Pin(context, *body))
                : AnswerHot(context, Result<HotTable>(Error(body.error()).While("read the body, which should be {\"dataset\": \"…\"}")));
  };
  return route;
}

net::Route EvictRoute(HotCache& cache) {
  net::Route route = HotRoute("POST", "/query/cache/evict", "Keep a dataset hot no longer",
                              "Its file is removed; statements that read it end as if it were there.");
  route.body = net::BodyKind::kSmall;
  route.params = {{"dataset", "body", true, "its name", R"({"minLength":1})"}};
  route.request_schema = SchemaOf<EvictRequest>();
  route.request_example = R"({"dataset":"workers"})";
  route.answers = {{200, "Whether it was pinned, and what its file had", SchemaOf<EvictResponse>()}};
  route.response_example = R"({"evicted":true,"freed_bytes":274432})";
  route.handle = [&cache](const Context& context, HttpRequest& request) {
    const auto body = DecodeJson<EvictRequest>(request.body);
    return body ? AnswerHot(context, cache.Evict(context, *body))
                : AnswerHot(context,
                            Result<EvictResponse>(Error(body.error()).While("read the body, which should be {\"dataset\": \"…\"}")));
  };
  return route;
}

net::Route StatsRoute(HotCache& cache) {
  net::Route route = HotRoute("GET", "/query/cache/stats", "What is kept hot",
                              "The pinned datasets, the room they take, and how statements used them since the start.");
  route.answers = {{200, "By name", SchemaOf<HotStats>()}};
  route.handle = [&cache](const Context& context, HttpRequest&) { return AnswerHot(context, cache.LoadHotStats(context, {})); };
  return route;
}

}  // namespace

std::vector<net::Route> HotRoutes(HotCache& cache) {
  std::vector<net::Route> routes;
  routes.push_back(PinRoute(cache));
  routes.push_back(EvictRoute(cache));
  routes.push_back(StatsRoute(cache));
  return routes;
}

}  // namespace lakehouse::query
