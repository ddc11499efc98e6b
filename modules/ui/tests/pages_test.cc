#include <gmock/gmock.h>

#include "fake_query.h"
#include "pages.h"
#include "reader.h"
#include "result_store.h"
#include "templates.h"

namespace lakehouse::ui {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kHostile = "\"'><script>alert(1)</script><img src=x onerror=alert(2)>";

TEST(Templates, EscapeValuesForThePlaceTheyStandIn) {
  const Templates templates;
  View view;
  View& head = view.Add("columns");
  head.Set("name", kHostile)
      .Show("aria_sort", "none")
      .Show("sort_href", "javascript:alert(3)")
      .Show("facet_href", kHostile)
      .ShowFlag("summarised", true)
      .Show("bars_label", kHostile);
  View& row = view.Add("rows");
  ShowCell(row, {kHostile, false}, "name", "VARCHAR");
  const std::string html = templates.Render("sample", view);
  EXPECT_THAT(html, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(html, Not(HasSubstr("<img")));
  EXPECT_THAT(html, Not(HasSubstr("href=\"javascript:")));
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;alert(1)"));
}

TEST(Templates, AFlagShowsItsSectionOrItsOpposite) {
  const Templates templates;
  View yes, no;
  yes.ShowFlag("has_events", true);
  no.ShowFlag("has_events", false);
  EXPECT_THAT(templates.Render("lineage", yes), HasSubstr("<table"));
  EXPECT_THAT(templates.Render("lineage", no), HasSubstr("nothing about this dataset"));
}

TEST(View, ItsTwinHoldsTheDataAndNothingMadeForTheEye) {
  View view;
  view.Set("name", "a\"b").SetInteger("rows", 3).SetFlag("is_past", true).Show("rows_text", "3").ShowFlag("wide", true).List("none");
  view.Add("cells").Set("value", "x");
  view.ShowAdd("bar").Show("x", "1%");
  EXPECT_EQ(view.ToJson(), R"({"name":"a\"b","rows":3,"is_past":true,"none":[],"cells":[{"value":"x"}]})");
}

TEST(Grid, GroupsAmountsAndLeavesNamesAlone) {
  const auto shown = [](const char* text, const char* column, const char* type) {
    const Templates templates;
    View view;
    ShowCell(view.Add("rows"), {text, false}, column, type);
    return templates.Render("sample", view);
  };
  EXPECT_THAT(shown("123456", "headroom", "BIGINT"), HasSubstr(">123,456<"));
  EXPECT_THAT(shown("123456.789", "rate", "DOUBLE"), HasSubstr(">123,456.789<"));
  EXPECT_THAT(shown("123456", "order_id", "BIGINT"), HasSubstr(">123456<"));
  EXPECT_THAT(shown("123456", "zip", "VARCHAR"), HasSubstr(">123456<"));
}

TEST(Reader, AsksOnceForWhatNeverChanges) {
  FakeQuery query;
  query.answer = {{{"a", "BIGINT"}, {"b", "VARCHAR"}}, {"[1,\"x\"],[2,", "null],[3,{\"k\":[1]}]"}, ""};
  Reader reader(query, SystemClock(), 1 << 20);
  const auto first = reader.Read(Context{.principal = "p"}, "t@1", "SELECT 1");
  ASSERT_TRUE(first);
  ASSERT_EQ((*first)->rows.size(), 3u);
  EXPECT_TRUE((*first)->rows[1][1].is_null);
  EXPECT_EQ((*first)->rows[2][1].text, R"({"k":[1]})");
  EXPECT_TRUE(reader.Read(Context{.principal = "p"}, "t@1", "SELECT 1"));
  EXPECT_EQ(query.asked.size(), 1u);
  EXPECT_TRUE(query.asked[0].sql.starts_with(kPageMark)) << "no one's own statement";
  EXPECT_TRUE(reader.Read(Context{.principal = "q"}, "t@1", "SELECT 1"));
  EXPECT_TRUE(reader.Read(Context{.principal = "p"}, "t@2", "SELECT 1"));
  EXPECT_EQ(query.asked.size(), 3u) << "another principal or another snapshot asks for itself";
}

TEST(Reader, ForgetsWhenItIsFull) {
  FakeQuery query;
  query.answer = {{{"a", "VARCHAR"}}, {"[\"" + std::string(1'000, 'x') + "\"]"}, ""};
  Reader reader(query, SystemClock(), 50'000);
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(reader.Read(Context{}, "t@" + std::to_string(i), "SELECT 1"));
  EXPECT_EQ(reader.Find(Context{}, "t@0", "SELECT 1"), nullptr);
  EXPECT_NE(reader.Find(Context{}, "t@39", "SELECT 1"), nullptr);
}

TEST(ResultStore, CutsAResultIntoPagesWhateverItsTextsHold) {
  FakeQuery query;
  query.answer.columns = {{"n", "BIGINT"}, {"t", "VARCHAR"}, {"l", "VARCHAR[]"}};
  std::string all;
  for (int i = 0; i < 250; ++i) all += (i ? "," : "") + std::string("[") + std::to_string(i) + R"(,"],[\"\\",["a]",{"b":"}"}]])";
  for (std::size_t at = 0; at < all.size(); at += 7) query.answer.pieces.push_back(all.substr(at, 7));
  ResultStore store(query, SystemClock(), {});
  const auto result = store.Run(Context{}, "SELECT 1", 0);
  ASSERT_TRUE(result);
  EXPECT_EQ((*result)->row_count, 250);
  ASSERT_EQ((*result)->pages.size(), 3u);
  std::int64_t expected = 0;
  for (std::int64_t page = 0; page < 3; ++page) {
    const auto rows = DecodeRows((*result)->Page(page));
    ASSERT_TRUE(rows) << rows.error().ToString();
    for (const Row& row : *rows) EXPECT_EQ(row[0].text, std::to_string(expected++));
  }
  EXPECT_EQ(expected, 250);
  EXPECT_TRUE((*result)->Page(3).empty());
}

TEST(ResultStore, TheNextPageIsNotRunAgainAndANewQuestionIs) {
  FakeQuery query;
  query.answer = {{{"n", "BIGINT"}}, {"[1]"}, ""};
  ResultStore store(query, SystemClock(), {});
  ASSERT_TRUE(store.Run(Context{}, "SELECT 1", 0));
  ASSERT_TRUE(store.Run(Context{}, "SELECT 1", 7));
  EXPECT_EQ(query.asked.size(), 1u) << "the state it ran at was 7";
  ASSERT_TRUE(store.Run(Context{}, "SELECT 1", 0));
  ASSERT_TRUE(store.Run(Context{.principal = "other"}, "SELECT 1", 7));
  EXPECT_EQ(query.asked.size(), 3u);
}

TEST(ResultStore, AResultThatIsTooLargeIsCutAfterAWholeRowAndSaysSo) {
  for (const std::size_t row_octets : {100u, 40'000u, 90'000u}) {
    FakeQuery query;
    query.answer.columns = {{"t", "VARCHAR"}};
    std::string all;
    for (int i = 0; i < 900; ++i) all += (i ? "," : "") + std::string("[\"") + std::string(row_octets, 'x') + "\"]";
    for (std::size_t at = 0; at < all.size(); at += 1'000) query.answer.pieces.push_back(all.substr(at, 1'000));
    ResultStore store(query, SystemClock(), {.max_rows = 200'000, .max_bytes = 50'000, .total_bytes = 1 << 20});
    const auto result = store.Run(Context{}, "SELECT 1", 0);
    ASSERT_TRUE(result);
    EXPECT_TRUE((*result)->cut);
    std::int64_t rows = 0;
    for (std::int64_t page = 0; page < static_cast<std::int64_t>((*result)->pages.size()); ++page) {
      const auto decoded = DecodeRows((*result)->Page(page));
      ASSERT_TRUE(decoded) << decoded.error().ToString();
      EXPECT_FALSE(decoded->empty());
      rows += static_cast<std::int64_t>(decoded->size());
    }
    EXPECT_EQ(rows, (*result)->row_count) << "rows of " << row_octets << " octets";
  }
}

TEST(Reader, RefusesAnAnswerThatIsLargerThanAPageCanBe) {
  FakeQuery query;
  query.answer.columns = {{"t", "VARCHAR"}};
  query.answer.pieces.assign(40, std::string(1 << 20, ' '));
  Reader reader(query, SystemClock(), 1 << 20);
  const auto table = reader.Read(Context{}, "t@1", "SELECT 1");
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().code(), ErrorCode::kTooLarge);
}

TEST(Forms, FieldsAreDecoded) {
  net::HttpRequest request;
  request.body = "name=by+city&q=SELECT+%27a%26b%27&empty=&flag";
  EXPECT_EQ(FormField(request, "name"), "by city");
  EXPECT_EQ(FormField(request, "q"), "SELECT 'a&b'");
  EXPECT_EQ(FormField(request, "empty"), "");
  EXPECT_EQ(FormField(request, "missing"), "");
}

}  // namespace
}  // namespace lakehouse::ui
