#include "lakehouse/query/query_routes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lakehouse/base/json_view.h"

namespace lakehouse::query {
namespace {

using ::testing::HasSubstr;

/// Answers with what it was told and remembers what it was asked.
class FakeQuery final : public Query, public QueryLog {
 public:
  struct Script {
    QueryHeader header;
    QuerySummary summary;
    std::vector<Result<std::string>> chunks;
  };
  Result<std::unique_ptr<QueryResult>> Run(const Context&, const QueryRequest& request) override {
    asked = request;
    if (error) return *error;
    return std::unique_ptr<QueryResult>(std::make_unique<Playing>(script));
  }
  Result<RecentQueriesResponse> Recent(const Context&, const RecentQueriesRequest& request) override {
    RecentQueriesResponse response;
    for (std::int64_t i = 0; i < request.limit && i < 3; ++i) response.queries.push_back({.query_id = std::to_string(i)});
    return response;
  }

  Script script;
  std::optional<Error> error;
  QueryRequest asked;

 private:
  class Playing final : public QueryResult {
   public:
    explicit Playing(const Script& script) : script_(script) {}
    const QueryHeader& header() const override { return script_.header; }
    const QuerySummary& summary() const override { return script_.summary; }
    Result<std::optional<std::string>> Next(const Context&) override {
      if (next_ == script_.chunks.size()) return std::optional<std::string>();
      const auto& chunk = script_.chunks[next_++];
      if (!chunk) return chunk.error();
      return std::optional(*chunk);
    }

   private:
    const Script script_;
    std::size_t next_ = 0;
  };
};

class QueryRoutesTest : public ::testing::Test {
 protected:
  QueryRoutesTest() : routes_(QueryRoutes(query_, query_)) {
    query_.script.header = {.query_id = "q1", .sequence = 42, .versions = {}, .columns = {{"id", "BIGINT"}, {"na\"me", "VARCHAR"}}};
    query_.script.summary.rows = 2;
    query_.script.chunks = {std::string("[1,\"a\"]"), std::string(",[2,\"b\"]")};
  }
  net::HttpResponse Post(const std::string& body, std::vector<net::HttpHeader> headers = {},
                         std::vector<std::pair<std::string, std::string>> parameters = {}) {
    net::HttpRequest request;
    request.method = "POST";
    request.path = "/sql";
    request.body = body;
    request.headers = std::move(headers);
    request.query = std::move(parameters);
    Context context;
    context.trace = "request-1";
    return routes_[0].handle(context, request);
  }
  static std::string Header(const net::HttpResponse& response, std::string_view name) {
    return net::FindHeader(response.headers, name).value_or("(none)");
  }

  FakeQuery query_;
  std::vector<net::Route> routes_;
};

TEST_F(QueryRoutesTest, AnswersInJson) {
  const auto response = Post(R"({"sql":"SELECT 1"})");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.body,
            R"({"columns":[{"name":"id","type":"BIGINT"},{"name":"na\"me","type":"VARCHAR"}],"rows":[[1,"a"],[2,"b"]],"row_count":2})");
  EXPECT_EQ(Header(response, "X-Lakehouse-Snapshot"), "42");
  EXPECT_EQ(Header(response, "X-Lakehouse-Query-Id"), "q1");
  EXPECT_EQ(query_.asked.sql, "SELECT 1");
}

TEST_F(QueryRoutesTest, SaysWhenRowsWereCut) {
  query_.script.summary.truncated = "rows";
  EXPECT_THAT(Post(R"({"sql":"x"})").body, HasSubstr(R"("row_count":2,"truncated":"rows"})"));
  EXPECT_EQ(Header(Post(R"({"sql":"x"})"), "X-Lakehouse-Truncated"), "rows");
}

TEST_F(QueryRoutesTest, StreamsWhatIsLong) {
  query_.script.chunks = {"[\"" + std::string(300'000, 'x') + "\"]", std::string(",[2]"), std::string(",[3]")};
  auto response = Post(R"({"sql":"x"})");
  ASSERT_NE(response.stream, nullptr);
  EXPECT_TRUE(response.body.empty());
  std::string all;
  for (std::string chunk; *response.stream->Next(chunk);) all += chunk;
  EXPECT_TRUE(JsonDocument::Parse(all).ok());
  EXPECT_THAT(all, ::testing::EndsWith(",[2],[3]],\"row_count\":2}"));
}

TEST_F(QueryRoutesTest, AnErrorInTheStreamReachesTheEdge) {
  query_.script.chunks = {"[\"" + std::string(300'000, 'x') + "\"]", Error(ErrorCode::kUnavailable, "worker lost")};
  auto response = Post(R"({"sql":"x"})");
  ASSERT_NE(response.stream, nullptr);
  std::string chunk;
  ASSERT_TRUE(response.stream->Next(chunk).ok());
  EXPECT_EQ(response.stream->Next(chunk).error().code(), ErrorCode::kUnavailable);
}

TEST_F(QueryRoutesTest, AnErrorBeforeTheFirstOctetHasAStatus) {
  query_.script.chunks = {Error(ErrorCode::kInvalidArgument, "division by zero")};
  EXPECT_EQ(Post(R"({"sql":"x"})").status, 400);
  query_.error = Error(ErrorCode::kPermissionDenied, "no").Named("not_allowed").WithDetails(R"({"rule":"function","position":7})");
  const auto response = Post(R"({"sql":"x"})");
  EXPECT_EQ(response.status, 403);
  EXPECT_THAT(response.body, HasSubstr(R"("details":{"rule":"function","position":7})"));
  EXPECT_THAT(response.body, HasSubstr("request-1"));
}

TEST_F(QueryRoutesTest, TakesTheStatementAsPlainText) {
  EXPECT_EQ(Post("SELECT {'a': 1}", {{"Content-Type", "text/plain; charset=utf-8"}}).status, 200);
  EXPECT_EQ(query_.asked.sql, "SELECT {'a': 1}");
  Post("SELECT 2", {{"Content-Type", "application/sql"}}, {{"max_rows", "5"}, {"sequence", "9"}});
  EXPECT_EQ(query_.asked.sql, "SELECT 2");
  EXPECT_EQ(query_.asked.max_rows, 5);
  EXPECT_EQ(query_.asked.sequence, 9);
  EXPECT_EQ(Post(R"({"sql":"SELECT 3"})", {{"Content-Type", "application/x-www-form-urlencoded"}}).status, 200) << "curl -d";
}

TEST_F(QueryRoutesTest, ReadsItsFields) {
  Post(R"({"sql":"SELECT 1","max_rows":10,"sequence":3})");
  EXPECT_EQ(query_.asked.max_rows, 10);
  EXPECT_EQ(query_.asked.sequence, 3);
}

TEST_F(QueryRoutesTest, RefusesBodiesThatAreNone) {
  for (const char* body : {"", "{", "[]", "{}", R"({"sql":1})", R"({"sql":"x","limit":1})", R"({"sql":"x","max_rows":-1})",
                           R"({"sql":"x","sequence":-1})", "SELECT 1"})
    EXPECT_EQ(Post(body).status, 400) << body;
  EXPECT_EQ(Post(R"({"sql":"x"})", {}, {{"max_rows", "many"}}).status, 400);
}

TEST_F(QueryRoutesTest, ChoosesTheFormatByAcceptOrParameter) {
  query_.script.chunks = {std::string("raw")};
  for (const auto& [accept, format, type] : std::vector<std::tuple<std::string, std::string, std::string>>{
           {"application/x-ndjson", "ndjson", "application/x-ndjson"},
           {"text/csv", "csv", "text/csv; charset=utf-8; header=present"},
           {"application/vnd.apache.arrow.stream", "arrow", "application/vnd.apache.arrow.stream"},
           {"application/vnd.apache.parquet", "parquet", "application/vnd.apache.parquet"},
       }) {
    const auto by_accept = Post(R"({"sql":"x"})", {{"Accept", accept}});
    EXPECT_EQ(by_accept.body, "raw");
    EXPECT_EQ(by_accept.content_type, type);
    EXPECT_EQ(Post(R"({"sql":"x"})", {}, {{"format", format}}).content_type, type);
    EXPECT_EQ(WireName(query_.asked.format), format);
  }
}

TEST_F(QueryRoutesTest, SaysWhichFormatsThereAre) {
  const auto response = Post(R"({"sql":"x"})", {{"Accept", "image/png"}});
  EXPECT_EQ(response.status, 406);
  EXPECT_THAT(response.body, HasSubstr("text/csv"));
  EXPECT_EQ(Post(R"({"sql":"x"})", {}, {{"format", "xml"}}).status, 406);
}

TEST_F(QueryRoutesTest, ShowsTheLastStatements) {
  net::HttpRequest request;
  request.query = {{"limit", "2"}};
  const auto response = routes_[1].handle({}, request);
  EXPECT_EQ(response.status, 200);
  const auto body = JsonDocument::Parse(response.body);
  ASSERT_TRUE(body.ok());
  EXPECT_EQ(body->root().Find("queries")->size(), 2u);
  request.query = {{"limit", "-1"}};
  EXPECT_EQ(routes_[1].handle({}, request).status, 400);
}

}  // namespace
}  // namespace lakehouse::query
