#include "command_help.h"

#include <algorithm>
#include <vector>

#include "command_line.h"

namespace lakehouse::app {
namespace {

constexpr std::size_t kLineWidth = 100;

struct Entry {
  std::string left, right;
};

/// A text broken at blanks; later lines are indented.
std::string Wrapped(std::string_view text, std::size_t indent, std::size_t width) {
  std::string out;
  std::size_t column = indent;
  for (const std::string_view word : Words(text)) {
    if (column > indent && column + 1 + word.size() > width) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    }
    if (column > indent) out += ' ', ++column;
    out += word;
    column += word.size();
  }
  return out;
}

std::string Listed(const std::vector<Entry>& entries) {
  std::size_t width = 0;
  for (const Entry& entry : entries) width = std::max(width, entry.left.size());
  std::string out;
  for (const Entry& entry : entries)
    out += "  " + entry.left + std::string(width - entry.left.size() + 2, ' ') + Wrapped(entry.right, width + 4, kLineWidth) + "\n";
  return out;
}

std::string HelpOf(const FlagSpec& flag) {
  return std::string(flag.help) + (flag.environment.empty() ? "" : " (" + std::string(flag.environment) + ")");
}

std::string WithValue(const FlagSpec& flag) {
  return std::string(flag.name) + (flag.value_name.empty() ? "" : " " + std::string(flag.value_name));
}

std::vector<Entry> ExitEntries() {
  std::vector<Entry> entries;
  for (const ExitSpec& exit : ExitTable()) entries.push_back({std::to_string(exit.code), std::string(exit.means)});
  return entries;
}

/// Text of a man page: nothing in it is a request, and a dash is a dash.
std::string Roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else if (c == '~')
      out += "\\(ti";
    else if (c == '^')
      out += "\\(ha";
    else if (c == '`')
      out += "\\(ga";
    else if (c == '"')
      out += "\\(dq";
    else if (c == '\'')
      out += "\\(aq";
    else
      out += c;
  }
  return out.starts_with('.') ? "\\&" + out : out;
}

/// Sentences, in lines of a usual length.
std::string RoffText(std::string_view text) {
  constexpr std::size_t kSourceWidth = 70;
  std::string out = Roff(Wrapped(text, 0, kSourceWidth));
  for (std::size_t at = 0; (at = out.find("\n.", at)) != std::string::npos; at += 2) out.insert(at + 1, "\\&");
  return out;
}

std::string RoffEntry(std::string_view left, std::string_view right) { return ".TP\n.B " + Roff(left) + "\n" + RoffText(right) + "\n"; }

}  // namespace

std::string UsageOf(const CommandSpec& command) {
  std::string usage = "lakehouse " + std::string(command.name);
  if (!command.flags.empty()) usage += " [FLAGS]";
  const ArgumentSpec& argument = command.argument;
  if (!argument.name.empty())
    usage += (argument.is_required ? " " : " [") + std::string(argument.name) + (argument.repeats ? "..." : "") +
             (argument.is_required ? "" : "]");
  return usage;
}

std::string OverallHelp() {
  std::vector<Entry> commands;
  for (const CommandSpec& command : CommandTable()) commands.push_back({std::string(command.name), std::string(command.summary)});
  return "Lakehouse: files into SQL, search and answers, on one machine.\n\nUsage: lakehouse COMMAND [FLAGS] [ARGUMENTS]\n\nCommands\n" +
         Listed(commands) + "\nExit status\n" + Listed(ExitEntries()) +
         "\nlakehouse help COMMAND explains one, with examples. Begin with: lakehouse up --demo\n";
}

std::string HelpOf(const CommandSpec& command) {
  std::string text = "Usage: " + UsageOf(command) + "\n\n" + Wrapped(std::string(command.summary) + ".", 0, kLineWidth);
  text[text.find("\n\n") + 2] = static_cast<char>(text[text.find("\n\n") + 2] - 'a' + 'A');
  text += "\n";
  if (!command.about.empty()) text += Wrapped(command.about, 0, kLineWidth) + "\n";
  if (!command.argument.choices.empty())
    text += "\n" + std::string(command.argument.name) + " is one of: " + std::string(command.argument.choices) + "\n";
  std::vector<Entry> flags;
  for (const FlagSpec& flag : command.flags) flags.push_back({WithValue(flag), HelpOf(flag)});
  for (const FlagSpec& flag : UsualFlags()) flags.push_back({WithValue(flag), HelpOf(flag)});
  text += "\nFlags\n" + Listed(flags);
  if (!command.examples.empty()) text += "\nExamples\n";
  for (const ExampleSpec& example : command.examples)
    text += "  " + std::string(example.command) + "\n      " + std::string(example.says) + "\n";
  if (command.name == "sql") text += "\nExit status\n" + Listed(ExitEntries());
  return text;
}

std::string ManPage(std::string_view version) {
  std::string page = ".\\\" Made by \"lakehouse man\" from its table of commands.\n.TH LAKEHOUSE 1 2026-11-21 \"Lakehouse " +
                     std::string(version) +
                     "\" \"User commands\"\n.SH NAME\nlakehouse \\- files into SQL, search and answers, on one machine\n.SH SYNOPSIS\n.B "
                     "lakehouse\n.I COMMAND\n.RI [ FLAGS ]\n.RI [ ARGUMENTS ]\n.SH COMMANDS\n";
  for (const CommandSpec& command : CommandTable()) {
    page += ".SS " + Roff(UsageOf(command)) + "\n" + RoffText(std::string(command.summary) + ".") + "\n";
    if (!command.about.empty()) page += RoffText(command.about) + "\n";
    if (!command.argument.choices.empty())
      page += ".PP\n" + Roff(std::string(command.argument.name) + " is one of: " + std::string(command.argument.choices) + ".") + "\n";
    for (const FlagSpec& flag : command.flags) page += RoffEntry(WithValue(flag), HelpOf(flag));
    for (const ExampleSpec& example : command.examples)
      page += ".PP\n" + Roff(example.says) + ":\n.PP\n.nf\n.RS\n" + Roff(example.command) + "\n.RE\n.fi\n";
  }
  page += ".SH EXIT STATUS\n";
  for (const ExitSpec& exit : ExitTable()) page += RoffEntry(std::to_string(exit.code), exit.means);
  page += ".SH ENVIRONMENT\n";
  for (const VariableSpec& variable : VariableTable()) page += RoffEntry(variable.name, variable.means);
  return page;
}

}  // namespace lakehouse::app
