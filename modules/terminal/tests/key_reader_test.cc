#include "key_reader.h"

#include <gtest/gtest.h>

#include <random>

namespace lakehouse::terminal {
namespace {

KeyKind Only(std::string input) {
  const auto key = TakeKey(input, false);
  EXPECT_TRUE(input.empty());
  return key ? key->kind : KeyKind::kUnknown;
}

TEST(TakeKey, KnowsWhatTerminalsSend) {
  EXPECT_EQ(Only("\033[A"), KeyKind::kUp);
  EXPECT_EQ(Only("\033OA"), KeyKind::kUp);
  EXPECT_EQ(Only("\033[3~"), KeyKind::kDelete);
  EXPECT_EQ(Only("\033[1;5C"), KeyKind::kWordRight);
  EXPECT_EQ(Only("\033b"), KeyKind::kWordLeft);
  EXPECT_EQ(Only("\033\r"), KeyKind::kNewLine);
  EXPECT_EQ(Only("\x12"), KeyKind::kSearch);
  EXPECT_EQ(Only("\x7f"), KeyKind::kBackspace);
  EXPECT_EQ(Only("\033[99;99X"), KeyKind::kUnknown);
}

TEST(TakeKey, HalfAKeyWaitsForItsRest) {
  for (const char* half : {"\033", "\033[", "\033[1;", "\xE6\x97", "\033[200~SELECT"}) {
    std::string input = half;
    EXPECT_FALSE(TakeKey(input, false).has_value()) << half;
    EXPECT_EQ(input, half);
    EXPECT_TRUE(TakeKey(input, true).has_value()) << half;
  }
  std::string escape = "\033";
  EXPECT_EQ(TakeKey(escape, true)->kind, KeyKind::kEscape);
}

TEST(TakeKey, APasteIsOneKeyAndNothingInItIsACommand) {
  std::string input = "\033[200~SELECT 1;\r\n\tSELECT\x03 \033[A2;\033[201~x";
  const auto key = TakeKey(input, false);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->kind, KeyKind::kPaste);
  EXPECT_EQ(key->text, "SELECT 1;\n  SELECT [A2;");
  EXPECT_EQ(input, "x");
}

TEST(TakeKey, AnyOctetsComeToAnEnd) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 2000; ++round) {
    std::string input;
    for (int i = 0; i < 40; ++i)
      input += static_cast<char>(random() % 3 == 0 ? '\033' : random() % 2 == 0 ? "[O~;2001"[random() % 8] : random() % 256);
    for (int keys = 0; !input.empty(); ++keys) {
      ASSERT_LT(keys, 100);
      const std::size_t before = input.size();
      ASSERT_TRUE(TakeKey(input, true).has_value());
      ASSERT_LT(input.size(), before);
    }
  }
}

}  // namespace
}  // namespace lakehouse::terminal
