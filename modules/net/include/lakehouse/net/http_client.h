#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/context.h"
#include "lakehouse/base/result.h"
#include "lakehouse/net/byte_source.h"
#include "lakehouse/net/http_message.h"

namespace lakehouse::net {

/// Calls other HTTP servers; blocking, with pooled connections. Thread-safe.
/// Errors, for every method:
///   kUnavailable        nothing was sent: no address, refused, TLS failed (peer_not_verified: its certificate). Retry is safe.
///   kOutcomeUnknown     the request was sent, wholly or in part, and no whole answer came. Look before retrying.
///   kDeadlineExceeded, kCancelled   of the context; the peer may have done the work.
///   kTooLarge           the answer is over max_response_bytes. kInvalidArgument: the URL.
/// A status of the peer, 500 too, is no error here.
class HttpClient {
 public:
  struct Options {
    std::int64_t connect_timeout_ms = 5'000;
    std::int64_t idle_timeout_ms = 60'000;  ///< no octet for this long, after the first: kOutcomeUnknown; 0: none
    std::size_t max_idle_connections = 64;  ///< over all peers
    std::string ca_file;                    ///< empty: the system's
    std::string user_agent = "lakehouse";
    /// Asked about every address, as text, that is going to be connected to, whoever resolved it; an error ends the request before anything
    /// is sent. No proxy is used then, as it would be the one to resolve. Empty: any address will do.
    std::function<Status(std::string_view address)> may_connect{};
    bool follow_redirects = false;  ///< GET and HEAD only, at most 5, same scheme or to https
  };
  struct Request {
    std::string method = "GET";
    std::string url;
    std::vector<HttpHeader> headers;
    std::string body;
    std::string body_path;                         ///< a file to send instead of `body`
    std::uint64_t body_offset = 0;                 ///< of what is sent of the file
    std::optional<std::uint64_t> body_size_bytes;  ///< nothing: up to its end
    std::uint64_t max_response_bytes = 64ull << 20;
  };
  struct Response {
    int status = 0;
    std::vector<HttpHeader> headers;
    std::string body;
  };
  struct StreamedResponse {
    int status = 0;
    std::vector<HttpHeader> headers;
    std::unique_ptr<ByteSource> body;  ///< pulls from the socket: what is not asked for is not read
  };

  HttpClient();
  explicit HttpClient(Options options);
  ~HttpClient();

  Result<Response> Send(const Context& context, const Request& request);
  /// Passes the body on as it comes; `on_body` may stop the exchange with an error, which comes back. The body of the response
  /// stays empty. max_response_bytes holds.
  Result<Response> Send(const Context& context, const Request& request, const std::function<Status(std::string_view)>& on_body);
  /// Returns after the head. The client must outlive the body.
  Result<StreamedResponse> Open(const Context& context, const Request& request);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lakehouse::net
