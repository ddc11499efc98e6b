#include "lakehouse/net/debug_routes.h"

#include <algorithm>
#include <memory>

#include "lakehouse/base/json_writer.h"
#include "lakehouse/base/schema_of.h"
#include "lakehouse/net/query_params.h"

namespace lakehouse::net {
namespace {

constexpr std::int64_t kMostLines = 1'000;
constexpr WholeNumber kLines{
    .name = "lines", .description = "how many lines", .least = 0, .most = kMostLines, .otherwise = 100, .example = "20"};

/// The answer of the health pages.
struct ServiceStatus {
  std::string status;
  std::string service;
};
BOOST_DESCRIBE_STRUCT(ServiceStatus, (), (status, service))

/// What stopping a request answers.
struct StoppingAnswer {
  std::string state;
};
BOOST_DESCRIBE_STRUCT(StoppingAnswer, (), (state))

struct VersionAnswer {
  std::string version;
};
BOOST_DESCRIBE_STRUCT(VersionAnswer, (), (version))

struct ShownRoute {
  std::string method;
  std::string pattern;
  std::string service;
  bool open = false;
  std::optional<std::string> undocumented_because;
};
BOOST_DESCRIBE_STRUCT(ShownRoute, (), (method, pattern, service, open, undocumented_because))

struct ShownSetting {
  std::string key;
  std::string value;
  std::string source;
  std::string help;
  std::string default_value;
  std::string kind;
};
BOOST_DESCRIBE_STRUCT(ShownSetting, (), (key, value, source, help, default_value, kind))

struct ShownPool {
  std::int64_t fresh = 0;
  std::int64_t idle = 0;
  std::int64_t busy = 0;
  std::int64_t waiting = 0;
  std::uint64_t memory_bytes = 0;
  std::vector<std::string> jail_lacks;
};
BOOST_DESCRIBE_STRUCT(ShownPool, (), (fresh, idle, busy, waiting, memory_bytes, jail_lacks))

/// A request in flight; status and sent_bytes once it has ended.
struct ShownRequest {
  std::string request_id;
  std::string method;
  std::string path;
  std::string route;
  std::string principal;
  std::string peer;
  std::string started;
  double elapsed_ms = 0;
  std::optional<std::int64_t> status;
  std::optional<std::int64_t> sent_bytes;
};
BOOST_DESCRIBE_STRUCT(ShownRequest, (), (request_id, method, path, route, principal, peer, started, elapsed_ms, status, sent_bytes))

struct ShownRequests {
  std::vector<ShownRequest> in_flight;
  std::vector<ShownRequest> recent;
};
BOOST_DESCRIBE_STRUCT(ShownRequests, (), (in_flight, recent))

/// jail_lacks: null before the first jail, absent where nobody is jailed.
struct HealthAnswer {
  std::string status;
  std::string service;
  std::optional<std::vector<std::string>> jail_lacks;
};
BOOST_DESCRIBE_STRUCT(HealthAnswer, (), (status, service, jail_lacks))

std::string HealthJson(const DebugSources& sources) {
  JsonWriter json;
  json.Open('{');
  json.Key("status");
  json.String("ok");
  json.Key("service");
  json.String(sources.service);
  if (sources.jail_lacks) {
    json.Key("jail_lacks");
    if (const auto lacks = sources.jail_lacks()) {
      json.Open('[');
      for (const std::string& wall : *lacks) json.String(wall);
      json.Close(']');
    } else {
      json.Null();
    }
  }
  json.Close('}');
  return std::move(json).Take();
}

HttpResponse CancelRequest(RequestLog& requests, const HttpRequest& request, std::string_view request_id) {
  const std::string& wanted = request.path_params.at("request_id");
  if (requests.Cancel(wanted) > 0) return HttpResponse::Json(202, EncodeJson(StoppingAnswer{"stopping"}));
  return HttpResponse::FromError(
      Error(ErrorCode::kNotFound, "no request " + wanted + " is in flight in this process; GET /debug/requests lists those that are"),
      request_id);
}

Route DebugRoute(std::string pattern, std::string summary, Answer answer,
                 std::function<HttpResponse(const Context&, HttpRequest&)> handle) {
  Route route;
  route.method = "GET";
  // What others asked, and what the process said about it.
  if (pattern.starts_with("/debug/")) route.scope = RouteScope::kAdmin;
  route.pattern = std::move(pattern);
  route.summary = std::move(summary);
  route.tag = "operation";
  route.urgent = true;
  route.timeout_ms = 10'000;
  route.answers = {std::move(answer)};
  route.handle = std::move(handle);
  return route;
}

HttpResponse TailOfLog(const Log& log, const HttpRequest& request, std::string_view request_id) {
  const auto lines = kLines.Get(request);
  if (!lines) return HttpResponse::FromError(lines.error(), request_id);
  return HttpResponse::Text(200, log.Tail(static_cast<std::size_t>(*lines)), "application/x-ndjson");
}

using Shared = std::shared_ptr<const DebugSources>;

/// Those that need no token.
std::vector<Route> HealthRoutes(const Shared& shared) {
  std::vector<Route> routes;
  routes.push_back(DebugRoute("/health", "Whether the process answers, and what its jails lack", {200, "It does", SchemaOf<HealthAnswer>()},
                              [shared](const Context&, HttpRequest&) { return HttpResponse::Json(200, HealthJson(*shared)); }));
  routes.push_back(DebugRoute(
      "/healthz", "Whether the process answers", {200, "It does", SchemaOf<ServiceStatus>()},
      [shared](const Context&, HttpRequest&) { return HttpResponse::Json(200, EncodeJson(ServiceStatus{"ok", shared->service})); }));
  routes.push_back(DebugRoute("/readyz", "Whether the service can do its work now", {200, "It can", SchemaOf<ServiceStatus>()},
                              [shared](const Context& context, HttpRequest&) {
                                if (shared->ready) {
                                  if (auto ready = shared->ready(context); !ready)
                                    return HttpResponse::FromError(ready.error(), context.trace);
                                }
                                return HttpResponse::Json(200, EncodeJson(ServiceStatus{"ready", shared->service}));
                              }));
  for (Route& route : routes) route.open = true;
  return routes;
}

std::vector<Route> RequestRoutes(const Shared& shared) {
  std::vector<Route> routes;
  routes.push_back(DebugRoute("/debug/requests", "Requests in flight and the last that ended",
                              {200, "Newest first", SchemaOf<ShownRequests>()},
                              [shared](const Context&, HttpRequest&) { return HttpResponse::Json(200, shared->requests.ToJson()); }));
  Route stop = DebugRoute(
      "/debug/requests/{request_id}", "Ask a request in flight to stop, as if its client had left",
      {202, "It was asked to stop", SchemaOf<StoppingAnswer>()},
      [shared](const Context& context, HttpRequest& request) { return CancelRequest(shared->requests, request, context.trace); });
  stop.method = "DELETE";
  stop.params = {PathText("request_id", "as /debug/requests shows it")};
  stop.faults = {{404, {"not_found"}}};
  routes.push_back(std::move(stop));
  return routes;
}

}  // namespace

std::vector<Route> DebugRoutes(DebugSources sources) {
  const Shared shared = std::make_shared<const DebugSources>(std::move(sources));
  const auto json = [](const std::function<std::string()>& source) { return HttpResponse::Json(200, source ? source() : "{}"); };
  std::vector<Route> routes = HealthRoutes(shared);
  routes.push_back(DebugRoute("/metrics", "Metrics in the text format of Prometheus",
                              {200, "Version 0.0.4 of the format", {}, {"text/plain"}}, [shared](const Context&, HttpRequest&) {
                                return HttpResponse::Text(200, shared->metrics.ToText(), "text/plain; version=0.0.4; charset=utf-8");
                              }));
  for (Route& route : RequestRoutes(shared)) routes.push_back(std::move(route));
  routes.push_back(DebugRoute("/debug/config", "Settings, their defaults and where their values come from",
                              {200, "By key", SchemaOf<std::vector<ShownSetting>>()},
                              [shared, json](const Context&, HttpRequest&) { return json(shared->config_json); }));
  routes.push_back(
      DebugRoute("/debug/log", "The last lines of the log", {200, "One JSON object a line", {}, {"application/x-ndjson"}},
                 [shared](const Context& context, HttpRequest& request) { return TailOfLog(shared->log, request, context.trace); }));
  routes.back().params = {kLines.Describe()};
  routes.push_back(DebugRoute("/debug/tasks", "Jobs and background work",
                              {200, "Pools of workers by name", SchemaOf<std::map<std::string, ShownPool>>()},
                              [shared, json](const Context&, HttpRequest&) { return json(shared->tasks_json); }));
  routes.push_back(DebugRoute(
      "/debug/routes", "What this process serves, documented or not", {200, "By pattern and method", SchemaOf<std::vector<ShownRoute>>()},
      [shared](const Context&, HttpRequest&) { return HttpResponse::Json(200, shared->routes_json ? shared->routes_json() : "[]"); }));
  routes.push_back(DebugRoute("/debug/version", "What is running", {200, "The version", SchemaOf<VersionAnswer>()},
                              [shared, json](const Context&, HttpRequest&) { return json(shared->version_json); }));
  return routes;
}

}  // namespace lakehouse::net
