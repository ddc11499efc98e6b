#include "uri.h"

#include <gtest/gtest.h>

namespace lakehouse::net {
namespace {

TEST(Uri, DecodesPercentEscapesOrRefuses) {
  EXPECT_EQ(PercentDecode("a%20b%C3%A9+"), "a b\xc3\xa9+");
  EXPECT_EQ(PercentDecode("a+b", true), "a b");
  for (const char* bad : {"%", "%2", "%g0", "%0g", "a%"}) EXPECT_FALSE(PercentDecode(bad)) << bad;
}

TEST(Uri, KnowsUtf8FromWhatIsNot) {
  for (const char* good : {"", "a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xed\x9f\xbf", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(IsUtf8(good)) << good;
  for (const char* bad :
       {"\x80", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xe2\x82"})
    EXPECT_FALSE(IsUtf8(bad));
  EXPECT_EQ(ToUtf8("a\xff"
                   "b\xc3"),
            "a\xef\xbf\xbd"
            "b\xef\xbf\xbd");
  EXPECT_TRUE(IsUtf8(ToUtf8("\xf0\x9f\x98\xc3\xa9\xff")));
}

TEST(Uri, RefusesPathsThatClimb) {
  EXPECT_EQ(DecodePath("/a//b/"), "/a//b/");
  EXPECT_EQ(DecodePath("/..a/b..c/..."), "/..a/b..c/...");
  for (const char* bad : {"", "a", "/..", "/a/..", "/./a", "/a/.", "/%2e%2E/x", "/a%2f..%2fb", "/%00", "/%7f", "/%ff"})
    EXPECT_FALSE(DecodePath(bad)) << bad;
}

TEST(Uri, ReadsQueriesInOrder) {
  EXPECT_EQ(ParseQuery("a=1&&b&c=%26=&a="), (Query{{"a", "1"}, {"b", ""}, {"c", "&="}, {"a", ""}}));
  EXPECT_EQ(ParseQuery(""), Query{});
  for (const char* bad : {"a=%", "%ff=1", "a=%00"}) EXPECT_FALSE(ParseQuery(bad)) << bad;
  std::string many;
  for (int i = 0; i < 1001; ++i) many += "a&";
  EXPECT_FALSE(ParseQuery(many));
}

TEST(Uri, FindsTokensInLists) {
  EXPECT_TRUE(ListHas("keep-alive, Close", "close"));
  EXPECT_TRUE(ListHas("close", "close"));
  EXPECT_FALSE(ListHas("closed, xclose", "close"));
  EXPECT_FALSE(ListHas("", "close"));
}

}  // namespace
}  // namespace lakehouse::net
