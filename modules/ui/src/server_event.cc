#include "server_event.h"

#include <algorithm>

namespace lakehouse::ui {

std::string ServerEvent(std::string_view name, std::string_view data) {
  std::string event = "event: " + std::string(name) + "\n";
  for (std::size_t from = 0; from <= data.size();) {
    const std::size_t to = std::min(data.find('\n', from), data.size());
    event += "data: " + std::string(data.substr(from, to - from)) + "\n";
    from = to + 1;
  }
  return event + "\n";
}

}  // namespace lakehouse::ui
