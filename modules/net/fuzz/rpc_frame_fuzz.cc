// What a peer sends: a call's head (sealed with the right key too, so that what lies behind the mac is reached), an answer, an error,
// and the frames of a stream.
#include "fuzz_target.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/net/frame.h"
#include "rpc_wire.h"
#include "stream_parser.h"

using namespace lakehouse;
using namespace lakehouse::net;
using fuzz::Require;

namespace {

const Secret& Key() {
  static const Secret key("key");
  return key;
}

/// The seal of a call or an answer, so that a hostile holder of the key is played too.
std::string Mac(std::string_view purpose, std::string_view first, std::string_view second) {
  return ToHex(HmacSha256(Key().Reveal(),
                          std::string(purpose) + "\n" + std::to_string(first.size()) + "\n" + std::string(first) + std::string(second)));
}

void CheckCall(std::string_view text) {
  Frame frame;
  frame.head = text;
  frame.body = "{}";
  frame.mac = std::string(64, '0');
  Require(!OpenCall(Key(), frame).ok(), "a call with another mac is opened");
  frame.mac = text;
  Require(!OpenCall(Key(), frame).ok(), "a call with its own head for a mac is opened");
  frame.mac = Mac("lakehouse call 1", frame.head, frame.body);
  const auto call = OpenCall(Key(), frame);
  const auto target = DecodeCallTarget(text);
  Require(call.ok() == target.ok(), "a sealed head is opened when it can be read, and only then");
  if (call) Require(call->service == target->service && call->nonce == target->nonce, "a head says one thing");
}

void CheckReply(std::string_view text) {
  const Frame sealed = SealCall(Key(), {}, "s", "m", "{}", "");
  Reply reply;
  reply.body = text;
  reply.mac = std::string(64, 'f');
  for (const bool ok : {true, false}) {
    reply.ok = ok;
    const auto opened = OpenReply(Key(), sealed, reply);
    Require(!opened.ok() && opened.error().code() == ErrorCode::kUnauthenticated, "an answer with another mac is believed");
  }
  reply.mac = Mac("lakehouse refusal 1", "", text);
  Require(!OpenReply(Key(), sealed, reply).ok(), "a refusal is an error");
  const auto target = DecodeCallTarget(sealed.head);
  Require(target.ok(), "our own head can be read");
  reply.ok = true;
  reply.mac = Mac("lakehouse answer 1", target->nonce, text);
  const auto opened = OpenReply(Key(), sealed, reply);
  Require(opened.ok() && *opened == text, "a sealed answer arrives as it was");

  const Error error = DecodeError(text);
  const Error again = DecodeError(EncodeError(error));
  Require(again.code() == error.code() && EncodeError(again) == EncodeError(error), "an error travels as it is");
}

void CheckStream(std::string_view text, std::size_t step) {
  StreamParser parser;
  std::size_t payload = 0;
  for (std::size_t at = 0; at < text.size(); at += step) {
    parser.Add(text.substr(at, step));
    while (true) {
      auto next = parser.Next();
      if (!next) return;
      if (!*next) break;
      payload += (*next)->payload.size();
      Require(payload <= text.size(), "no more comes out than went in");
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = fuzz::TextOf(data + 1, size - 1);
  CheckCall(text);
  CheckReply(text);
  CheckStream(text, std::size_t{1} + data[0] % 32);
  return 0;
}
