#include "edit_buffer.h"

#include <algorithm>

#include "lakehouse/terminal/display_width.h"

namespace lakehouse::terminal {
namespace {

constexpr std::size_t kMostPast = 200;

bool IsPartOfWord(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

}  // namespace

void EditBuffer::Set(std::string text) {
  text_ = std::move(text);
  cursor_ = text_.size();
  past_.clear();
}

void EditBuffer::Insert(std::string_view text) { Replace(cursor_, text); }

void EditBuffer::Replace(std::size_t begin, std::string_view text) {
  Remember();
  text_.replace(begin, cursor_ - begin, text);
  cursor_ = begin + text.size();
}

void EditBuffer::KillToEnd() {
  const std::size_t end = EndOfLine(cursor_);
  Cut(cursor_, end == cursor_ ? std::min(end + 1, text_.size()) : end, true);
}

void EditBuffer::Cut(std::size_t begin, std::size_t end, bool keep) {
  if (begin == end) return;
  Remember();
  if (keep) killed_ = text_.substr(begin, end - begin);
  text_.erase(begin, end - begin);
  cursor_ = begin;
}

void EditBuffer::Remember() {
  if (past_.size() == kMostPast) past_.erase(past_.begin());
  past_.push_back({text_, cursor_});
}

void EditBuffer::Undo() {
  if (past_.empty()) return;
  text_ = std::move(past_.back().text);
  cursor_ = past_.back().cursor;
  past_.pop_back();
}

std::size_t EditBuffer::Before(std::size_t at) const {
  while (at > 0) {
    --at;
    if (!IsContinuation(text_[at]) && FirstCharacter(std::string_view(text_).substr(at)).width > 0) break;
    if (text_[at] == '\n' || text_[at] == '\t') break;
  }
  return at;
}

std::size_t EditBuffer::After(std::size_t at) const {
  if (at == text_.size()) return at;
  at += FirstCharacter(std::string_view(text_).substr(at)).octets.size();
  while (at < text_.size()) {  // marks that sit on it
    const Character next = FirstCharacter(std::string_view(text_).substr(at));
    if (next.width > 0 || next.is_control) break;
    at += next.octets.size();
  }
  return at;
}

std::size_t EditBuffer::WordBefore(std::size_t at) const {
  while (at > 0 && !IsPartOfWord(text_[at - 1])) --at;
  while (at > 0 && IsPartOfWord(text_[at - 1])) --at;
  return at;
}

std::size_t EditBuffer::WordAfter(std::size_t at) const {
  while (at < text_.size() && !IsPartOfWord(text_[at])) ++at;
  while (at < text_.size() && IsPartOfWord(text_[at])) ++at;
  return at;
}

std::size_t EditBuffer::StartOfLine(std::size_t at) const {
  if (at == 0) return 0;
  const std::size_t found = text_.rfind('\n', at - 1);
  return found == std::string::npos ? 0 : found + 1;
}

std::size_t EditBuffer::EndOfLine(std::size_t at) const { return std::min(text_.find('\n', at), text_.size()); }

std::size_t EditBuffer::PlaceInLine(std::size_t line_start, std::size_t column) const {
  const std::size_t end = EndOfLine(line_start);
  std::size_t at = line_start;
  for (std::size_t seen = 0; at < end && seen < column; at = After(at)) seen += FirstCharacter(std::string_view(text_).substr(at)).width;
  return std::min(at, end);
}

bool EditBuffer::Up() {
  const std::size_t start = StartOfLine(cursor_);
  if (start == 0) return false;
  cursor_ = PlaceInLine(StartOfLine(start - 1), DisplayWidth(std::string_view(text_).substr(start, cursor_ - start)));
  return true;
}

bool EditBuffer::Down() {
  const std::size_t start = StartOfLine(cursor_), end = EndOfLine(cursor_);
  if (end == text_.size()) return false;
  cursor_ = PlaceInLine(end + 1, DisplayWidth(std::string_view(text_).substr(start, cursor_ - start)));
  return true;
}

}  // namespace lakehouse::terminal
