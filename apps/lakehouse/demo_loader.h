#pragma once
#include <ostream>
#include <string>

#include "lakehouse/base/settings.h"

namespace lakehouse::app {

/// Generates the staffing data and loads it through the public face when the lake has no dataset "workers" yet; says what it does.
Status LoadDemo(const std::string& url, const Settings& settings, std::ostream& out);

/// Three things to try, with the answers they give on the demo data.
std::string DemoGreeting(const std::string& url);

}  // namespace lakehouse::app
