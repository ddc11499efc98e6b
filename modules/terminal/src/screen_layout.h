#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/terminal/line_editor.h"

namespace lakehouse::terminal {

/// What is being typed as rows of a window.
struct ScreenLayout {
  std::vector<std::string> rows;  ///< with colours, each at most as wide as the window
  std::size_t cursor_row = 0;
  std::size_t cursor_column = 0;
};

struct TypedText {
  std::string_view text;
  std::size_t cursor = 0;
  std::string_view prompt;        ///< before the first line
  std::string_view continuation;  ///< before every other
};

/// Lines longer than `columns` go on in the next row; the cursor is never beyond the last column.
ScreenLayout LayOut(const TypedText& typed, const std::vector<ColouredSpan>& spans, std::size_t columns);

/// At most `height` rows, those around the cursor.
ScreenLayout Window(const ScreenLayout& layout, std::size_t height);

}  // namespace lakehouse::terminal
