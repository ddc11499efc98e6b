#include "listen_address.h"

#include <charconv>
#include <filesystem>

namespace lakehouse::app {

Result<ListenAddress> ParseListenAddress(const std::string& text) {
  const auto colon = text.rfind(':');
  ListenAddress address;
  if (colon != std::string::npos) {
    address.host = text.substr(0, colon);
    const auto [end, fault] = std::from_chars(text.data() + colon + 1, text.data() + text.size(), address.port);
    if (fault == std::errc{} && end == text.data() + text.size() && !address.host.empty()) {
      if (address.host.front() == '[' && address.host.back() == ']') address.host = address.host.substr(1, address.host.size() - 2);
      if (address.host == "localhost") address.host = "127.0.0.1";
      return address;
    }
  }
  return Error(ErrorCode::kInvalidArgument,
               "listen is \"" + text + "\"; expected HOST:PORT with a port from 0 to 65535, such as 127.0.0.1:3110");
}

Result<std::string> AbsolutePath(const std::string& path) {
  std::error_code failed;
  auto absolute = std::filesystem::absolute(path, failed);
  if (failed) return Error(ErrorCode::kUnavailable, "the path " + path + " cannot be resolved: " + failed.message());
  return absolute.lexically_normal().string();
}

}  // namespace lakehouse::app
