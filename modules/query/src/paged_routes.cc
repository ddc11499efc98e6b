#include "lakehouse/query/paged_routes.h"

#include <charconv>

#include "lakehouse/base/json_writer.h"
#include "lakehouse/base/schema_of.h"
#include "lakehouse/net/query_params.h"
#include "lakehouse/net/route_of.h"
#include "paged_results.h"
#include "query_wire.h"

namespace lakehouse::query {

struct PagedBody {
  std::string sql;
  std::optional<std::int64_t> page_size;
  std::optional<std::int64_t> max_rows;
};
struct PagedAnswer {
  std::string query_id;
  std::vector<ResultColumn> columns;
  std::int64_t total_rows = 0;
  std::int64_t pages = 0;
  std::int64_t page_size = 0;
  std::int64_t sequence = 0;
  std::string truncated;  ///< "", "rows" or "bytes"
};
/// What ReadPage writes.
struct PageAnswer {
  std::string query_id;
  std::int64_t page = 0;
  std::int64_t pages = 0;
  std::int64_t total_rows = 0;
  std::vector<ResultColumn> columns;
  std::vector<std::vector<RawJson>> rows;
};
BOOST_DESCRIBE_STRUCT(PageAnswer, (), (query_id, page, pages, total_rows, columns, rows))
BOOST_DESCRIBE_STRUCT(PagedBody, (), (sql, page_size, max_rows))
BOOST_DESCRIBE_STRUCT(PagedAnswer, (), (query_id, columns, total_rows, pages, page_size, sequence, truncated))

namespace {

using net::HttpRequest;
using net::HttpResponse;

constexpr std::int64_t kPageSize = 100;
constexpr std::int64_t kMaxPageSize = 10'000;
constexpr std::int64_t kMaxPage = 1'000'000'000;
constexpr net::WholeNumber kSize{.name = "size", .description = "rows of a page", .least = 1, .most = kMaxPageSize, .otherwise = kPageSize};
constexpr std::uint64_t kMaxPagedBody = 512u << 10;

std::int64_t PagesOf(std::int64_t rows, std::int64_t size) { return (rows + size - 1) / size; }

Status CheckPageNumber(const std::string& text, std::int64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && end == text.data() + text.size() && number >= 0 && number <= kMaxPage) return Ok{};
  return Error(ErrorCode::kInvalidArgument, "the page is a whole number from 0, not \"" + text + "\"");
}

Result<std::string> RunPaged(PagedResults& results, const Context& context, const HttpRequest& request) {
  const PagedBody body = LH_TRY_WHILE(DecodeJson<PagedBody>(request.body), "read the body, which should be {\"sql\": \"SELECT …\"}");
  const std::int64_t size = body.page_size.value_or(kPageSize);
  if (size < 1 || size > kMaxPageSize) return Error(ErrorCode::kInvalidArgument, "page_size is 1 to 10,000");
  QueryRequest query;
  query.sql = body.sql;
  query.max_rows = body.max_rows;
  const auto kept = LH_TRY(results.Run(context, query));
  return EncodeJson(PagedAnswer{kept->header.query_id, kept->header.columns, kept->summary.rows, PagesOf(kept->summary.rows, size), size,
                                kept->header.sequence, kept->summary.truncated});
}

Result<std::string> ReadPage(PagedResults& results, const Context& context, const HttpRequest& request) {
  std::int64_t page = 0;
  LH_TRY(CheckPageNumber(request.path_params.at("page"), page));
  const std::int64_t size = LH_TRY(kSize.Get(request));
  const auto kept = LH_TRY(results.Find(context, request.path_params.at("id")));
  const std::string rows = LH_TRY(kept->Rows(page * size, size));
  JsonWriter json;
  json.Open('{');
  json.Key("query_id");
  json.String(kept->header.query_id);
  json.Key("page");
  json.Integer(page);
  json.Key("pages");
  json.Integer(PagesOf(kept->summary.rows, size));
  json.Key("total_rows");
  json.Integer(kept->summary.rows);
  json.Key("columns");
  json.Raw(EncodeJson(kept->header.columns));
  json.Key("rows");
  json.Raw("[" + rows + "]");
  json.Close('}');
  return std::move(json).Take();
}

HttpResponse AnswerPage(const Context& context, Result<std::string> json) {
  if (!json) return HttpResponse::FromError(json.error(), context.trace);
  HttpResponse response = HttpResponse::Json(200, std::move(json).Take());
  response.headers.push_back({"Cache-Control", "no-store"});
  return response;
}

}  // namespace

std::vector<net::Route> PagedRoutes(Query& query, PagedOptions options, const Clock& clock) {
  const auto results = std::make_shared<PagedResults>(query, std::move(options), clock);
  net::Route run = net::RouteOf("POST", "/query/paged", "Run a SELECT and keep its rows for paging", "query", "query");
  run.body = net::BodyKind::kSmall;
  run.max_body_bytes = kMaxPagedBody;
  run.description =
      "As /sql, but the answer says how many rows and pages there are; the rows come by /query/page. At most 200,000 rows or 64 MiB; "
      "\"truncated\" says which was too much. Kept for 15 minutes after the last look, the last 20 of a principal.";
  run.request_example = R"({"sql":"SELECT * FROM workers ORDER BY worker_id","page_size":100})";
  run.response_example =
      R"({"query_id":"0193…","columns":[{"name":"worker_id","type":"BIGINT"}],"total_rows":812,"pages":9,"page_size":100,"sequence":7,"truncated":""})";
  run.params = {{"sql", "body", true, "one statement", R"({"minLength":1})"},
                {"page_size", "body", false, "rows of a page, for the number of pages", R"({"minimum":1,"maximum":10000})"},
                {"max_rows", "body", false, "cut the result there", R"({"minimum":0})"}};
  run.request_schema = SchemaOf<PagedBody>();
  run.answers = {{200, "The result that is kept", SchemaOf<PagedAnswer>()}};
  run.faults = {{400, {"parser", "binder", "catalog", "conversion", "no_statement", "…"}},
                {403, {"not_allowed", "permission_denied"}},
                {404, {"dataset_not_found"}},
                {413, {"statement_too_long"}},
                {422, {"unprocessable"}},
                {429, {"out_of_memory", "resource_exhausted"}}};
  run.scope = net::RouteScope::kRead;
  run.keeps_profiles = true;
  run.handle = [results](const Context& context, HttpRequest& request) {
    return AnswerPage(context, RunPaged(*results, context, request));
  };
  net::Route page = net::RouteOf("GET", "/query/page/{id}/{page}", "One page of a kept result", "query", "query");
  page.description =
      "Pages count from 0. 404 result_gone: it is not kept any more, is another principal's, or the caller's profile has changed.";
  page.params = {net::PathText("id", "query_id of POST /query/paged", "0193"), net::PathText("page", "from 0", "0"), kSize.Describe()};
  page.answers = {{200, "Rows as /v1/sql gives them", SchemaOf<PageAnswer>()}};
  page.faults = {{404, {"result_gone"}}};
  page.keeps_profiles = true;
  page.handle = [results](const Context& context, HttpRequest& request) {
    return AnswerPage(context, ReadPage(*results, context, request));
  };
  return {run, page};
}

}  // namespace lakehouse::query
