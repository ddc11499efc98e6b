#include "lakehouse/net/http_client.h"

#include <deque>

#include "curl_transfer.h"
#include "lakehouse/base/guarded.h"
#include "uri.h"

namespace lakehouse::net {
namespace {

/// "http://host:port": what a kept connection is good for.
std::string OriginOf(std::string_view url) {
  const std::size_t scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) return std::string(url);
  return ToLower(url.substr(0, url.find_first_of("/?#", scheme_end + 3)));
}

}  // namespace

struct HttpClient::State {
  explicit State(Options given) : options(std::move(given)) {}

  Result<std::unique_ptr<CurlSession>> Take(const std::string& url) {
    const std::string origin = OriginOf(url);
    {
      auto sessions = idle.Lock();
      for (auto at = sessions->rbegin(); at != sessions->rend(); ++at) {
        if ((*at)->origin() != origin) continue;
        std::unique_ptr<CurlSession> session = std::move(*at);
        sessions->erase(std::next(at).base());
        return session;
      }
    }
    return CurlSession::Make(origin);
  }

  void Give(std::unique_ptr<CurlSession> session) {
    if (session == nullptr) return;
    std::unique_ptr<CurlSession> oldest;  // closed outside the lock
    auto sessions = idle.Lock();
    sessions->push_back(std::move(session));
    if (sessions->size() <= options.max_idle_connections) return;
    oldest = std::move(sessions->front());
    sessions->pop_front();
  }

  const Options options;
  Guarded<std::deque<std::unique_ptr<CurlSession>>> idle;  ///< least recently used first
};

namespace {

/// The body of a streamed answer; gives its session back at the end.
class TransferBody final : public ByteSource {
 public:
  using GiveBack = std::function<void(std::unique_ptr<CurlSession>)>;
  TransferBody(std::unique_ptr<CurlTransfer> transfer, GiveBack give_back)
      : transfer_(std::move(transfer)), give_back_(std::move(give_back)) {}
  ~TransferBody() override {
    if (transfer_ != nullptr) give_back_(transfer_->Release());
  }

  Result<std::optional<std::string>> Next(const Context& context) override {
    if (transfer_ == nullptr) return std::optional<std::string>();
    LH_TRY(transfer_->RunToBody(context));
    std::string chunk = transfer_->TakeBody();
    if (!chunk.empty()) return std::optional(std::move(chunk));
    give_back_(transfer_->Release());
    transfer_.reset();
    return std::optional<std::string>();
  }

 private:
  std::unique_ptr<CurlTransfer> transfer_;
  GiveBack give_back_;
};

}  // namespace

HttpClient::HttpClient() : HttpClient(Options()) {}
HttpClient::HttpClient(Options options) : state_(std::make_unique<State>(std::move(options))) {}
HttpClient::~HttpClient() = default;

Result<HttpClient::Response> HttpClient::Send(const Context& context, const Request& request) { return Send(context, request, nullptr); }

Result<HttpClient::Response> HttpClient::Send(const Context& context, const Request& request,
                                              const std::function<Status(std::string_view)>& on_body) {
  LH_TRY(context.Check());
  const std::shared_ptr<const Request> borrowed(std::shared_ptr<void>(), &request);  // owns nothing: the caller waits here
  CurlTransfer transfer(LH_TRY(state_->Take(request.url)), state_->options, borrowed, on_body, false);
  auto outcome = transfer.Begin();
  if (outcome) outcome = transfer.RunToEnd(context);
  Response response{transfer.status(), transfer.TakeHeaders(), transfer.TakeBody()};
  state_->Give(transfer.Release());
  if (!outcome) return std::move(outcome).TakeError();
  return response;
}

Result<HttpClient::StreamedResponse> HttpClient::Open(const Context& context, const Request& request) {
  LH_TRY(context.Check());
  auto transfer = std::make_unique<CurlTransfer>(LH_TRY(state_->Take(request.url)), state_->options,
                                                 std::make_shared<const Request>(request), nullptr, true);
  auto outcome = transfer->Begin();
  if (outcome) outcome = transfer->RunToHead(context);
  if (!outcome) {
    state_->Give(transfer->Release());
    return std::move(outcome).TakeError();
  }
  StreamedResponse response;
  response.status = transfer->status();
  response.headers = transfer->TakeHeaders();
  response.body =
      std::make_unique<TransferBody>(std::move(transfer), [state = state_.get()](auto session) { state->Give(std::move(session)); });
  return response;
}

}  // namespace lakehouse::net
