#pragma once
#include <memory>
#include <optional>
#include <string>

#include "lakehouse/base/context.h"
#include "lakehouse/net/http_message.h"

namespace lakehouse::net {

/// A stream of octets that is pulled: the result of a query, tokens of a chat, progress. Destroying it before the end cancels
/// what produces it. One thread at a time.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  /// The next chunk (not empty), or nothing at the end; only then is what came before whole. After an error or the end it is
  /// not called again. May block until the deadline or the cancellation of `context`.
  virtual Result<std::optional<std::string>> Next(const Context& context) = 0;
};

/// Sends a source as the body of an answer. The context is kept until the end.
std::unique_ptr<BodySource> BodyOf(std::unique_ptr<ByteSource> source, Context context);

}  // namespace lakehouse::net
