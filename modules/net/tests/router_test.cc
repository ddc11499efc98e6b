#include "lakehouse/net/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lakehouse::net {
namespace {

Route Named(std::string method, std::string pattern) {
  Route route;
  route.method = std::move(method);
  route.pattern = std::move(pattern);
  route.handle = [](const Context&, HttpRequest&) { return HttpResponse(); };
  return route;
}

class RouterTest : public testing::Test {
 protected:
  RouterTest() {
    for (const char* pattern : {"/", "/datasets", "/datasets/{name}", "/datasets/{name}/history", "/datasets/recent", "/objects/{key...}",
                                "/objects/{bucket}/stat", "/vectors/index/{name}/search"})
      table_.Add(Named("GET", pattern));
    table_.Add(Named("POST", "/datasets"));
    table_.Add(Named("PUT", "/objects/{key...}"));
  }
  std::string PatternOf(std::string_view path, std::string_view method = "GET") {
    const auto match = table_.Find(method, path);
    return match.route == nullptr ? "" : match.route->pattern;
  }
  RouteTable table_;
};

TEST_F(RouterTest, PrefersLiteralsThenParametersThenRests) {
  EXPECT_EQ(PatternOf("/"), "/");
  EXPECT_EQ(PatternOf("/datasets"), "/datasets");
  EXPECT_EQ(PatternOf("/datasets/recent"), "/datasets/recent");
  EXPECT_EQ(PatternOf("/datasets/other"), "/datasets/{name}");
  EXPECT_EQ(PatternOf("/datasets/recent/history"), "/datasets/{name}/history") << "a literal that leads nowhere is given up";
  EXPECT_EQ(PatternOf("/objects/a/stat"), "/objects/{bucket}/stat");
  EXPECT_EQ(PatternOf("/objects/a/b"), "/objects/{key...}");
  EXPECT_EQ(PatternOf("/objects/a/stat/c"), "/objects/{key...}");
  EXPECT_EQ(PatternOf("/objects/a//c"), "/objects/{key...}") << "whether a key may have an empty segment is the handler's matter";
}

TEST_F(RouterTest, FindsNothingForOtherPaths) {
  for (const char* path :
       {"", "datasets", "/dataset", "/datasets/", "/datasets/a/b", "/objects", "/objects/", "/vectors/index//search", "/datasets/%zz"})
    EXPECT_EQ(PatternOf(path), "") << path;
}

TEST_F(RouterTest, DecodesParameters) {
  EXPECT_EQ(table_.Find("GET", "/datasets/a%2Fb%20c").path_params.at("name"), "a/b c");
  EXPECT_EQ(table_.Find("PUT", "/objects/x/%41/z").path_params.at("key"), "x/A/z");
}

TEST_F(RouterTest, SaysWhichMethodsAPathHas) {
  EXPECT_EQ(table_.Find("DELETE", "/datasets").allow, "GET, HEAD, POST");
  EXPECT_EQ(table_.Find("DELETE", "/datasets").route, nullptr);
  EXPECT_EQ(table_.Find("DELETE", "/nowhere").allow, "");
  EXPECT_EQ(PatternOf("/datasets", "HEAD"), "/datasets");
}

TEST_F(RouterTest, NamesTheNearestRoutes) {
  EXPECT_THAT(table_.Nearest("/dataset"), testing::Contains("/datasets"));
  EXPECT_EQ(table_.Nearest("/vectors/indx/a/search", 1), std::vector<std::string>{"/vectors/index/{name}/search"});
  EXPECT_THAT(table_.Nearest(std::string(100'000, '/')), testing::IsEmpty());
}

TEST_F(RouterTest, MountsBehindAPrefix) {
  RouteTable table;
  table.Mount("/v1", {Named("GET", "/a"), Named("GET", "/b/{c}")});
  EXPECT_EQ(table.Find("GET", "/v1/b/x").route->pattern, "/v1/b/{c}");
  EXPECT_EQ(table.Find("GET", "/v1/b/x").index, 1u);
  EXPECT_EQ(table.Find("GET", "/b/x").route, nullptr);
}

TEST(RouterDeathTest, ABadPatternOrASecondRouteForOneOperationIsABug) {
  RouteTable table;
  table.Add(Named("GET", "/a/{b}"));
  EXPECT_DEATH(table.Add(Named("GET", "/a/{c}")), "");
  for (const char* bad : {"a", "/a//b", "/{rest...}/x", "/{a}/{a}", "/x{y}", "/a/"}) EXPECT_DEATH(table.Add(Named("GET", bad)), "") << bad;
}

}  // namespace
}  // namespace lakehouse::net
