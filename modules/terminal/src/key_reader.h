#pragma once
#include <optional>
#include <string>

namespace lakehouse::terminal {

enum class KeyKind {
  kText,   ///< typed; `text` has it
  kPaste,  ///< the same, from a clipboard: line ends in it end nothing
  kEnter,
  kNewLine,  ///< Alt-Enter
  kTab,
  kBackspace,
  kDelete,
  kLeft,
  kRight,
  kUp,
  kDown,
  kHome,
  kEnd,
  kWordLeft,
  kWordRight,
  kKillWordLeft,
  kKillWordRight,
  kKillToStart,
  kKillToEnd,
  kYank,
  kUndo,
  kOlder,
  kNewer,
  kSearch,
  kClearScreen,
  kInterrupt,
  kEndOfInput,
  kSuspend,
  kAbort,
  kEscape,
  kUnknown,
};

struct Key {
  KeyKind kind = KeyKind::kUnknown;
  std::string text;
};

/// Takes one key off the front of what a terminal in raw mode has sent. Nothing when more must come first; with `no_more` (nothing
/// followed for a moment) a lone escape is the key Escape, and half a sequence is dropped as kUnknown.
std::optional<Key> TakeKey(std::string& input, bool no_more);

}  // namespace lakehouse::terminal
