#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lakehouse/base/guarded.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/net/http_server.h"
#include "lakehouse/storage/s3_object_store.h"

namespace lakehouse::storage {

/// The part of S3 that the store speaks, over memory, with whatever a test wants to go wrong. It believes every signature: that
/// signatures are right is shown by real servers.
class FakeS3Server {
 public:
  struct Object {
    std::string octets;
    std::vector<net::HttpHeader> metadata;
  };
  using Perform = std::function<net::HttpResponse()>;
  /// Called for every request; answers itself, or performs it, or both.
  using Intercept = std::function<net::HttpResponse(const net::HttpRequest& request, const Perform& perform)>;

  explicit FakeS3Server(bool honours_conditions = true) : honours_conditions_(honours_conditions) {
    for (const char* method : {"GET", "PUT", "POST", "DELETE"}) {
      for (const char* pattern : {"/{bucket}", "/{bucket}/{key...}"}) {
        net::Route route;
        route.method = method;
        route.pattern = pattern;
        route.body = *method == 'P' ? net::BodyKind::kSmall : net::BodyKind::kNone;
        route.open = true;
        route.handle = [this](const Context&, net::HttpRequest& request) { return Handle(request); };
        routes_.Add(std::move(route));
      }
    }
    auto started = net::HttpServer::Start({}, routes_, log, metrics, requests_);
    EXPECT_TRUE(started.ok());
    server_ = std::move(started).Take();
  }

  S3ObjectStore::Options OptionsFor() const {
    S3ObjectStore::Options options;
    options.endpoint = server_->url();
    options.location = {"bucket", "lake/"};
    options.credentials = {"ACCESSKEY", Secret("very-secret-key"), Secret()};
    options.attempts = 4;
    options.pause_ms = 1;
    return options;
  }
  S3ObjectStore::Parts PartsFor() { return {metrics, log, SystemClock(), SystemRandom()}; }

  void On(Intercept intercept) { state_.Lock()->intercept = std::move(intercept); }
  void Behave() { On(nullptr); }
  std::map<std::string, Object> objects() { return state_.Lock()->objects; }
  void Store(const std::string& key, Object object) { state_.Lock()->objects[key] = std::move(object); }
  std::size_t request_count() { return state_.Lock()->count; }

  static net::HttpResponse Refuse(int status, const std::string& code) {
    return Xml(status, "<Error><Code>" + code + "</Code><Message>said the fake</Message></Error>");
  }
  static net::HttpResponse Empty(int status) {
    net::HttpResponse response;
    response.status = status;
    return response;
  }
  static net::HttpResponse Xml(int status, const std::string& body) {
    return net::HttpResponse::Text(status, "<?xml version=\"1.0\"?>" + body, "application/xml");
  }

  Log log{"test", LogLevel::kDebug, [](std::string_view) {}};
  Metrics metrics;

 private:
  struct State {
    std::map<std::string, Object> objects;
    Intercept intercept;
    std::size_t count = 0;
  };

  net::HttpResponse Handle(net::HttpRequest& request) {
    Intercept intercept;
    {
      auto state = state_.Lock();
      ++state->count;
      intercept = state->intercept;
    }
    const Perform perform = [&] { return Serve(request); };
    return intercept ? intercept(request, perform) : perform();
  }

  net::HttpResponse Serve(net::HttpRequest& request) {
    auto state = state_.Lock();
    const std::string key = request.path_params.contains("key") ? request.path_params["key"] : "";
    if (request.path_params["bucket"] != "bucket") return Refuse(404, "NoSuchBucket");
    if (request.method == "POST") return Refuse(501, "NotImplemented");
    if (key.empty()) return List(request, *state);
    const auto found = state->objects.find(key);
    if (request.method == "PUT") return Put(request, key, *state);
    if (request.method == "DELETE") return state->objects.erase(key), Empty(204);
    if (found == state->objects.end()) return Refuse(404, "NoSuchKey");
    return Get(request, found->second);
  }

  net::HttpResponse Put(net::HttpRequest& request, const std::string& key, State& state) const {
    if (honours_conditions_ && request.FindHeader("If-None-Match") && state.objects.contains(key)) return Refuse(412, "PreconditionFailed");
    if (honours_conditions_ && request.FindHeader("If-Match")) return Refuse(412, "PreconditionFailed");
    if (request.FindHeader("x-amz-content-sha256") != Sha256Hex(request.body)) return Refuse(400, "XAmzContentSHA256Mismatch");
    Object object{request.body, {}};
    for (const net::HttpHeader& header : request.headers)
      if (header.name.starts_with("x-amz-meta-")) object.metadata.push_back(header);
    state.objects[key] = std::move(object);
    net::HttpResponse response = Empty(200);
    response.headers.push_back({"ETag", "\"tag\""});
    return response;
  }

  static net::HttpResponse Get(const net::HttpRequest& request, const Object& object) {
    net::HttpResponse response;
    response.headers = object.metadata;
    response.content_type = "application/octet-stream";
    response.headers.push_back({"ETag", '"' + Sha256Hex(object.octets).substr(0, 32) + '"'});
    response.body = object.octets;
    const std::string range = request.FindHeader("Range").value_or("");
    if (!range.starts_with("bytes=")) return response;
    const std::size_t first = std::strtoull(range.c_str() + 6, nullptr, 10);
    const std::string end = range.substr(range.find('-') + 1);
    const std::size_t last =
        std::min<std::size_t>(end.empty() ? SIZE_MAX : std::strtoull(end.c_str(), nullptr, 10), object.octets.size() - 1);
    if (first >= object.octets.size()) return Refuse(416, "InvalidRange");
    response.status = 206;
    response.body = object.octets.substr(first, last - first + 1);
    response.headers.push_back(
        {"Content-Range", "bytes " + std::to_string(first) + "-" + std::to_string(last) + "/" + std::to_string(object.octets.size())});
    return response;
  }

  static net::HttpResponse List(const net::HttpRequest& request, const State& state) {
    const std::string prefix = request.FindQuery("prefix").value_or("");
    const std::string after = request.FindQuery("start-after").value_or("");
    std::string body = "<ListBucketResult><IsTruncated>false</IsTruncated>";
    for (const auto& [key, object] : state.objects)
      if (key.starts_with(prefix) && key > after)
        body += "<Contents><Key>" + key + "</Key><Size>" + std::to_string(object.octets.size()) + "</Size></Contents>";
    return Xml(200, body + "</ListBucketResult>");
  }

  const bool honours_conditions_;
  Guarded<State> state_;
  net::RequestLog requests_;
  net::RouteTable routes_;
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace lakehouse::storage
