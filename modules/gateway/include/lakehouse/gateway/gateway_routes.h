#pragma once
#include <functional>
#include <string>
#include <vector>

#include "lakehouse/net/route.h"

namespace lakehouse::gateway {

/// The pages for people, given the OpenAPI document that they show; mounted at the root.
using PagesOf = std::function<std::vector<net::Route>(const std::string& openapi)>;

/// The public surface: the routes of all services under /v1, the OpenAPI document made from exactly these, and the pages.
/// A service's route is not proxied: it is the same code, over an interface that is local or remote.
std::vector<net::Route> GatewayRoutes(std::vector<net::Route> service_routes, const std::string& version, const PagesOf& pages = {});

/// OpenAPI 3.1 of the routes that have a summary. Deterministic: sorted by path and method.
std::string OpenApiDocument(const std::vector<net::Route>& routes, const std::string& version);

}  // namespace lakehouse::gateway
