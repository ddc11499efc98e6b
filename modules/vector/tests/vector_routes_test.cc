#include "lakehouse/vector/vector_routes.h"

#include <gmock/gmock.h>

#include "lakehouse/base/json_view.h"
#include "vector_testing/vector_lake.h"

namespace lakehouse::vector {
namespace {

using testing::HasSubstr;

class VectorRoutesTest : public testing::Test {
 protected:
  net::HttpResponse Ask(const std::string& method, const std::string& pattern, const std::string& body = {},
                        std::map<std::string, std::string> path = {{"name", "notes"}},
                        std::vector<std::pair<std::string, std::string>> query = {}) {
    for (const net::Route& route : VectorRoutes(*lake_.vectors)) {
      if (route.method != method || route.pattern != pattern) continue;
      net::HttpRequest request;
      request.method = method;
      request.body = body;
      request.path_params = std::move(path);
      request.query = std::move(query);
      return route.handle(ann_, request);
    }
    ADD_FAILURE() << "there is no route " << method << " " << pattern;
    return {};
  }
  void Create(const std::string& name = "notes") {
    EXPECT_EQ(Ask("POST", "/vectors/index", R"({"name":")" + name + R"(","dimension":2,"metric":"euclidean"})").status, 201);
  }

  VectorLake lake_;
  Context ann_{"user:ann", "trace-1", Deadline::After(120'000), {}};
};

TEST_F(VectorRoutesTest, SpeakThePredecessorsFieldsAndCodes) {
  Create();
  EXPECT_EQ(Ask("POST", "/vectors/index", R"({"name":"notes","dimension":2,"metric":"euclidean"})").status, 409);
  EXPECT_EQ(Ask("POST", "/vectors/index/{name}/add",
                R"({"items":[{"id":"a","vector":[1,1],"metadata":{"site":"Gary","deep":[1,{"x":null}]}},{"id":"b","vector":[3.5,4e0]}]})")
                .body,
            R"({"added":2,"updated":0,"length":2})");
  EXPECT_EQ(
      Ask("POST", "/vectors/index/{name}/search", R"({"vector":[1,1],"k":2})").body,
      R"({"results":[{"id":"a","distance":0,"metadata":{"site":"Gary","deep":[1,{"x":null}]}},{"id":"b","distance":3.905125,"metadata":null}],"path":"codes"})");
  EXPECT_THAT(Ask("GET", "/vectors/index/{name}").body, HasSubstr(R"("length":2)"));
  EXPECT_THAT(Ask("GET", "/vectors/index").body, HasSubstr(R"({"indexes":[{"name":"notes")"));
  EXPECT_EQ(Ask("GET", "/vectors/index/{name}/items/{item}", "", {{"name", "notes"}, {"item", "b"}}).body,
            R"({"id":"b","vector":[3.5,4],"metadata":null})");
  EXPECT_EQ(
      Ask("POST", "/vectors/index/{name}/search/batch", R"({"vectors":[[1,1],[3,4]],"k":1})").body,
      R"({"results":[[{"id":"a","distance":0,"metadata":{"site":"Gary","deep":[1,{"x":null}]}}],[{"id":"b","distance":0.5,"metadata":null}]]})");
  Create("all");
  EXPECT_EQ(Ask("POST", "/vectors/index/{name}/merge", R"({"dest":"all","clear_source":true})").body,
            R"({"merged":2,"skipped":0,"cleared":2,"length":2})");
  EXPECT_EQ(Ask("POST", "/vectors/index/{name}/delete", R"({"ids":["a"]})", {{"name", "all"}}).body, R"({"removed":1,"length":1})");
  EXPECT_EQ(Ask("POST", "/vectors/index/{name}/maintain").status, 200);
  const net::HttpResponse dropped = Ask("DELETE", "/vectors/index/{name}");
  EXPECT_EQ(dropped.status, 204);
  EXPECT_EQ(dropped.body, "");
  EXPECT_EQ(Ask("DELETE", "/vectors/index/{name}").status, 404);
}

TEST_F(VectorRoutesTest, SayWhereABodyIsWrong) {
  Create();
  const auto message = [&](const std::string& pattern, const std::string& body) {
    const net::HttpResponse answer = Ask("POST", pattern, body);
    EXPECT_EQ(answer.status, 400) << body;
    return answer.body;
  };
  const std::string add = "/vectors/index/{name}/add", search = "/vectors/index/{name}/search";
  EXPECT_THAT(message(add, R"({"items":[{"id":"a","vector":[1,1]},{"id":"b","vector":[1,"2"]}]})"),
              HasSubstr("items[1].vector: expected an array of numbers"));
  EXPECT_THAT(message(add, R"({"items":[{"id":1,"vector":[1,1]}]})"), HasSubstr("items[0].id: expected a text"));
  EXPECT_THAT(message(add, R"({"items":[{"id":"a","vector":[1,1],"metadata":[]}]})"), HasSubstr("items[0].metadata: expected an object"));
  EXPECT_THAT(message(add, R"({"items":[{"id":"a","vector":[1e39,1]}]})"), HasSubstr("item 0: "));
  EXPECT_THAT(message(add, R"({"item":[]})"), HasSubstr("item is not known here; there are items"));
  EXPECT_THAT(message(add, "{}"), HasSubstr("items: it is asked for, and it is missing"));
  EXPECT_THAT(message(add, R"({"items":{}})"), HasSubstr("items: expected an array"));
  EXPECT_THAT(message("/vectors/index/{name}/delete", "{}"), HasSubstr("ids: it is asked for, and it is missing"));
  EXPECT_THAT(message(search + "/batch", R"({"vectors":null})"), HasSubstr("vectors: it is asked for, and it is missing"));
  EXPECT_THAT(message(search, R"({"vector":[1]})"), HasSubstr("wrong_dimension"));
  EXPECT_THAT(message(search, R"({"vector":[1,1],"k":-1})"), HasSubstr("k: expected an integer from 0 on"));
  EXPECT_THAT(message(search, R"({"vector":[1,1],"k":0})"), HasSubstr("bad_k"));
  EXPECT_THAT(message(search, R"({"vector":[1,1],"min_recall":2})"), HasSubstr("min_recall: expected a number from 0 to 1"));
  EXPECT_THAT(message(search, R"({"vector":[1,1],"filter":{"where":1}})"), HasSubstr("filter.where is not known here"));
  EXPECT_THAT(message(search, "[]"), HasSubstr("the body: expected an object"));
  EXPECT_THAT(message(search, "{"), HasSubstr("invalid_argument"));
  EXPECT_EQ(Ask("POST", search, R"({"vector":[1,1]})", {{"name", "none"}}).status, 404);
}

TEST_F(VectorRoutesTest, AnswerAtOnceAsTheyDoOnAWorkerOrNotAtAll) {
  const auto at_once = [&](const std::string& body, const std::string& name = "notes") -> std::optional<net::HttpResponse> {
    for (const net::Route& route : VectorRoutes(*lake_.vectors)) {
      if (route.pattern != "/vectors/index/{name}/search") continue;
      net::HttpRequest request;
      request.body = body;
      request.path_params = {{"name", name}};
      return route.handle_at_once(ann_, request);
    }
    return std::nullopt;
  };
  const std::string search = "/vectors/index/{name}/search", one = R"({"vector":[1,1],"k":2})";
  EXPECT_FALSE(at_once(one)) << "an index that is not open must be opened by who may wait";
  Create();
  ASSERT_EQ(Ask("POST", "/vectors/index/{name}/add",
                R"({"items":[{"id":"a","vector":[1,1],"metadata":{"site":"Gary"}},{"id":"b","vector":[3,4]},{"id":"c","vector":[9,9]}]})")
                .status,
            200);
  for (const char* body : {R"({"vector":[1,1],"k":2})", R"({"vector":[5,5],"exact":true})", R"({"vector":[1]})",
                           R"({"vector":[1,1],"k":0})", R"({"vector":[1,1],"min_recall":2})", "{", R"({"vector":[1,"1"]})"}) {
    const auto answer = at_once(body);
    ASSERT_TRUE(answer) << body;
    const net::HttpResponse worker = Ask("POST", search, body);
    EXPECT_EQ(answer->status, worker.status) << body;
    EXPECT_EQ(answer->body, worker.body) << body;
  }
  EXPECT_FALSE(at_once(R"({"vector":[1,1],"filter":{"ids":["a"]}})")) << "what a filter selects may be long to find";
  EXPECT_FALSE(at_once(R"({"vector":[1,1],"k":1000})"));
  EXPECT_FALSE(at_once(one + std::string(70'000, ' '))) << "long to read";
  EXPECT_FALSE(at_once(one, "none")) << "whether it is stored must be looked up";
}

TEST_F(VectorRoutesTest, RunTrialsAndPromoteThem) {
  Create();
  std::string items;
  for (int i = 0; i < 200; ++i)
    items += (i > 0 ? "," : "") + std::string(R"({"id":")") + std::to_string(i) + R"(","vector":[)" + std::to_string(i % 13) + "," +
             std::to_string(i) + "]}";
  ASSERT_EQ(Ask("POST", "/vectors/index/{name}/add", R"({"items":[)" + items + "]}").status, 200);
  const net::HttpResponse trial = Ask("POST", "/vectors/hnsw/trial", R"({"index_name":"notes","config":{"lists":5},"k":5})");
  ASSERT_EQ(trial.status, 200) << trial.body;
  const auto document = Must(JsonDocument::Parse(trial.body));
  const std::string id(*document.root().Find("id")->AsString());
  EXPECT_EQ(Ask("POST", "/vectors/hnsw/autotune", R"({"index_name":"notes","grid":[{"lists":2}]})").status, 200);
  EXPECT_THAT(Ask("GET", "/vectors/hnsw/trials/{name}").body, HasSubstr(id));
  EXPECT_THAT(Ask("GET", "/vectors/hnsw/trials").body, HasSubstr(id));
  EXPECT_EQ(Ask("GET", "/vectors/hnsw/trials/{name}/best").status, 200);
  EXPECT_EQ(Ask("GET", "/vectors/hnsw/trials/{name}/best", "", {{"name", "notes"}}, {{"min_recall", "most"}}).status, 400);
  const auto promoted = Ask("POST", "/vectors/hnsw/promote/{name}/{trial_id}", "", {{"name", "notes"}, {"trial_id", id}},
                            {{"promoted_by", "ann"}, {"note", "five"}, {"min_recall", "0.5"}});
  EXPECT_THAT(promoted.body, HasSubstr(R"("promoted_by":"ann","note":"five")"));
  EXPECT_EQ(Ask("POST", "/vectors/hnsw/promote/{name}/{trial_id}", "", {{"name", "notes"}, {"trial_id", "none"}}).status, 404);
  EXPECT_THAT(Ask("GET", "/vectors/hnsw/promoted/{name}").body, HasSubstr(id));
  EXPECT_EQ(Ask("POST", "/vectors/hnsw/rollback/{name}").body, R"({"history":[]})");
  EXPECT_EQ(Ask("POST", "/vectors/hnsw/rollback/{name}").status, 409);
}

}  // namespace
}  // namespace lakehouse::vector
