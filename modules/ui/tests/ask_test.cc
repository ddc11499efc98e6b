#include <gmock/gmock.h>

#include "ask_parts.h"
#include "ask_url.h"
#include "templates.h"

namespace lakehouse::ui {
namespace {

using testing::HasSubstr;
using testing::Not;

net::HttpRequest RequestOf(std::vector<std::pair<std::string, std::string>> query) {
  net::HttpRequest request;
  request.query = std::move(query);
  return request;
}

TEST(AskUrl, ItsQueryBringsItBack) {
  const AskUrl url =
      AskUrl::Of(RequestOf({{"q", "who & what?"}, {"corpus", "b"}, {"corpus", "a"}, {"corpus", "b"}, {"f.state", "eq.IL"}, {"src", "2"}}));
  EXPECT_EQ(url.corpora, (std::vector<std::string>{"b", "a"}));
  EXPECT_EQ(url.Query(), "?q=who%20%26%20what%3F&corpus=b&corpus=a&f.state=eq.IL&src=2");
  EXPECT_THAT(url.WithSource(0).Query(), Not(HasSubstr("src")));
  EXPECT_EQ(AskUrl().Query(), "");
}

TEST(AskUrl, AValueIsLookedForAsWhatItMayBe) {
  const AskUrl url = AskUrl::Of(RequestOf({{"f.page", "eq.3"}, {"fc", "state"}, {"fv", "IL"}, {"f.old", "gt.3"}}));
  EXPECT_EQ(url.MetadataFilter()->text, R"({"page":["3",3],"state":["IL"]})");
  EXPECT_FALSE(AskUrl().MetadataFilter().has_value());
}

TEST(AskUrl, APassageIsToldApartByItsDigest) {
  matrix::Citation citation;
  citation.corpus = "c";
  citation.id = "a/b c";
  citation.column = "text";
  citation.begin = 3;
  citation.end = 9;
  citation.version = 4;
  citation.quote = "abc";
  EXPECT_EQ(SourceUrl::Of(citation).Query(), "?corpus=c&id=a%2Fb%20c&column=text&begin=3&end=9&v=4&d=ba7816bf8f01");
}

TEST(AskAnswer, TextsOfDocumentsStayTexts) {
  constexpr const char* kHostile = "\"'><script>alert(1)</script>";
  matrix::AskResponse answer;
  matrix::Citation citation;
  citation.number = 1;
  citation.id = citation.title = citation.quote = citation.corpus = kHostile;
  answer.citations = {citation};
  answer.sentences = {{kHostile, {1}}};
  AskUrl url;
  url.question = kHostile;
  View view;
  ShowSentence(view, url, answer, 0);
  const std::string html = Templates().Render("sentence", view);
  EXPECT_THAT(html, Not(HasSubstr("<script>")));
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;"));
  EXPECT_THAT(html, HasSubstr("data-cite=\"1\""));
}

}  // namespace
}  // namespace lakehouse::ui
