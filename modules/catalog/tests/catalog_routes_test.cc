#include "lakehouse/catalog/catalog_routes.h"

#include <gmock/gmock.h>

#include "catalog_testing/test_lake.h"

namespace lakehouse::catalog {
namespace {

using testing::HasSubstr;

class CatalogRoutesTest : public testing::Test {
 protected:
  TestLake lake_;
  std::unique_ptr<LocalCatalog> catalog_ = lake_.Open().Take();
  std::vector<net::Route> routes_ = CatalogRoutes(*catalog_);
  Context ann_{"user:ann", "trace-1", {}, {}};

  struct Sent {
    std::string name = "workers";
    std::string body;
    std::vector<std::pair<std::string, std::string>> query;
    std::string idempotency_key;
  };
  net::HttpResponse Send(const std::string& method, const std::string& pattern, const Sent& sent) {
    for (const net::Route& route : routes_) {
      if (route.method != method || route.pattern != pattern) continue;
      net::HttpRequest request;
      request.method = method;
      request.path = pattern;
      request.body = sent.body;
      request.query = sent.query;
      request.path_params["name"] = sent.name;
      if (!sent.idempotency_key.empty()) request.headers.push_back({"idempotency-key", sent.idempotency_key});
      return route.handle(ann_, request);
    }
    ADD_FAILURE() << "no route " << method << " " << pattern;
    return {};
  }
  net::HttpResponse Send(const std::string& method, const std::string& pattern) { return Send(method, pattern, Sent{}); }
  void CreateWorkers() {
    ASSERT_TRUE(catalog_->Commit(ann_, CreateOf("workers", {PutTestFile(*lake_.store, "datasets/workers/data/1", 5)})));
    ASSERT_TRUE(catalog_->Commit(ann_, ChangeOf("workers", Operation::kReplace, {})));
  }
};

TEST_F(CatalogRoutesTest, RegisterAsThePredecessorDid) {
  PutTestFile(*lake_.store, "objects/w.parquet", 0, "twelve bytes");
  const Sent first{
      .body = R"({"name":"w","schema_fingerprint":"sha256:abc","objects":[{"key":"objects/w.parquet","size":12}],"row_count":3,"more":1})"};
  const auto made = Send("POST", "/catalog/register", first);
  ASSERT_EQ(made.status, 200) << made.body;
  EXPECT_THAT(made.body, HasSubstr(R"("existing":false)"));
  EXPECT_THAT(made.body, HasSubstr(R"("objects":[{"key":"objects/w.parquet","size":12}],"row_count":3)"));
  EXPECT_THAT(Send("POST", "/catalog/register", first).body, HasSubstr(R"("existing":true)"));
  const auto other = Send("POST", "/catalog/register", {.body = R"({"name":"w","schema_fingerprint":"sha256:def"})"});
  EXPECT_EQ(other.status, 409);
  EXPECT_THAT(other.body, HasSubstr("schema_conflict"));
  EXPECT_EQ(Send("POST", "/catalog/register", {.body = R"({"name":"","schema_fingerprint":"x"})"}).status, 400);
  EXPECT_EQ(Send("POST", "/catalog/register", {.body = R"({"name":"x"})"}).status, 400);
  EXPECT_EQ(Send("POST", "/catalog/register", {.body = "{"}).status, 400);
  EXPECT_EQ(Send("POST", "/catalog/register", {.body = R"({"name":"x","schema_fingerprint":"x","objects":{}})"}).status, 400);
  EXPECT_EQ(Send("POST", "/catalog/register", {.body = R"({"name":"x","schema_fingerprint":"x","objects":[{"size":1}]})"}).status, 400);
}

TEST_F(CatalogRoutesTest, RegisterTakesNoSqlInPlaceOfAType) {
  const auto evil =
      Send("POST", "/catalog/register", {.body = R"({"name":"x","columns":[{"name":"a","type":"INTEGER) AS a, (SELECT 1) AS b --"}]})"});
  EXPECT_EQ(evil.status, 400);
  EXPECT_THAT(evil.body, HasSubstr("invalid_schema"));
  EXPECT_EQ(Send("GET", "/catalog/manifest/{name}", {.name = "x"}).status, 404);
}

TEST_F(CatalogRoutesTest, ListAndManifestAsThePredecessorDid) {
  CreateWorkers();
  const auto list = Send("GET", "/catalog/list");
  EXPECT_EQ(list.status, 200);
  EXPECT_THAT(list.body, HasSubstr(R"("count":1)"));
  const auto manifest = Send("GET", "/catalog/manifest/{name}");
  EXPECT_EQ(manifest.status, 200);
  EXPECT_THAT(manifest.body, HasSubstr(R"("name":"workers")"));
  EXPECT_THAT(list.body, HasSubstr(manifest.body));
  EXPECT_EQ(Send("GET", "/catalog/manifest/{name}", {.name = "nobody"}).status, 404);
}

TEST_F(CatalogRoutesTest, ShowHistoryAndDifferences) {
  CreateWorkers();
  EXPECT_THAT(Send("GET", "/catalog/datasets").body, HasSubstr(R"("more":false)"));
  EXPECT_THAT(Send("GET", "/catalog/datasets/{name}").body, HasSubstr(R"("version":2)"));
  EXPECT_THAT(Send("GET", "/catalog/datasets/{name}", {.query = {{"version", "1"}}}).body, HasSubstr(R"("rows":5)"));
  EXPECT_EQ(Send("GET", "/catalog/datasets/{name}", {.query = {{"version", "one"}}}).status, 400);
  EXPECT_THAT(Send("GET", "/catalog/datasets/{name}/history", {.query = {{"limit", "1"}}}).body, HasSubstr(R"("more":true)"));
  EXPECT_THAT(Send("GET", "/catalog/datasets/{name}/diff", {.query = {{"from", "1"}, {"to", "2"}}}).body,
              HasSubstr(R"("rows_before":5,"rows_after":0)"));
  EXPECT_EQ(Send("GET", "/catalog/datasets/{name}/diff").status, 400);
  EXPECT_THAT(Send("GET", "/catalog/status").body, HasSubstr(R"("role":"writer")"));
  EXPECT_THAT(Send("GET", "/catalog/log").body, HasSubstr(R"("head_sequence":3)"));
}

TEST_F(CatalogRoutesTest, RestoreAndDropOncePerIdempotencyKey) {
  CreateWorkers();
  const Sent restore{.body = R"({"version":1})", .idempotency_key = "k1"};
  EXPECT_EQ(Send("POST", "/catalog/datasets/{name}/restore", restore).status, 200);
  EXPECT_THAT(Send("POST", "/catalog/datasets/{name}/restore", restore).body, HasSubstr(R"("replayed":true)"));
  EXPECT_EQ(catalog_->Describe(ann_, {"workers", {}})->dataset.head.version, 3);
  EXPECT_EQ(Send("POST", "/catalog/datasets/{name}/restore", {.body = R"({"version":2})", .idempotency_key = "k1"}).status, 422);
  EXPECT_EQ(Send("POST", "/catalog/datasets/{name}/restore", {.body = "{}"}).status, 400);
  EXPECT_EQ(Send("DELETE", "/catalog/datasets/{name}").status, 200);
  EXPECT_EQ(Send("DELETE", "/catalog/datasets/{name}").status, 404);
}

}  // namespace
}  // namespace lakehouse::catalog
