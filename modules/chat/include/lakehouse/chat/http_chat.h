#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "lakehouse/base/secret.h"
#include "lakehouse/chat/chat_provider.h"

namespace lakehouse::chat {

enum class ChatDialect {
  kOllama,  ///< POST <url>/api/chat, lines of JSON
  kOpenAi,  ///< POST <url>/chat/completions, server-sent events
};

struct HttpChatOptions {
  ChatDialect dialect = ChatDialect::kOllama;
  std::string url;  ///< "http://127.0.0.1:11434", "https://api.openai.com/v1"
  std::string model;
  Secret key;                                 ///< sent as a bearer token; empty: none is sent
  std::int64_t timeout_ms = 60'000;           ///< of a whole reply
  std::uint64_t max_wire_bytes = 4u << 20;    ///< of a reply as it is sent
  std::uint64_t max_text_bytes = 256u << 10;  ///< of what it says
};

/// kInvalidArgument: no http(s) URL, no model.
Result<std::unique_ptr<ChatProvider>> MakeHttpChat(HttpChatOptions options);

}  // namespace lakehouse::chat
