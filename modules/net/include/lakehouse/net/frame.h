#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lakehouse/base/context.h"
#include "lakehouse/base/random.h"
#include "lakehouse/base/secret.h"

namespace lakehouse::net {

/// What one call puts on the wire. Over HTTP `head` and `mac` are two header lines; the body stays a body.
struct Frame {
  std::string head;  ///< JSON: service, method, principal, trace, time left, window, nonce
  std::string mac;   ///< hex HMAC-SHA256 over head and body under the internal key
  std::string body;
};
/// The answer. The mac is over the call's nonce too: an answer fits one call only.
struct Reply {
  bool ok = false;   ///< HTTP: 200, or the status of the error's code
  std::string body;  ///< the response, or the error, as JSON
  std::string mac;
};
struct Call {
  std::string service;
  std::string method;
  std::string window;
  std::string nonce;
  Context context;
};

/// Both ends of the wire, for every transport. `window` is what the receiver last named (see ReplayWindow); empty at first.
Frame SealCall(const Secret& key, const Context& context, std::string_view service, std::string_view method, std::string body,
               std::string_view window, Random& random = SystemRandom());
/// kUnauthenticated unless the mac fits; kInvalidArgument for a head we cannot read.
Result<Call> OpenCall(const Secret& key, const Frame& frame);
/// `nonce` of the call; empty when the call could not be opened.
Reply SealReply(const Secret& key, std::string_view nonce, Result<std::string> outcome);
/// The error the service returned, as it was; kCorruption when even the error is unreadable; kUnauthenticated when the answer
/// does not come from a holder of the key. `sealed` is the frame it answers.
Result<std::string> OpenReply(const Secret& key, const Frame& sealed, Reply reply);

/// {"code","reason","message","notes":[…],"details"}: an error on its way between daemons.
std::string EncodeError(const Error& error);
/// kCorruption when it is unreadable.
Error DecodeError(std::string_view json);

}  // namespace lakehouse::net
