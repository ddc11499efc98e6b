#pragma once
#include <span>

#include "lakehouse/base/settings.h"

namespace lakehouse::app {

/// Every setting of the product, once: the file, the environment, `config show`, /debug/config and the reference page follow.
std::span<const Setting> SettingsTable();

}  // namespace lakehouse::app
