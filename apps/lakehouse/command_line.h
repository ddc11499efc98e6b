#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "command_table.h"
#include "lakehouse/base/result.h"

namespace lakehouse::app {

/// A command line that fits the table.
struct CommandLine {
  const CommandSpec* command = nullptr;
  bool wants_help = false;
  std::map<std::string, std::vector<std::string>, std::less<>> flags;  ///< by name with dashes; those without value: one empty text
  std::vector<std::string> arguments;

  bool Has(std::string_view flag) const { return flags.contains(flag); }
  /// The last one given; `otherwise` when there is none.
  std::string Text(std::string_view flag, std::string_view otherwise = {}) const;
};

/// Reads the words after the program's name. Flags and arguments may be mixed; "--flag value" and "--flag=value" are the same; after "--"
/// all are arguments. What a flag's variable of the environment holds stands for an absent flag. kInvalidArgument: what is wrong,
/// what is nearest to it, and what to ask for help with.
Result<CommandLine> ParseCommandLine(const std::vector<std::string>& words, const std::map<std::string, std::string>& environment);

/// The command of this name; nothing when there is none.
const CommandSpec* FindCommand(std::string_view name);
/// "; did you mean X?" when something known is near enough.
std::string NearestOf(std::string_view word, const std::vector<std::string_view>& known);
/// "a b c" at its blanks.
std::vector<std::string_view> Words(std::string_view text);

}  // namespace lakehouse::app
