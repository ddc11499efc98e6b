#include "lakehouse/query/paged_routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../src/paged_results.h"
#include "lakehouse/base/json_view.h"
#include "test_lake.h"

namespace lakehouse::query {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(RowScanner, FindsTheEndsOfRowsHoweverTheyAreCut) {
  const std::string rows = R"([1,"a]"],[2,"\"],["],[[3],{"k":[4]}],[])";
  for (std::size_t piece = 1; piece <= rows.size(); ++piece) {
    RowScanner scanner;
    std::vector<std::uint64_t> ends;
    for (std::size_t at = 0; at < rows.size(); at += piece) scanner.Scan(std::string_view(rows).substr(at, piece), ends);
    EXPECT_THAT(ends, ElementsAre(8, 20, 36, 39)) << "in pieces of " << piece;
  }
}

class PagedRoutesTest : public ::testing::Test {
 protected:
  PagedRoutesTest() {
    PagedOptions options;
    options.directory = lake_.path();
    options.results_of_one = 2;
    options.sight_of = [this](const Context&) -> Result<std::string> { return sight_; };
    routes_ = PagedRoutes(*lake_.query, std::move(options));
  }
  net::HttpResponse Post(const std::string& body, const std::string& principal = "ann") {
    net::HttpRequest request;
    request.body = body;
    return routes_.at(0).handle(lake_.context(principal), request);
  }
  net::HttpResponse Page(const std::string& id, const std::string& page, const std::string& size, const std::string& principal = "ann") {
    net::HttpRequest request;
    request.path_params = {{"id", id}, {"page", page}};
    request.query = {{"size", size}};
    return routes_.at(1).handle(lake_.context(principal), request);
  }
  static std::string IdOf(const net::HttpResponse& response) {
    const auto document = JsonDocument::Parse(response.body);
    const auto id = document ? document->root().Find("query_id") : std::nullopt;
    return id ? std::string(id->AsString().value_or("")) : "";
  }

  TestLake lake_;
  std::string sight_ = "p@1";
  std::vector<net::Route> routes_;
};

TEST_F(PagedRoutesTest, EveryRowIsOnExactlyOnePage) {
  const auto made = Post(R"x({"sql":"SELECT range AS id, 'row ' || range AS name FROM range(250)","page_size":100})x");
  ASSERT_EQ(made.status, 200) << made.body;
  EXPECT_THAT(made.body, HasSubstr(R"("total_rows":250,"pages":3,"page_size":100)"));
  const std::string id = IdOf(made);
  EXPECT_THAT(Page(id, "0", "2").body, HasSubstr(R"("rows":[[0,"row 0"],[1,"row 1"]])"));
  EXPECT_THAT(Page(id, "2", "100").body, HasSubstr(R"("rows":[[200,"row 200"],)"));
  EXPECT_THAT(Page(id, "124", "2").body, HasSubstr(R"("rows":[[248,"row 248"],[249,"row 249"]])"));
  EXPECT_THAT(Page(id, "125", "2").body, HasSubstr(R"("rows":[])"));
  EXPECT_EQ(Page(id, "-1", "2").status, 400);
  EXPECT_EQ(Page(id, "x", "2").status, 400);
  EXPECT_EQ(Page(id, "0", "0").status, 400);
  EXPECT_EQ(Page(id, "0", "10001").status, 400);
}

TEST_F(PagedRoutesTest, AResultBelongsToWhoAskedAndWhatItSaw) {
  const std::string id = IdOf(Post(R"({"sql":"SELECT 1"})"));
  EXPECT_EQ(Page(id, "0", "10").status, 200);
  EXPECT_EQ(Page(id, "0", "10", "bob").status, 404);
  sight_ = "p@2";
  EXPECT_EQ(Page(id, "0", "10").status, 404) << "the profile has changed since";
  EXPECT_THAT(Page(id, "0", "10").body, HasSubstr("result_gone"));
}

TEST_F(PagedRoutesTest, TheOldestResultOfAPrincipalGoes) {
  const std::string first = IdOf(Post(R"({"sql":"SELECT 1"})"));
  const std::string of_bob = IdOf(Post(R"({"sql":"SELECT 1"})", "bob"));
  Post(R"({"sql":"SELECT 2"})");
  Post(R"({"sql":"SELECT 3"})");
  EXPECT_EQ(Page(first, "0", "10").status, 404);
  EXPECT_EQ(Page(of_bob, "0", "10", "bob").status, 200);
}

TEST_F(PagedRoutesTest, WhatIsNoQueryIsAnError) {
  EXPECT_EQ(Post(R"({"sql":"DROP TABLE x"})").status, 403);
  EXPECT_EQ(Post(R"({"sql":"SELECT"})").status, 400);
  EXPECT_EQ(Post(R"({"nothing":1})").status, 400);
  EXPECT_THAT(Post(R"x({"sql":"SELECT * FROM range(10)","max_rows":3})x").body, HasSubstr(R"("total_rows":3)"));
}

}  // namespace
}  // namespace lakehouse::query
