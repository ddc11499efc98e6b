#include "sql_error.h"

#include <algorithm>
#include <string>

#include "lakehouse/base/json_view.h"
#include "lakehouse/terminal/display_width.h"

namespace lakehouse::app {
namespace {

constexpr std::size_t kMostOctets = 70;  // of a line on each side of the place

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

std::string MarkedLine(std::string_view statement, std::size_t at) {
  // A place behind the last word belongs to that word's line.
  while (at > 0 && at == statement.size() && (statement[at - 1] == '\n' || statement[at - 1] == ' ')) {
    statement.remove_suffix(1);
    at = statement.size();
  }
  std::size_t begin = at == 0 ? 0 : statement.rfind('\n', at - 1);
  begin = begin == std::string_view::npos || at == 0 ? 0 : begin + 1;
  std::size_t end = std::min(statement.find('\n', at), statement.size());
  const auto line_number = 1 + std::count(statement.begin(), statement.begin() + static_cast<std::ptrdiff_t>(begin), '\n');
  std::string prefix = "line " + std::to_string(line_number) + ": ";
  if (at - begin > kMostOctets) {
    begin = at - kMostOctets;
    while (begin < at && IsContinuation(statement[begin])) ++begin;
    prefix += "…";
  }
  std::string mark;
  if (end - at > kMostOctets) {
    end = at + kMostOctets;
    while (end > at && IsContinuation(statement[end])) --end;
    mark = "…";
  }
  const std::string before = terminal::Harmless(statement.substr(begin, at - begin));
  return "  " + prefix + before + terminal::Harmless(statement.substr(at, end - at)) + mark + "\n  " +
         std::string(terminal::DisplayWidth(prefix) + terminal::DisplayWidth(before), ' ') + "^";
}

}  // namespace

Error ShowPlace(const Error& error, std::string_view statement) {
  const auto details = JsonDocument::Parse(error.details());
  const auto position = details ? details->root().Find("position").value_or(JsonView()).AsInteger() : std::nullopt;
  if (!position || *position < 0) return error;
  const std::size_t at = std::min(static_cast<std::size_t>(*position), statement.size());
  // The last line of the message names code and request: the place goes before it.
  std::string message = error.message();
  const std::size_t foot = message.rfind("\n  [");
  message.insert(foot == std::string::npos ? message.size() : foot, "\n" + MarkedLine(statement, at));
  return Error(error.code(), std::move(message)).Named(std::string(error.reason())).WithDetails(error.details());
}

}  // namespace lakehouse::app
