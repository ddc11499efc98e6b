#pragma once
#include <gtest/gtest.h>
#include <stdlib.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "lakehouse/net/debug_routes.h"
#include "lakehouse/net/http_server.h"

namespace lakehouse::net {

/// A flag that one thread raises and another waits for, with a limit that turns a hang into a failure.
class Signal {
 public:
  void Raise() {
    const std::lock_guard lock(mutex_);
    raised_ = true;
    changed_.notify_all();
  }
  bool Wait(std::chrono::seconds limit = std::chrono::seconds(20)) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, [this] { return raised_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool raised_ = false;
};

/// A directory that goes with the test.
class TestDirectory {
 public:
  TestDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "lakehouse-net-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TestDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }
  std::size_t file_count() const {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(path_)) ++count;
    return count;
  }

 private:
  std::string path_;
};

/// Blocks of 'x', `left` octets in all, then the end or an error.
class CountedBody final : public BodySource {
 public:
  CountedBody(std::uint64_t octets, std::size_t piece, std::atomic<std::uint64_t>* pulled = nullptr, Signal* gone = nullptr,
              bool fails = false)
      : left_(octets), piece_(piece), pulled_(pulled), gone_(gone), fails_(fails) {}
  ~CountedBody() override {
    if (gone_ != nullptr) gone_->Raise();
  }
  Result<bool> Next(std::string& chunk) override {
    if (left_ == 0 && fails_) return Error(ErrorCode::kCorruption, "the source broke");
    if (left_ == 0) return false;
    chunk.assign(static_cast<std::size_t>(std::min<std::uint64_t>(left_, piece_)), 'x');
    left_ -= chunk.size();
    if (pulled_ != nullptr) pulled_->fetch_add(chunk.size());
    return true;
  }

 private:
  std::uint64_t left_;
  std::size_t piece_;
  std::atomic<std::uint64_t>* pulled_;
  Signal* gone_;
  bool fails_;
};

inline Route MakeRoute(std::string method, std::string pattern, std::function<HttpResponse(const Context&, HttpRequest&)> handle,
                       BodyKind body = BodyKind::kNone) {
  Route route;
  route.method = std::move(method);
  route.pattern = std::move(pattern);
  route.body = body;
  route.handle = std::move(handle);
  return route;
}

/// A server on a free port with the routes the tests talk to. Short timeouts, so that what is slow shows soon.
class TestServer {
 public:
  TestServer() {
    options.listen_address = "127.0.0.1";
    options.worker_threads = 4;
    options.head_timeout_ms = 300;
    options.io_timeout_ms = 300;
    options.idle_timeout_ms = 600;
    options.linger_ms = 500;
    options.spool_directory = spool.path();
    options.service_name = "testd";
    routes.Mount("", DebugRoutes({.service = "testd",
                                  .log = log,
                                  .metrics = metrics,
                                  .requests = requests,
                                  .ready = {},
                                  .config_json = {},
                                  .tasks_json = {},
                                  .version_json = {}}));
    routes.Add(
        MakeRoute("POST", "/echo", [](const Context&, HttpRequest& r) { return HttpResponse::Text(200, r.body); }, BodyKind::kSmall));
    routes.Add(MakeRoute("GET", "/hello/{name}",
                         [](const Context&, HttpRequest& r) { return HttpResponse::Text(200, "hello " + r.path_params["name"]); }));
    routes.Add(
        MakeRoute("GET", "/files/{key...}", [](const Context&, HttpRequest& r) { return HttpResponse::Text(200, r.path_params["key"]); }));
  }
  ~TestServer() {
    if (server != nullptr) server->Stop(0);
  }

  void Start() {
    auto started = HttpServer::Start(options, routes, log, metrics, requests);
    ASSERT_TRUE(started.ok()) << started.error().ToString();
    server = std::move(started).Take();
  }
  std::uint16_t port() const { return server->port(); }

  TestDirectory spool;
  HttpServer::Options options;
  RouteTable routes;
  Log log{"testd", LogLevel::kError, [](std::string_view) {}};
  Metrics metrics;
  RequestLog requests;
  std::unique_ptr<HttpServer> server;
};

}  // namespace lakehouse::net
