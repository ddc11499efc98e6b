#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/result.h"
#include "lakehouse/base/settings.h"

namespace lakehouse::app {

/// Where this process takes its settings from, besides the environment.
struct SettingsOptions {
  std::string file;
  std::map<std::string, std::string> flags;
};
Result<Settings> LoadSettings(const SettingsOptions& options);

struct ServeOptions {
  std::vector<std::string> services;
  bool demo = false;
};
/// "catalogd" for a name of a service, nothing for any other.
std::optional<std::string> ServiceNamed(std::string_view name);

/// Run until SIGTERM or SIGINT; print where they listen once they are ready. The first signal stops gracefully, the second at once.
Status RunUp(const SettingsOptions& settings, const ServeOptions& options);
Status RunServe(const SettingsOptions& settings, const ServeOptions& options);

}  // namespace lakehouse::app
