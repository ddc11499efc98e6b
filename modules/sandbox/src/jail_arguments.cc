#include "jail_arguments.h"

#include <fmt/format.h>

#include <charconv>

namespace lakehouse::sandbox {

std::vector<std::string> JailArguments(const JailOptions& options) {
  return {fmt::format("address_space={}", options.address_space_bytes),
          fmt::format("file_size={}", options.file_size_bytes),
          fmt::format("uid={}", options.uid),
          fmt::format("landlock={}", options.landlock ? 1 : 0),
          fmt::format("seccomp={}", options.seccomp ? 1 : 0),
          fmt::format("program={}", options.starts_program ? 1 : 0),
          fmt::format("cpu={}", options.cpu_seconds)};
}

Result<JailOptions> ParseJailArguments(const std::vector<std::string_view>& words) {
  JailOptions options;
  for (const std::string_view word : words) {
    const std::size_t equals = word.find('=');
    const std::string_view key = word.substr(0, equals);
    const std::string_view text = equals == std::string_view::npos ? "" : word.substr(equals + 1);
    std::uint64_t value = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool is_number = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
    if (!is_number) return Error(ErrorCode::kInvalidArgument, fmt::format("\"{}\" is no jail option", word));
    if (key == "address_space")
      options.address_space_bytes = value;
    else if (key == "file_size")
      options.file_size_bytes = value;
    else if (key == "uid")
      options.uid = static_cast<unsigned>(value);
    else if (key == "landlock")
      options.landlock = value != 0;
    else if (key == "seccomp")
      options.seccomp = value != 0;
    else if (key == "program")
      options.starts_program = value != 0;
    else if (key == "cpu")
      options.cpu_seconds = value;
    else
      return Error(ErrorCode::kInvalidArgument, fmt::format("\"{}\" is no jail option", word));
  }
  return options;
}

}  // namespace lakehouse::sandbox
