#include "lakehouse/gateway/gateway_routes.h"

#include <gmock/gmock.h>

#include "lakehouse/base/json_view.h"

namespace lakehouse::gateway {
namespace {

net::Route Example(std::string method, std::string pattern) {
  net::Route route;
  route.method = std::move(method);
  route.pattern = std::move(pattern);
  route.summary = "An example";
  route.request_example = R"({"sql":"SELECT 1"})";
  route.body = net::BodyKind::kSmall;
  route.handle = [](const Context&, net::HttpRequest&) { return net::HttpResponse::Json(200, "{}"); };
  return route;
}

net::HttpResponse Ask(const std::vector<net::Route>& routes, std::string_view pattern) {
  for (const net::Route& route : routes) {
    net::HttpRequest request;
    if (route.pattern == pattern) return route.handle(Context{}, request);
  }
  ADD_FAILURE() << "no route " << pattern;
  return {};
}

TEST(GatewayRoutes, PutsEveryServiceUnderV1) {
  const auto routes = GatewayRoutes({Example("POST", "/sql")}, "1.2.3");
  EXPECT_THAT(routes, testing::Contains(testing::Field(&net::Route::pattern, "/v1/sql")));
  EXPECT_THAT(routes, testing::Not(testing::Contains(testing::Field(&net::Route::pattern, "/sql"))));
}

TEST(GatewayRoutes, DescribesEveryRouteThatHasASummary) {
  auto silent = Example("GET", "/hidden");
  silent.summary.clear();
  const auto routes = GatewayRoutes({Example("POST", "/sql"), Example("GET", "/objects/{key...}"), std::move(silent)}, "1.2.3");
  const auto document = JsonDocument::Parse(Ask(routes, "/v1/openapi.json").body);
  ASSERT_TRUE(document) << document.error().ToString();
  const JsonView paths = *document->root().Find("paths");
  EXPECT_TRUE(paths.Find("/v1/sql")->Find("post"));
  EXPECT_TRUE(paths.Find("/v1/openapi.json"));
  EXPECT_FALSE(paths.Find("/v1/hidden"));
  const auto rest = paths.Find("/v1/objects/{key}");
  ASSERT_TRUE(rest) << "a rest parameter is spelled as OpenAPI knows it";
  EXPECT_THAT(rest->ToJson(), testing::HasSubstr(R"("name":"key","in":"path","required":true)"));
}

TEST(GatewayRoutes, DescribesEverySuccessAndEveryFormOfAnAnswer) {
  auto plain = Example("GET", "/plain");
  plain.response_example = R"({"a":1})";
  auto formed = plain;
  formed.pattern = "/formed";
  formed.params = {{"format", "query", false, "csv"}};
  const auto routes = GatewayRoutes({std::move(plain), std::move(formed)}, "1.2.3");
  const auto document = JsonDocument::Parse(Ask(routes, "/v1/openapi.json").body);
  ASSERT_TRUE(document) << document.error().ToString();
  const JsonView paths = *document->root().Find("paths");
  const auto success = [&](const char* path) { return paths.Find(path)->Find("get")->Find("responses")->Find("2XX")->ToJson(); };
  EXPECT_THAT(success("/v1/plain"), testing::Not(testing::HasSubstr("*/*")));
  EXPECT_THAT(success("/v1/formed"), testing::HasSubstr("*/*"));
}

TEST(GatewayRoutes, MountsThePagesAtTheRootAndShowsThemTheDocument) {
  std::string shown;
  const auto routes = GatewayRoutes({Example("POST", "/sql")}, "1.2.3", [&](const std::string& openapi) {
    shown = openapi;
    auto page = Example("GET", "/explore");
    page.summary.clear();
    return std::vector<net::Route>{std::move(page)};
  });
  EXPECT_THAT(routes, testing::Contains(testing::Field(&net::Route::pattern, "/explore")));
  EXPECT_THAT(shown, testing::HasSubstr("/v1/sql"));
  EXPECT_THAT(Ask(routes, "/v1/openapi.json").body, testing::Not(testing::HasSubstr("/explore")));
}

}  // namespace
}  // namespace lakehouse::gateway
