#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "lakehouse/base/context.h"
#include "lakehouse/net/byte_source.h"

namespace lakehouse::net {

/// Carries calls to a service and their answers back: over HTTP, or in process for tests. Thread-safe.
/// Errors of the service arrive with their code, reason, message, details and notes unchanged. Errors of the way are
/// kUnavailable (not sent), kOutcomeUnknown (sent, no answer), kDeadlineExceeded, kCancelled, kCorruption (unreadable answer).
class Transport {
 public:
  virtual ~Transport() = default;
  virtual Result<std::string> Call(const Context& context, std::string_view service, std::string_view method, std::string body) = 0;
  /// The second shape: the answer is a stream. An error of the service before the first octet may come here or from Next.
  virtual Result<std::unique_ptr<ByteSource>> OpenStream(const Context& context, std::string_view service, std::string_view method,
                                                         std::string body) = 0;
};

}  // namespace lakehouse::net
