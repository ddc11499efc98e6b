#include "lakehouse/gateway/gateway_routes.h"

#include <memory>

namespace lakehouse::gateway {
namespace {

net::Route OpenApiRoute(std::shared_ptr<const std::string> document) {
  net::Route route;
  route.method = "GET";
  route.pattern = "/v1/openapi.json";
  route.summary = "This document";
  route.tag = "system";
  route.handle = [document = std::move(document)](const Context&, net::HttpRequest&) { return net::HttpResponse::Json(200, *document); };
  return route;
}

}  // namespace

std::vector<net::Route> GatewayRoutes(std::vector<net::Route> service_routes, const std::string& version, const PagesOf& pages) {
  std::vector<net::Route> routes;
  for (net::Route& route : service_routes) {
    route.pattern = "/v1" + route.pattern;
    routes.push_back(std::move(route));
  }
  const auto document = std::make_shared<std::string>();
  routes.push_back(OpenApiRoute(document));
  *document = OpenApiDocument(routes, version);
  if (pages)
    for (net::Route& page : pages(*document)) routes.push_back(std::move(page));
  return routes;
}

}  // namespace lakehouse::gateway
