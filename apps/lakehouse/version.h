#pragma once
#include <string_view>

namespace lakehouse::app {

inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace lakehouse::app
