#include "lakehouse/text/extract.h"

#include <gmock/gmock.h>

namespace lakehouse::text {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::vector<std::string> TitlesOf(const ExtractedDocument& document) {
  std::vector<std::string> titles;
  for (const Heading& heading : document.headings) {
    titles.push_back(std::to_string(heading.level) + " " + heading.title);
    // A heading's place is where its words are.
    EXPECT_NE(document.text.find(heading.title, heading.start), std::string::npos) << heading.title;
    EXPECT_TRUE(heading.start == 0 || document.text[heading.start - 1] == '\n') << heading.title;
  }
  return titles;
}

TEST(ExtractPlain, MakesLineEndsAlikeAndPagesOfFormFeeds) {
  const ExtractedDocument document = ExtractPlain("\xEF\xBB\xBFone\r\ntwo\rthree\n\fnext page\x07\n");
  EXPECT_EQ(document.text, "one\ntwo\nthree\nnext page\n");
  EXPECT_THAT(document.page_starts, ElementsAre(0, 14));
}

TEST(ExtractPlain, TextWithoutFormFeedsHasNoPages) { EXPECT_TRUE(ExtractPlain("one\n").page_starts.empty()); }

TEST(ExtractMarkdown, KnowsBothKindsOfHeadingsAndNoneInFences) {
  const ExtractedDocument document =
      ExtractMarkdown("# Top #\ntext\n\n## Two\n```\n# no heading\n```\nUnder\n=====\nAlso\n---\n\n---\n#none\n- a\n---\n");
  EXPECT_THAT(TitlesOf(document), ElementsAre("1 Top", "2 Two", "1 Under", "2 Also"));
  EXPECT_EQ(document.title, "Top");
  EXPECT_THAT(document.text, HasSubstr("# no heading"));
}

TEST(ExtractMarkdown, AFenceEndsWithItsOwnMark) {
  EXPECT_THAT(TitlesOf(ExtractMarkdown("~~~~\n```\n# a\n~~~\n# b\n~~~~\n# c\n")), ElementsAre("1 c"));
}

TEST(ExtractHtml, GivesWhatAReaderSees) {
  const ExtractedDocument document = ExtractHtml(
      "<!DOCTYPE html><html><head><title>The\n title</title><style>p{color:red}</style></head><body><script>var a='<p>';</script>"
      "<h1>Head &amp; <b>shoulders</b></h1><p>One  two\nthree<br>four</p><!-- hidden --><ul><li>a<li>b</ul>"
      "<table><tr><th>x<th>y<tr><td>1<td>2</table><pre>  kept\n    as is</pre><h2>Low</h2>5 &lt; 6 &#x41;&#66; caf&eacute; "
      "a&nbsp;b</body>");
  EXPECT_EQ(document.title, "The title");
  EXPECT_EQ(document.text,
            "Head & shoulders\n\nOne two three\nfour\n\n- a\n- b\n\nx | y\n1 | 2\n\n  kept\n    as is\n\nLow\n\n5 < 6 AB café a b\n");
  EXPECT_THAT(TitlesOf(document), ElementsAre("1 Head & shoulders", "2 Low"));
}

TEST(ExtractHtml, StandsWhatIsLeftOpen) {
  EXPECT_EQ(ExtractHtml("<p>a<!-- never closed <p>b").text, "a\n");
  EXPECT_EQ(ExtractHtml("<p>a<script>never closed").text, "a\n");
  EXPECT_EQ(ExtractHtml("a < b && c &nosuch; &").text, "a < b && c &nosuch; &\n");
  EXPECT_EQ(ExtractHtml("<a href=\"x>y\">in</a>").text, "in\n");
  EXPECT_EQ(ExtractHtml("").text, "");
}

TEST(ExtractHtml, IsLinearInWhateverIsNested) {
  std::string nested;
  for (int i = 0; i < 300'000; ++i) nested += "<div>";
  EXPECT_EQ(ExtractHtml(nested + "deep").text, "deep\n");
  std::string tags;
  for (int i = 0; i < 300'000; ++i) tags += "<script><!--<a b=\"";
  EXPECT_EQ(ExtractHtml(tags).text, "");
}

TEST(ExtractMail, ReadsHeadersAndThePlainOneOfAlternatives) {
  const auto mail = ExtractMail(
      "From: =?utf-8?Q?Ren=C3=A9?= <r@example.com>\r\nTo: a@example.com\r\nSubject: =?iso-8859-1?B?R3L832U=?=\r\n =?utf-8?q?_again?=\r\n"
      "Date: Sat, 21 Nov 2026 10:00:00 +0000\r\nContent-Type: multipart/mixed; boundary=\"xx\"\r\n\r\npreamble\r\n--xx\r\n"
      "Content-Type: multipart/alternative; boundary=yy\r\n\r\n--yy\r\nContent-Type: text/plain; charset=utf-8\r\n"
      "Content-Transfer-Encoding: quoted-printable\r\n\r\nCaf=C3=A9 is=\r\n open\r\n--yy\r\nContent-Type: "
      "text/html\r\n\r\n<p>page</p>\r\n--yy--\r\n"
      "--xx\r\nContent-Type: application/pdf; name=\"offer.pdf\"\r\nContent-Transfer-Encoding: base64\r\n\r\nJVBERi0=\r\n--xx--\r\n");
  ASSERT_TRUE(mail.ok()) << mail.error().ToString();
  EXPECT_EQ(mail->title, "Grüße again");
  EXPECT_THAT(mail->text, HasSubstr("From: René <r@example.com>\nTo: a@example.com\nDate: Sat, 21 Nov 2026"));
  EXPECT_THAT(mail->text, HasSubstr("Café is open\n"));
  EXPECT_THAT(mail->text, Not(HasSubstr("page")));
  ASSERT_EQ(mail->notes.size(), 1u);
  EXPECT_THAT(mail->notes[0], HasSubstr("offer.pdf"));
}

TEST(ExtractMail, TakesThePageWhereThereIsNoPlainText) {
  const auto mail = ExtractMail("Subject: s\nContent-Type: text/html; charset=utf-8\n\n<h1>Title</h1><p>words</p>");
  ASSERT_TRUE(mail.ok());
  EXPECT_THAT(TitlesOf(*mail), ElementsAre("1 Title"));
  EXPECT_THAT(mail->text, HasSubstr("\n\nTitle\n\nwords\n"));
}

TEST(ExtractMail, RefusesWhatIsNoMail) { EXPECT_EQ(ExtractMail("just words\nand more").error().reason(), "bad_mail"); }

std::string DocxBody(const std::string& inside) {
  return "<w:document xmlns:w=\"w\" xmlns:mc=\"m\"><w:body>" + inside + "</w:body></w:document>";
}

TEST(ExtractDocx, ReadsHeadingsListsTablesAndPages) {
  DocxParts parts;
  parts.document = DocxBody(
      "<w:p><w:pPr><w:pStyle w:val=\"berschrift1\"/></w:pPr><w:r><w:t>Die </w:t></w:r><w:r><w:t>Lage</w:t></w:r></w:p>"
      "<w:p><w:r><w:t xml:space=\"preserve\">One &amp; "
      "</w:t></w:r><w:del><w:r><w:delText>gone</w:delText></w:r></w:del><w:r><w:t>two</w:t><w:tab/>"
      "<w:t>three</w:t></w:r></w:p><w:p><w:pPr><w:numPr/></w:pPr><w:r><w:t>item</w:t></w:r></w:p>"
      "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>b</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
      "<w:p><w:r><w:lastRenderedPageBreak/><w:t>second page</w:t></w:r></w:p>");
  parts.styles = "<w:styles xmlns:w=\"w\"><w:style w:styleId=\"berschrift1\"><w:name w:val=\"heading 1\"/></w:style></w:styles>";
  parts.core = "<c xmlns:dc=\"d\"><dc:title>Report</dc:title><dc:creator>Ada</dc:creator></c>";
  const auto document = ExtractDocx(parts);
  ASSERT_TRUE(document.ok()) << document.error().ToString();
  EXPECT_EQ(document->text, "Die Lage\n\nOne & two three\n\n- item\n\na | b\n\nsecond page\n");
  EXPECT_THAT(TitlesOf(*document), ElementsAre("1 Die Lage"));
  EXPECT_EQ(document->title, "Report");
  EXPECT_EQ(document->metadata.at("author"), "Ada");
  ASSERT_EQ(document->page_starts.size(), 2u);
  EXPECT_EQ(document->text.substr(document->page_starts[1]), "second page\n");
}

TEST(ExtractDocx, RefusesWhatIsNoDocumentAndWhatExpands) {
  EXPECT_EQ(ExtractDocx({"<a>", "", ""}).error().reason(), "bad_xml");
  EXPECT_EQ(ExtractDocx({"<a/>", "", ""}).error().reason(), "bad_docx");
  EXPECT_EQ(ExtractDocx({"<!DOCTYPE a [<!ENTITY b \"bbbb\">]><a>&b;</a>", "", ""}).error().reason(), "bad_xml");
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  EXPECT_EQ(ExtractDocx({deep, "", ""}).error().reason(), "bad_xml");
}

TEST(ExtractPdfText, KnowsPagesAndFacts) {
  const ExtractedDocument document = ExtractPdfText("first\n\fsecond\n\f", "Title:          The report\nAuthor:  Ada\nPages: 2\n");
  EXPECT_EQ(document.text, "first\nsecond\n");
  EXPECT_THAT(document.page_starts, ElementsAre(0, 6));
  EXPECT_EQ(document.title, "The report");
  EXPECT_EQ(document.metadata.at("author"), "Ada");
}

TEST(DecodeCharset, ReadsWhatItIsToldAndWhatItSees) {
  EXPECT_EQ(DecodeCharset("caf\xE9", "iso-8859-1"), "café");
  EXPECT_EQ(DecodeCharset("caf\xC3\xA9", ""), "café");
  EXPECT_EQ(DecodeCharset("\x80", "windows-1252"), "€");
}

}  // namespace
}  // namespace lakehouse::text
