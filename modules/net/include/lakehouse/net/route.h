#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lakehouse/base/context.h"
#include "lakehouse/base/json_schema.h"
#include "lakehouse/net/caller.h"
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

/// One thing that a request may bring, as the OpenAPI document tells it. query_params.h makes those of numbers and choices, which it reads
/// too.
struct Param {
  std::string name;
  std::string in;  ///< "path", "query", "header", "form", or "body": a field of the JSON body, to say more about it than its type
  bool required = false;
  std::string description;
  std::string schema = {};   ///< JSON Schema: type, limits, default; empty: any text
  std::string example = {};  ///< one JSON value; with those of the others it makes a request that succeeds
};

/// A success, as the document tells it.
struct Answer {
  int status = 200;
  std::string description;
  JsonSchema schema = {};                                       ///< of a JSON body; see schema_of.h
  std::vector<std::string> media_types = {"application/json"};  ///< none: no body
  std::vector<Param> headers = {};                              ///< besides those every answer has; `in` says nothing here
};

/// A way to fail, beside those that every route shares (gateway/openapi).
struct Fault {
  int status = 400;
  std::vector<std::string> codes;  ///< of the error body; "…" as the last: and others
  std::string description = {};
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
  /// Optional, for work that is mostly short: tries it on the thread that reads the sockets, which spares two hand-overs between threads.
  /// Answers, with a body held in memory, when that takes no waiting and less than a millisecond; nothing: `handle` does it on a worker,
  /// from the request as it was. Not asked while others wait too long for that thread, or several principals share the server.
  std::function<std::optional<HttpResponse>(const Context& context, HttpRequest& request)> handle_at_once;

  // The documentation: a route has a summary and answers, or says why it is in no document. gateway/openapi refuses anything else.
  std::string summary;
  std::string description;
  std::string tag;
  std::vector<Param> params;
  JsonSchema request_schema;            ///< of the JSON body of a kSmall route
  bool body_optional = false;           ///< no body is fine, too
  std::vector<std::string> body_types;  ///< other media types a kSmall route takes, as text
  std::string request_example;          ///< JSON
  std::vector<Answer> answers;
  std::string response_example;  ///< JSON, of the first answer
  std::vector<Fault> faults;
  std::string undocumented_because;  ///< "a page for people"

  bool open = false;                         ///< no token is asked for: health pages, and /rpc, which checks its own mac
  bool page = false;                         ///< for people: a browser that is not known is led to the server's login_path instead of a 401
  RouteScope scope = RouteScope::kByMethod;  ///< what an API key must be good for; the administrator's token is for everything
  /// Answers a caller with no more than its profile lets it see. All other routes are closed to callers whose profile hides something.
  bool keeps_profiles = false;
  bool urgent = false;          ///< runs on the reserved threads, so that it answers under overload; must be quick
  std::int64_t timeout_ms = 0;  ///< 0: the server's default_timeout_ms
  std::string service;          ///< for metrics; empty: the server's name
};

}  // namespace lakehouse::net
