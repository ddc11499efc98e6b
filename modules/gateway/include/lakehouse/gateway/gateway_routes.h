#pragma once
#include <functional>
#include <string>
#include <vector>

#include "lakehouse/net/route.h"

namespace lakehouse::gateway {

/// The pages for people, given the OpenAPI document that they show; mounted at the root.
using PagesOf = std::function<std::vector<net::Route>(const std::string& openapi)>;

/// All that a gateway serves.
struct Surface {
  std::vector<net::Route> services;   ///< the routes of every service; under /v1
  std::vector<net::Route> operation;  ///< the debug pages of net; at the root and under /v1
  std::vector<net::Route> internal;   ///< calls between daemons; at the root
  std::string version;
  PagesOf pages = {};
};

/// The public surface, with the OpenAPI document made from exactly these routes at /v1/openapi.json.
/// A service's route is not proxied: it is the same code, over an interface that is local or remote.
std::vector<net::Route> GatewayRoutes(Surface surface);

/// OpenAPI 3.1 of the routes, but for those that are undocumented_because. Deterministic: sorted by path and method.
std::string OpenApiDocument(const std::vector<net::Route>& routes, const std::string& version);

}  // namespace lakehouse::gateway
