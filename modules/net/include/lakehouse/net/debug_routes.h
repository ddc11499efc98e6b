#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lakehouse/base/context.h"
#include "lakehouse/base/log.h"
#include "lakehouse/base/metrics.h"
#include "lakehouse/net/request_log.h"
#include "lakehouse/net/route.h"

namespace lakehouse::net {

/// Where the debug pages of one daemon get what they show. References must outlive the routes; functions are called from
/// several threads at once and must be quick.
struct DebugSources {
  std::string service;
  Log& log;
  Metrics& metrics;
  RequestLog& requests;
  std::function<Status(const Context&)> ready;    ///< of /readyz; none: always ready
  std::function<std::string()> config_json;       ///< of /debug/config: values, defaults and sources, secrets left out
  std::function<std::string()> tasks_json;        ///< of /debug/tasks: jobs and background work
  std::function<std::string()> routes_json = {};  ///< of /debug/routes: RouteTable::ToJson
  std::function<std::string()> version_json;      ///< of /debug/version
  /// Of /health: walls that this kernel cannot give the jails of this process, such as "landlock"; nothing while that is not known, as
  /// before the first jail. No function: this process jails nobody.
  std::function<std::optional<std::vector<std::string>>()> jail_lacks = {};
};

/// GET /health → {"status":"ok","service","jail_lacks"}, /healthz, /readyz (503 with the reason), /metrics (Prometheus text),
/// /debug/{requests,config,log,tasks,routes,version}; /debug/log?lines=100; DELETE /debug/requests/{request_id} stops one. All run on the
/// reserved threads; health, healthz and readyz need no token.
std::vector<Route> DebugRoutes(DebugSources sources);

}  // namespace lakehouse::net
