#include "lakehouse/net/frame.h"

#include "lakehouse/base/codec.h"
#include "lakehouse/base/hash.h"
#include "rpc_wire.h"
#include "uri.h"

namespace lakehouse::net {
namespace {

struct WireCall {
  std::string service;
  std::string method;
  std::string principal;
  std::string trace;
  std::optional<std::int64_t> timeout_ms;  ///< time left, so that clocks need not agree
  std::string window;
  std::string nonce;
};
BOOST_DESCRIBE_STRUCT(WireCall, (), (service, method, principal, trace, timeout_ms, window, nonce))

struct WireError {
  ErrorCode code = ErrorCode::kInternal;
  std::string reason;
  std::string message;
  std::vector<std::string> notes;
  std::optional<std::string> details;  ///< JSON as text, so that it arrives octet by octet
};
BOOST_DESCRIBE_STRUCT(WireError, (), (code, reason, message, notes, details))

/// Lengths go in, so that no octet can move from one field into the next.
std::string MacOf(const Secret& key, std::string_view purpose, std::string_view first, std::string_view second) {
  std::string signed_text;
  signed_text.reserve(purpose.size() + first.size() + second.size() + 32);
  signed_text.append(purpose).append("\n").append(std::to_string(first.size())).append("\n").append(first).append(second);
  return ToHex(HmacSha256(key.Reveal(), signed_text));
}
std::string CallMac(const Secret& key, const Frame& frame) { return MacOf(key, "lakehouse call 1", frame.head, frame.body); }
std::string ReplyMac(const Secret& key, std::string_view nonce, const Reply& reply) {
  return MacOf(key, reply.ok ? "lakehouse answer 1" : "lakehouse refusal 1", nonce, reply.body);
}

}  // namespace

Result<CallTarget> DecodeCallTarget(std::string_view head) {
  auto wire = LH_TRY_WHILE(DecodeJson<WireCall>(head), "read the head of a call");
  return CallTarget{std::move(wire.service), std::move(wire.method), std::move(wire.nonce)};
}

Frame SealCall(const Secret& key, const Context& context, std::string_view service, std::string_view method, std::string body,
               std::string_view window, Random& random) {
  constexpr std::size_t kNonceOctets = 16;
  Frame frame;
  frame.head = EncodeJson(WireCall{.service = std::string(service),
                                   .method = std::string(method),
                                   .principal = context.principal,
                                   .trace = context.trace,
                                   .timeout_ms = context.deadline.RemainingMs(),
                                   .window = std::string(window),
                                   .nonce = random.Hex(kNonceOctets)});
  frame.body = std::move(body);
  frame.mac = CallMac(key, frame);
  return frame;
}

Result<net::Call> OpenCall(const Secret& key, const Frame& frame) {
  if (key.empty() || !EqualInConstantTime(frame.mac, CallMac(key, frame)))
    return Error(ErrorCode::kUnauthenticated, "the call's mac does not fit; do both daemons use the same internal.key?").Named("bad_mac");
  auto wire = LH_TRY_WHILE(DecodeJson<WireCall>(frame.head), "read the head of a call");
  net::Call call;
  call.service = std::move(wire.service);
  call.method = std::move(wire.method);
  call.window = std::move(wire.window);
  call.nonce = std::move(wire.nonce);
  call.context.principal = std::move(wire.principal);
  call.context.trace = std::move(wire.trace);
  if (wire.timeout_ms) call.context.deadline = Deadline::After(*wire.timeout_ms);
  return call;
}

Reply SealReply(const Secret& key, std::string_view nonce, Result<std::string> outcome) {
  Reply reply;
  reply.ok = outcome.ok();
  reply.body = outcome ? std::move(outcome).Take() : EncodeError(outcome.error());
  reply.mac = ReplyMac(key, nonce, reply);
  return reply;
}

Result<std::string> OpenReply(const Secret& key, const Frame& sealed, Reply reply) {
  const auto call = LH_TRY_WHILE(DecodeJson<WireCall>(sealed.head), "read the head of our own call");
  // A receiver that could not open the call does not know the nonce; that it refused is all it can say.
  const bool fits = EqualInConstantTime(reply.mac, ReplyMac(key, call.nonce, reply)) ||
                    (!reply.ok && EqualInConstantTime(reply.mac, ReplyMac(key, "", reply)));
  if (reply.ok) {
    if (fits) return std::move(reply.body);
    return Error(ErrorCode::kUnauthenticated, "the answer's mac does not fit: it does not come from a daemon with our internal.key")
        .Named("bad_mac");
  }
  Error error = DecodeError(reply.body);
  if (fits) return error;
  // Two daemons with different keys refuse each other's words: say so, but never act on the contents.
  if (error.reason() == "bad_mac")
    return Error(ErrorCode::kUnauthenticated, "the peer refused our mac; do both daemons use the same internal.key?").Named("bad_mac");
  return Error(ErrorCode::kUnauthenticated, "the refusal's mac does not fit: it does not come from a daemon with our internal.key")
      .Named("bad_mac");
}

std::string EncodeError(const Error& error) {
  WireError wire;
  wire.code = error.code();
  wire.reason = ToUtf8(error.reason());
  wire.message = ToUtf8(error.message());
  for (const std::string& note : error.notes()) wire.notes.push_back(ToUtf8(note));
  if (!error.details().empty()) wire.details = ToUtf8(error.details());
  return EncodeJson(wire);
}

Error DecodeError(std::string_view json) {
  auto wire = DecodeJson<WireError>(json);
  if (!wire) return Error(ErrorCode::kCorruption, "the peer failed, and its error is unreadable: " + wire.error().message());
  Error error(wire->code, std::move(wire->message));
  if (wire->reason != WireName(wire->code)) error = std::move(error).Named(std::move(wire->reason));
  if (wire->details) error = std::move(error).WithDetails(std::move(*wire->details));
  for (std::string& note : wire->notes) error = std::move(error).While(std::move(note));
  return error;
}

}  // namespace lakehouse::net
