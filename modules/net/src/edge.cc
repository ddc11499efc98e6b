#include "edge.h"

#include <chrono>

namespace lakehouse::net {
namespace {

constexpr std::size_t kReservedQueue = 256;
constexpr std::size_t kNoLimit = SIZE_MAX;  // of a pool that is only pushed to by connections, one task each

Gauge& QueueDepth(Metrics& metrics, const std::string& service, const std::string& pool) {
  return metrics.gauge("lakehouse_net_queue_depth", "Tasks that wait for a thread", {{"service", service}, {"pool", pool}});
}

}  // namespace

Edge::Edge(HttpServer::Options given, AccessPolicy policy, const RouteTable& table, Log& to, Metrics& metrics, RequestLog& seen)
    : options(std::move(given)),
      access(std::move(policy)),
      routes(table),
      log(to),
      requests(seen),
      open_connections(metrics.gauge("lakehouse_net_connections", "Open client connections", {{"service", options.service_name}})),
      refused_4xx(metrics.counter("lakehouse_net_refused_total", "Requests answered without a handler",
                                  {{"service", options.service_name}, {"status", "4xx"}})),
      refused_5xx(metrics.counter("lakehouse_net_refused_total", "Requests answered without a handler",
                                  {{"service", options.service_name}, {"status", "5xx"}})),
      workers("http-worker-", options.worker_threads, options.queue_capacity, QueueDepth(metrics, options.service_name, "workers")),
      reserved("http-urgent-", options.reserved_threads, kReservedQueue, QueueDepth(metrics, options.service_name, "reserved")),
      spoolers("http-spool-", options.spool_threads, kNoLimit, QueueDepth(metrics, options.service_name, "spool")) {
  static constexpr const char* kClasses[] = {"1xx", "2xx", "3xx", "4xx", "5xx"};
  for (const Route& route : routes.routes()) {
    const std::string& service = route.service.empty() ? options.service_name : route.service;
    RouteMetrics of{};
    for (std::size_t i = 0; i < 5; ++i)
      of.by_class[i] =
          &metrics.counter("lakehouse_net_requests_total", "Requests that reached their handler",
                           {{"service", service}, {"method", route.method}, {"route", route.pattern}, {"status", kClasses[i]}});
    of.seconds = &metrics.histogram("lakehouse_net_request_seconds", "From the head of the request to the end of the answer",
                                    {{"service", service}, {"method", route.method}, {"route", route.pattern}});
    route_metrics.push_back(of);
  }
}

bool Edge::TakeRoom(std::size_t octets) {
  if (buffered_bytes.fetch_add(octets) + octets <= options.buffered_body_limit) return true;
  buffered_bytes.fetch_sub(octets);
  return false;
}

void Edge::AddConnection() {
  connection_count.fetch_add(1);
  open_connections.Add(1);
}

void Edge::DropConnection() {
  open_connections.Add(-1);
  if (connection_count.fetch_sub(1) != 1) return;
  const std::lock_guard lock(gone_mutex);
  gone.notify_all();
}

void Edge::WaitForConnections(std::int64_t milliseconds) {
  std::unique_lock lock(gone_mutex);
  gone.wait_for(lock, std::chrono::milliseconds(milliseconds), [this] { return connection_count.load() == 0; });
}

void Edge::CountRefusal(int status) { (status >= 500 ? refused_5xx : refused_4xx).Add(); }

}  // namespace lakehouse::net
