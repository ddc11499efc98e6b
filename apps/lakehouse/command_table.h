#pragma once
#include <span>
#include <string_view>

/// Every command of the binary: what the command line is parsed by, and what help, the man page and the completions of the shells are made
/// of. To add a command: an entry in command_table.cc, and what it runs in main.cc; a test says when one of them is missing.
namespace lakehouse::app {

/// What a value names, so that a shell can complete it.
enum class ValueKind { kNone, kText, kFile, kDirectory, kDataset, kChoice, kSetting, kCommand };

struct FlagSpec {
  std::string_view name;  ///< "--format"
  ValueKind kind = ValueKind::kNone;
  std::string_view value_name;  ///< "FORMAT"; empty: no value
  std::string_view help;
  std::string_view choices;      ///< "table csv json": those of kChoice
  std::string_view environment;  ///< what stands for it when it is absent
  bool repeats = false;
};

struct ArgumentSpec {
  std::string_view name;  ///< "FILE"; empty: the command takes none
  ValueKind kind = ValueKind::kNone;
  bool is_required = false;
  bool repeats = false;
  std::string_view choices;
};

struct ExampleSpec {
  std::string_view command;
  std::string_view says;
};

struct CommandSpec {
  std::string_view name;     ///< "sql", "config show"
  std::string_view summary;  ///< one line
  std::string_view about;    ///< what one must know, in sentences
  ArgumentSpec argument;
  std::span<const FlagSpec> flags;
  std::span<const ExampleSpec> examples;
};

std::span<const CommandSpec> CommandTable();
/// Flags that every command takes.
std::span<const FlagSpec> UsualFlags();

struct ExitSpec {
  int code;
  std::string_view means;
};
std::span<const ExitSpec> ExitTable();

inline constexpr int kExitFailed = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitNoServer = 3;

struct VariableSpec {
  std::string_view name;
  std::string_view means;
};
/// Variables of the environment that no flag or setting names.
std::span<const VariableSpec> VariableTable();

}  // namespace lakehouse::app
