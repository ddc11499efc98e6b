#include "lakehouse/net/dispatcher.h"
#include "lakehouse/net/http_status.h"
#include "rpc_wire.h"

namespace lakehouse::net {
namespace {

HttpResponse OfReply(Reply reply) {
  int status = 200;
  if (!reply.ok) status = HttpStatusOf(DecodeError(reply.body).code());
  HttpResponse response = HttpResponse::Json(status, std::move(reply.body));
  response.headers.push_back({std::string(kMacHeader), std::move(reply.mac)});
  return response;
}

HttpResponse AnswerCall(Dispatcher& dispatcher, const Context& context, HttpRequest& request) {
  Frame frame;
  frame.head = request.FindHeader(kCallHeader).value_or("");
  frame.mac = request.FindHeader(kMacHeader).value_or("");
  frame.body = std::move(request.body);
  const auto opened = DecodeCallTarget(frame.head);
  // The path is for people and logs; the sealed head decides, so both must say the same.
  if (!opened || opened->service != request.path_params["service"] || opened->method != request.path_params["method"])
    return HttpResponse::FromError(
        Error(ErrorCode::kInvalidArgument, "a call needs a sealed head that names the service and method of its path").Named("bad_call"),
        context.trace);
  if (!dispatcher.IsStream(opened->service, opened->method)) return OfReply(dispatcher.Handle(frame, context.cancel));
  Dispatcher::Opened stream = dispatcher.Open(frame, context.cancel);
  if (stream.frames == nullptr) return OfReply(std::move(stream.refused));
  HttpResponse response;
  response.content_type = kStreamType;
  response.stream = BodyOf(std::move(stream.frames), std::move(stream.context));
  return response;
}

}  // namespace

std::vector<Route> RpcRoutes(Dispatcher& dispatcher) {
  constexpr std::uint64_t kMaxBody = 64ull << 20;
  constexpr std::int64_t kTimeoutMs = 600'000;  // the call's own, sealed deadline is the one that counts
  Route route;
  route.method = "POST";
  route.pattern = "/rpc/{service}/{method}";
  route.body = BodyKind::kSmall;
  route.max_body_bytes = kMaxBody;
  route.timeout_ms = kTimeoutMs;
  route.open = true;
  route.undocumented_because = "calls between daemons, sealed with the internal key";
  route.handle = [&dispatcher](const Context& context, HttpRequest& request) { return AnswerCall(dispatcher, context, request); };
  std::vector<Route> routes;
  routes.push_back(std::move(route));
  return routes;
}

}  // namespace lakehouse::net
