#include "sql_prompt.h"

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <iterator>

#include "lakehouse/query/served_functions.h"
#include "lakehouse/terminal/display_width.h"
#include "lakehouse/terminal/line_editor.h"
#include "sql_session.h"
#include "version.h"

namespace lakehouse::app {
namespace {

constexpr std::string_view kPrompt = "lakehouse> ", kContinuation = "      ...> ";

/// Below $XDG_STATE_HOME or ~/.local/state; nothing when there is no home.
std::string HistoryPath() {
  const char* state = std::getenv("XDG_STATE_HOME");
  const char* home = std::getenv("HOME");
  if (state != nullptr && *state == '/') return std::string(state) + "/lakehouse/sql_history";
  return home == nullptr || *home != '/' ? "" : std::string(home) + "/.local/state/lakehouse/sql_history";
}

terminal::LineHistory OpenHistory(const ServerAddress& server) {
  const terminal::LineHistory::Options options{.never = server.token};
  if (const std::string path = HistoryPath(); !path.empty()) {
    auto opened = terminal::LineHistory::Open(path, options);
    if (opened) return std::move(opened).Take();
    PrintError(opened.error(), "no history is kept: ");
  }
  return terminal::LineHistory(options);
}

std::string Trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\n"), end = text.find_last_not_of(" \t\n");
  return begin == std::string_view::npos ? "" : std::string(text.substr(begin, end + 1 - begin));
}

bool IsFarewell(const std::string& text) { return text == "exit" || text == "quit" || text == "exit;" || text == "quit;"; }

bool IsWhole(std::string_view text) {
  const std::string trimmed = Trimmed(text);
  return trimmed.starts_with('\\') || IsFarewell(trimmed) || terminal::SplitScript(text).whole;
}

Status RunPrompt(const ServerAddress& server, SqlSession& session) {
  std::signal(SIGPIPE, SIG_IGN);  // a pager may leave early
  LH_TRY(session.CheckServer());
  terminal::LineHistory history = OpenHistory(server);
  const SqlNames names{[&]() -> const std::vector<TableNames>& { return session.names().Tables(); }, query::ServedFunctions()};
  terminal::LineEditorOptions options;
  options.complete = [&](std::string_view text, std::size_t cursor) { return CompleteSql(text, cursor, names); };
  if (MayColour(STDOUT_FILENO)) options.colour = ColourSql;
  options.is_whole = IsWhole;
  terminal::LineEditor editor(std::move(options), history);
  std::cout << "Lakehouse " << kVersion << " at " << server.url << ". Statements end with ';'. \\? lists commands, \\q leaves.\n"
            << std::flush;
  while (!session.wants_to_leave()) {
    const auto input = LH_TRY(editor.Read(kPrompt, kContinuation, session.TakeEdited()));
    if (input.ending == terminal::LineEditor::Ending::kEndOfInput) break;
    const std::string text = Trimmed(input.text);
    if (input.ending == terminal::LineEditor::Ending::kInterrupted || text.empty()) continue;
    if (IsFarewell(text)) break;
    if (const auto kept = history.Add(input.text.starts_with(' ') ? "" : text); !kept) PrintError(kept.error(), "the history: ");
    if (const auto done = session.RunScript(text, ""); !done) PrintError(done.error(), "");
  }
  return Ok{};
}

bool IsAnsiTerminal() {
  const char* name = std::getenv("TERM");
  return isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0 && name != nullptr && *name != '\0' && std::string_view(name) != "dumb";
}

}  // namespace

void PrintError(const Error& error, const std::string& prefix) {
  const bool colour = MayColour(STDERR_FILENO);
  const std::string text = prefix + (isatty(STDERR_FILENO) != 0 ? terminal::HarmlessLines(error.ToString()) : error.ToString());
  std::cout << std::flush;
  std::cerr << (colour ? "\033[31m" : "") << text << (colour ? "\033[0m" : "") << "\n" << std::flush;
}

Status RunSql(const ServerAddress& server, const SqlOptions& options) {
  const bool is_prompt = !options.script && IsAnsiTerminal();
  SqlSession session(server, {options.format, is_prompt});
  if (!options.output.empty()) LH_TRY(session.WriteTo(options.output));
  if (is_prompt) return RunPrompt(server, session);
  if (options.script && terminal::SplitScript(*options.script).parts.empty())
    return Error(ErrorCode::kInvalidArgument, "there is no statement in \"" + *options.script + "\"").Named("usage");
  if (options.script) return session.RunScript(*options.script, "");
  const std::string script((std::istreambuf_iterator<char>(std::cin)), std::istreambuf_iterator<char>());
  return session.RunScript(script, "standard input");
}

}  // namespace lakehouse::app
