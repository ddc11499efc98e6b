#include "lakehouse/terminal/text_table.h"

#include <gmock/gmock.h>

namespace lakehouse::terminal {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TextTable People() {
  TextTable table({"name", "age"}, {false, true});
  table.Add({"Ann", "7"});
  table.Add({"日本", "41"});
  table.Add({std::nullopt, std::nullopt});
  return table;
}

TEST(TextTable, AlignsByColumnsOfTheTerminalWithNumbersOnTheRight) {
  EXPECT_EQ(People().Draw(),
            "name   age\n"
            "----  ----\n"
            "Ann      7\n"
            "日本    41\n"
            "NULL  NULL\n");
}

TEST(TextTable, NullIsToldFromTheTextNull) {
  TextTable table({"a"}, {false});
  table.Add({std::nullopt});
  table.Add({"NULL"});
  table.Add({""});
  EXPECT_EQ(table.Draw(), "a\n------\nNULL\n\"NULL\"\n\n");
  EXPECT_THAT(table.Draw({.colour = true}), HasSubstr("\033[2mNULL\033[0m"));
}

TEST(TextTable, AHostileCellOrNameSendsNothingToTheTerminal) {
  TextTable table({"\033[2Jname"}, {false});
  table.Add({"\033]52;c;ZXZpbA==\a\u009b6n\r\n"});
  for (const bool expanded : {false, true}) {
    const std::string drawn = table.Draw({.expanded = expanded});
    EXPECT_THAT(drawn, Not(HasSubstr("\033")));
    EXPECT_THAT(drawn, Not(HasSubstr("\a")));
    EXPECT_THAT(drawn, Not(HasSubstr("\r")));
    EXPECT_THAT(drawn, Not(HasSubstr("\u009b")));
    EXPECT_THAT(drawn, HasSubstr("␛]52;"));
  }
}

TEST(TextTable, WideColumnsGiveWayUntilALineFits) {
  TextTable table({"id", "text", "more"}, {true, false, false});
  table.Add({"1", std::string(100, 'x'), std::string(40, 'y')});
  for (const std::size_t width : {120, 80, 40, 22})
    EXPECT_LE(TextTable::WidestLine(table.Draw({.max_cell_width = 200, .max_width = width})), width);
  EXPECT_THAT(table.Draw({.max_cell_width = 200, .max_width = 40}), HasSubstr("…"));
  EXPECT_EQ(TextTable::WidestLine(table.Draw({.max_cell_width = 200})), 2 + 2 + 100 + 2 + 40U);
}

TEST(TextTable, ExpandedShowsARowAsABlock) {
  EXPECT_EQ(People().Draw({.expanded = true}),
            "- row 1 \nname | Ann\nage  | 7\n- row 2 \nname | 日本\nage  | 41\n- row 3 \nname | NULL\nage  | NULL\n");
}

TEST(TextTable, ATableWithoutRowsHasItsNames) { EXPECT_EQ(TextTable({"a", "b"}, {false, false}).Draw(), "a  b\n-  -\n"); }

}  // namespace
}  // namespace lakehouse::terminal
