#include <gmock/gmock.h>

#include "chart.h"
#include "dataset_url.h"
#include "document_url.h"
#include "format.h"
#include "markdown.h"
#include "metrics_history.h"
#include "plan.h"
#include "sql_text.h"

namespace lakehouse::ui {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Format, GroupsThousandsOfEitherSign) {
  EXPECT_EQ(Grouped(0), "0");
  EXPECT_EQ(Grouped(999), "999");
  EXPECT_EQ(Grouped(1'000), "1,000");
  EXPECT_EQ(Grouped(-1'234'567), "-1,234,567");
  EXPECT_EQ(Grouped(-999), "-999");
}

TEST(Format, SaysBytesInDecimalUnits) {
  EXPECT_EQ(Bytes(999), "999 B");
  EXPECT_EQ(Bytes(31'400'000), "31.4 MB");
}

TEST(Format, CutsBetweenCharactersNeverWithin) {
  EXPECT_EQ(Cut("abc", 3), "abc");
  EXPECT_EQ(Cut("äöü", 3), "ä…");
}

TEST(Format, EncodesWhatAUrlCannotHold) { EXPECT_EQ(UrlEncode("a b/ü&'\"<"), "a%20b%2F%C3%BC%26%27%22%3C"); }

TEST(SqlText, QuotesNamesAndTextsOfStrangers) {
  EXPECT_EQ(QuoteName("a\"; DROP TABLE x; --"), "\"a\"\"; DROP TABLE x; --\"");
  EXPECT_EQ(QuoteText("it's"), "'it''s'");
  EXPECT_EQ(TableAt("workers", 3), "\"workers\" AT (VERSION => 3)");
}

catalog::Schema SchemaOf(const std::vector<std::pair<std::string, std::string>>& columns) {
  catalog::Schema schema;
  for (const auto& [name, type] : columns) schema.columns.push_back({name, type, 0, std::nullopt});
  return schema;
}

TEST(SqlText, AFilterComparesInTheColumnsOwnType) {
  const auto schema = SchemaOf({{"city", "VARCHAR"}, {"rate", "DOUBLE"}, {"tags", "VARCHAR[]"}});
  EXPECT_EQ(*WhereOf({{"city", "eq", "O'Fallon"}}, schema), " WHERE \"city\" = 'O''Fallon'");
  EXPECT_EQ(*WhereOf({{"rate", "ge", "0.9"}, {"tags", "null", ""}}, schema),
            " WHERE \"rate\" >= TRY_CAST('0.9' AS DOUBLE) AND \"tags\" IS NULL");
  EXPECT_EQ(WhereOf({{"nowhere", "eq", "1"}}, schema).error().reason(), "unknown_column");
}

TEST(SqlText, AnOperatorNobodyKnowsIsRefused) {
  EXPECT_FALSE(ParseFilter("f.city", "drop.x"));
  EXPECT_FALSE(*ParseFilter("sort", "city"));
  const auto filter = *ParseFilter("f.city", "eq.a.b=c");
  ASSERT_TRUE(filter);
  EXPECT_EQ(filter->value, "a.b=c");
}

TEST(SqlText, OnlyQueriesAreWrapped) {
  EXPECT_TRUE(IsWrappable("-- first\n /* then */ select 1;"));
  EXPECT_TRUE(IsWrappable("(SELECT 1)"));
  EXPECT_FALSE(IsWrappable("EXPLAIN SELECT 1"));
  EXPECT_FALSE(IsWrappable("-- nothing"));
}

TEST(DatasetUrl, SaysEverythingItWasMadeFrom) {
  net::HttpRequest request;
  request.query = {{"tab", "schema"}, {"v", "3"}, {"f.a&b", "eq.x y"}, {"sort", "-rate"}, {"page", "2"}};
  const auto url = DatasetUrl::Parse(request, "workers");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->ToString(), "/explore/workers?tab=schema&v=3&f.a%26b=eq.x%20y&sort=-rate&page=2");
  EXPECT_EQ(url->WithoutFilter(0).WithTab("sample").WithVersion(0).ToString(), "/explore/workers?sort=-rate");
}

TEST(DatasetUrl, RefusesNumbersThatAreNone) {
  net::HttpRequest request;
  request.query = {{"page", "0"}};
  EXPECT_FALSE(DatasetUrl::Parse(request, "workers"));
}

TEST(Markdown, EscapesTextEverywhere) {
  const std::string html = RenderMarkdown(
      "# A <b>\n\n* `<i>` and **x & y**\n\n```\n<script>\n```\n\n| a |\n|---|\n| <u> |\n\n[evil](javascript:alert(1)) [good](/docs)\n");
  EXPECT_THAT(html, Not(HasSubstr("<b>")));
  EXPECT_THAT(html, Not(HasSubstr("<script>")));
  EXPECT_THAT(html, Not(HasSubstr("<u>")));
  EXPECT_THAT(html, Not(HasSubstr("href=\"javascript")));
  EXPECT_THAT(html, HasSubstr("<a href=\"/docs\">good</a>"));
  EXPECT_THAT(html, HasSubstr("<code>&lt;i&gt;</code>"));
  EXPECT_THAT(html, HasSubstr("<h1 id=\"a-b\">"));
}

TEST(Metrics, AQuantileIsOfWhatCameBetween) {
  const std::string before = "h_bucket{le=\"0.1\"} 100\nh_bucket{le=\"1\"} 100\nh_bucket{le=\"+Inf\"} 100\n";
  const std::string after = "h_bucket{le=\"0.1\"} 100\nh_bucket{le=\"1\"} 110\nh_bucket{le=\"+Inf\"} 110\n";
  EXPECT_EQ(MetricQuantile(before, after, "h", .95), 1);
  EXPECT_EQ(MetricQuantile(after, after, "h", .95), 0);
  EXPECT_EQ(MetricSum("a_total{x=\"1\"} 2\na_total{x=\"2\"} 3\na_total_more 9\n", "a_total"), 5);
}

TEST(Chart, DrawsANumberByALabelAndNothingElse) {
  EXPECT_TRUE(IsDrawable({{"city", "VARCHAR"}, {"n", "BIGINT"}}, 5));
  EXPECT_FALSE(IsDrawable({{"city", "VARCHAR"}, {"name", "VARCHAR"}}, 5));
  EXPECT_FALSE(IsDrawable({{"city", "VARCHAR"}, {"n", "BIGINT"}}, 1'000));
  EXPECT_FALSE(IsDrawable({{"n", "BIGINT"}}, 5));
  EXPECT_EQ(LinePath({0, 10}, 100, 20), "M0.0 19.0 100.0 1.0");
  EXPECT_EQ(LinePath({5}, 100, 20), "");
}

TEST(Chart, StatesItsFindingInWords) {
  View view;
  ShowChart(view, {{"city", "VARCHAR"}, {"n", "BIGINT"}},
            {{{"Gary", false}, {"3", false}}, {{"Joliet", false}, {"9", false}}, {{"", true}, {"", true}}});
  EXPECT_EQ(view.ToJson(), "{}") << "a drawing is no data";
}

TEST(Plan, BoxesBecomeStepsAndWhatFeedsThemIsDeeper) {
  const auto steps = ReadPlan(
      "┌───────────────────────────┐                             \n"
      "│         HASH_JOIN         │                             \n"
      "│    ────────────────────   │                             \n"
      "│      Join Type: INNER     │                             \n"
      "│                           ├──────────────┐              \n"
      "│        ~1,200 rows        │              │              \n"
      "└─────────────┬─────────────┘              │              \n"
      "┌─────────────┴─────────────┐┌─────────────┴─────────────┐\n"
      "│         PROJECTION        ││        READ_PARQUET       │\n"
      "│    ────────────────────   ││    ────────────────────   │\n"
      "│            role           ││        Projections:       │\n"
      "│        hourly_rate        ││         worker_id         │\n"
      "└─────────────┬─────────────┘└───────────────────────────┘\n"
      "┌─────────────┴─────────────┐                             \n"
      "│        READ_PARQUET       │                             \n"
      "└───────────────────────────┘                             \n");
  ASSERT_EQ(steps.size(), 4u);
  EXPECT_EQ(steps[0].title, "Hash join");
  EXPECT_EQ(steps[0].rows, 1200);
  EXPECT_THAT(steps[0].details, testing::ElementsAre("Join Type: INNER"));
  EXPECT_EQ(steps[1].title, "Projection");
  EXPECT_THAT(steps[1].details, testing::ElementsAre("role, hourly_rate"));
  EXPECT_EQ(steps[2].depth, 2);
  EXPECT_EQ(steps[3].depth, 1) << "the other side of the join";
  EXPECT_THAT(steps[3].details, testing::ElementsAre("Projections: worker_id"));
}

TEST(DocumentUrl, SaysThePlaceAndComesBackFromItsOwnWords) {
  net::HttpRequest request;
  request.query = {{"doc", "a b/c.pdf"}, {"v", "3"}, {"page", "2"}, {"begin", "120"}, {"end", "180"}, {"d", "9f86"}};
  const DocumentUrl url = DocumentUrl::Of(request, "handbook");
  EXPECT_EQ(url.ToString(), "/explore/handbook/read?doc=a%20b%2Fc.pdf&v=3&page=2&begin=120&end=180&d=9f86#passage");
  EXPECT_EQ(url.WithPage(3).ToString(), "/explore/handbook/read?doc=a%20b%2Fc.pdf&v=3&page=3");
  request.query = {{"doc", "x"}, {"page", "-1"}, {"begin", "9"}, {"end", "9"}};
  EXPECT_EQ(DocumentUrl::Of(request, "d").ToString(), "/explore/d/read?doc=x") << "what says no place is left out";
}

TEST(DocumentUrl, PagesAreListedAsPeopleListThem) {
  for (const std::int64_t page : {1, 2, 3, 7}) EXPECT_TRUE(ListsPage("1-3, 7", page)) << page;
  for (const std::int64_t page : {0, 4, 6, 8, 17}) EXPECT_FALSE(ListsPage("1-3, 7", page)) << page;
  for (const char* odd : {"", "-", ",", "a-b", "1-x", "3-1"}) EXPECT_FALSE(ListsPage(odd, 2)) << odd;
}

TEST(Plan, WhatIsNoDrawingStaysText) {
  EXPECT_TRUE(ReadPlan("").empty());
  EXPECT_TRUE(ReadPlan("no boxes at all\n").empty());
  EXPECT_TRUE(ReadPlan("┌──\n").empty());
  EXPECT_TRUE(ReadPlan("  ┌──┐\n").empty());
  EXPECT_TRUE(ReadPlan("┌─────────┐\n│┌───────┐│\n││ Total ││\n│└───────┘│\n└─────────┘\n").empty());
}

}  // namespace
}  // namespace lakehouse::ui
