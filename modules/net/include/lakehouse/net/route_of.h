#pragma once
#include <string>
#include <utility>

#include "lakehouse/net/route.h"

namespace lakehouse::net {

/// A route with what every documented one says; its handler, answers and the rest are the caller's to fill in.
inline Route RouteOf(std::string method, std::string pattern, std::string summary, std::string tag, std::string service) {
  Route route;
  route.method = std::move(method);
  route.pattern = std::move(pattern);
  route.summary = std::move(summary);
  route.tag = std::move(tag);
  route.service = std::move(service);
  return route;
}

}  // namespace lakehouse::net
