#pragma once
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/result.h"
#include "lakehouse/terminal/line_history.h"

namespace lakehouse::terminal {

struct WindowSize {
  std::size_t columns = 80;
  std::size_t rows = 24;
};
/// Of the terminal behind a descriptor; 80 × 24 when it does not say.
WindowSize WindowSizeOf(int fd);

/// Octets [begin, end) of a text in one colour, which is an escape sequence. Spans are sorted and do not overlap.
struct ColouredSpan {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string_view colour;
};

/// What may stand instead of the octets from `begin` to the cursor.
struct Completion {
  std::size_t begin = 0;
  std::vector<std::string> candidates;
};

struct LineEditorOptions {
  int in = 0;   ///< a terminal
  int out = 1;  ///< the same one
  std::function<Completion(std::string_view text, std::size_t cursor)> complete;
  std::function<std::vector<ColouredSpan>(std::string_view text)> colour;  ///< absent: no colours
  std::function<bool(std::string_view text)> is_whole;                     ///< whether Enter ends the input; otherwise it begins a line
};

/// Reads what a person types, over as many lines as it takes, on a terminal that understands ANSI sequences. Emacs keys, history with
/// search (Ctrl-R), completion (Tab), paste as a whole. The terminal is in raw mode only while Read runs. Blocks; single-threaded.
class LineEditor {
 public:
  enum class Ending { kEntered, kInterrupted, kEndOfInput };
  struct Input {
    Ending ending = Ending::kEntered;
    std::string text;
  };

  /// The history must outlive the editor; adding to it is the caller's.
  LineEditor(LineEditorOptions options, const LineHistory& history) : options_(std::move(options)), history_(history) {}

  /// `initial` is there to be changed. kUnavailable: the terminal is gone.
  Result<Input> Read(std::string_view prompt, std::string_view continuation, std::string initial = {});

 private:
  friend class EditSession;

  LineEditorOptions options_;
  const LineHistory& history_;
  std::string typed_ahead_;  // after Enter, for the next Read
};

}  // namespace lakehouse::terminal
