#pragma once
#include <string>

#include "command_table.h"

/// What is said about the commands, all of it made from their table.
namespace lakehouse::app {

/// "lakehouse help".
std::string OverallHelp();
/// "lakehouse help COMMAND".
std::string HelpOf(const CommandSpec& command);
/// A page in roff, section 1, for man.
std::string ManPage(std::string_view version);
/// "lakehouse sql [FLAGS] [STATEMENT]".
std::string UsageOf(const CommandSpec& command);

}  // namespace lakehouse::app
