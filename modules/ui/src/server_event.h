#pragma once
#include <string>
#include <string_view>

namespace lakehouse::ui {

/// One server-sent event: its data may have several lines.
std::string ServerEvent(std::string_view name, std::string_view data);

}  // namespace lakehouse::ui
