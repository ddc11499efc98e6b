#include "lakehouse/gateway/gateway_routes.h"

#include <memory>

namespace lakehouse::gateway {
namespace {

net::Route OpenApiRoute(std::shared_ptr<const std::string> document) {
  net::Route route;
  route.method = "GET";
  route.pattern = "/v1/openapi.json";
  route.summary = "This document";
  route.tag = "operation";
  route.answers = {{200, "OpenAPI 3.1 of every operation", {R"({"type":"object","required":["openapi","info","paths"]})", {}}}};
  route.keeps_profiles = true;  // it says nothing of any data
  route.handle = [document = std::move(document)](const Context&, net::HttpRequest&) { return net::HttpResponse::Json(200, *document); };
  return route;
}

net::Route Under(std::string_view prefix, net::Route route) {
  route.pattern.insert(0, prefix);
  return route;
}

}  // namespace

std::vector<net::Route> GatewayRoutes(Surface surface) {
  std::vector<net::Route> routes;
  for (const net::Route& route : surface.operation) routes.push_back(Under("/v1", route));
  for (net::Route& route : surface.services) routes.push_back(Under("/v1", std::move(route)));
  for (std::vector<net::Route>* at_root : {&surface.operation, &surface.internal})
    for (net::Route& route : *at_root) routes.push_back(std::move(route));
  const auto document = std::make_shared<std::string>();
  routes.push_back(OpenApiRoute(document));
  *document = OpenApiDocument(routes, surface.version);
  if (!surface.pages) return routes;
  for (net::Route& page : surface.pages(*document)) {
    if (page.summary.empty() && page.undocumented_because.empty()) page.undocumented_because = "a page for people; /docs explains them";
    routes.push_back(std::move(page));
  }
  return routes;
}

}  // namespace lakehouse::gateway
