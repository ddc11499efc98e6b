#include "screen_layout.h"

#include <algorithm>

#include "lakehouse/terminal/display_width.h"

namespace lakehouse::terminal {
namespace {

constexpr std::string_view kPlain = "\033[0m";

/// Writes characters into rows and knows where it is.
class RowWriter {
 public:
  explicit RowWriter(std::size_t columns) : columns_(std::max<std::size_t>(columns, 8)) { layout_.rows.emplace_back(); }

  void Put(std::string_view octets, std::size_t width) {
    if (column_ + width > columns_) NextRow();
    if (!is_coloured_ && !colour_.empty()) Row() += colour_, is_coloured_ = true;
    Row() += octets;
    column_ += width;
  }
  void Colour(std::string_view colour) {
    if (colour == colour_) return;
    EndColour();
    colour_ = colour;
  }
  void NextRow() {
    EndColour();
    layout_.rows.emplace_back();
    column_ = 0;
  }
  void MarkCursor() {
    if (column_ >= columns_) NextRow();
    layout_.cursor_row = layout_.rows.size() - 1;
    layout_.cursor_column = column_;
  }
  ScreenLayout Take() && {
    EndColour();
    return std::move(layout_);
  }

 private:
  std::string& Row() { return layout_.rows.back(); }
  void EndColour() {
    if (is_coloured_) Row() += kPlain;
    is_coloured_ = false;
  }

  const std::size_t columns_;
  ScreenLayout layout_;
  std::size_t column_ = 0;
  std::string_view colour_;
  bool is_coloured_ = false;
};

void PutPlain(RowWriter& writer, std::string_view text) {
  writer.Colour("");
  while (!text.empty()) {
    const Character next = FirstCharacter(text);
    writer.Put(next.octets, next.width);
    text.remove_prefix(next.octets.size());
  }
}

}  // namespace

ScreenLayout LayOut(const TypedText& typed, const std::vector<ColouredSpan>& spans, std::size_t columns) {
  RowWriter writer(columns);
  PutPlain(writer, typed.prompt);
  auto span = spans.begin();
  for (std::size_t at = 0; at < typed.text.size();) {
    if (at == typed.cursor) writer.MarkCursor();
    const Character next = FirstCharacter(typed.text.substr(at));
    if (next.point == '\n') {
      writer.NextRow();
      PutPlain(writer, typed.continuation);
    } else {
      while (span != spans.end() && span->end <= at) ++span;
      writer.Colour(span != spans.end() && span->begin <= at ? span->colour : std::string_view());
      const std::string shown = Harmless(next.octets);
      writer.Put(shown, DisplayWidth(shown));
    }
    at += next.octets.size();
  }
  writer.Colour("");
  if (typed.cursor >= typed.text.size()) writer.MarkCursor();
  return std::move(writer).Take();
}

ScreenLayout Window(const ScreenLayout& layout, std::size_t height) {
  height = std::max<std::size_t>(height, 1);
  if (layout.rows.size() <= height) return layout;
  const std::size_t last_top = layout.rows.size() - height;
  const std::size_t top = std::min(last_top, layout.cursor_row < height ? 0 : layout.cursor_row + 1 - height);
  const auto first = layout.rows.begin() + static_cast<std::ptrdiff_t>(top);
  return {{first, first + static_cast<std::ptrdiff_t>(height)}, layout.cursor_row - top, layout.cursor_column};
}

}  // namespace lakehouse::terminal
