#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace lakehouse::terminal {

/// The text being typed and the place where typing goes; places are octets at the beginning of a character with its marks.
class EditBuffer {
 public:
  const std::string& text() const { return text_; }
  std::size_t cursor() const { return cursor_; }
  /// The cursor goes to the end.
  void Set(std::string text);

  void Insert(std::string_view text);
  /// Replaces from `begin` to the cursor.
  void Replace(std::size_t begin, std::string_view text);

  void Left() { cursor_ = Before(cursor_); }
  void Right() { cursor_ = After(cursor_); }
  void WordLeft() { cursor_ = WordBefore(cursor_); }
  void WordRight() { cursor_ = WordAfter(cursor_); }
  void LineStart() { cursor_ = StartOfLine(cursor_); }
  void LineEnd() { cursor_ = EndOfLine(cursor_); }
  /// To the same column of the neighbouring line; false when there is none.
  bool Up();
  bool Down();

  void DeleteLeft() { Cut(Before(cursor_), cursor_, false); }
  void DeleteRight() { Cut(cursor_, After(cursor_), false); }
  // What these take can be put back with Yank.
  void KillWordLeft() { Cut(WordBefore(cursor_), cursor_, true); }
  void KillWordRight() { Cut(cursor_, WordAfter(cursor_), true); }
  void KillToStart() { Cut(StartOfLine(cursor_), cursor_, true); }
  void KillToEnd();
  void Yank() { Insert(killed_); }
  /// The last change is taken back; again: the one before.
  void Undo();

 private:
  std::size_t Before(std::size_t at) const;
  std::size_t After(std::size_t at) const;
  std::size_t WordBefore(std::size_t at) const;
  std::size_t WordAfter(std::size_t at) const;
  std::size_t StartOfLine(std::size_t at) const;
  std::size_t EndOfLine(std::size_t at) const;
  std::size_t PlaceInLine(std::size_t line_start, std::size_t column) const;
  void Cut(std::size_t begin, std::size_t end, bool keep);
  void Remember();

  struct State {
    std::string text;
    std::size_t cursor;
  };

  std::string text_;
  std::size_t cursor_ = 0;
  std::string killed_;
  std::vector<State> past_;  // at most kMostPast
};

}  // namespace lakehouse::terminal
