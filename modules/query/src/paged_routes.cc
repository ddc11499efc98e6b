#include "lakehouse/query/paged_routes.h"

#include <charconv>

#include "lakehouse/base/json_writer.h"
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
BOOST_DESCRIBE_STRUCT(PagedBody, (), (sql, page_size, max_rows))
BOOST_DESCRIBE_STRUCT(PagedAnswer, (), (query_id, columns, total_rows, pages, page_size, sequence, truncated))

namespace {

using net::HttpRequest;
using net::HttpResponse;

constexpr std::int64_t kPageSize = 100;
constexpr std::int64_t kMaxPageSize = 10'000;
constexpr std::uint64_t kMaxPagedBody = 512u << 10;

std::int64_t PagesOf(std::int64_t rows, std::int64_t size) { return (rows + size - 1) / size; }

Result<std::int64_t> WholeNumber(const std::string& text, const std::string& what, std::int64_t least, std::int64_t most) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < least || number > most)
    return Error(ErrorCode::kInvalidArgument,
                 what + " is a whole number from " + std::to_string(least) + " to " + std::to_string(most) + ", not \"" + text + "\"");
  return number;
}

Result<std::string> RunPaged(PagedResults& results, const Context& context, const HttpRequest& request) {
  const PagedBody body = LH_TRY_WHILE(DecodeJson<PagedBody>(request.body), "read the body, which should be {\"sql\": \"SELECT …\"}");
  const std::int64_t size = LH_TRY(WholeNumber(std::to_string(body.page_size.value_or(kPageSize)), "page_size", 1, kMaxPageSize));
  QueryRequest query;
  query.sql = body.sql;
  query.max_rows = body.max_rows;
  const auto kept = LH_TRY(results.Run(context, query));
  return EncodeJson(PagedAnswer{kept->header.query_id, kept->header.columns, kept->summary.rows, PagesOf(kept->summary.rows, size), size,
                                kept->header.sequence, kept->summary.truncated});
}

Result<std::string> ReadPage(PagedResults& results, const Context& context, const HttpRequest& request) {
  const std::int64_t page = LH_TRY(WholeNumber(request.path_params.at("page"), "the page", 0, 1'000'000'000));
  const std::int64_t size = LH_TRY(WholeNumber(request.FindQuery("size").value_or(std::to_string(kPageSize)), "size", 1, kMaxPageSize));
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
  net::Route run;
  run.method = "POST";
  run.pattern = "/query/paged";
  run.body = net::BodyKind::kSmall;
  run.max_body_bytes = kMaxPagedBody;
  run.summary = "Run a SELECT and keep its rows for paging";
  run.description =
      "As /sql, but the answer says how many rows and pages there are; the rows come by /query/page. At most 200,000 rows or 64 MiB; "
      "\"truncated\" says which was too much. Kept for 15 minutes after the last look, the last 20 of a principal.";
  run.tag = "query";
  run.request_example = R"({"sql":"SELECT * FROM workers ORDER BY worker_id","page_size":100})";
  run.response_example =
      R"({"query_id":"0193…","columns":[{"name":"worker_id","type":"BIGINT"}],"total_rows":812,"pages":9,"page_size":100,"sequence":7,"truncated":""})";
  run.service = "query";
  run.scope = net::RouteScope::kRead;
  run.keeps_profiles = true;
  run.handle = [results](const Context& context, HttpRequest& request) {
    return AnswerPage(context, RunPaged(*results, context, request));
  };
  net::Route page;
  page.method = "GET";
  page.pattern = "/query/page/{id}/{page}";
  page.summary = "One page of a kept result";
  page.description =
      "Pages count from 0. 404 result_gone: it is not kept any more, is another principal's, or the caller's profile has changed.";
  page.tag = "query";
  page.params = {{"id", "path", true, "query_id of POST /query/paged"},
                 {"page", "path", true, "from 0"},
                 {"size", "query", false, "rows of a page: 1 to 10,000, 100 without it"}};
  page.service = "query";
  page.keeps_profiles = true;
  page.handle = [results](const Context& context, HttpRequest& request) {
    return AnswerPage(context, ReadPage(*results, context, request));
  };
  return {run, page};
}

}  // namespace lakehouse::query
