#pragma once
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "access.h"
#include "failed_tokens.h"
#include "lakehouse/base/log.h"
#include "lakehouse/base/metrics.h"
#include "lakehouse/net/http_server.h"
#include "request_head.h"
#include "worker_pool.h"

namespace lakehouse::net {

/// What all loops and workers of one server share. Outlives them. Everything in it may be used from any thread.
struct Edge {
  Edge(HttpServer::Options given, AccessPolicy policy, const RouteTable& table, Log& to, Metrics& metrics, RequestLog& seen);

  HeadLimits head_limits() const { return {options.max_head_bytes, options.max_header_count, options.max_target_bytes}; }
  /// Room for `octets` more of bodies held in memory; false when the server's limit is reached.
  bool TakeRoom(std::size_t octets);
  void GiveRoom(std::size_t octets) { buffered_bytes.fetch_sub(octets); }
  void CountRefusal(int status);
  void AddConnection();
  void DropConnection();
  /// Until there is no connection, or for this long.
  void WaitForConnections(std::int64_t milliseconds);

  struct RouteMetrics {
    Counter* by_class[5];  ///< 1xx (unused), 2xx … 5xx; 499 counts as 4xx
    Histogram* seconds;
  };

  const HttpServer::Options options;
  const AccessPolicy access;
  FailedTokens failed_tokens{options.failed_tokens_per_minute};
  const RouteTable& routes;
  Log& log;
  RequestLog& requests;
  std::vector<RouteMetrics> route_metrics;  ///< by index of the route
  Gauge& open_connections;
  Counter& refused_4xx;
  Counter& refused_5xx;
  std::atomic<std::size_t> connection_count{0};  ///< woken at 0
  std::atomic<std::uint64_t> buffered_bytes{0};
  std::atomic<bool> stopping{false};
  std::mutex gone_mutex;
  std::condition_variable gone;
  WorkerPool workers;
  WorkerPool reserved;
  WorkerPool spoolers;
};

}  // namespace lakehouse::net
