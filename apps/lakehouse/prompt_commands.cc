#include "prompt_commands.h"

#include <algorithm>

namespace lakehouse::app {
namespace {

using enum ValueKind;

constexpr PromptCommand kTable[] = {
    {"\\d", "[NAME]", "the datasets; with NAME its columns, rows and snapshots", kDataset, {}},
    {"\\x", "[on|off]", "one block of lines for each row", kChoice, "on off"},
    {"\\timing", "[on|off]", "how long a statement took", kChoice, "on off"},
    {"\\limit", "[ROWS]", "most rows of a table; 0: all", kText, {}},
    {"\\format", "[FORMAT]", "table, csv, json, ndjson, arrow or parquet", kChoice, "table csv json ndjson arrow parquet"},
    {"\\pager", "[on|off]", "show what does not fit the window with $PAGER", kChoice, "on off"},
    {"\\o", "[FILE]", "write results to FILE; without it: show them here again", kFile, {}},
    {"\\i", "FILE", "run the statements of FILE", kFile, {}},
    {"\\e", "", "change the last statement in $VISUAL or $EDITOR", kNone, {}},
    {"\\h", "", "shapes of statements", kNone, {}},
    {"\\?", "", "this", kNone, {}},
    {"\\q", "", "leave; Ctrl-D does too", kNone, {}},
};

constexpr std::string_view kKeys =
    "Keys: Tab completes, twice lists · Ctrl-R searches the history, Up and Down walk it · Alt-Enter begins a line · Ctrl-C clears the "
    "line,\n"
    "or cancels what runs · Ctrl-_ undoes · Ctrl-W, Ctrl-U, Ctrl-K cut, Ctrl-Y puts back\n";

constexpr std::string_view kShapes =
    R"(SELECT role, count(*) AS people FROM workers WHERE state = 'IN' GROUP BY role ORDER BY people DESC LIMIT 5;
FROM workers LIMIT 5;                                  all columns
DESCRIBE workers;                                      its columns
SUMMARIZE workers;                                     minimum, maximum, nulls of every column
FROM workers AT (VERSION => 3);                        as it was at version 3
FROM workers AT (TIMESTAMP => '2026-11-21 12:00:00');  as it was then
EXPLAIN SELECT count(*) FROM workers;                  how it is answered
SHOW TABLES;
It is DuckDB's dialect; one SELECT at a time, and nothing that writes.
)";

}  // namespace

std::span<const PromptCommand> PromptCommandTable() { return kTable; }

const PromptCommand* FindPromptCommand(std::string_view name) {
  const auto* found = std::find_if(std::begin(kTable), std::end(kTable), [&](const PromptCommand& one) { return one.name == name; });
  return found == std::end(kTable) ? nullptr : found;
}

std::string PromptHelp() {
  constexpr std::size_t kWidth = 18;
  std::string text = "Statements end with ';' and may take several lines.\n";
  for (const PromptCommand& command : kTable) {
    std::string left = std::string(command.name) + (command.argument.empty() ? "" : " " + std::string(command.argument));
    left.resize(std::max(left.size() + 1, kWidth), ' ');
    text += "  " + left + std::string(command.help) + "\n";
  }
  return text + std::string(kKeys);
}

std::string SqlHelp() { return std::string(kShapes); }

}  // namespace lakehouse::app
