#pragma once
#include <string>
#include <utility>

#include "lakehouse/base/guarded.h"
#include "lakehouse/net/dispatcher.h"
#include "lakehouse/net/stream_frame.h"
#include "lakehouse/net/transport.h"

namespace lakehouse::net {

/// Everything a call meets on its way between daemons, but for the socket: sealed, opened, encoded, decoded. Thread-safe.
/// Keeps the last frame for tests that look at the wire.
class LoopbackTransport final : public Transport {
 public:
  LoopbackTransport(Dispatcher& server, Secret internal_key) : server_(server), key_(std::move(internal_key)) {}

  Result<std::string> Call(const Context& context, std::string_view service, std::string_view method, std::string body) override {
    for (bool again : {true, false}) {
      const Frame frame = Seal(context, service, method, body);
      auto outcome = OpenReply(key_, frame, server_.Handle(frame, context.cancel));
      if (outcome || !again || !Renew(outcome.error())) return outcome;
    }
    return Error(ErrorCode::kInternal, "the loop returns");
  }

  Result<std::unique_ptr<ByteSource>> OpenStream(const Context& context, std::string_view service, std::string_view method,
                                                 std::string body) override {
    for (bool again : {true, false}) {
      const Frame frame = Seal(context, service, method, body);
      Dispatcher::Opened opened = server_.Open(frame, context.cancel);
      if (opened.frames != nullptr) {
        const net::Call call = LH_TRY(OpenCall(key_, frame));
        return UnframeStream(std::move(opened.frames), key_, call.nonce);
      }
      auto refused = OpenReply(key_, frame, std::move(opened.refused));
      if (refused) return Error(ErrorCode::kCorruption, "a stream was refused without an error");
      if (!again || !Renew(refused.error())) return refused.error();
    }
    return Error(ErrorCode::kInternal, "the loop returns");
  }

  Frame last() const { return state_.Lock()->last; }

 private:
  struct State {
    std::string window;
    Frame last;
  };
  Frame Seal(const Context& context, std::string_view service, std::string_view method, const std::string& body) {
    const std::string window = state_.Lock()->window;
    Frame frame = SealCall(key_, context, service, method, body, window);
    state_.Lock()->last = frame;
    return frame;
  }
  bool Renew(const Error& error) {
    std::string window = StaleWindowOf(error);
    if (window.empty()) return false;
    state_.Lock()->window = std::move(window);
    return true;
  }

  Dispatcher& server_;
  Secret key_;
  mutable Guarded<State> state_;
};

}  // namespace lakehouse::net
