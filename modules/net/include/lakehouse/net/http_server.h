#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/log.h"
#include "lakehouse/base/metrics.h"
#include "lakehouse/base/result.h"
#include "lakehouse/base/secret.h"
#include "lakehouse/net/caller.h"
#include "lakehouse/net/request_log.h"
#include "lakehouse/net/router.h"
#include "lakehouse/net/sessions.h"

namespace lakehouse::net {

/// The HTTP/1.1 edge of a daemon: a few event-loop threads own the sockets, handlers run on a bounded pool of workers, so that
/// no slow client ever holds a thread. Everything is bounded: connections, head, body, queue, memory for bodies, time.
class HttpServer {
 public:
  struct Options {
    std::string service_name = "lakehouse";
    std::string listen_address = "127.0.0.1";  ///< numeric, IPv4 or IPv6
    std::uint16_t port = 0;                    ///< 0: any free one, see port()

    std::size_t loop_threads = 2;
    std::size_t worker_threads = 16;
    std::size_t reserved_threads = 2;  ///< for urgent routes
    std::size_t spool_threads = 2;     ///< write uploads to disk
    std::size_t queue_capacity = 256;  ///< requests waiting for a worker; over it 503 with Retry-After
    std::size_t max_connections = 4096;

    std::int64_t head_timeout_ms = 10'000;     ///< total, from the first octet (or from the accept) to the end of the head: 408
    std::int64_t io_timeout_ms = 15'000;       ///< body in: total = this + octets at 16 KiB/s, 408; answer out: the same per chunk, cut
    std::int64_t idle_timeout_ms = 60'000;     ///< between two requests of a connection
    std::int64_t linger_ms = 2'000;            ///< how long what a refused client still sends is read and dropped
    std::int64_t default_timeout_ms = 60'000;  ///< of a request; X-Lakehouse-Timeout-Ms may shorten or lengthen it
    std::int64_t max_timeout_ms = 600'000;

    std::size_t max_head_bytes = 64 * 1024;    ///< 431
    std::size_t max_header_count = 128;        ///< 431
    std::size_t max_target_bytes = 16 * 1024;  ///< 414
    std::uint64_t small_body_limit = 8ull << 20;
    std::uint64_t upload_limit = 256ull << 20;
    std::uint64_t buffered_body_limit = 256ull << 20;  ///< over all connections; over it 503
    std::string spool_directory;                       ///< must exist when a route takes uploads

    /// Values of Host that are served, without port; anything else gets 421. Empty: localhost, 127.0.0.1, [::1] and the listen
    /// address on loopback, any on another address (a token is asked for there). "*": any.
    std::vector<std::string> allowed_hosts;
    std::vector<std::string> allowed_cidrs;  ///< "10.0.0.0/8", "::1/128"; empty: any peer; others get 403
    Secret token;                            ///< bearer token; the second one is for rotation
    Secret token_secondary;
    std::string token_principal = "operator";
    bool auth_required = false;              ///< a token on loopback too
    unsigned failed_tokens_per_minute = 60;  ///< of one address; further ones get 429 instead of 401
    /// Cookies that stand for the token, on requests of this server's own pages; none: tokens alone. Must outlive the server.
    const Sessions* sessions = nullptr;
    std::string login_path;  ///< where a browser without a session is led from a route that is a page
    /// Whom any other bearer token stands for; nothing: nobody. On an event loop's thread: be quick, and take the same time for all.
    std::function<std::optional<Caller>(std::string_view token)> find_caller = {};

    /// Told of each answer that a route's handler did not make: body too large or too slow, disk or queue full. On an event loop's
    /// thread: be quick. What is refused before it has a route or a token is only counted, so that strangers cannot fill a journal.
    std::function<void(const Context&, const Route&, const HttpResponse&)> on_refusal = {};
  };

  /// Binds and listens before it returns. kInvalidArgument: options that contradict each other, such as a listen on another
  /// address than loopback without a token; kUnavailable with reason "address_in_use" or the system's words: the port.
  /// `routes`, `log`, `metrics`, `requests` must outlive the server.
  static Result<std::unique_ptr<HttpServer>> Start(Options options, const RouteTable& routes, Log& log, Metrics& metrics,
                                                   RequestLog& requests);
  ~HttpServer();  ///< Stop(0)

  std::uint16_t port() const;
  /// "http://127.0.0.1:3110"
  std::string url() const;
  /// Stops accepting, closes idle connections, lets requests end for `grace_ms`, then fires their stop tokens and cuts the
  /// connections, and joins every thread (a handler that ignores its token is waited for). Further calls do nothing.
  void Stop(std::int64_t grace_ms);

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace lakehouse::net
