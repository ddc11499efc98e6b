#pragma once
#include <cstdio>
#include <functional>
#include <stop_token>
#include <string>

#include "client_commands.h"
#include "lakehouse/base/context.h"
#include "lakehouse/base/json_view.h"
#include "lakehouse/net/http_client.h"

namespace lakehouse::app {

/// What kNoServer errors are named: nobody listens there, as opposed to a server that refuses.
inline constexpr const char* kNoServerReason = "no_server";

/// Calls of the public HTTP face of a running server. Blocking; cancelling hangs up, upon which the server stops the work.
class ServerClient {
 public:
  /// The address must outlive the client.
  explicit ServerClient(const ServerAddress& server);

  net::HttpClient::Request Request(std::string method, const std::string& path) const;
  /// The answer when its status is 2xx, the server's own error otherwise: its message, its code as the reason, and its details.
  Result<net::HttpClient::Response> Send(const net::HttpClient::Request& request, const std::stop_token& cancel = {});
  /// The same with a time after which it is given up.
  Result<net::HttpClient::Response> SendWithin(const net::HttpClient::Request& request, std::int64_t timeout_ms);
  /// Passes the body on as it comes.
  Status SendTo(const net::HttpClient::Request& request, const std::function<Status(std::string_view)>& take,
                const std::stop_token& cancel = {});

  /// A statement for POST /v1/sql. `max_rows` below 0: no bound but the server's.
  net::HttpClient::Request SqlRequest(const std::string& statement, const std::string& format, std::int64_t max_rows = -1) const;
  /// The pages of a listing, one after the other.
  Status EachDataset(const std::function<Status(JsonView dataset)>& visit, std::int64_t timeout_ms);

 private:
  Context ContextFor(std::int64_t timeout_ms, const std::stop_token& cancel) const;
  Error Unreachable(Error error) const;
  Result<net::HttpClient::Response> Checked(Result<net::HttpClient::Response> outcome) const;

  const ServerAddress& server_;
  const std::string trace_;
  net::HttpClient http_;
};

/// A member as text: strings as they are, null and what is absent as nothing, the rest as JSON.
std::string TextOf(JsonView object, std::string_view key);
std::string PercentEncoded(std::string_view text);

}  // namespace lakehouse::app
