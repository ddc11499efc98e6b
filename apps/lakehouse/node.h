#pragma once
#include <memory>
#include <set>
#include <string>

#include "lakehouse/base/log.h"
#include "lakehouse/base/metrics.h"
#include "lakehouse/base/secret.h"
#include "lakehouse/base/settings.h"

namespace lakehouse::app {

/// The services of the product, in the order in which they start. WireName is the daemon's name.
enum class ServiceKind { kStorage, kCatalog, kQuery, kIngest, kJournal, kVector, kGateway };
std::string_view WireName(ServiceKind service);
/// The port a daemon takes when it runs alone and nothing else is said.
int DefaultPort(ServiceKind service);
inline constexpr ServiceKind kAllServices[] = {ServiceKind::kStorage, ServiceKind::kCatalog, ServiceKind::kQuery,  ServiceKind::kIngest,
                                               ServiceKind::kJournal, ServiceKind::kVector,  ServiceKind::kGateway};

/// One process of the product: the composition root. Builds each chosen service over local or remote interfaces of those it
/// needs, mounts their routes (under /v1 when the gateway is one of them, bare otherwise) and serves HTTP.
class Node {
 public:
  /// Errors say which service could not start and why. `log` and `metrics` must outlive the node.
  static Result<std::unique_ptr<Node>> Start(const Settings& settings, const std::set<ServiceKind>& services, Log& log, Metrics& metrics);
  /// Stops taking requests, lets those in flight end for `grace_ms`, then stops the services in reverse order.
  virtual void Stop(std::int64_t grace_ms) = 0;
  virtual std::string url() const = 0;
  /// With which this process may call itself; empty when none is asked for.
  virtual Secret token() const = 0;
  virtual ~Node() = default;
};

}  // namespace lakehouse::app
