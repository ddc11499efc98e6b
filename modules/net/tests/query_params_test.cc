#include "lakehouse/net/query_params.h"

#include <gtest/gtest.h>

namespace lakehouse::net {
namespace {

constexpr WholeNumber kLimit{.name = "limit", .description = "how many", .least = 1, .most = 50, .otherwise = 10};
constexpr WholeNumber kFrom{.name = "from", .description = "a version", .required = true, .example = "1"};
constexpr WholeNumber kAt{.name = "at", .description = "a version"};

HttpRequest Asking(std::string name, std::string value) {
  HttpRequest request;
  request.query.emplace_back(std::move(name), std::move(value));
  return request;
}

TEST(WholeNumber, ReadsWhatLiesWithinItsLimits) {
  EXPECT_EQ(*kLimit.Get(Asking("limit", "1")), 1);
  EXPECT_EQ(*kLimit.Get(Asking("limit", "50")), 50);
  EXPECT_EQ(*kLimit.Get(HttpRequest()), 10);
  EXPECT_EQ(*kAt.Find(HttpRequest()), std::nullopt);
  EXPECT_EQ(*kAt.Find(Asking("at", "9223372036854775807")), INT64_MAX);
}

TEST(WholeNumber, RefusesEverythingElseAndSaysWhatItExpects) {
  for (const char* text : {"0", "51", "", "1.0", "+1", " 1", "1 ", "one", "99999999999999999999"}) {
    const auto got = kLimit.Get(Asking("limit", text));
    ASSERT_FALSE(got) << text;
    EXPECT_EQ(got.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_NE(got.error().message().find("expected a whole number from 1 to 50"), std::string::npos) << got.error().message();
  }
  EXPECT_FALSE(kAt.Find(Asking("at", "-1")));
  EXPECT_FALSE(kFrom.Get(HttpRequest())) << "it is required";
}

TEST(WholeNumber, TellsTheLimitsThatItHolds) {
  const Param param = kLimit.Describe();
  EXPECT_EQ(param.in, "query");
  EXPECT_EQ(param.schema, R"({"type":"integer","format":"int64","minimum":1,"maximum":50,"default":10})");
  EXPECT_TRUE(kFrom.Describe().required);
  EXPECT_EQ(PathText("name", "the dataset", "a\"b").example, R"("a\"b")");
  EXPECT_TRUE(PathText("name", "the dataset").required);
  EXPECT_EQ(ChoiceSchema({"csv", "json"}), R"({"type":"string","enum":["csv","json"]})");
}

}  // namespace
}  // namespace lakehouse::net
