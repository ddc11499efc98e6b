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
  route.answers = {{200, "Done", {R"({"$ref":"#/components/schemas/a.Thing"})", {{"a.Thing", R"({"type":"object"})"}}}}};
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

/// What stands there in the document of these routes, "absent" when nothing does.
std::string Documented(std::vector<net::Route> services, std::initializer_list<std::string_view> path) {
  const auto document = JsonDocument::Parse(
      Ask(GatewayRoutes({.services = std::move(services), .operation = {}, .internal = {}, .version = "1.2.3"}), "/v1/openapi.json").body);
  if (!document) return document.error().ToString();
  std::optional<JsonView> view = document->root();
  for (const std::string_view key : path)
    if (view) view = view->Find(key);
  return view ? view->ToJson() : "absent";
}

TEST(GatewayRoutes, PutsEveryServiceUnderV1AndTheDebugPagesInBothPlaces) {
  const auto routes = GatewayRoutes({.services = {Example("POST", "/sql")},
                                     .operation = {Example("GET", "/healthz")},
                                     .internal = {Example("POST", "/rpc")},
                                     .version = "1"});
  std::vector<std::string> patterns;
  for (const net::Route& route : routes) patterns.push_back(route.pattern);
  EXPECT_THAT(patterns, testing::UnorderedElementsAre("/v1/sql", "/v1/healthz", "/healthz", "/rpc", "/v1/openapi.json"));
}

TEST(GatewayRoutes, DescribesEveryRouteButThoseThatSayWhyNot) {
  auto internal = Example("GET", "/hidden");
  internal.undocumented_because = "for a test";
  EXPECT_EQ(Documented({internal}, {"paths", "/v1/hidden"}), "absent");
  EXPECT_NE(Documented({Example("POST", "/sql")}, {"paths", "/v1/sql", "post"}), "absent");
  EXPECT_NE(Documented({}, {"paths", "/v1/openapi.json", "get"}), "absent");
  auto silent = Example("GET", "/silent");
  silent.summary.clear();
  EXPECT_NE(Documented({silent}, {"paths", "/v1/silent"}), "absent") << "a forgotten summary hides nothing";
  EXPECT_THAT(Documented({Example("GET", "/objects/{key...}")}, {"paths", "/v1/objects/{key}", "get", "parameters"}),
              testing::HasSubstr(R"("name":"key","in":"path","required":true)"))
      << "a rest parameter is spelled as OpenAPI knows it";
}

TEST(GatewayRoutes, DescribesWhatARouteTakes) {
  auto route = Example("POST", "/sql");
  route.params = {{"limit", "query", false, "how many", R"({"type":"integer","maximum":9})", "3"}, {"sql", "body", true, "a statement"}};
  route.request_schema = {R"({"$ref":"#/components/schemas/a.Body"})", {{"a.Body", R"({"type":"object","required":["sql"]})"}}};
  route.body_types = {"text/plain"};
  EXPECT_EQ(
      Documented({route}, {"paths", "/v1/sql", "post", "parameters"}),
      R"([{"name":"limit","in":"query","required":false,"description":"how many","schema":{"type":"integer","maximum":9},"example":3}])");
  EXPECT_EQ(Documented({route}, {"paths", "/v1/sql", "post", "requestBody", "content", "application/json", "schema"}),
            R"({"allOf":[{"$ref":"#/components/schemas/a.Body"},{"properties":{"sql":{"description":"a statement"}}}]})");
  EXPECT_NE(Documented({route}, {"paths", "/v1/sql", "post", "requestBody", "content", "text/plain"}), "absent");
  EXPECT_EQ(Documented({route}, {"components", "schemas", "a.Body", "required"}), R"(["sql"])");
}

TEST(GatewayRoutes, DescribesEverySuccessAndTheCodesOfEveryFailure) {
  auto route = Example("GET", "/one");
  route.faults = {{404, {"dataset_not_found"}}, {400, {"invalid_name"}}, {503, {"disk_full"}}};
  const auto responses = [&](std::string_view status) { return Documented({route}, {"paths", "/v1/one", "get", "responses", status}); };
  EXPECT_THAT(responses("200"), testing::HasSubstr("a.Thing"));
  EXPECT_EQ(Documented({route}, {"components", "schemas", "a.Thing"}), R"({"type":"object"})");
  EXPECT_THAT(responses("404"), testing::HasSubstr(R"("enum":["dataset_not_found"])"));
  EXPECT_THAT(responses("400"), testing::AllOf(testing::HasSubstr(R"("invalid_name")"), testing::HasSubstr(R"("bad_query")")))
      << "its own and the shared";
  EXPECT_THAT(responses("503"), testing::Not(testing::HasSubstr("enum"))) << "what lies below may have more to say";
  EXPECT_EQ(responses("431"), R"({"$ref":"#/components/responses/431"})");
  EXPECT_EQ(responses("415"), "absent") << "it takes no upload";
  EXPECT_NE(responses("401"), "absent");
  route.open = true;
  EXPECT_EQ(responses("401"), "absent");
  EXPECT_EQ(Documented({route}, {"paths", "/v1/one", "get", "security"}), "[]");
}

TEST(GatewayRoutes, MountsThePagesAtTheRootAndShowsThemTheDocument) {
  std::string shown;
  const auto routes = GatewayRoutes(
      {.services = {Example("POST", "/sql")}, .operation = {}, .internal = {}, .version = "1", .pages = [&](const std::string& openapi) {
         shown = openapi;
         auto page = Example("GET", "/explore");
         page.summary.clear();
         return std::vector<net::Route>{std::move(page)};
       }});
  EXPECT_THAT(routes.back().pattern, "/explore");
  EXPECT_NE(routes.back().undocumented_because, "");
  EXPECT_THAT(shown, testing::HasSubstr("/v1/sql"));
  EXPECT_THAT(Ask(routes, "/v1/openapi.json").body, testing::Not(testing::HasSubstr("/explore")));
}

}  // namespace
}  // namespace lakehouse::gateway
