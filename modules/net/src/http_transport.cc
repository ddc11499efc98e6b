#include "lakehouse/net/http_transport.h"

#include "lakehouse/net/frame.h"
#include "lakehouse/net/http_status.h"
#include "lakehouse/net/replay_window.h"
#include "lakehouse/net/stream_frame.h"
#include "rpc_wire.h"

namespace lakehouse::net {
namespace {

constexpr std::uint64_t kMaxReply = 256ull << 20;

HttpClient::Request RequestOf(const std::string& base_url, std::string_view service, std::string_view method, const Frame& frame) {
  HttpClient::Request request;
  request.method = "POST";
  request.url = base_url + "/rpc/" + std::string(service) + "/" + std::string(method);
  request.headers = {{"Content-Type", "application/json"}, {std::string(kCallHeader), frame.head}, {std::string(kMacHeader), frame.mac}};
  request.body = frame.body;
  request.max_response_bytes = kMaxReply;
  return request;
}

/// An answer without a mac comes from the edge in front of the dispatcher (overload, 404 of another program): it is the way
/// that failed, and the call did not run.
Error NotADispatcher(int status, std::string_view service) {
  const ErrorCode code = status == 503 || status == 502 || status == 504 ? ErrorCode::kUnavailable
                         : status >= 500                                 ? ErrorCode::kOutcomeUnknown
                                                                         : ErrorCode::kUnavailable;
  return Error(code, "the daemon of " + std::string(service) + " answered " + std::to_string(status) + " without running the call");
}

Reply ReplyOf(int status, const std::vector<HttpHeader>& headers, std::string body) {
  return {status == 200, std::move(body), FindHeader(headers, kMacHeader).value_or("")};
}

/// Drains what should be a short refusal.
Result<std::string> ReadAll(ByteSource& source, const Context& context) {
  constexpr std::size_t kMaxRefusal = 8u << 20;
  std::string text;
  while (auto chunk = LH_TRY(source.Next(context))) {
    if (text.size() + chunk->size() > kMaxRefusal) return Error(ErrorCode::kCorruption, "the peer's refusal is larger than 8 MiB");
    text += *chunk;
  }
  return text;
}

}  // namespace

HttpTransport::HttpTransport(HttpClient& client, std::string base_url, Secret internal_key)
    : client_(client), base_url_(std::move(base_url)), key_(std::move(internal_key)) {
  while (base_url_.ends_with('/')) base_url_.pop_back();
}

Result<std::string> HttpTransport::Call(const Context& context, std::string_view service, std::string_view method, std::string body) {
  for (bool again = true;; again = false) {
    const std::string window = *window_.Lock();
    const Frame frame = SealCall(key_, context, service, method, body, window);
    auto response = LH_TRY_WHILE(client_.Send(context, RequestOf(base_url_, service, method, frame)),
                                 "call " + std::string(service) + "." + std::string(method));
    if (!FindHeader(response.headers, kMacHeader)) return NotADispatcher(response.status, service);
    auto outcome = OpenReply(key_, frame, ReplyOf(response.status, response.headers, std::move(response.body)));
    if (outcome || !again) return outcome;
    std::string renewed = StaleWindowOf(outcome.error());
    if (renewed.empty()) return outcome;
    *window_.Lock() = std::move(renewed);
  }
}

Result<std::unique_ptr<ByteSource>> HttpTransport::OpenStream(const Context& context, std::string_view service, std::string_view method,
                                                              std::string body) {
  for (bool again = true;; again = false) {
    const std::string window = *window_.Lock();
    const Frame frame = SealCall(key_, context, service, method, body, window);
    auto response = LH_TRY_WHILE(client_.Open(context, RequestOf(base_url_, service, method, frame)),
                                 "call " + std::string(service) + "." + std::string(method));
    if (response.status == 200 && FindHeader(response.headers, "Content-Type") == kStreamType) {
      const CallTarget target = LH_TRY(DecodeCallTarget(frame.head));
      return UnframeStream(std::move(response.body), key_, target.nonce);
    }
    if (!FindHeader(response.headers, kMacHeader)) return NotADispatcher(response.status, service);
    std::string text = LH_TRY(ReadAll(*response.body, context));
    auto refused = OpenReply(key_, frame, ReplyOf(response.status, response.headers, std::move(text)));
    if (refused) return Error(ErrorCode::kCorruption, "the peer answered a stream's call without a stream");
    std::string renewed = again ? StaleWindowOf(refused.error()) : "";
    if (renewed.empty()) return std::move(refused).TakeError();
    *window_.Lock() = std::move(renewed);
  }
}

}  // namespace lakehouse::net
