#include "lakehouse/text/words.h"

#include <gtest/gtest.h>

#include "lakehouse/text/utf8.h"

namespace lakehouse::text {
namespace {

std::string Joined(std::string_view text) {
  std::string all;
  for (const Word& word : WordsOf(text)) all += (all.empty() ? "" : "|") + word.folded;
  return all;
}

TEST(Words, AreRunsOfLettersAndDigitsInLowerCase) {
  EXPECT_EQ(Joined("Forklift operator, OSHA-10 (IL)."), "forklift|operator|osha|10|il");
  EXPECT_EQ(Joined("  \t\n--- ,.;"), "");
  EXPECT_EQ(Joined(""), "");
}

TEST(Words, KeepTheApostropheBetweenTwoLettersOnly) {
  EXPECT_EQ(Joined("the worker's 'quoted' dogs' O\u2019Neil '"), "the|worker's|quoted|dogs|o'neil");
}

TEST(Words, LoseAccentsAndWidthButNotTheirScript) {
  EXPECT_EQ(Joined("Zürich ÉCOLE Straße Œuvre Łódź ĲSSEL ＡＢＣ１２"), "zurich|ecole|strasse|oeuvre|lodz|ijssel|abc12");
  EXPECT_EQ(Joined("e\u0301cole"), "ecole");
  EXPECT_EQ(Joined("ΑΘΗΝΑΣ Москва ЁЛКА"), "αθηνασ|москва|ёлка");
}

TEST(Words, OfScriptsWithoutSpacesAreTheirSigns) { EXPECT_EQ(Joined("東京で働く。"), "東|京|で|働|く"); }

TEST(Words, SymbolsQuotesAndPicturesSeparate) { EXPECT_EQ(Joined("a\u2014b\u00a0c\u2026d\u20ace\U0001F600f\u00d7g"), "a|b|c|d|e|f|g"); }

TEST(Words, KnowTheirPlaceInTheText) {
  const std::string text = "Ein Café in Köln";
  const std::vector<Word> words = WordsOf(text);
  ASSERT_EQ(words.size(), 4u);
  EXPECT_EQ(text.substr(words[1].begin, words[1].end - words[1].begin), "Café");
  EXPECT_EQ(text.substr(words[3].begin, words[3].end - words[3].begin), "Köln");
}

TEST(Words, DamagedOctetsSeparateAndNothingIsRead) {
  EXPECT_EQ(Joined("abc\xff"
                   "def\xc3"),
            "abc|def");
  EXPECT_EQ(Joined("a\xed\xa0\x80"
                   "b"),
            "a|b");
}

TEST(Words, AnEndlessWordIsCutSoThatMemoryAndIndexStayBounded) {
  const std::string endless(1'000, 'x');
  std::size_t octets = 0;
  for (const Word& word : WordsOf(endless)) {
    EXPECT_LE(word.folded.size(), 64u);
    EXPECT_EQ(word.begin, octets);
    octets = word.end;
  }
  EXPECT_EQ(octets, endless.size());
}

TEST(SearchTerms, AreStemsWithoutStopWords) {
  EXPECT_EQ(SearchTerms("The operators of forklifts are certified"), (std::vector<std::string>{"oper", "forklift", "certifi"}));
}

TEST(Utf8, EveryCodePointComesBackAndEveryOtherOctetIsDamaged) {
  for (char32_t value = 1; value <= 0x10FFFF; value += value < 0x3000 ? 1 : 997) {
    if (value >= 0xD800 && value <= 0xDFFF) continue;
    std::string octets;
    AppendUtf8(octets, value);
    ASSERT_EQ(DecodeAt(octets, 0).value, value);
    ASSERT_EQ(DecodeAt(octets, 0).length, octets.size());
    if (octets.size() > 1) {
      ASSERT_EQ(DecodeAt(std::string_view(octets).substr(0, octets.size() - 1), 0).length, 1u);
    }
  }
  for (const std::string_view bad : {"\xc0\x80", "\xe0\x80\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xed\xbf\xbf", "\x80"})
    EXPECT_EQ(DecodeAt(bad, 0).value, 0xFFFDu);
}

}  // namespace
}  // namespace lakehouse::text
