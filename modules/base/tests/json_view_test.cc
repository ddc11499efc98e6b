#include "lakehouse/base/json_view.h"

#include <gmock/gmock.h>

#include "base_testing/matchers.h"

namespace lakehouse {
namespace {

using Kind = JsonView::Kind;

TEST(JsonViewTest, KnowsTheKindOfEveryValue) {
  const auto document =
      Must(JsonDocument::Parse(R"([null, true, 1, -1, 18446744073709551615, 1.5, 1e2, "s", [], {}, 18446744073709551616])"));
  std::vector<Kind> kinds;
  ASSERT_THAT(document.root().ForEachElement([&](JsonView v) -> Status { return kinds.push_back(v.kind()), Ok{}; }), IsOk());
  EXPECT_THAT(kinds, testing::ElementsAre(Kind::kNull, Kind::kBool, Kind::kInteger, Kind::kInteger, Kind::kInteger, Kind::kNumber,
                                          Kind::kNumber, Kind::kString, Kind::kArray, Kind::kObject, Kind::kNumber));
  EXPECT_TRUE(JsonView().is_null());
}

TEST(JsonViewTest, ConvertsOnlyWhatHoldsTheValue) {
  const auto document = Must(
      JsonDocument::Parse(R"({"b":false,"i":-7,"u":18446744073709551615,"d":2.5,"s":"a\u00e9","n":null,"big":100000000000000000000})"));
  const auto at = [&](std::string_view key) { return *document.root().Find(key); };
  EXPECT_EQ(at("b").AsBool(), false);
  EXPECT_EQ(at("i").AsBool(), std::nullopt);
  EXPECT_EQ(at("i").AsInteger(), -7);
  EXPECT_EQ(at("i").AsNumber(), -7.0);
  EXPECT_EQ(at("u").AsInteger(), std::nullopt);
  EXPECT_EQ(at("u").AsNumber(), 18446744073709551616.0);
  EXPECT_EQ(at("d").AsInteger(), std::nullopt);
  EXPECT_EQ(at("d").AsNumber(), 2.5);
  EXPECT_EQ(at("s").AsString(), "aé");
  EXPECT_EQ(at("s").AsNumber(), std::nullopt);
  EXPECT_EQ(at("n").AsString(), std::nullopt);
  EXPECT_EQ(at("big").AsNumber(), 1e20);
  EXPECT_EQ(JsonView().AsInteger(), std::nullopt);
}

TEST(JsonViewTest, FindsTheFirstMemberOfAName) {
  const auto document = Must(JsonDocument::Parse(R"({"a":1,"a":2,"":3,"a\nb":4})"));
  const JsonView root = document.root();
  EXPECT_EQ(root.Find("a")->AsInteger(), 1);
  EXPECT_EQ(root.Find("")->AsInteger(), 3);
  EXPECT_EQ(root.Find("a\nb")->AsInteger(), 4);
  EXPECT_FALSE(root.Find("c"));
  EXPECT_FALSE(root.Find("a")->Find("a"));
  EXPECT_EQ(root.size(), 4u);
  EXPECT_EQ(root.Find("a")->size(), 0u);
  EXPECT_FALSE(JsonView().Find("a"));
  EXPECT_EQ(JsonView().size(), 0u);
}

TEST(JsonViewTest, StopsAtTheFirstErrorOfAVisit) {
  const auto document = Must(JsonDocument::Parse(R"({"x":[1,2,3]})"));
  int seen = 0;
  const auto stop_at_two = [&](JsonView v) -> Status {
    ++seen;
    if (v.AsInteger() == 2) return Error(ErrorCode::kNotFound, "two");
    return Ok{};
  };
  EXPECT_THAT(document.root().Find("x")->ForEachElement(stop_at_two), HasCode(ErrorCode::kNotFound));
  EXPECT_EQ(seen, 2);
  EXPECT_THAT(document.root().ForEachElement(stop_at_two), IsOk());
  EXPECT_EQ(seen, 2) << "an object has no elements";
  std::string keys;
  EXPECT_THAT(document.root().ForEachMember([&](std::string_view key, JsonView) -> Status { return keys += key, Ok{}; }), IsOk());
  EXPECT_EQ(keys, "x");
}

TEST(JsonViewTest, WritesAValueWithoutWhiteSpace) {
  const auto document = Must(JsonDocument::Parse(
      " { \"b\" : [ 1 , -2.50 , \"\\u0041\\/\" , null , true , {} , [] , 9007199254740993 , 18446744073709551615 ] } "));
  EXPECT_EQ(document.root().ToJson(), R"({"b":[1,-2.5,"A/",null,true,{},[],9007199254740993,18446744073709551615]})");
  EXPECT_EQ(document.root().Find("b")->ToJson().front(), '[');
  EXPECT_EQ(JsonView().ToJson(), "null");
}

TEST(JsonDocumentTest, KeepsItsViewsWhenItIsMoved) {
  auto first = Must(JsonDocument::Parse(R"(["a long enough string to live on the heap"])"));
  const JsonView root = first.root();
  const auto second = std::move(first);
  EXPECT_EQ(root.ToJson(), second.root().ToJson());
}

TEST(JsonDocumentTest, RefusesWhatIsNotJson) {
  for (const std::string_view text : {"", " ", "{", "[1,]", "nul", "01", "\"\xff\"", "\"\\ud800\"", "[1] 2", "\xef\xbb\xbf", "1e999", "+1",
                                      ".5", "100000000000000000000x", "[100000000000000000000", "00000000000000000000001"})
    EXPECT_THAT(JsonDocument::Parse(text), HasCode(ErrorCode::kInvalidArgument)) << text;
}

TEST(JsonDocumentTest, TakesADepthOf1024AndRefusesABomb) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_THAT(JsonDocument::Parse(nested(1'000)), IsOk());
  EXPECT_THAT(JsonDocument::Parse(nested(1'026)), HasCode(ErrorCode::kInvalidArgument));
  EXPECT_THAT(JsonDocument::Parse(nested(1'000'000)), HasCode(ErrorCode::kInvalidArgument));
  EXPECT_THAT(JsonDocument::Parse(std::string(1'000'000, '[')), HasCode(ErrorCode::kInvalidArgument));
}

TEST(JsonViewTest, TakesAnArrayOfNumbersAtOnceOrNothingOfIt) {
  const auto document = Must(JsonDocument::Parse(R"({"n":[1,-2.5,1e39,18446744073709551615],"t":[1,"2"],"none":[],"o":{}})"));
  const auto at = [&](std::string_view key) { return *document.root().Find(key); };
  std::vector<float> out{7};
  EXPECT_TRUE(at("n").AppendFloatsTo(out));
  EXPECT_THAT(out, testing::ElementsAre(7.F, 1.F, -2.5F, std::numeric_limits<float>::infinity(), 18446744073709551615.F));
  EXPECT_FALSE(at("t").AppendFloatsTo(out));
  EXPECT_FALSE(at("o").AppendFloatsTo(out));
  EXPECT_TRUE(at("none").AppendFloatsTo(out));
  EXPECT_EQ(out.size(), 5U);
}

}  // namespace
}  // namespace lakehouse
