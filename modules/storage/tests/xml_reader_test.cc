#include "xml_reader.h"

#include <gmock/gmock.h>

#include "storage_testing/matchers.h"

namespace lakehouse::storage {
namespace {

TEST(XmlReader, ReadsWhatServersSend) {
  const auto root = ReadXml(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- made by hand -->\n<ListBucketResult "
      "xmlns='http://s3.amazonaws.com/doc/2006-03-01/'>\n"
      "  <Name>b</Name><Empty/><Empty2 a=\"1\" b='>' ></Empty2 >\n  <Contents><Key>a &lt;&amp;&gt; &quot;b&apos; &#x1F600;&#233;</Key>"
      "<Size>5</Size></Contents><Contents><Key><![CDATA[<raw> & ]]>!</Key></Contents>\n</ListBucketResult>\n");
  ASSERT_THAT(root, Succeeds());
  EXPECT_EQ(root->name, "ListBucketResult");
  EXPECT_EQ(root->text, "") << "blanks between children say nothing";
  EXPECT_EQ(root->TextOf("Name"), "b");
  EXPECT_NE(root->Find("Empty"), nullptr);
  EXPECT_EQ(root->TextOf("Missing"), "");
  ASSERT_EQ(root->children.size(), 5U);
  EXPECT_EQ(root->children[3].TextOf("Key"), "a <&> \"b' \U0001f600\u00e9");
  EXPECT_EQ(root->children[4].TextOf("Key"), "<raw> & !");
}

TEST(XmlReader, ATextOfBlanksAloneIsKept) {
  const auto root = ReadXml("<a> \n </a>");
  ASSERT_THAT(root, Succeeds());
  EXPECT_EQ(root->text, " \n ");
}

TEST(XmlReader, RefusesWhatIsNotWellFormed) {
  for (const char* octets : {"",
                             " ",
                             "text",
                             "<a>",
                             "<a",
                             "</a>",
                             "<a></b>",
                             "<a><b></a></b>",
                             "<a/><b/>",
                             "<a/>x",
                             "<a>&nbsp;</a>",
                             "<a>&</a>",
                             "<a>&#;</a>",
                             "<a>&#x;</a>",
                             "<a>&#0;</a>",
                             "<a>&#xD800;</a>",
                             "<a>&#x110000;</a>",
                             "<a>&#99999999999;</a>",
                             "<a>&lt</a>",
                             "<a b></a>",
                             "<a b=1/>",
                             "<a b=\"1/>",
                             "<a b=\"<\"/>",
                             "<a b='1'c='2'/>",
                             "<1a/>",
                             "<a><![CDATA[x</a>",
                             "<a><!-- x</a>",
                             "<a>\x01</a>",
                             "<a/ >",
                             "< a/>",
                             "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>",
                             "<a><!DOCTYPE b></a>",
                             "<a><?php ?></a>",
                             "<?xml version=\"1.0\"",
                             "<a></a",
                             "<a>x"}) {
    EXPECT_THAT(ReadXml(octets), FailsWith(ErrorCode::kCorruption)) << octets;
  }
}

TEST(XmlReader, StopsAtItsLimits) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  EXPECT_THAT(ReadXml(deep), FailsWith(ErrorCode::kCorruption)) << "and not at the end of the stack";
  std::string wide = "<a>";
  for (int i = 0; i < 60'000; ++i) wide += "<b/>";
  EXPECT_THAT(ReadXml(wide + "</a>"), FailsWith(ErrorCode::kCorruption));
  EXPECT_THAT(ReadXml("<a>" + std::string(1000, 'x') + "</a>", {.max_octets = 1000}), FailsWith(ErrorCode::kCorruption));
}

}  // namespace
}  // namespace lakehouse::storage
