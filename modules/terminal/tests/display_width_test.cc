#include "lakehouse/terminal/display_width.h"

#include <gtest/gtest.h>

namespace lakehouse::terminal {
namespace {

TEST(DisplayWidth, WideScriptsTakeTwoColumnsAndMarksNone) {
  EXPECT_EQ(DisplayWidth("abc"), 3U);
  EXPECT_EQ(DisplayWidth("日本"), 4U);
  EXPECT_EQ(DisplayWidth("e\u0301"), 1U);
  EXPECT_EQ(DisplayWidth("🚚"), 2U);
  EXPECT_EQ(DisplayWidth(""), 0U);
}

TEST(Harmless, NothingThatComesOutIsACommandToATerminal) {
  EXPECT_EQ(Harmless("\033[31mred\033]0;title\a"), "␛[31mred␛]0;title␇");
  EXPECT_EQ(Harmless("a\nb\tc\rd\x7f"), "a␊b␉c␍d␡");
  EXPECT_EQ(Harmless("c1 \u009b31m"), "c1 \uFFFD31m");          // the one-octet escape of some terminals
  EXPECT_EQ(Harmless("\u202Eevil\u2066"), "\uFFFDevil\uFFFD");  // would turn the direction of what follows
  EXPECT_EQ(Harmless("\x9b"
                     "31m\xff"),
            "\uFFFD"
            "31m\uFFFD");
  EXPECT_EQ(Harmless(std::string_view("a\0b", 3)), "a␀b");
}

TEST(Harmless, EveryOctetAndEveryPairOfThemComesOutHarmless) {
  for (int first = 0; first < 256; ++first)
    for (int second = 0; second < 256; ++second) {
      const std::string shown = Harmless(std::string{static_cast<char>(first), static_cast<char>(second)});
      for (std::string_view rest = shown; !rest.empty();) {
        const Character next = FirstCharacter(rest);
        ASSERT_FALSE(next.is_control) << first << " " << second;
        ASSERT_TRUE(next.octets.size() > 1 || static_cast<unsigned char>(next.octets[0]) < 0x7F) << first << " " << second;
        rest.remove_prefix(next.octets.size());
      }
    }
}

TEST(Harmless, PiledMarksDoNotReachTheNextLine) {
  std::string pile = "a";
  for (int i = 0; i < 100; ++i) pile += "\u0301";
  EXPECT_EQ(Harmless(pile), "a\u0301\u0301\u0301\u0301");
}

TEST(Harmless, ShortFormsAndSurrogatesAreNoCharacters) {
  EXPECT_EQ(Harmless("\xC0\x9B"), "\uFFFD\uFFFD");  // an escape in two octets
  EXPECT_EQ(Harmless("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(Harmless("\xF4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD");
}

TEST(HarmlessLines, LineEndsStay) { EXPECT_EQ(HarmlessLines("a\nb\033"), "a\nb␛"); }

TEST(CutToWidth, CutsAtACharacterAndSaysSo) {
  EXPECT_EQ(CutToWidth("abcdef", 6), "abcdef");
  EXPECT_EQ(CutToWidth("abcdefg", 6), "abcde…");
  EXPECT_EQ(CutToWidth("日本語", 5), "日本…");
  EXPECT_EQ(CutToWidth("日本語", 4), "日…");
  EXPECT_EQ(CutToWidth("ab", 1), "…");
  EXPECT_EQ(CutToWidth("ab", 0), "");
  for (std::size_t width = 0; width < 12; ++width) EXPECT_LE(DisplayWidth(CutToWidth("a日e\u0301語🚚z", width)), width);
}

}  // namespace
}  // namespace lakehouse::terminal
