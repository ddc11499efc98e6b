#include "lakehouse/net/debug_routes.h"

#include <algorithm>
#include <charconv>
#include <memory>

#include "lakehouse/base/json_writer.h"

namespace lakehouse::net {
namespace {

std::string StatusJson(std::string_view status, std::string_view service) {
  JsonWriter json;
  json.Open('{');
  json.Key("status");
  json.String(status);
  json.Key("service");
  json.String(service);
  json.Close('}');
  return std::move(json).Take();
}

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
  if (requests.Cancel(wanted) > 0) return HttpResponse::Json(202, "{\"state\":\"stopping\"}");
  return HttpResponse::FromError(
      Error(ErrorCode::kNotFound, "no request " + wanted + " is in flight in this process; GET /debug/requests lists those that are"),
      request_id);
}

Route DebugRoute(std::string pattern, std::string summary, std::function<HttpResponse(const Context&, HttpRequest&)> handle) {
  Route route;
  route.method = "GET";
  route.pattern = std::move(pattern);
  route.summary = std::move(summary);
  route.tag = "operation";
  route.urgent = true;
  route.timeout_ms = 10'000;
  route.handle = std::move(handle);
  return route;
}

HttpResponse TailOfLog(const Log& log, const HttpRequest& request, std::string_view request_id) {
  constexpr std::size_t kDefaultLines = 100;
  std::size_t lines = kDefaultLines;
  if (const auto given = request.FindQuery("lines")) {
    const char* end = given->data() + given->size();
    const auto [after, error] = std::from_chars(given->data(), end, lines);
    if (error != std::errc{} || after != end)
      return HttpResponse::FromError(Error(ErrorCode::kInvalidArgument, "lines must be a number, found \"" + *given + "\""), request_id);
  }
  return HttpResponse::Text(200, log.Tail(lines), "application/x-ndjson");
}

}  // namespace

std::vector<Route> DebugRoutes(DebugSources sources) {
  const auto shared = std::make_shared<const DebugSources>(std::move(sources));
  const auto json = [](const std::function<std::string()>& source) { return HttpResponse::Json(200, source ? source() : "{}"); };
  std::vector<Route> routes;
  routes.push_back(DebugRoute("/health", "Whether the process answers, and what its jails lack",
                              [shared](const Context&, HttpRequest&) { return HttpResponse::Json(200, HealthJson(*shared)); }));
  routes.push_back(DebugRoute("/healthz", "Whether the process answers", [shared](const Context&, HttpRequest&) {
    return HttpResponse::Json(200, StatusJson("ok", shared->service));
  }));
  routes.push_back(DebugRoute("/readyz", "Whether the service can do its work now", [shared](const Context& context, HttpRequest&) {
    if (shared->ready) {
      if (auto ready = shared->ready(context); !ready) return HttpResponse::FromError(ready.error(), context.trace);
    }
    return HttpResponse::Json(200, StatusJson("ready", shared->service));
  }));
  for (Route& route : routes) route.open = true;

  routes.push_back(DebugRoute("/metrics", "Metrics in the text format of Prometheus", [shared](const Context&, HttpRequest&) {
    return HttpResponse::Text(200, shared->metrics.ToText(), "text/plain; version=0.0.4; charset=utf-8");
  }));
  routes.push_back(DebugRoute("/debug/requests", "Requests in flight and the last that ended",
                              [shared](const Context&, HttpRequest&) { return HttpResponse::Json(200, shared->requests.ToJson()); }));
  routes.push_back(DebugRoute(
      "/debug/requests/{request_id}", "Ask a request in flight to stop, as if its client had left",
      [shared](const Context& context, HttpRequest& request) { return CancelRequest(shared->requests, request, context.trace); }));
  routes.back().method = "DELETE";
  routes.back().params.push_back({"request_id", "path", true, "as /debug/requests shows it"});
  routes.push_back(DebugRoute("/debug/config", "Settings, their defaults and where their values come from",
                              [shared, json](const Context&, HttpRequest&) { return json(shared->config_json); }));
  routes.push_back(DebugRoute("/debug/log", "The last lines of the log; lines=100", [shared](const Context& context, HttpRequest& request) {
    return TailOfLog(shared->log, request, context.trace);
  }));
  routes.back().params.push_back({"lines", "query", false, "how many lines, at most 1,000"});
  routes.push_back(DebugRoute("/debug/tasks", "Jobs and background work",
                              [shared, json](const Context&, HttpRequest&) { return json(shared->tasks_json); }));
  routes.push_back(
      DebugRoute("/debug/version", "What is running", [shared, json](const Context&, HttpRequest&) { return json(shared->version_json); }));
  return routes;
}

}  // namespace lakehouse::net
