#include "sql_session.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <iostream>

#include "child_process.h"
#include "command_line.h"
#include "dataset_table.h"
#include "lakehouse/base/file.h"
#include "lakehouse/terminal/display_width.h"
#include "lakehouse/terminal/line_editor.h"
#include "prompt_commands.h"
#include "result_table.h"
#include "sql_error.h"

namespace lakehouse::app {
namespace {

constexpr std::int64_t kUsualLimit = 10'000;  // rows that a person may still scroll through
constexpr std::int64_t kGreetingMs = 5'000;

bool IsBinary(std::string_view format) { return format == "arrow" || format == "parquet"; }

/// "12 ms", "3.40 s".
class Stopwatch {
 public:
  std::string Text() const {
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started_).count();
    if (took < 1'000) return std::to_string(took) + " ms";
    const auto hundredths = took / 10;
    return std::to_string(hundredths / 100) + "." + (hundredths % 100 < 10 ? "0" : "") + std::to_string(hundredths % 100) + " s";
  }

 private:
  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

std::string Utc(std::int64_t micros) {
  const std::time_t seconds = static_cast<std::time_t>(micros / 1'000'000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts)};
}

std::string Head(const std::string& line) { return line.substr(0, line.find_first_of(" \t")); }
std::string Rest(const std::string& line) {
  const std::size_t blank = line.find_first_of(" \t");
  const std::size_t begin = blank == std::string::npos ? blank : line.find_first_not_of(" \t", blank);
  return begin == std::string::npos ? "" : line.substr(begin);
}

/// A name as one would write it in SQL, or bare.
std::string NameOf(std::string text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') return text.substr(1, text.size() - 2);
  return text;
}

}  // namespace

bool MayColour(int fd) {
  const char* terminal = std::getenv("TERM");
  return isatty(fd) != 0 && std::getenv("NO_COLOR") == nullptr && terminal != nullptr && std::string_view(terminal) != "dumb";
}

SqlSession::SqlSession(const ServerAddress& server, Options options)
    : client_(server),
      names_(client_),
      options_(std::move(options)),
      format_(options_.format),
      has_timing_(options_.is_prompt),
      limit_(options_.is_prompt ? kUsualLimit : 0) {
  if (options_.is_prompt) interrupts_.emplace();
}

Status SqlSession::CheckServer() {
  LH_TRY(client_.SendWithin(client_.Request("GET", "/v1/catalog/status"), kGreetingMs));
  return Ok{};
}

Status SqlSession::WriteTo(const std::string& path) {
  output_.reset(std::fopen(path.c_str(), "wbe"));
  output_path_ = output_ ? path : "";
  output_has_result_ = false;
  if (!output_) return FileError("open the output", path, errno);
  return Ok{};
}

Status SqlSession::RunScript(const std::string& text, const std::string& source) {
  for (const terminal::ScriptPart& part : terminal::SplitScript(text).parts) {
    auto done = part.is_command ? RunCommand(part.text) : RunStatement(part.text);
    if (!done) {
      const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(part.begin), '\n');
      if (source.empty()) return done;
      return std::move(done).TakeError().While("run the statement that begins in line " + std::to_string(line) + " of " + source);
    }
    if (wants_to_leave_) break;
  }
  return Ok{};
}

Status SqlSession::RunStatement(const std::string& statement) {
  last_statement_ = statement;
  const auto run = [&](const std::stop_token& cancel) {
    return format_ == "table" ? RunAsTable(statement, cancel) : RunAsFormat(statement, cancel);
  };
  auto done = [&]() -> Status {
    if (!interrupts_) return run({});
    const Interrupts::Watch watch(*interrupts_);
    return run(watch.token());
  }();
  if (done) return done;
  if (done.error().code() == ErrorCode::kCancelled) return Error(ErrorCode::kCancelled, "cancelled");
  return ShowPlace(done.error(), statement);
}

terminal::TableLook SqlSession::Look() const {
  if (output_ || isatty(STDOUT_FILENO) == 0) return {.expanded = is_expanded_};
  const std::size_t columns = terminal::WindowSizeOf(STDOUT_FILENO).columns;
  const bool scrolls = options_.is_prompt && has_pager_ && HasPager() && !is_expanded_;
  return {.max_cell_width = std::max<std::size_t>(columns, 20),
          .max_width = scrolls ? 0 : columns,
          .expanded = is_expanded_,
          .colour = MayColour(STDOUT_FILENO)};
}

Status SqlSession::RunAsTable(const std::string& statement, const std::stop_token& cancel) {
  const Stopwatch watch;
  const auto response = LH_TRY(client_.Send(client_.SqlRequest(statement, "json", limit_ > 0 ? limit_ : -1), cancel));
  names_.Saw(response);
  const std::string took = watch.Text();
  const ResultTable result = LH_TRY(ReadResult(response.body));
  std::string count = CountOf(result);
  if (!result.cut_by.empty() && limit_ > 0 && result.rows == limit_)
    count = std::to_string(result.rows) + " rows, and there are more: \\limit 0 shows all";
  return Show(result.table.Draw(Look()) + "(" + count + (has_timing_ ? ", " + took : "") + ")\n");
}

Status SqlSession::RunAsFormat(const std::string& statement, const std::stop_token& cancel) {
  const bool to_terminal = !output_ && isatty(STDOUT_FILENO) != 0;
  if (IsBinary(format_) && to_terminal)
    return Error(ErrorCode::kInvalidArgument, format_ + " is not for a terminal; send it to a file with " +
                                                  (options_.is_prompt ? "\\o FILE" : "--output FILE or > FILE"));
  if (IsBinary(format_) && output_ && output_has_result_)
    return Error(ErrorCode::kAlreadyExists,
                 output_path_ + " holds a result already, and " + format_ + " takes one a file; \\o names another");
  const Stopwatch watch;
  std::string shown;
  LH_TRY(client_.SendTo(
      client_.SqlRequest(statement, format_),
      [&](std::string_view octets) -> Status {
        if (!to_terminal) return WriteOctets(octets);
        shown += octets;
        return Ok{};
      },
      cancel));
  output_has_result_ = true;
  if (format_ == "json") LH_TRY(to_terminal ? (shown += "\n", Status(Ok{})) : WriteOctets("\n"));
  if (to_terminal) {
    std::erase(shown, '\r');
    LH_TRY(Show(terminal::HarmlessLines(shown)));
  }
  if (options_.is_prompt && has_timing_) Say("(" + (output_ ? "written to " + output_path_ + ", " : "") + watch.Text() + ")\n");
  return FlushOutput();
}

Status SqlSession::Show(const std::string& text) {
  if (options_.is_prompt && has_pager_ && !output_) {
    const terminal::WindowSize window = terminal::WindowSizeOf(STDOUT_FILENO);
    const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    const bool fits = lines + 1 < window.rows && terminal::TextTable::WidestLine(text) <= window.columns;
    if (!fits && ShowInPager(text)) return Ok{};
  }
  LH_TRY(WriteOctets(text));
  return FlushOutput();
}

Status SqlSession::WriteOctets(std::string_view octets) {
  std::FILE* out = output_ ? output_.get() : stdout;
  if (std::fwrite(octets.data(), 1, octets.size(), out) == octets.size()) return Ok{};
  return FileError("write the result to", output_ ? output_path_ : "standard output", errno);
}

Status SqlSession::FlushOutput() {
  if (std::fflush(output_ ? output_.get() : stdout) == 0) return Ok{};
  return FileError("write the result to", output_ ? output_path_ : "standard output", errno);
}

void SqlSession::Say(const std::string& text) const {
  if (options_.is_prompt) std::cout << text << std::flush;
}

Status SqlSession::RunCommand(const std::string& line) {
  const std::string name = Head(line), value = Rest(line);
  if (name == "\\q") {
    wants_to_leave_ = true;
    return Ok{};
  }
  if (name == "\\d") return value.empty() ? ShowDatasets() : ShowDataset(NameOf(value));
  if (name == "\\x") return SetSwitch("expanded rows", value, is_expanded_);
  if (name == "\\timing") return SetSwitch("timing", value, has_timing_);
  if (name == "\\pager") return SetSwitch("pager", value, has_pager_);
  if (name == "\\format") return SetFormat(value);
  if (name == "\\limit") return SetLimit(value);
  if (name == "\\?") return Show(PromptHelp());
  if (name == "\\h") return Show(SqlHelp());
  if (name == "\\o") {
    if (!value.empty()) return WriteTo(value);
    output_.reset();
    return Ok{};
  }
  if (name == "\\i") {
    if (value.empty()) return Error(ErrorCode::kInvalidArgument, "\\i needs the file whose statements are to be run: \\i FILE");
    return RunScript(LH_TRY(ReadFile(value)), value);
  }
  if (name == "\\e" && options_.is_prompt) {
    edited_ = LH_TRY(EditText(last_statement_.empty() ? "" : last_statement_ + ";"));
    while (!edited_.empty() && edited_.back() == '\n') edited_.pop_back();
    return Ok{};
  }
  if (name == "\\e") return Error(ErrorCode::kInvalidArgument, "\\e needs a terminal");
  std::vector<std::string_view> known;
  for (const PromptCommand& command : PromptCommandTable()) known.push_back(command.name);
  return Error(ErrorCode::kInvalidArgument, "there is no command " + name + NearestOf(name, known) + " \\? lists them");
}

Status SqlSession::SetSwitch(const std::string& name, const std::string& value, bool& setting) {
  if (!value.empty() && value != "on" && value != "off")
    return Error(ErrorCode::kInvalidArgument, name + " can be on or off, not \"" + value + "\"");
  setting = value.empty() ? !setting : value == "on";
  Say(name + (setting ? ": on\n" : ": off\n"));
  return Ok{};
}

Status SqlSession::SetFormat(const std::string& value) {
  const auto known = Words(FindPromptCommand("\\format")->choices);
  if (!value.empty() && std::find(known.begin(), known.end(), value) == known.end())
    return Error(ErrorCode::kInvalidArgument, "there is no format \"" + value + "\"" + NearestOf(value, known) +
                                                  " There are table, csv, json, ndjson, arrow and parquet");
  if (!value.empty()) format_ = value;
  Say("format: " + format_ + "\n");
  return Ok{};
}

Status SqlSession::SetLimit(const std::string& value) {
  std::int64_t rows = limit_;
  const auto [end, failed] = std::from_chars(value.data(), value.data() + value.size(), rows);
  if (!value.empty() && (failed != std::errc() || end != value.data() + value.size() || rows < 0))
    return Error(ErrorCode::kInvalidArgument, "\\limit takes a whole number from 0, found \"" + value + "\"");
  limit_ = rows;
  Say(limit_ == 0 ? "limit: none\n" : "limit: " + std::to_string(limit_) + " rows\n");
  return Ok{};
}

Status SqlSession::ShowDatasets() {
  const terminal::TextTable table = LH_TRY(DatasetTable(client_));
  const std::string count = "(" + std::to_string(table.rows()) + (table.rows() == 1 ? " dataset)\n" : " datasets)\n");
  return Show(table.Draw(Look()) + count);
}

Status SqlSession::ShowDataset(const std::string& name) {
  constexpr std::int64_t kPatienceMs = 30'000;
  const std::string path = "/v1/catalog/datasets/" + PercentEncoded(name);
  const auto described = LH_TRY(client_.SendWithin(client_.Request("GET", path), kPatienceMs));
  const auto document = LH_TRY(JsonDocument::Parse(described.body));
  const JsonView dataset = document.root().Find("dataset").value_or(JsonView()), head = dataset.Find("head").value_or(JsonView());
  terminal::TextTable columns({"column", "type", "tag"}, {false, false, false});
  const JsonView schema = head.Find("schema").value_or(JsonView());
  LH_TRY(schema.Find("columns").value_or(JsonView()).ForEachElement([&](JsonView column) -> Status {
    columns.Add({TextOf(column, "name"), TextOf(column, "type"), TextOf(column, "tag")});
    return Ok{};
  }));
  const auto history = LH_TRY(client_.SendWithin(client_.Request("GET", path + "/history?limit=10"), kPatienceMs));
  const auto past = LH_TRY(JsonDocument::Parse(history.body));
  terminal::TextTable snapshots({"version", "time (UTC)", "operation", "rows", "bytes"}, {true, false, false, true, true});
  LH_TRY(past.root().Find("snapshots").value_or(JsonView()).ForEachElement([&](JsonView one) -> Status {
    const auto micros = one.Find("time_micros").value_or(JsonView()).AsInteger().value_or(0);
    snapshots.Add({TextOf(one, "version"), Utc(micros), TextOf(one, "operation"), TextOf(one, "rows"), TextOf(one, "size_bytes")});
    return Ok{};
  }));
  terminal::TableLook look = Look();
  look.expanded = false;
  return Show(columns.Draw(look) + "(" + std::to_string(columns.rows()) + " columns, " + TextOf(head, "rows") + " rows in " +
              TextOf(head, "file_count") + (TextOf(head, "file_count") == "1" ? " file" : " files") + " of " + TextOf(head, "size_bytes") +
              " bytes)\n\n" + snapshots.Draw(look) + "(FROM " + AsIdentifier(TextOf(dataset, "name")) + " AT (VERSION => " +
              TextOf(head, "version") + ") reads one of them)\n");
}

}  // namespace lakehouse::app
