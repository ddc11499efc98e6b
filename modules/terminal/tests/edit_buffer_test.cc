#include "edit_buffer.h"

#include <gtest/gtest.h>

namespace lakehouse::terminal {
namespace {

TEST(EditBuffer, MovesAndDeletesByCharacterWithItsMarks) {
  EditBuffer buffer;
  buffer.Set("ae\u0301日");
  buffer.Left();
  EXPECT_EQ(buffer.cursor(), 4U);
  buffer.DeleteLeft();
  EXPECT_EQ(buffer.text(), "a日");
  buffer.DeleteRight();
  EXPECT_EQ(buffer.text(), "a");
  buffer.DeleteRight();
  buffer.Left();
  buffer.Left();
  buffer.DeleteLeft();
  EXPECT_EQ(buffer.text(), "a");
  buffer.Right();
  buffer.Right();
  EXPECT_EQ(buffer.cursor(), 1U);
}

TEST(EditBuffer, WhatWasKilledComesBack) {
  EditBuffer buffer;
  buffer.Set("SELECT count(*) FROM t");
  buffer.KillWordLeft();
  buffer.KillWordLeft();
  EXPECT_EQ(buffer.text(), "SELECT count(*) ");
  buffer.Yank();
  EXPECT_EQ(buffer.text(), "SELECT count(*) FROM ");
  buffer.KillToStart();
  EXPECT_EQ(buffer.text(), "");
  buffer.Yank();
  buffer.LineStart();
  buffer.KillToEnd();
  EXPECT_EQ(buffer.text(), "");
}

TEST(EditBuffer, MovesBetweenLinesAtTheSameColumn) {
  EditBuffer buffer;
  buffer.Set("first line\n日\nthird");
  buffer.LineStart();
  buffer.Right();
  buffer.Right();
  buffer.Right();
  EXPECT_TRUE(buffer.Up());
  EXPECT_EQ(buffer.cursor(), std::string("first line\n日").size()) << "a shorter line: its end";
  EXPECT_TRUE(buffer.Up());
  EXPECT_EQ(buffer.cursor(), 2U);
  EXPECT_FALSE(buffer.Up());
  EXPECT_TRUE(buffer.Down());
  EXPECT_TRUE(buffer.Down());
  EXPECT_FALSE(buffer.Down());
}

TEST(EditBuffer, UndoTakesBackChangeByChange) {
  EditBuffer buffer;
  buffer.Insert("SELECT");
  buffer.Insert(" 1");
  buffer.KillToStart();
  buffer.Undo();
  EXPECT_EQ(buffer.text(), "SELECT 1");
  buffer.Undo();
  EXPECT_EQ(buffer.text(), "SELECT");
  buffer.Undo();
  buffer.Undo();
  EXPECT_EQ(buffer.text(), "");
}

}  // namespace
}  // namespace lakehouse::terminal
