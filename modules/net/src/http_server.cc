#include "lakehouse/net/http_server.h"

#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <mutex>

#include "edge.h"
#include "lakehouse/base/task_group.h"
#include "lakehouse/base/uuid.h"
#include "lakehouse/net/http_status.h"
#include "listener.h"
#include "loop_side.h"

namespace lakehouse::net {
namespace {

/// The soft limit of descriptors is 1,024 on most systems: fewer than the connections we promise.
void RaiseDescriptorLimit(std::size_t connections) {
  constexpr rlim_t kForTheRest = 1024;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t wanted = std::min<rlim_t>(limit.rlim_max, connections + kForTheRest);
  if (limit.rlim_cur >= wanted) return;
  limit.rlim_cur = wanted;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/// How often deadlines are looked at: a fraction of the shortest.
std::int64_t TickOf(const HttpServer::Options& options) {
  constexpr std::int64_t kShortest = 5, kLongest = 250;
  const std::int64_t shortest =
      std::min({options.head_timeout_ms, options.io_timeout_ms, options.idle_timeout_ms, std::max<std::int64_t>(options.linger_ms, 1)});
  return std::clamp(shortest / 8, kShortest, kLongest);
}

bool TakesUploads(const RouteTable& routes) {
  return std::ranges::any_of(routes.routes(), [](const Route& route) {
    return route.body == BodyKind::kUpload || route.body == BodyKind::kUploadRaw || route.body == BodyKind::kUploadMultipart;
  });
}

std::string TooManyConnections() {
  const std::string body = ErrorBody("overloaded", "too many connections; try again shortly", NewUuid().ToString());
  return "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 1\r\nConnection: close\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(Options options, AccessPolicy access, const RouteTable& routes, Log& log, Metrics& metrics, RequestLog& requests, BoundSocket bound)
      : edge_(std::move(options), std::move(access), routes, log, metrics, requests), bound_(std::move(bound)), port_(bound_.port) {}

  Status Begin() {
    for (std::size_t i = 0; i < std::max<std::size_t>(edge_.options.loop_threads, 1); ++i)
      sides_.push_back(std::make_unique<LoopSide>(edge_, LH_TRY(EventLoop::Create())));
    listener_ = std::make_unique<Listener>(std::move(bound_.fd), sides_.front()->loop(),
                                           [this](UniqueFd socket, std::string peer) { Accept(std::move(socket), std::move(peer)); });
    LH_TRY(listener_->Begin());
    const std::int64_t tick_ms = TickOf(edge_.options);
    for (std::size_t i = 0; i < sides_.size(); ++i) {
      Listener* listener = i == 0 ? listener_.get() : nullptr;
      threads_.Start("http-loop-" + std::to_string(i),
                     [this, i, tick_ms, listener](std::stop_token) { sides_[i]->Run(tick_ms, listener); });
    }
    return Ok{};
  }

  std::uint16_t port() const { return port_; }
  const Options& options() const { return edge_.options; }

  void Stop(std::int64_t grace_ms) {
    {
      const std::lock_guard lock(stop_mutex_);
      if (std::exchange(stopped_, true)) return;
    }
    edge_.stopping = true;
    sides_.front()->loop().Post([this] { listener_->Close(); });
    for (const auto& side : sides_) side->StopSoon();
    edge_.WaitForConnections(grace_ms);
    for (const auto& side : sides_) side->CloseAll();
    edge_.WaitForConnections(kCutMs);
    edge_.workers.Stop();
    edge_.reserved.Stop();
    edge_.spoolers.Stop();
    for (const auto& side : sides_) side->loop().Stop();
    threads_.StopAndJoin();
  }

 private:
  static constexpr std::int64_t kCutMs = 5'000;  // loops only ever need an instant for it

  void Accept(UniqueFd socket, std::string peer) {
    if (edge_.connection_count.load() >= edge_.options.max_connections) {  // this thread alone adds
      edge_.refused_5xx.Add();
      const std::string answer = TooManyConnections();
      [[maybe_unused]] const auto sent = send(socket.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
      return;
    }
    edge_.AddConnection();
    LoopSide& side = *sides_[next_side_++ % sides_.size()];
    side.Adopt(std::move(socket), std::move(peer));
  }

  Edge edge_;
  BoundSocket bound_;
  const std::uint16_t port_;
  std::vector<std::unique_ptr<LoopSide>> sides_;
  std::unique_ptr<Listener> listener_;
  std::size_t next_side_ = 0;  // of the listener's thread
  std::mutex stop_mutex_;
  bool stopped_ = false;
  TaskGroup threads_;
};

Result<std::unique_ptr<HttpServer>> HttpServer::Start(Options options, const RouteTable& routes, Log& log, Metrics& metrics,
                                                      RequestLog& requests) {
  if (options.worker_threads == 0 || options.reserved_threads == 0 || options.spool_threads == 0)
    return Error(ErrorCode::kInvalidArgument, "an HTTP server needs at least one thread of each kind");
  if (TakesUploads(routes) && options.spool_directory.empty())
    return Error(ErrorCode::kInvalidArgument, "routes take uploads, but there is no spool_directory");
  AccessPolicy access = LH_TRY(AccessPolicy::Make(options));
  BoundSocket bound = LH_TRY(Listen(options.listen_address, options.port));
  RaiseDescriptorLimit(options.max_connections);
  auto impl = std::make_unique<Impl>(std::move(options), std::move(access), routes, log, metrics, requests, std::move(bound));
  LH_TRY(impl->Begin());
  std::unique_ptr<HttpServer> server(new HttpServer(std::move(impl)));
  log.Info("listening", {{"url", server->url()}});
  return server;
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() { Stop(0); }
std::uint16_t HttpServer::port() const { return impl_->port(); }
std::string HttpServer::url() const {
  const std::string& address = impl_->options().listen_address;
  const std::string host = address.find(':') == std::string::npos ? address : "[" + address + "]";
  return "http://" + host + ":" + std::to_string(port());
}
void HttpServer::Stop(std::int64_t grace_ms) { impl_->Stop(grace_ms); }

}  // namespace lakehouse::net
