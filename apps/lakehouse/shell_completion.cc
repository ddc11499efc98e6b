#include "shell_completion.h"

#include <algorithm>
#include <set>

#include "command_line.h"

namespace lakehouse::app {
namespace {

/// First words of commands, each once: "config" for "config show".
std::vector<std::string> FirstWords() {
  std::vector<std::string> words;
  for (const CommandSpec& command : CommandTable()) {
    std::string first(command.name.substr(0, command.name.find(' ')));
    if (std::find(words.begin(), words.end(), first) == words.end()) words.push_back(std::move(first));
  }
  return words;
}

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string SettingWords(std::span<const Setting> settings) {
  std::string text;
  for (const Setting& setting : settings) text += (text.empty() ? "" : " ") + std::string(setting.key) + "=";
  return text;
}

std::string FlagsOf(const CommandSpec& command) {
  std::string text;
  for (const FlagSpec& flag : command.flags) text += std::string(flag.name) + " ";
  return text + "--help";
}

/// 'text' for any of the three shells.
std::string Quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

/// The line of bash that offers values of a kind.
std::string BashValues(ValueKind kind, std::string_view choices, const std::string& settings) {
  switch (kind) {
    case ValueKind::kFile: return "_lakehouse_files -f";
    case ValueKind::kDirectory: return "_lakehouse_files -d";
    case ValueKind::kDataset: return "_lakehouse_words \"$(\"$program\" datasets --names 2>/dev/null)\"";
    case ValueKind::kChoice: return "_lakehouse_words '" + std::string(choices) + "'";
    case ValueKind::kSetting: return "_lakehouse_words '" + settings + "'; compopt -o nospace 2>/dev/null";
    case ValueKind::kCommand: return "_lakehouse_words '" + Joined(FirstWords()) + "'";
    case ValueKind::kText:
    case ValueKind::kNone: return ":";
  }
  return ":";
}

std::string BashScript(const std::string& settings) {
  std::string script = R"(# Completions of lakehouse for bash. Made by: lakehouse completion bash
_lakehouse_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$current"); }
_lakehouse_files() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen "$1" -- "$current")
}
_lakehouse() {
  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} program=${COMP_WORDS[0]} command=${COMP_WORDS[1]-}
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    _lakehouse_words ')" +
                       Joined(FirstWords()) + R"( --help --version'
    return
  fi
  # "--flag=value" comes as three words.
  if [[ $current == = ]]; then
    current=
  elif [[ $before == = && $COMP_CWORD -gt 2 ]]; then
    before=${COMP_WORDS[COMP_CWORD-2]}
  fi
)";
  std::set<std::string> nested;
  for (const CommandSpec& command : CommandTable()) {
    const std::size_t blank = command.name.find(' ');
    if (blank != std::string_view::npos) nested.insert(std::string(command.name.substr(0, blank)));
  }
  for (const std::string& first : nested) {
    std::string seconds;
    for (const CommandSpec& command : CommandTable())
      if (command.name.starts_with(first + " "))
        seconds += (seconds.empty() ? "" : " ") + std::string(command.name.substr(first.size() + 1));
    script += "  if [[ $command == " + first + " ]]; then\n    if ((COMP_CWORD == 2)); then\n      _lakehouse_words '" + seconds +
              "'\n      return\n    fi\n    command+=\" ${COMP_WORDS[2]}\"\n  fi\n";
  }
  script += "  case $command:$before in\n";
  for (const CommandSpec& command : CommandTable())
    for (const FlagSpec& flag : command.flags)
      if (!flag.value_name.empty())
        script += "    '" + std::string(command.name) + ":" + std::string(flag.name) + "') " +
                  BashValues(flag.kind, flag.choices, settings) + "; return ;;\n";
  script += "  esac\n  if [[ $current == -* ]]; then\n    case $command in\n";
  for (const CommandSpec& command : CommandTable())
    script += "      '" + std::string(command.name) + "') _lakehouse_words '" + FlagsOf(command) + "' ;;\n";
  script += "    esac\n    return\n  fi\n  case $command in\n";
  for (const CommandSpec& command : CommandTable())
    if (!command.argument.name.empty())
      script +=
          "    '" + std::string(command.name) + "') " + BashValues(command.argument.kind, command.argument.choices, settings) + " ;;\n";
  return script + "  esac\n}\ncomplete -F _lakehouse lakehouse\n";
}

/// The action of zsh's _arguments for a kind of value.
std::string ZshAction(ValueKind kind, std::string_view choices, const std::string& settings) {
  switch (kind) {
    case ValueKind::kFile: return "_files";
    case ValueKind::kDirectory: return "_files -/";
    case ValueKind::kDataset: return "_lakehouse_datasets";
    case ValueKind::kChoice: return "(" + std::string(choices) + ")";
    case ValueKind::kSetting: return "(" + settings + ")";
    case ValueKind::kCommand: return "(" + Joined(FirstWords()) + ")";
    case ValueKind::kText:
    case ValueKind::kNone: return " ";
  }
  return " ";
}

/// Text within the brackets and between the colons of _arguments.
std::string ZshText(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '[' || c == ']' || c == ':' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return out;
}

std::string ZshScript(const std::string& settings) {
  std::string script =
      "#compdef lakehouse\n# Completions of lakehouse for zsh. Made by: lakehouse completion zsh\n"
      "_lakehouse_datasets() {\n  local -a names\n  names=(${(f)\"$(${words_program:-lakehouse} datasets --names 2>/dev/null)\"})\n"
      "  compadd -a names\n}\n_lakehouse() {\n  local words_program=$words[1]\n  local -a commands\n  commands=(\n";
  for (const std::string& first : FirstWords()) {
    const auto* command = FindCommand(first);
    script += "    " + Quoted(first + ":" + ZshText(command == nullptr ? "settings" : command->summary)) + "\n";
  }
  script +=
      "  )\n  if ((CURRENT == 2)); then\n    _describe command commands\n    return\n  fi\n  shift words\n  ((CURRENT--))\n  case "
      "$words[1] in\n";
  for (const CommandSpec& command : CommandTable()) {
    const std::size_t blank = command.name.find(' ');
    script += "    " + std::string(command.name.substr(0, blank)) + ")\n      _arguments -s";
    if (blank != std::string_view::npos) script += " " + Quoted("1:what:(" + std::string(command.name.substr(blank + 1)) + ")");
    for (const FlagSpec& flag : command.flags) {
      std::string one = (flag.repeats ? "*" : "") + std::string(flag.name) + "[" + ZshText(flag.help) + "]";
      if (!flag.value_name.empty()) one += ":" + ZshText(flag.value_name) + ":" + ZshAction(flag.kind, flag.choices, settings);
      script += " \\\n        " + Quoted(one);
    }
    script += " \\\n        " + Quoted("--help[explain the command]");
    if (!command.argument.name.empty())
      script += " \\\n        " + Quoted((command.argument.repeats ? "*:" : "1:") + std::string(command.argument.name) + ":" +
                                         ZshAction(command.argument.kind, command.argument.choices, settings));
    script += "\n      ;;\n";
  }
  return script + "  esac\n}\nif [[ $funcstack[1] == _lakehouse ]]; then\n  _lakehouse \"$@\"\nelse\n  compdef _lakehouse lakehouse\nfi\n";
}

std::string FishValues(ValueKind kind, std::string_view choices, const std::string& settings) {
  switch (kind) {
    case ValueKind::kFile: return " -F";
    case ValueKind::kDirectory: return " -f -a '(__fish_complete_directories)'";
    case ValueKind::kDataset: return " -f -a '(lakehouse datasets --names 2>/dev/null)'";
    case ValueKind::kChoice: return " -f -a " + Quoted(choices);
    case ValueKind::kSetting: return " -f -a " + Quoted(settings);
    case ValueKind::kCommand: return " -f -a " + Quoted(Joined(FirstWords()));
    case ValueKind::kText:
    case ValueKind::kNone: return " -f";
  }
  return "";
}

std::string FishScript(const std::string& settings) {
  std::string script = "# Completions of lakehouse for fish. Made by: lakehouse completion fish\ncomplete -c lakehouse -f\n";
  for (const std::string& first : FirstWords()) {
    const auto* command = FindCommand(first);
    script += "complete -c lakehouse -n __fish_use_subcommand -a " + first + " -d " +
              Quoted(command == nullptr ? "settings" : command->summary) + "\n";
  }
  for (const CommandSpec& command : CommandTable()) {
    const std::size_t blank = command.name.find(' ');
    const std::string when = "complete -c lakehouse -n '__fish_seen_subcommand_from " + std::string(command.name.substr(0, blank)) + "'";
    if (blank != std::string_view::npos) script += when + " -f -a " + Quoted(command.name.substr(blank + 1)) + "\n";
    for (const FlagSpec& flag : command.flags)
      script += when + " -l " + std::string(flag.name.substr(2)) +
                (flag.value_name.empty() ? "" : " -r" + FishValues(flag.kind, flag.choices, settings)) + " -d " + Quoted(flag.help) + "\n";
    script += when + " -l help -d 'explain the command'\n";
    if (!command.argument.name.empty()) script += when + FishValues(command.argument.kind, command.argument.choices, settings) + "\n";
  }
  return script;
}

}  // namespace

Result<std::string> CompletionScript(std::string_view shell, std::span<const Setting> settings) {
  const std::string words = SettingWords(settings);
  if (shell == "bash") return BashScript(words);
  if (shell == "zsh") return ZshScript(words);
  if (shell == "fish") return FishScript(words);
  return Error(ErrorCode::kInvalidArgument, "completions are there for bash, zsh and fish, not for \"" + std::string(shell) + "\"");
}

}  // namespace lakehouse::app
