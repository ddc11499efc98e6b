#include "lakehouse/query/query_routes.h"

#include <utility>

#include "accept.h"
#include "lakehouse/base/clock.h"
#include "lakehouse/base/json_view.h"
#include "lakehouse/base/json_writer.h"
#include "lakehouse/base/schema_of.h"
#include "lakehouse/catalog/dataset_name.h"
#include "lakehouse/net/http_status.h"
#include "lakehouse/net/query_params.h"
#include "lakehouse/net/route_of.h"
#include "query_wire.h"

namespace lakehouse::query {

/// The body of POST /sql.
struct SqlBody {
  std::string sql;
  std::optional<std::int64_t> max_rows;
  std::optional<std::int64_t> sequence;
  std::optional<std::vector<RawJson>> parameters;
};
BOOST_DESCRIBE_STRUCT(SqlBody, (), (sql, max_rows, sequence, parameters))

namespace {

constexpr std::uint64_t kMaxBodyBytes = 512u << 10;    // JSON may write one octet of SQL in six
constexpr std::size_t kWholeAnswerBytes = 256u << 10;  // up to here an answer has a length; beyond it streams
constexpr net::WholeNumber kRecentLimit{.name = "limit", .description = "how many", .most = 1'000, .otherwise = 100};
constexpr net::WholeNumber kMaxRows{.name = "max_rows", .description = "cut the result there"};
constexpr net::WholeNumber kSequence{.name = "sequence", .description = "read the lake as it was after this record"};
constexpr const char* kTruncated = "X-Lakehouse-Truncated";  // "rows" or "bytes": a limit cut the answer

/// What JsonHead, the worker and JsonTail write together.
struct SqlAnswer {
  std::vector<ResultColumn> columns;
  std::vector<std::vector<RawJson>> rows;
  std::int64_t row_count = 0;
  std::optional<std::string> truncated;
};
BOOST_DESCRIBE_STRUCT(SqlAnswer, (), (columns, rows, row_count, truncated))

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
  std::vector<net::HttpHeader> Trailers() const override {
    const std::string truncated = result_->summary().truncated;
    if (truncated.empty()) return {};
    return {{kTruncated, truncated}};
  }

 private:
  const std::unique_ptr<QueryResult> result_;
  const bool json_;
  std::string beginning_;
  const Context context_;
  bool ended_ = false;
};

bool IsPlainSql(const net::HttpRequest& request) {
  const std::string type = catalog::FoldName(request.FindHeader("Content-Type").value_or(""));
  return type.starts_with("text/plain") || type.starts_with("application/sql");
}

Result<QueryParameter> ParameterOf(const RawJson& json) {
  const auto document = JsonDocument::Parse(json.text);
  QueryParameter parameter;
  if (!document) return Error(ErrorCode::kInvalidArgument, "a parameter cannot be read: " + document.error().message());
  const JsonView value = document->root();
  if (value.is_null()) return parameter;
  if (const auto text = value.AsString())
    parameter.text = std::string(*text);
  else if (const auto truth = value.AsBool())
    parameter.truth = truth;
  else if (const auto integer = value.AsInteger())
    parameter.integer = integer;
  else if (const auto number = value.AsNumber())
    parameter.number = number;
  else
    return Error(ErrorCode::kInvalidArgument, "a parameter is a text, a number, true, false or null");
  return parameter;
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
    for (const RawJson& parameter : body.parameters.value_or(std::vector<RawJson>()))
      query.parameters.push_back(LH_TRY(ParameterOf(parameter)));
  }
  if (const auto max_rows = LH_TRY(kMaxRows.Find(request))) query.max_rows = max_rows;
  if (const auto sequence = LH_TRY(kSequence.Find(request))) query.sequence = sequence;
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
    if (!result->summary().truncated.empty()) response.headers.push_back({kTruncated, result->summary().truncated});
    response.body = std::move(beginning);
    return response;
  }
  response.trailer_names = {kTruncated};
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
  const auto limit = kRecentLimit.Get(request);
  if (!limit) return net::HttpResponse::FromError(limit.error(), context.trace);
  const auto recent = log.Recent(context, {*limit});
  if (!recent) return net::HttpResponse::FromError(recent.error(), context.trace);
  return net::HttpResponse::Json(200, EncodeJson(*recent));
}

net::Answer Rows() {
  net::Answer rows{200, "The rows, in the form that was asked for", SchemaOf<SqlAnswer>()};
  rows.media_types.clear();
  for (unsigned n = 0; !WireName(static_cast<ResultFormat>(n)).empty(); ++n)
    rows.media_types.emplace_back(MediaTypeOf(static_cast<ResultFormat>(n)));
  rows.headers = {
      {"X-Lakehouse-Snapshot", "header", true, "the record of the lake that was read: sequence reads the same again",
       R"({"type":"integer"})"},
      {"X-Lakehouse-Query-Id", "header", true, "as /v1/queries shows it"},
      {kTruncated, "header", false,
       "a limit cut the rows there; in a chunked answer it is a trailer, which the header Trailer announces. JSON also says it in "
       "\"truncated\"",
       net::ChoiceSchema({"rows", "bytes"})}};
  return rows;
}

net::Route SqlRoute(Query& query) {
  net::Route route = net::RouteOf("POST", "/sql", "Answer one SELECT", "query", "query");
  route.body = net::BodyKind::kSmall;
  route.max_body_bytes = kMaxBodyBytes;
  route.handle = [&query](const Context& context, net::HttpRequest& request) { return HandleSql(query, context, request); };
  route.description =
      "Runs one SELECT in DuckDB's dialect over committed data, all of it at one state of the lake, which X-Lakehouse-Snapshot names. "
      "Datasets are tables, and so is what the system knows of itself: system.datasets, snapshots, files, commits, events, errors, jobs, "
      "queries; FROM t AT (VERSION => 3) and AT (TIMESTAMP => '2026-11-21') read earlier versions. DESCRIBE, SUMMARIZE, "
      "SHOW TABLES and EXPLAIN work too. \"parameters\" holds the values of $1, $2…, or of each ?. The body is JSON, or the SQL itself as "
      "text/plain or application/sql. Accept chooses the form "
      "of the result: " +
      AllMediaTypes() + ". An error after the first octets cuts the connection.";
  route.params = {
      {"format", "query", false, "instead of Accept", net::ChoiceSchema({"json", "ndjson", "csv", "arrow", "parquet"}), R"("json")"},
      kMaxRows.Describe(),
      kSequence.Describe(),
      {"sql", "body", true, "one statement", R"({"minLength":1})"},
      {"max_rows", "body", false, "cut the result there", R"({"minimum":0})"},
      {"sequence", "body", false, "read the lake as it was after this record", R"({"minimum":0})"},
      {"parameters", "body", false, "values of $1, $2…: texts, numbers, true, false, null"}};
  route.request_schema = SchemaOf<SqlBody>();
  route.body_types = {"text/plain", "application/sql"};
  route.request_example = R"({"sql":"SELECT city, count(*) AS n FROM workers GROUP BY city ORDER BY n DESC LIMIT 2"})";
  route.answers = {Rows()};
  route.response_example =
      R"({"columns":[{"name":"city","type":"VARCHAR"},{"name":"n","type":"BIGINT"}],"rows":[["Chicago",812],["Gary",377]],"row_count":2})";
  // DuckDB names what is wrong with a statement: binder, catalog, conversion, out_of_range…
  route.faults = {{400,
                   {"parser", "binder", "catalog", "conversion", "not_select", "not_one_statement", "no_statement", "not_utf8",
                    "unsupported_type", "parameters", "…"}},
                  {403, {"not_allowed", "permission_denied"}},
                  {404, {"dataset_not_found", "snapshot_not_found", "snapshot_not_available"}},
                  {406, {"not_acceptable"}},
                  {413, {"statement_too_long"}},
                  {422, {"no_columns", "unprocessable", "profile_view_failed"}},
                  {429, {"out_of_memory", "resource_exhausted", "too_many_statements"}}};
  route.scope = net::RouteScope::kRead;
  route.keeps_profiles = true;
  return route;
}

net::Route RecentRoute(QueryLog& log) {
  net::Route route = net::RouteOf("GET", "/queries", "The last statements", "query", "query");
  route.handle = [&log](const Context& context, net::HttpRequest& request) { return HandleRecent(log, context, request); };
  route.description =
      "What was asked lately and what became of it, newest first: at most the last 1,000 since the start. An API key sees its own.";
  route.params = {kRecentLimit.Describe()};
  route.answers = {{200, "Newest first", SchemaOf<RecentQueriesResponse>()}};
  route.keeps_profiles = true;
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
