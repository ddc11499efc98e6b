#pragma once
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

namespace lakehouse {

/// The folder of test data that lies beside the repository and is not part of it: $LH_DATA, or `shared/data` next to this
/// directory or one above it. Nothing when there is none: the test skips then, with one line.
///   const auto data = SharedData();   if (!data) GTEST_SKIP() << kNoSharedData;
inline constexpr const char* kNoSharedData = "there is no folder shared/data; LH_DATA may name it";

inline std::optional<std::string> SharedData() {
  std::error_code error;
  if (const char* named = std::getenv("LH_DATA"); named != nullptr) return std::string(named);
  for (std::filesystem::path here = std::filesystem::current_path(error); !error; here = here.parent_path()) {
    const auto data = here / "shared" / "data";
    if (std::filesystem::exists(data / "INDEX.md", error)) return data.string();
    if (here == here.parent_path()) break;
  }
  return std::nullopt;
}

}  // namespace lakehouse
