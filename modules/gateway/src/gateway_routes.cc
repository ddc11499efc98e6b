#include "lakehouse/gateway/gateway_routes.h"

#include <memory>

#include "embedded_lakehouse_gateway.h"

namespace lakehouse::gateway {
namespace {

/// Nothing from another origin, nothing inline: a cell that holds a script stays text.
constexpr std::string_view kContentSecurityPolicy = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

net::Route Asset(std::string pattern, std::string_view content, std::string content_type, std::string cache_control) {
  net::Route route;
  route.method = "GET";
  route.pattern = std::move(pattern);
  route.handle = [content, content_type = std::move(content_type), cache_control = std::move(cache_control)](const Context&,
                                                                                                             net::HttpRequest&) {
    net::HttpResponse response;
    response.content_type = content_type;
    response.body = std::string(content);
    response.headers = {{"Content-Security-Policy", std::string(kContentSecurityPolicy)},
                        {"X-Content-Type-Options", "nosniff"},
                        {"Referrer-Policy", "no-referrer"},
                        {"Cache-Control", cache_control}};
    return response;
  };
  return route;
}

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

std::vector<net::Route> GatewayRoutes(std::vector<net::Route> service_routes, const std::string& version) {
  std::vector<net::Route> routes;
  for (net::Route& route : service_routes) {
    route.pattern = "/v1" + route.pattern;
    routes.push_back(std::move(route));
  }
  const auto document = std::make_shared<std::string>();
  routes.push_back(OpenApiRoute(document));
  *document = OpenApiDocument(routes, version);
  routes.push_back(Asset("/", kHomeHtml, "text/html; charset=utf-8", "no-cache"));
  routes.push_back(Asset("/assets/home.css", kHomeCss, "text/css; charset=utf-8", "no-cache"));
  routes.push_back(Asset("/assets/home.js", kHomeJs, "text/javascript; charset=utf-8", "no-cache"));
  return routes;
}

}  // namespace lakehouse::gateway
