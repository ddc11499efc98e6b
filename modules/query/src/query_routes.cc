#include "lakehouse/query/query_routes.h"

#include <charconv>
#include <utility>

#include "accept.h"
#include "lakehouse/base/clock.h"
#include "lakehouse/base/json_writer.h"
#include "lakehouse/catalog/dataset_name.h"
#include "lakehouse/net/http_status.h"
#include "query_wire.h"

namespace lakehouse::query {

/// The body of POST /sql.
struct SqlBody {
  std::string sql;
  std::optional<std::int64_t> max_rows;
  std::optional<std::int64_t> sequence;
};
BOOST_DESCRIBE_STRUCT(SqlBody, (), (sql, max_rows, sequence))

namespace {

constexpr std::uint64_t kMaxBodyBytes = 512u << 10;    // JSON may write one octet of SQL in six
constexpr std::size_t kWholeAnswerBytes = 256u << 10;  // up to here an answer has a length; beyond it streams
constexpr std::int64_t kMostRecent = 1'000;

std::string JsonHead(const QueryHeader& header) {
  JsonWriter json;
  json.Open('{');
  json.Key("columns");
  json.Open('[');
  for (const ResultColumn& column : header.columns) {
    json.Open('{');
    json.Key("name");
    json.String(column.name);
    json.Key("type");
    json.String(column.type);
    json.Close('}');
  }
  json.Close(']');
  return std::move(json).Take() + R"(,"rows":[)";
}

std::string JsonTail(const QuerySummary& summary) {
  std::string tail = "],\"row_count\":" + std::to_string(summary.rows);
  if (!summary.truncated.empty()) tail += ",\"truncated\":\"" + summary.truncated + "\"";
  return tail + "}";
}

/// The rest of an answer that is too long to be held.
class AnswerStream final : public net::BodySource {
 public:
  AnswerStream(std::unique_ptr<QueryResult> result, bool json, std::string beginning, Context context)
      : result_(std::move(result)), json_(json), beginning_(std::move(beginning)), context_(std::move(context)) {}

  Result<bool> Next(std::string& chunk) override {
    if (!beginning_.empty()) {
      chunk = std::exchange(beginning_, {});
      return true;
    }
    if (ended_) return false;
    auto octets = LH_TRY(result_->Next(context_));
    if (octets) {
      chunk = *std::move(octets);
      return true;
    }
    ended_ = true;
    chunk = json_ ? JsonTail(result_->summary()) : "";
    return json_;
  }

 private:
  const std::unique_ptr<QueryResult> result_;
  const bool json_;
  std::string beginning_;
  const Context context_;
  bool ended_ = false;
};

std::optional<std::int64_t> IntegerOf(const std::optional<std::string>& text) {
  std::int64_t value = 0;
  if (!text) return std::nullopt;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size()) return -1;
  return value;
}

bool IsPlainSql(const net::HttpRequest& request) {
  const std::string type = catalog::FoldName(request.FindHeader("Content-Type").value_or(""));
  return type.starts_with("text/plain") || type.starts_with("application/sql");
}

Result<QueryRequest> ReadRequest(const net::HttpRequest& request) {
  QueryRequest query;
  if (IsPlainSql(request)) {
    query.sql = request.body;
  } else {
    SqlBody body = LH_TRY_WHILE(DecodeJson<SqlBody>(request.body), "read the body, which should be {\"sql\": \"SELECT …\"}");
    query.sql = std::move(body.sql);
    query.max_rows = body.max_rows;
    query.sequence = body.sequence;
  }
  if (const auto max_rows = IntegerOf(request.FindQuery("max_rows"))) query.max_rows = max_rows;
  if (const auto sequence = IntegerOf(request.FindQuery("sequence"))) query.sequence = sequence;
  if (query.max_rows && *query.max_rows < 0) return Error(ErrorCode::kInvalidArgument, "max_rows is no whole number from 0");
  if (query.sequence && *query.sequence < 0) return Error(ErrorCode::kInvalidArgument, "sequence is no whole number from 0");
  return query;
}

std::optional<ResultFormat> FormatOf(const net::HttpRequest& request) {
  if (const auto name = request.FindQuery("format")) return FormatForName(*name);
  return FormatForAccept(request.FindHeader("Accept").value_or(""));
}

}  // namespace

Result<net::HttpResponse> AnswerOf(const Context& context, std::unique_ptr<QueryResult> result, ResultFormat format) {
  const bool json = format == ResultFormat::kJsonRows;
  net::HttpResponse response;
  response.content_type = MediaTypeOf(format);
  if (format == ResultFormat::kCsv) response.content_type += "; charset=utf-8; header=present";
  response.headers = {{"X-Lakehouse-Snapshot", std::to_string(result->header().sequence)},
                      {"X-Lakehouse-Query-Id", result->header().query_id},
                      {"Cache-Control", "no-store"}};
  std::string beginning = json ? JsonHead(result->header()) : "";
  while (beginning.size() < kWholeAnswerBytes) {
    const auto octets = LH_TRY(result->Next(context));
    if (octets) {
      beginning += *octets;
      continue;
    }
    if (json) beginning += JsonTail(result->summary());
    if (!result->summary().truncated.empty()) response.headers.push_back({"X-Lakehouse-Truncated", result->summary().truncated});
    response.body = std::move(beginning);
    return response;
  }
  response.stream = std::make_unique<AnswerStream>(std::move(result), json, std::move(beginning), context);
  return response;
}

namespace {

net::HttpResponse HandleSql(Query& query, const Context& context, const net::HttpRequest& request) {
  const auto format = FormatOf(request);
  if (!format) {
    return net::HttpResponse::Json(
        406,
        net::ErrorBody("not_acceptable", "results come as " + AllMediaTypes() + " (Accept), or ?format=json, ndjson, csv, arrow, parquet",
                       context.trace));
  }
  auto asked = ReadRequest(request);
  if (!asked) return net::HttpResponse::FromError(asked.error(), context.trace);
  asked->format = *format;
  auto result = query.Run(context, *asked);
  if (!result) return net::HttpResponse::FromError(result.error(), context.trace);
  auto response = AnswerOf(context, std::move(result).Take(), *format);
  if (!response) return net::HttpResponse::FromError(response.error(), context.trace);
  return std::move(response).Take();
}

net::HttpResponse HandleRecent(QueryLog& log, const Context& context, const net::HttpRequest& request) {
  const std::int64_t limit = IntegerOf(request.FindQuery("limit")).value_or(100);
  if (limit < 0) return net::HttpResponse::FromError(Error(ErrorCode::kInvalidArgument, "limit is no whole number from 0"), context.trace);
  const auto recent = log.Recent(context, {std::min(limit, kMostRecent)});
  if (!recent) return net::HttpResponse::FromError(recent.error(), context.trace);
  return net::HttpResponse::Json(200, EncodeJson(*recent));
}

net::Route SqlRoute(Query& query) {
  net::Route route;
  route.method = "POST";
  route.pattern = "/sql";
  route.body = net::BodyKind::kSmall;
  route.max_body_bytes = kMaxBodyBytes;
  route.handle = [&query](const Context& context, net::HttpRequest& request) { return HandleSql(query, context, request); };
  route.summary = "Answer one SELECT";
  route.description =
      "Runs one SELECT in DuckDB's dialect over committed data, all of it at one state of the lake, which X-Lakehouse-Snapshot names. "
      "Datasets are tables; FROM t AT (VERSION => 3) and AT (TIMESTAMP => '2026-11-21') read earlier versions. DESCRIBE, SUMMARIZE, "
      "SHOW TABLES and EXPLAIN work too. The body is JSON, or the SQL itself as text/plain or application/sql. Accept chooses the form "
      "of the result: " +
      AllMediaTypes() + ". An error after the first octets cuts the connection.";
  route.tag = "query";
  route.params = {{"format", "query", false, "json, ndjson, csv, arrow or parquet: instead of Accept"},
                  {"max_rows", "query", false, "cut the result there"},
                  {"sequence", "query", false, "read the lake as it was after this record"}};
  route.request_example = R"({"sql":"SELECT city, count(*) AS n FROM workers GROUP BY city ORDER BY n DESC LIMIT 2"})";
  route.response_example =
      R"({"columns":[{"name":"city","type":"VARCHAR"},{"name":"n","type":"BIGINT"}],"rows":[["Chicago",812],["Gary",377]],"row_count":2})";
  route.service = "query";
  return route;
}

net::Route RecentRoute(QueryLog& log) {
  net::Route route;
  route.method = "GET";
  route.pattern = "/queries";
  route.handle = [&log](const Context& context, net::HttpRequest& request) { return HandleRecent(log, context, request); };
  route.summary = "The last statements";
  route.description = "What was asked lately and what became of it, newest first: at most the last 1,000 since the start.";
  route.tag = "query";
  route.params = {{"limit", "query", false, "how many, 100 without it"}};
  route.service = "query";
  return route;
}

}  // namespace

std::vector<net::Route> QueryRoutes(Query& query, QueryLog& log) {
  std::vector<net::Route> routes;
  routes.push_back(SqlRoute(query));
  routes.push_back(RecentRoute(log));
  return routes;
}

}  // namespace lakehouse::query
