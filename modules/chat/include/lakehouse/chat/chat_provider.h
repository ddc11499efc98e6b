#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lakehouse/base/context.h"

/// Language models behind one interface.
namespace lakehouse::chat {

struct ChatMessage {
  std::string role;  ///< "system", "user", "assistant"
  std::string content;
};
struct ChatRequest {
  std::vector<ChatMessage> messages;
  std::uint32_t max_tokens = 600;
};

/// A reply as it arrives. One thread at a time; dropping it before the end hangs up.
class ChatStream {
 public:
  virtual ~ChatStream() = default;
  /// The next piece of the text (not empty), or nothing at the end; only then is the reply whole. After an error it is not called again.
  virtual Result<std::optional<std::string>> Next(const Context& context) = 0;
};

/// Thread-safe. How to add one: derive, keep the promises of this file, and say in MakeHttpChat or beside it how it is made.
/// Errors of Open and of Next, by reason: "provider_refused" (kPermissionDenied): the key; "provider_busy" (kResourceExhausted): back off;
/// "no_such_model" (kNotFound); "provider_unavailable" (kUnavailable): not there, broke off, 5xx; "provider_slow" (kDeadlineExceeded): over
/// its own time; "reply_too_large" (kTooLarge); "provider_garbled" (kCorruption). kCancelled and kDeadlineExceeded of the context.
class ChatProvider {
 public:
  virtual ~ChatProvider() = default;
  virtual std::string name() const = 0;  ///< "ollama/llama3.2"
  virtual Result<std::unique_ptr<ChatStream>> Open(const Context& context, const ChatRequest& request) = 0;
};

}  // namespace lakehouse::chat
