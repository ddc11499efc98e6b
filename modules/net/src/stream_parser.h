#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "lakehouse/base/result.h"

namespace lakehouse::net {

/// Cuts the octets of a stream between daemons into frames (see stream_frame.h). Pure; fed with whatever a peer sends.
class StreamParser {
 public:
  static constexpr std::size_t kHeadOctets = 5;
  static constexpr std::size_t kMaxPayload = 64 * 1024 * 1024;
  struct Frame {
    char kind = 'D';
    std::string payload;
  };
  void Add(std::string_view octets);
  /// The next whole frame, or nothing when more octets are needed first. kCorruption; not called again after it.
  Result<std::optional<Frame>> Next();

 private:
  std::string pending_;
  std::size_t at_ = 0;
};

}  // namespace lakehouse::net
