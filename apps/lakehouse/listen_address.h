#pragma once
#include <cstdint>
#include <string>

#include "lakehouse/base/result.h"

namespace lakehouse::app {

struct ListenAddress {
  std::string host;
  std::uint16_t port = 0;
};
/// "127.0.0.1:3110", "[::1]:3110", "localhost:0". kInvalidArgument.
Result<ListenAddress> ParseListenAddress(const std::string& text);

Result<std::string> AbsolutePath(const std::string& path);

}  // namespace lakehouse::app
