#pragma once
#include <span>
#include <string>
#include <string_view>

#include "command_table.h"

namespace lakehouse::app {

/// A command of the prompt: a line that begins with '\'.
struct PromptCommand {
  std::string_view name;      ///< "\d"
  std::string_view argument;  ///< "[NAME]"
  std::string_view help;
  ValueKind value = ValueKind::kNone;
  std::string_view choices;
};

std::span<const PromptCommand> PromptCommandTable();
/// Nothing when there is none of this name.
const PromptCommand* FindPromptCommand(std::string_view name);
/// What \? and \h print.
std::string PromptHelp();
std::string SqlHelp();

}  // namespace lakehouse::app
