#include "lakehouse/text/sentences.h"

#include <gmock/gmock.h>

#include <string>

namespace lakehouse::text {
namespace {

using testing::ElementsAre;

std::vector<std::string> Split(std::string_view text) {
  std::vector<std::string> sentences;
  for (const Span& span : SentencesOf(text)) sentences.emplace_back(span.In(text));
  return sentences;
}

TEST(Sentences, EndAtAStopThatSomethingNewFollows) {
  EXPECT_THAT(Split("He can weld. She drives! Who pays? 3 do."), ElementsAre("He can weld.", "She drives!", "Who pays?", "3 do."));
  EXPECT_THAT(Split("Version 2.5 costs $3.50 a unit, see example.com for more"),
              ElementsAre("Version 2.5 costs $3.50 a unit, see example.com for more"));
}

TEST(Sentences, AbbreviationsAndInitialsEndNone) {
  EXPECT_THAT(Split("Dr. J. Smith of Acme Inc. Chicago came, e.g. Monday. He left."),
              ElementsAre("Dr. J. Smith of Acme Inc. Chicago came, e.g. Monday.", "He left."));
  EXPECT_THAT(Split("See Fig. 3 and Eq. 4."), ElementsAre("See Fig. 3 and Eq. 4."));
}

TEST(Sentences, KeepTheirClosingQuotes) {
  EXPECT_THAT(Split("\"Stop.\" He stopped (at last.) Then silence..."),
              ElementsAre("\"Stop.\"", "He stopped (at last.)", "Then silence..."));
}

TEST(Sentences, EmptyLinesAndItemsOfListsEndThem) {
  EXPECT_THAT(Split("A title\n\nsome text\ngoes on\n- one\n- two\n1. three"),
              ElementsAre("A title", "some text\ngoes on", "- one", "- two", "1. three"));
}

TEST(Sentences, OfScriptsWithoutSpacesEndAtTheirStops) {
  EXPECT_THAT(Split("東京です。大阪？はい"), ElementsAre("東京です。", "大阪？", "はい"));
}

TEST(Sentences, NothingIsLostButWhiteSpace) {
  const std::string text = "  A b. C d.\n\n\n E?! f g. \xff H. ";
  std::string kept;
  for (const std::string& sentence : Split(text)) kept += sentence;
  const auto without_space = [](std::string s) {
    std::erase_if(s, [](char c) { return c == ' ' || c == '\n'; });
    return s;
  };
  EXPECT_EQ(without_space(kept), without_space(text));
  EXPECT_THAT(Split(""), ElementsAre());
  EXPECT_THAT(Split(" \n "), ElementsAre());
}

}  // namespace
}  // namespace lakehouse::text
