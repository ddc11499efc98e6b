#pragma once
#include <ostream>
#include <string>

#include "client_commands.h"

namespace lakehouse::app {

/// Generates the staffing data and loads those datasets of it that the lake does not have, through the public face; says what it does.
/// Its corpora are declared where they are missing, and built behind: nothing waits for them.
Status LoadDemo(const ServerAddress& server, const std::string& state_directory, std::ostream& out);

/// Three things to try, with the answers they give now.
Result<std::string> DemoGreeting(const ServerAddress& server);

}  // namespace lakehouse::app
