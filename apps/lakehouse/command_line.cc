#include "command_line.h"

#include <algorithm>

#include "lakehouse/base/edit_distance.h"

namespace lakehouse::app {
namespace {

Error Wrong(std::string message, const CommandSpec* command = nullptr) {
  return Error(ErrorCode::kInvalidArgument,
               std::move(message) + "\nSee: lakehouse help" + (command == nullptr ? "" : " " + std::string(command->name)));
}

/// The command at the front of the words, which may be two of them; they are taken away.
Result<const CommandSpec*> TakeCommand(std::vector<std::string>& words) {
  std::vector<std::string_view> known;
  for (const CommandSpec& command : CommandTable()) known.push_back(command.name);
  const std::string first = words.front();
  if (const CommandSpec* command = FindCommand(first)) {
    words.erase(words.begin());
    return command;
  }
  std::string under;
  for (const CommandSpec& command : CommandTable()) {
    if (!command.name.starts_with(first + " ")) continue;
    if (words.size() > 1 && command.name.substr(first.size() + 1) == words[1]) {
      words.erase(words.begin(), words.begin() + 2);
      return &command;
    }
    under += (under.empty() ? "" : ", ") + std::string(command.name);
  }
  if (!under.empty()) return Wrong("lakehouse " + first + " needs to know what: there is " + under);
  return Wrong("there is no command \"" + first + "\"" + NearestOf(first, known));
}

const FlagSpec* FindFlag(const CommandSpec& command, std::string_view name) {
  for (const FlagSpec& flag : command.flags)
    if (flag.name == name) return &flag;
  return nullptr;
}

Status CheckChoice(const CommandSpec& command, std::string_view what, std::string_view value, std::string_view choices) {
  const auto known = Words(choices);
  if (known.empty() || std::find(known.begin(), known.end(), value) != known.end()) return Ok{};
  std::string list;
  for (const std::string_view one : known) list += (list.empty() ? "" : ", ") + std::string(one);
  return Wrong(std::string(what) + " is \"" + std::string(value) + "\"; expected one of " + list + NearestOf(value, known), &command);
}

Status TakeFlag(CommandLine& line, const std::vector<std::string>& words, std::size_t& at) {
  const CommandSpec& command = *line.command;
  const std::string& word = words[at];
  const std::size_t equals = word.find('=');
  const std::string name = word.substr(0, equals);
  const FlagSpec* flag = FindFlag(command, name);
  if (flag == nullptr) {
    std::vector<std::string_view> known;
    for (const FlagSpec& one : command.flags) known.push_back(one.name);
    return Wrong("lakehouse " + std::string(command.name) + " has no flag " + name + NearestOf(name, known), &command);
  }
  std::string value;
  if (flag->value_name.empty()) {
    if (equals != std::string::npos) return Wrong(name + " takes no value, found " + word, &command);
  } else if (equals != std::string::npos) {
    value = word.substr(equals + 1);
  } else {
    if (at + 1 >= words.size()) return Wrong(name + " needs a value: " + name + " " + std::string(flag->value_name), &command);
    value = words[++at];
  }
  LH_TRY(CheckChoice(command, name, value, flag->choices));
  auto& values = line.flags[name];
  if (!flag->repeats) values.clear();
  values.push_back(std::move(value));
  return Ok{};
}

}  // namespace

std::string CommandLine::Text(std::string_view flag, std::string_view otherwise) const {
  const auto found = flags.find(flag);
  return found == flags.end() ? std::string(otherwise) : found->second.back();
}

const CommandSpec* FindCommand(std::string_view name) {
  for (const CommandSpec& command : CommandTable())
    if (command.name == name) return &command;
  return nullptr;
}

std::vector<std::string_view> Words(std::string_view text) {
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (end > 0) words.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

std::string NearestOf(std::string_view word, const std::vector<std::string_view>& known) {
  constexpr std::size_t kLongest = 64;
  std::string_view nearest;
  std::size_t best = std::max<std::size_t>(word.size() / 2, 1) + 1;
  if (word.size() > kLongest) return "";
  for (const std::string_view one : known) {
    const std::size_t distance = one.starts_with(word) ? 1 : EditDistance(word, one, best);
    if (distance < best) best = distance, nearest = one;
  }
  return nearest.empty() ? "" : "; did you mean " + std::string(nearest) + "?";
}

Result<CommandLine> ParseCommandLine(const std::vector<std::string>& all, const std::map<std::string, std::string>& environment) {
  CommandLine line;
  std::vector<std::string> words = all;
  if (words.empty()) return Wrong("what is to be done is missing");
  if (words.front() == "--help" || words.front() == "-h") {
    words.front() = "help";
  } else if (words.front() == "--version") {
    words.front() = "version";
  }
  line.command = LH_TRY(TakeCommand(words));
  bool only_arguments = false;
  for (std::size_t at = 0; at < words.size(); ++at) {
    const std::string& word = words[at];
    if (only_arguments || word == "-" || !word.starts_with('-')) {
      line.arguments.push_back(word);
    } else if (word == "--") {
      only_arguments = true;
    } else if (word == "--help" || word == "-h") {
      line.wants_help = true;
      return line;
    } else {
      LH_TRY(TakeFlag(line, words, at));
    }
  }
  const ArgumentSpec& argument = line.command->argument;
  if (argument.name.empty() && !line.arguments.empty())
    return Wrong("lakehouse " + std::string(line.command->name) + " takes no \"" + line.arguments.front() + "\"", line.command);
  if (argument.is_required && line.arguments.empty())
    return Wrong("lakehouse " + std::string(line.command->name) + " needs " + std::string(argument.name), line.command);
  if (!argument.repeats && line.arguments.size() > 1)
    return Wrong("lakehouse " + std::string(line.command->name) + " takes one " + std::string(argument.name) + ", found another: \"" +
                     line.arguments[1] + "\"" + (argument.name == "STATEMENT" ? "; put quotes around the statement" : ""),
                 line.command);
  for (const std::string& given : line.arguments) LH_TRY(CheckChoice(*line.command, argument.name, given, argument.choices));
  for (const FlagSpec& flag : line.command->flags) {
    const auto found = environment.find(std::string(flag.environment));
    const bool is_setting = flag.name == "--data" || flag.name == "--state" || flag.name == "--listen";  // Settings read theirs themselves
    if (!flag.environment.empty() && !is_setting && found != environment.end() && !found->second.empty() && !line.Has(flag.name))
      line.flags[std::string(flag.name)] = {found->second};
  }
  return line;
}

}  // namespace lakehouse::app
