#include "screen_layout.h"

#include <gtest/gtest.h>

#include "lakehouse/terminal/display_width.h"

namespace lakehouse::terminal {
namespace {

TEST(LayOut, LinesHaveTheirPromptsAndTheCursorItsPlace) {
  const ScreenLayout layout = LayOut({"SELECT\n1", 8, "lake> ", "  ..> "}, {}, 40);
  EXPECT_EQ(layout.rows, (std::vector<std::string>{"lake> SELECT", "  ..> 1"}));
  EXPECT_EQ(layout.cursor_row, 1U);
  EXPECT_EQ(layout.cursor_column, 7U);
}

TEST(LayOut, LongLinesGoOnInTheNextRowAndWideCharactersAreNotSplit) {
  const ScreenLayout layout = LayOut({"abcdefg日x", 7, "> ", ""}, {}, 10);
  EXPECT_EQ(layout.rows, (std::vector<std::string>{"> abcdefg", "日x"}));
  EXPECT_EQ(layout.cursor_column, 9U);
}

TEST(LayOut, TheCursorAfterAFullRowStandsInTheNext) {
  const ScreenLayout layout = LayOut({"abcdefgh", 8, "> ", ""}, {}, 10);
  EXPECT_EQ(layout.rows.size(), 2U);
  EXPECT_EQ(layout.cursor_row, 1U);
  EXPECT_EQ(layout.cursor_column, 0U);
}

TEST(LayOut, ColoursEndWithTheirSpanAndWithTheRow) {
  const ScreenLayout layout = LayOut({"SELECT 1", 0, "> ", ""}, {{0, 6, "\033[1m"}}, 40);
  EXPECT_EQ(layout.rows[0], "> \033[1mSELECT\033[0m 1");
  const ScreenLayout wrapped = LayOut({"SELECTSELECT", 0, "", ""}, {{0, 12, "\033[1m"}}, 8);
  EXPECT_EQ(wrapped.rows, (std::vector<std::string>{"\033[1mSELECTSE\033[0m", "\033[1mLECT\033[0m"}));
}

TEST(LayOut, WhatIsTypedCannotCommandTheTerminal) { EXPECT_EQ(LayOut({"a\033[2J", 0, "", ""}, {}, 40).rows[0], "a␛[2J"); }

TEST(Window, HoldsTheRowsAroundTheCursor) {
  std::string text;
  for (int i = 0; i < 20; ++i) text += std::to_string(i) + "\n";
  const ScreenLayout top = Window(LayOut({text, 0, "", ""}, {}, 40), 5);
  EXPECT_EQ(top.rows, (std::vector<std::string>{"0", "1", "2", "3", "4"}));
  const ScreenLayout end = Window(LayOut({text, text.size(), "", ""}, {}, 40), 5);
  EXPECT_EQ(end.rows.back(), "");
  EXPECT_EQ(end.cursor_row, 4U);
  for (std::size_t at = 0; at <= text.size(); ++at) EXPECT_LT(Window(LayOut({text, at, "", ""}, {}, 40), 5).cursor_row, 5U);
}

}  // namespace
}  // namespace lakehouse::terminal
