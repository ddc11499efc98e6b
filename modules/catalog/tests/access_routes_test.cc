#include "lakehouse/catalog/access_routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "catalog_testing/test_lake.h"
#include "lakehouse/base/json_view.h"
#include "lakehouse/catalog/catalog_tables.h"
#include "lakehouse/catalog/profiled_catalog.h"

namespace lakehouse::catalog {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class AccessRoutesTest : public ::testing::Test {
 protected:
  net::HttpResponse Send(const std::string& method, const std::string& pattern, const std::string& body = "",
                         std::map<std::string, std::string> path = {}) {
    for (const net::Route& route : routes_) {
      if (route.method != method || route.pattern != pattern) continue;
      EXPECT_EQ(route.scope, net::RouteScope::kAdmin) << pattern;
      EXPECT_FALSE(route.keeps_profiles) << pattern;
      net::HttpRequest request;
      request.method = method;
      request.path = pattern;
      request.body = body;
      request.path_params = std::move(path);
      return route.handle(operator_, request);
    }
    ADD_FAILURE() << "no route " << method << " " << pattern;
    return {};
  }
  std::string Field(const net::HttpResponse& response, std::string_view name) {
    const auto document = JsonDocument::Parse(response.body);
    const auto field = document ? document->root().Find(name) : std::nullopt;
    return field ? std::string(field->AsString().value_or("")) : "";
  }
  /// As another process would see it.
  std::shared_ptr<const Access> Afresh() { return *AccessBook(*catalog_, lake_.log, {.poll_ms = 0}).Load(operator_); }
  void Reopen() {
    routes_.clear();
    book_.reset();
    catalog_.reset();
    catalog_ = lake_.Open().Take();
    book_ = std::make_unique<AccessBook>(*catalog_, lake_.log, AccessBook::Options{.poll_ms = 0});
    routes_ = AccessRoutes(*catalog_, *book_, {}, lake_.clock);
  }
  void SetUp() override { Reopen(); }

  TestLake lake_;
  std::unique_ptr<LocalCatalog> catalog_;
  std::unique_ptr<AccessBook> book_;
  std::vector<net::Route> routes_;
  Context operator_{"operator", "trace-1", {}, {}};
};

TEST_F(AccessRoutesTest, AKeyIsShownOnceAndWorksUntilItIsRevoked) {
  const auto made = Send("POST", "/keys", R"({"name":"dash","scopes":["read"]})");
  ASSERT_EQ(made.status, 201) << made.body;
  const std::string token = Field(made, "token"), id = Field(made, "id");
  EXPECT_NE(book_->Known()->FindToken(token, 0), nullptr) << "in force at the edge at once";
  const auto listed = Send("GET", "/keys");
  EXPECT_THAT(listed.body, HasSubstr(id));
  EXPECT_THAT(listed.body, Not(HasSubstr(token)));
  EXPECT_THAT(listed.body, Not(HasSubstr(Sha256Hex(token))));

  const auto rotated = Send("POST", "/keys/{id}/rotate", R"({"overlap_seconds":60})", {{"id", id}});
  ASSERT_EQ(rotated.status, 200) << rotated.body;
  const std::string next = Field(rotated, "token");
  EXPECT_NE(next, token);
  const std::int64_t now = lake_.clock.WallMicros();
  EXPECT_NE(Afresh()->FindToken(next, now), nullptr);
  EXPECT_NE(Afresh()->FindToken(token, now), nullptr);
  EXPECT_EQ(Afresh()->FindToken(token, now + 60'000'000), nullptr);

  EXPECT_EQ(Send("DELETE", "/keys/{id}", "", {{"id", id}}).status, 200);
  EXPECT_EQ(book_->Known()->FindToken(next, now), nullptr);
  EXPECT_EQ(Send("POST", "/keys/{id}/rotate", "", {{"id", id}}).status, 400) << "a revoked key stays so";
  EXPECT_EQ(Send("DELETE", "/keys/{id}", "", {{"id", "nobody"}}).status, 404);
}

TEST_F(AccessRoutesTest, NoRecordHoldsAToken) {
  const std::string token = Field(Send("POST", "/keys", R"({"name":"dash","scopes":["read"]})"), "token");
  ASSERT_FALSE(token.empty());
  const auto records = catalog_->ReadRecords(operator_, {});
  ASSERT_TRUE(records.ok());
  for (const LogRecord& record : records->records) EXPECT_THAT(record.json.text, Not(HasSubstr(token)));
}

TEST_F(AccessRoutesTest, ProfilesSurviveARestartAndACheckpoint) {
  ASSERT_EQ(Send("POST", "/profiles", R"({"name":"p","datasets":["a*"]})").status, 200);
  ASSERT_EQ(
      Send("POST", "/profiles",
           R"({"name":"p","views":[{"dataset":"a","row_filter":"x = 1","redactions":[{"column":"b","kind":"mask","keep_suffix":2}]}]})")
          .status,
      200);
  const std::string token = Field(Send("POST", "/keys", R"({"name":"k","profile":"p","scopes":["read"]})"), "token");
  for (int round = 0; round < 2; ++round) {
    Reopen();
    const auto access = Afresh();
    ASSERT_EQ(access->profiles().size(), 2u);
    EXPECT_EQ(access->active().at("p")->version, 2);
    EXPECT_EQ(access->active().at("p")->views.at(0).redactions.at(0).keep_suffix, 2);
    EXPECT_NE(access->FindToken(token, 0), nullptr);
    // The second round reads a checkpoint.
    auto options = TestLake::QuietOptions();
    options.checkpoint_records = 1;
    routes_.clear();
    book_.reset();
    catalog_.reset();
    catalog_ = lake_.Open(options).Take();
    book_ = std::make_unique<AccessBook>(*catalog_, lake_.log, AccessBook::Options{.poll_ms = 0});
    ASSERT_TRUE(catalog_->Maintain(operator_).ok());
  }
  EXPECT_EQ(Afresh()->active().at("p")->version, 2);
}

TEST_F(AccessRoutesTest, AProfileIsRolledBackByActivatingTheVersionBefore) {
  ASSERT_EQ(Send("POST", "/profiles", R"({"name":"p","datasets":["a"]})").status, 200);
  ASSERT_EQ(Send("POST", "/profiles", R"({"name":"p","datasets":["b"],"activate":false})").status, 200);
  EXPECT_THAT(Afresh()->active().at("p")->datasets, ElementsAre("a"));
  ASSERT_EQ(Send("POST", "/profiles/{name}/activate", R"({"version":2})", {{"name", "p"}}).status, 200);
  EXPECT_THAT(Afresh()->active().at("p")->datasets, ElementsAre("b"));
  ASSERT_EQ(Send("POST", "/profiles/{name}/activate", R"({"version":1})", {{"name", "p"}}).status, 200);
  EXPECT_THAT(Afresh()->active().at("p")->datasets, ElementsAre("a"));
  EXPECT_EQ(Send("POST", "/profiles/{name}/activate", R"({"version":3})", {{"name", "p"}}).status, 404);
  EXPECT_EQ(Send("POST", "/profiles", R"({"name":"p q"})").status, 400);
  EXPECT_EQ(Send("GET", "/profiles/{name}", "", {{"name", "nobody"}}).status, 404);
}

TEST_F(AccessRoutesTest, TheProfiledCatalogHidesWhatTheProfileHides) {
  ASSERT_TRUE(catalog_->Commit(operator_, CreateOf("workers", {PutTestFile(*lake_.store, "datasets/workers/data/1", 5)})).ok());
  ASSERT_TRUE(catalog_->Commit(operator_, CreateOf("salaries", {PutTestFile(*lake_.store, "datasets/salaries/data/1", 5, "other")})).ok());
  ASSERT_EQ(Send("POST", "/profiles", R"({"name":"p","datasets":["workers"],"views":[{"dataset":"workers","columns":["name"]}]})").status,
            200);
  const std::string id = Field(Send("POST", "/keys", R"({"name":"k","profile":"p","scopes":["read","write"]})"), "id");
  const Context reader{"key:" + id, "trace-2", {}, {}};
  CommitRequest care;
  care.tags.push_back({"workers", "before-the-layoffs", 1, {}});
  care.retention.push_back({"workers", {.keep_last = 3}});
  ASSERT_TRUE(catalog_->Commit(operator_, care).ok());
  const auto profiled = MakeProfiledCatalog(*catalog_, *book_);

  const auto listed = profiled->ListDatasets(reader, {});
  ASSERT_TRUE(listed.ok());
  ASSERT_EQ(listed->datasets.size(), 1u);
  EXPECT_EQ(listed->datasets[0].name, "workers");
  EXPECT_EQ(listed->datasets[0].head.rows, 0);
  EXPECT_TRUE(listed->datasets[0].tags.empty());
  EXPECT_FALSE(listed->datasets[0].retention);
  EXPECT_EQ(profiled->Commit(reader, care).error().reason(), "profile_restricted");
  EXPECT_EQ(profiled->CollectGarbage(reader, {}).error().reason(), "profile_restricted");
  ASSERT_EQ(listed->datasets[0].head.schema.columns.size(), 1u);
  EXPECT_EQ(listed->datasets[0].head.schema.columns[0].name, "name");
  const auto resolved = profiled->Resolve(reader, {{{"workers", {}}}});
  ASSERT_TRUE(resolved.ok());
  EXPECT_TRUE(resolved->tables.at(0).files.empty());
  for (const std::string hidden : {"salaries", "salarie", "nothing"}) {
    const auto described = profiled->Describe(reader, {hidden, {}});
    ASSERT_FALSE(described.ok());
    EXPECT_EQ(described.error().message(), "there is no dataset \"" + hidden + "\" for this API key");
  }
  EXPECT_EQ(profiled->Commit(reader, ChangeOf("workers", Operation::kReplace, {})).error().reason(), "profile_restricted");
  EXPECT_EQ(profiled->ReadRecords(reader, {}).error().reason(), "profile_restricted");
  EXPECT_EQ(profiled->LoadAccess(reader, {}).error().reason(), "profile_restricted");
  EXPECT_EQ(profiled->ListDatasets(operator_, {})->datasets.size(), 2u);

  Send("DELETE", "/keys/{id}", "", {{"id", id}});
  EXPECT_EQ(profiled->ListDatasets(reader, {}).error().reason(), "key_revoked");
}

TEST_F(AccessRoutesTest, TheTableOfCommitsNamesTagsAndPoliciesToWhoMaySeeTheirDataset) {
  ASSERT_TRUE(catalog_->Commit(operator_, CreateOf("workers", {})).ok());
  ASSERT_TRUE(catalog_->Commit(operator_, CreateOf("salaries", {})).ok());
  ASSERT_EQ(Send("POST", "/profiles", R"({"name":"p","datasets":["workers"]})").status, 200);
  const std::string id = Field(Send("POST", "/keys", R"({"name":"k","profile":"p","scopes":["read"]})"), "id");
  for (const std::string dataset : {"workers", "salaries"}) {
    CommitRequest care;
    care.tags.push_back({dataset, "first", 1, {}});
    care.retention.push_back({dataset, {.keep_last = 3}});
    ASSERT_TRUE(catalog_->Commit(operator_, care).ok());
  }
  CommitRequest of_lake;
  of_lake.retention.push_back({"", {.keep_last = 3}});
  ASSERT_TRUE(catalog_->Commit(operator_, of_lake).ok());
  const auto tables = MakeCatalogTables(*catalog_);
  const auto commits = std::ranges::find(tables, "commits", [](const auto& table) { return table->name(); });
  ASSERT_NE(commits, tables.end());
  const auto seen = [&](const Context& context, std::int64_t limit) {
    std::vector<std::string> lines;
    const auto rows = (*commits)->Rows(context, book_->SightOf(context).Take(), limit).Take();
    for (const SystemRow& row : rows) lines.push_back(std::get<std::string>(row[5]) + ": " + std::get<std::string>(row[6]));
    return lines;
  };
  EXPECT_THAT(seen(operator_, 3), ElementsAre(": retention", "salaries, salaries: tag, retention", "workers, workers: tag, retention"));
  EXPECT_THAT(seen({"key:" + id, "trace-3", {}, {}}, 9), ElementsAre("workers, workers: tag, retention", "workers: create"));
}

}  // namespace
}  // namespace lakehouse::catalog
