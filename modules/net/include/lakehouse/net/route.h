#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "lakehouse/base/context.h"
#include "lakehouse/net/http_message.h"

namespace lakehouse::net {

/// What the server does with the body before the handler runs.
enum class BodyKind {
  kNone,             ///< none is expected; up to 64 KiB are read and dropped
  kSmall,            ///< read into HttpRequest::body
  kUploadMultipart,  ///< multipart/form-data, files spooled into HttpRequest::parts; 415 for any other type
  kUploadRaw,        ///< spooled into HttpRequest::body_path
  kUpload,           ///< multipart or raw, by Content-Type
};

/// One line of the OpenAPI document.
struct Param {
  std::string name;
  std::string in;  ///< "path", "query", "header" or "form"
  bool required = false;
  std::string description;
};

/// One public operation: how it is reached, what it takes, who answers it, and its documentation.
/// How to add one: fill a Route in your module's <Service>Routes(…) function; the table checks the pattern when it is added.
struct Route {
  std::string method;   ///< "GET" (answers HEAD too), "POST", "PUT", "PATCH", "DELETE"
  std::string pattern;  ///< "/datasets/{name}"; a last "{key...}" takes the rest, slashes and all, at least one character
  BodyKind body = BodyKind::kNone;
  std::uint64_t max_body_bytes = 0;  ///< 0: the server's small_body_limit, or upload_limit; over it 413
  /// Plain and blocking, on a worker thread, many at a time. May throw: 500. `context` carries principal, request id,
  /// deadline, and a stop token that fires when the client leaves or the server stops.
  std::function<HttpResponse(const Context& context, HttpRequest& request)> handle;

  std::string summary;
  std::string description;
  std::string tag;
  std::vector<Param> params;
  std::string request_example;
  std::string response_example;

  bool open = false;            ///< no token is asked for: health pages, and /rpc, which checks its own mac
  bool page = false;            ///< for people: a browser that is not known is led to the server's login_path instead of a 401
  bool urgent = false;          ///< runs on the reserved threads, so that it answers under overload; must be quick
  std::int64_t timeout_ms = 0;  ///< 0: the server's default_timeout_ms
  std::string service;          ///< for metrics; empty: the server's name
};

}  // namespace lakehouse::net
