#include "blocks.h"

#include <algorithm>
#include <utility>

namespace lakehouse::text {
namespace {

enum class LineKind { kEmpty, kText, kHeading, kUnderline, kFence, kTable, kItem };

struct Line {
  Span span;  ///< with its line end
  std::string_view text;
  LineKind kind = LineKind::kText;
};

std::string_view Stripped(std::string_view line) {
  const Span span = Trimmed(line, {0, line.size()});
  return span.In(line);
}

unsigned HeadingLevel(std::string_view line) {
  std::size_t marks = 0;
  while (marks < line.size() && line[marks] == '#') ++marks;
  return marks >= 1 && marks <= 6 && (marks == line.size() || line[marks] == ' ') ? static_cast<unsigned>(marks) : 0;
}

bool IsOnly(std::string_view line, char c) { return !line.empty() && line.find_first_not_of(c) == std::string_view::npos; }

bool IsItem(std::string_view line) {
  if (line.size() >= 2 && std::string_view("-*+").contains(line[0]) && line[1] == ' ') return true;
  const std::size_t digits = line.find_first_not_of("0123456789");
  return digits != 0 && digits != std::string_view::npos && digits < 10 && digits + 1 < line.size() &&
         (line[digits] == '.' || line[digits] == ')') && line[digits + 1] == ' ';
}

LineKind KindOf(std::string_view stripped) {
  if (stripped.empty()) return LineKind::kEmpty;
  if (HeadingLevel(stripped) > 0) return LineKind::kHeading;
  if (stripped.starts_with("```") || stripped.starts_with("~~~")) return LineKind::kFence;
  if (IsOnly(stripped, '=') || (stripped.size() >= 2 && IsOnly(stripped, '-'))) return LineKind::kUnderline;
  if (stripped.starts_with('|')) return LineKind::kTable;
  return IsItem(stripped) ? LineKind::kItem : LineKind::kText;
}

std::vector<Line> LinesOf(std::string_view text) {
  std::vector<Line> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t feed = text.find('\n', begin);
    const std::size_t end = feed == std::string_view::npos ? text.size() : feed + 1;
    const std::string_view stripped = Stripped(text.substr(begin, end - begin));
    lines.push_back({{begin, end}, stripped, KindOf(stripped)});
    begin = end;
  }
  return lines;
}

/// Groups lines into blocks.
class MarkdownReader {
 public:
  explicit MarkdownReader(std::string_view text) : lines_(LinesOf(text)) {}

  std::vector<Block> Read() && {
    while (at_ < lines_.size()) ReadBlock();
    return std::move(blocks_);
  }

 private:
  LineKind KindAt(std::size_t line) const { return line < lines_.size() ? lines_[line].kind : LineKind::kEmpty; }

  void ReadBlock() {
    const std::size_t first = at_;
    switch (KindAt(first)) {
      case LineKind::kEmpty: ++at_; return Finish(first, {});
      case LineKind::kHeading: return ReadHeading();
      case LineKind::kFence: return ReadFence();
      case LineKind::kTable:
        while (KindAt(at_) == LineKind::kTable) ++at_;
        return Finish(first, {.span = {}, .level = 0, .heading = {}, .is_whole = true});
      case LineKind::kItem:
        ++at_;
        while (KindAt(at_) == LineKind::kText) ++at_;
        return Finish(first, {.span = {}, .level = 0, .heading = {}, .is_whole = true});
      case LineKind::kText:
      case LineKind::kUnderline: return ReadParagraph();
    }
  }

  void ReadHeading() {
    const std::string_view line = lines_[at_].text;
    const unsigned level = HeadingLevel(line);
    std::string_view title = Stripped(line.substr(level));
    while (title.ends_with('#')) title.remove_suffix(1);
    ++at_;
    Finish(at_ - 1, {.span = {}, .level = level, .heading = std::string(Stripped(title)), .is_whole = false});
  }

  void ReadFence() {
    const std::size_t first = at_++;
    const std::string_view mark = lines_[first].text.substr(0, 3);
    while (at_ < lines_.size() && !lines_[at_].text.starts_with(mark)) ++at_;
    if (at_ < lines_.size()) ++at_;
    Finish(first, {.span = {}, .level = 0, .heading = {}, .is_whole = true});
  }

  void ReadParagraph() {
    const std::size_t first = at_++;
    while (KindAt(at_) == LineKind::kText) ++at_;
    if (KindAt(at_) == LineKind::kUnderline && at_ == first + 1 && KindAt(first) == LineKind::kText) {
      const unsigned level = lines_[at_].text[0] == '=' ? 1 : 2;
      ++at_;
      return Finish(first, {.span = {}, .level = level, .heading = std::string(lines_[first].text), .is_whole = false});
    }
    Finish(first, {});
  }

  /// The block of the lines from `first`, and the empty ones that follow.
  void Finish(std::size_t first, Block block) {
    while (at_ < lines_.size() && lines_[at_].kind == LineKind::kEmpty) ++at_;
    block.span = {lines_[first].span.begin, lines_[at_ - 1].span.end};
    blocks_.push_back(std::move(block));
  }

  std::vector<Line> lines_;
  std::vector<Block> blocks_;
  std::size_t at_ = 0;
};

}  // namespace

std::vector<Block> PlainBlocks(std::string_view text) {
  std::vector<Block> blocks;
  bool was_empty = false;
  for (const Line& line : LinesOf(text)) {
    const bool is_empty = line.kind == LineKind::kEmpty;
    if (blocks.empty() || (was_empty && !is_empty)) {
      blocks.push_back({.span = line.span, .level = 0, .heading = {}, .is_whole = false});
    } else {
      blocks.back().span.end = line.span.end;
    }
    was_empty = is_empty;
  }
  return blocks;
}

std::vector<Block> MarkdownBlocks(std::string_view text) { return MarkdownReader(text).Read(); }

}  // namespace lakehouse::text
