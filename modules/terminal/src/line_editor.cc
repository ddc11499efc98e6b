#include "lakehouse/terminal/line_editor.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "edit_buffer.h"
#include "key_reader.h"
#include "lakehouse/base/file.h"
#include "lakehouse/terminal/display_width.h"
#include "screen_layout.h"
#include "terminal_mode.h"

namespace lakehouse::terminal {
namespace {

constexpr int kEscapeMs = 60;  // after a lone escape: what belongs to it has come by then
constexpr std::size_t kMostListed = 120;

std::string CommonBeginning(const std::vector<std::string>& candidates) {
  std::string common = candidates.front();
  for (const std::string& one : candidates) {
    const auto differ = std::mismatch(common.begin(), common.end(), one.begin(), one.end()).first;
    common.erase(differ, common.end());
  }
  while (!common.empty() && (static_cast<unsigned char>(common.back()) & 0x80) != 0) common.pop_back();  // no half characters
  return common;
}

/// Candidates in columns, as ls would show them.
std::string InColumns(const std::vector<std::string>& candidates, std::size_t columns) {
  const std::size_t count = std::min(candidates.size(), kMostListed);
  std::vector<std::string> shown;
  std::size_t widest = 1;
  for (std::size_t i = 0; i < count; ++i) {
    shown.push_back(CutToWidth(Harmless(candidates[i]), columns > 2 ? columns - 2 : 1));
    widest = std::max(widest, DisplayWidth(shown.back()) + 2);
  }
  const std::size_t across = std::max<std::size_t>(1, columns / widest), down = (count + across - 1) / across;
  std::string out;
  for (std::size_t row = 0; row < down; ++row) {
    for (std::size_t i = row; i < count; i += down)
      out += shown[i] + (i + down < count ? std::string(widest - DisplayWidth(shown[i]), ' ') : "");
    out += "\r\n";
  }
  if (count < candidates.size()) out += "… and " + std::to_string(candidates.size() - count) + " more\r\n";
  return out;
}

}  // namespace

/// One Read: the text, the place in the history, a search when there is one, and what stands on the screen.
class EditSession {
 public:
  EditSession(LineEditor& editor, std::string_view prompt, std::string_view continuation, std::string initial)
      : editor_(editor),
        prompt_(prompt),
        continuation_(continuation),
        mode_(editor.options_.in, editor.options_.out),
        place_(entries().size()) {
    buffer_.Set(std::move(initial));
  }

  Result<LineEditor::Input> Run() {
    LH_TRY(mode_.Enter());
    std::string input = std::exchange(editor_.typed_ahead_, {});
    bool no_more = false;
    for (;;) {
      while (auto key = TakeKey(input, no_more)) {
        no_more = false;
        if (const auto ending = LH_TRY(Handle(*key))) {
          editor_.typed_ahead_ = std::move(input);
          LH_TRY(LeaveScreen(*ending));
          return LineEditor::Input{*ending, *ending == LineEditor::Ending::kEntered ? buffer_.text() : ""};
        }
      }
      LH_TRY(Draw());
      no_more = LH_TRY(AwaitInput(input)) && !input.empty();
      if (is_closed_) return LineEditor::Input{LineEditor::Ending::kEndOfInput, ""};
    }
  }

 private:
  using Ending = LineEditor::Ending;
  struct Search {
    std::string wanted;
    std::size_t place;   // of the entry that is shown; entries().size(): none
    std::string before;  // the text when it began
  };

  const std::vector<std::string>& entries() const { return editor_.history_.entries(); }

  /// True: nothing came in the time that half a key may take. The window having changed is no error.
  Result<bool> AwaitInput(std::string& input) {
    pollfd ready{editor_.options_.in, POLLIN, 0};
    const bool half = !input.empty();
    const int count = poll(&ready, 1, half ? kEscapeMs : -1);
    if (count < 0 && errno != EINTR) return FileError("wait for", "the terminal", errno);
    if (count <= 0) return count == 0;
    char octets[4096];
    const ssize_t size = read(editor_.options_.in, octets, sizeof octets);
    if (size < 0 && errno != EINTR && errno != EIO) return FileError("read from", "the terminal", errno);
    if (size == 0 || (size < 0 && errno == EIO)) is_closed_ = true;
    if (size > 0) input.append(octets, static_cast<std::size_t>(size));
    return false;
  }

  Status Write(std::string_view octets) { return WriteAll(editor_.options_.out, octets, "the terminal"); }

  Status Draw() {
    const WindowSize size = WindowSizeOf(editor_.options_.out);
    const std::string search_prompt = search_ ? "(search) '" + search_->wanted + "': " : "";
    std::vector<ColouredSpan> spans;
    if (editor_.options_.colour) spans = editor_.options_.colour(buffer_.text());
    const ScreenLayout now = Window(
        LayOut({buffer_.text(), buffer_.cursor(), search_ ? std::string_view(search_prompt) : prompt_, continuation_}, spans, size.columns),
        size.rows);
    std::string out = "\033[?25l" + ToTop() + "\033[J";
    for (std::size_t i = 0; i < now.rows.size(); ++i) out += (i == 0 ? "" : "\r\n") + now.rows[i];
    const std::size_t below = now.rows.size() - 1 - now.cursor_row;
    if (below > 0) out += "\033[" + std::to_string(below) + "A";
    out += "\r";
    if (now.cursor_column > 0) out += "\033[" + std::to_string(now.cursor_column) + "C";
    out += "\033[?25h";
    drawn_row_ = now.cursor_row;
    drawn_below_ = below;
    return Write(out);
  }

  std::string ToTop() const { return drawn_row_ == 0 ? "\r" : "\r\033[" + std::to_string(drawn_row_) + "A"; }
  std::string ToBottom() const { return drawn_below_ == 0 ? "" : "\033[" + std::to_string(drawn_below_) + "B"; }

  Status LeaveScreen(Ending ending) {
    search_.reset();
    LH_TRY(Draw());
    const std::string out = ToBottom() + (ending == Ending::kInterrupted ? "^C" : "") + "\r\n";
    drawn_row_ = drawn_below_ = 0;
    return Write(out);
  }

  Result<std::optional<Ending>> Handle(const Key& key) {
    const bool again = std::exchange(tab_before_, key.kind == KeyKind::kTab);
    if (search_ && HandleInSearch(key)) return std::optional<Ending>();
    switch (key.kind) {
      case KeyKind::kEnter:
        if (!editor_.options_.is_whole || editor_.options_.is_whole(buffer_.text())) return std::optional(Ending::kEntered);
        buffer_.LineEnd();
        buffer_.Insert("\n");
        break;
      case KeyKind::kInterrupt: return std::optional(Ending::kInterrupted);
      case KeyKind::kEndOfInput:
        if (buffer_.text().empty()) return std::optional(Ending::kEndOfInput);
        buffer_.DeleteRight();
        break;
      case KeyKind::kTab: LH_TRY(Complete(again)); break;
      case KeyKind::kSuspend: LH_TRY(Suspend()); break;
      case KeyKind::kClearScreen:
        LH_TRY(Write("\033[H\033[2J"));
        drawn_row_ = drawn_below_ = 0;
        break;
      case KeyKind::kSearch: search_ = Search{"", entries().size(), buffer_.text()}; break;
      default: Edit(key);
    }
    return std::optional<Ending>();
  }

  void Edit(const Key& key) {
    switch (key.kind) {
      case KeyKind::kText:
      case KeyKind::kPaste: buffer_.Insert(key.text); break;
      case KeyKind::kNewLine: buffer_.Insert("\n"); break;
      case KeyKind::kBackspace: buffer_.DeleteLeft(); break;
      case KeyKind::kDelete: buffer_.DeleteRight(); break;
      case KeyKind::kLeft: buffer_.Left(); break;
      case KeyKind::kRight: buffer_.Right(); break;
      case KeyKind::kHome: buffer_.LineStart(); break;
      case KeyKind::kEnd: buffer_.LineEnd(); break;
      case KeyKind::kWordLeft: buffer_.WordLeft(); break;
      case KeyKind::kWordRight: buffer_.WordRight(); break;
      case KeyKind::kKillWordLeft: buffer_.KillWordLeft(); break;
      case KeyKind::kKillWordRight: buffer_.KillWordRight(); break;
      case KeyKind::kKillToStart: buffer_.KillToStart(); break;
      case KeyKind::kKillToEnd: buffer_.KillToEnd(); break;
      case KeyKind::kYank: buffer_.Yank(); break;
      case KeyKind::kUndo: buffer_.Undo(); break;
      case KeyKind::kUp:
        if (!buffer_.Up()) Recall(true);
        break;
      case KeyKind::kDown:
        if (!buffer_.Down()) Recall(false);
        break;
      case KeyKind::kOlder: Recall(true); break;
      case KeyKind::kNewer: Recall(false); break;
      default: break;
    }
  }

  /// What was typed and not entered stands after the newest entry.
  void Recall(bool older) {
    if (older ? place_ == 0 : place_ >= entries().size()) return;
    if (place_ == entries().size()) unfinished_ = buffer_.text();
    place_ = older ? place_ - 1 : place_ + 1;
    buffer_.Set(place_ == entries().size() ? unfinished_ : entries()[place_]);
  }

  /// False: the key ends the search and means what it always does.
  bool HandleInSearch(const Key& key) {
    switch (key.kind) {
      case KeyKind::kText:
        search_->wanted += key.text;
        FindFrom(std::min(search_->place + 1, entries().size()));
        return true;
      case KeyKind::kBackspace:
        while (!search_->wanted.empty() && (static_cast<unsigned char>(search_->wanted.back()) & 0xC0) == 0x80) search_->wanted.pop_back();
        if (!search_->wanted.empty()) search_->wanted.pop_back();
        FindFrom(entries().size());
        return true;
      case KeyKind::kSearch: FindFrom(search_->place, true); return true;
      case KeyKind::kAbort:
      case KeyKind::kInterrupt:
        buffer_.Set(search_->before);
        search_.reset();
        return true;
      case KeyKind::kEscape:
      case KeyKind::kTab: search_.reset(); return true;
      default: search_.reset(); return false;
    }
  }

  /// The newest entry before `end` that holds what is wanted; where there is none, all stays. `another`: than the one shown.
  void FindFrom(std::size_t end, bool another = false) {
    for (std::size_t i = end; i > 0; --i) {
      const std::string& entry = entries()[i - 1];
      if (entry.find(search_->wanted) == std::string::npos || (another && entry == buffer_.text())) continue;
      search_->place = place_ = i - 1;
      buffer_.Set(entry);
      return;
    }
  }

  Status Complete(bool again) {
    if (!editor_.options_.complete) return Ok{};
    const Completion found = editor_.options_.complete(buffer_.text(), buffer_.cursor());
    if (found.candidates.empty()) return Write("\a");
    const std::string common = CommonBeginning(found.candidates);
    const std::size_t typed = buffer_.cursor() - found.begin;
    if (found.candidates.size() == 1) {
      buffer_.Replace(found.begin, found.candidates.front());
    } else if (common.size() > typed) {
      buffer_.Replace(found.begin, common);
    } else if (again) {
      LH_TRY(Draw());
      LH_TRY(Write(ToBottom() + "\r\n" + InColumns(found.candidates, WindowSizeOf(editor_.options_.out).columns)));
      drawn_row_ = drawn_below_ = 0;
    }
    return Ok{};
  }

  Status Suspend() {
    LH_TRY(LeaveScreen(Ending::kEntered));
    mode_.Leave();
    static_cast<void>(raise(SIGTSTP));
    return mode_.Enter();
  }

  LineEditor& editor_;
  const std::string_view prompt_;
  const std::string_view continuation_;
  RawMode mode_;
  EditBuffer buffer_;
  std::size_t place_;       // in the history; its size: what is being typed
  std::string unfinished_;  // what was being typed when the history was entered
  std::optional<Search> search_;
  bool tab_before_ = false;
  bool is_closed_ = false;
  std::size_t drawn_row_ = 0;    // of the cursor, below the first row drawn
  std::size_t drawn_below_ = 0;  // rows below the cursor
};

Result<LineEditor::Input> LineEditor::Read(std::string_view prompt, std::string_view continuation, std::string initial) {
  return EditSession(*this, prompt, continuation, std::move(initial)).Run();
}

}  // namespace lakehouse::terminal
