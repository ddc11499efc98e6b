#include "lakehouse/terminal/sql_words.h"

#include <gmock/gmock.h>

#include <random>

namespace lakehouse::terminal {
namespace {

std::vector<std::string> Parts(std::string_view text) {
  std::vector<std::string> parts;
  for (const ScriptPart& part : SplitScript(text).parts) parts.push_back(part.text);
  return parts;
}

using ::testing::ElementsAre;

TEST(SplitScript, StatementsEndWithASemicolonOutsideOfQuotesAndComments) {
  EXPECT_THAT(Parts("SELECT 1; SELECT ';' , \";\" -- ;\n, $$;$$, $a$ $$; $a$, E'\\';' /* ; /* ; */ ; */;\nSELECT 3"),
              ElementsAre("SELECT 1", "SELECT ';' , \";\" -- ;\n, $$;$$, $a$ $$; $a$, E'\\';' /* ; /* ; */ ; */", "SELECT 3"));
}

TEST(SplitScript, AStatementIsWholeOnceItsSemicolonHasCome) {
  for (const char* whole : {"", " \n", "SELECT 1;", "SELECT 1; -- end", "SELECT 1;\n/* end */\n", "\\d", "-- nothing", ";", ";;"})
    EXPECT_TRUE(SplitScript(whole).whole) << whole;
  for (const char* open : {"SELECT 1", "SELECT ';", "SELECT 1; SELECT", "SELECT \"a;", "SELECT $$;", "SELECT 1; /* ;", "/*"})
    EXPECT_FALSE(SplitScript(open).whole) << open;
}

TEST(SplitScript, EmptyStatementsAndCommentsAloneAreLeftOut) { EXPECT_THAT(Parts(" ; ;; -- a\n ; /* b */"), ElementsAre()); }

TEST(SplitScript, CommandsTakeALineWhereAStatementCouldBegin) {
  const Script script = SplitScript("\\timing\n SELECT 1\n\\x;\n\\d workers ;\n");
  ASSERT_EQ(script.parts.size(), 3U);
  EXPECT_TRUE(script.parts[0].is_command);
  EXPECT_EQ(script.parts[0].text, "\\timing");
  EXPECT_EQ(script.parts[1].text, "SELECT 1\n\\x");
  EXPECT_FALSE(script.parts[1].is_command);
  EXPECT_EQ(script.parts[2].text, "\\d workers");
}

TEST(SplitScript, PartsSayWhereTheyBegin) {
  const std::string text = "SELECT 1;\n\n  -- second\n  SELECT 2;";
  const Script script = SplitScript(text);
  ASSERT_EQ(script.parts.size(), 2U);
  EXPECT_EQ(script.parts[1].begin, text.find("SELECT 2"));
}

TEST(TokenizeSql, PiecesFollowEachOtherWithoutGapsWhateverTheText) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  static constexpr std::string_view kAlphabet = "ab1.e-+ \n'\"$/*;\\E\xC3\xA9(";
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (std::size_t i = random() % 24; i > 0; --i) text += kAlphabet[random() % kAlphabet.size()];
    std::size_t at = 0;
    for (const SqlToken& token : TokenizeSql(text)) {
      ASSERT_EQ(token.begin, at) << text;
      ASSERT_GT(token.end, token.begin) << text;
      at = token.end;
    }
    ASSERT_EQ(at, text.size());
    static_cast<void>(SplitScript(text));
  }
}

TEST(TokenizeSql, TellsNumbersWordsAndSymbols) {
  const std::string text = "a1 <= 1.5e-3";
  const auto tokens = TokenizeSql(text);
  ASSERT_EQ(tokens.size(), 6U);
  EXPECT_EQ(tokens[0].kind, SqlTokenKind::kWord);
  EXPECT_EQ(tokens[2].kind, SqlTokenKind::kSymbol);
  EXPECT_EQ(tokens[5].kind, SqlTokenKind::kNumber);
  EXPECT_EQ(tokens[5].end, text.size());
}

TEST(SqlKeywords, AreFoundInAnyCase) {
  EXPECT_TRUE(IsSqlKeyword("select"));
  EXPECT_TRUE(IsSqlKeyword("Qualify"));
  EXPECT_FALSE(IsSqlKeyword("workers"));
}

}  // namespace
}  // namespace lakehouse::terminal
