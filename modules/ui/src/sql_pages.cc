#include <algorithm>

#include "chart.h"
#include "format.h"
#include "lakehouse/base/json_view.h"
#include "lakehouse/base/json_writer.h"
#include "lakehouse/catalog/dataset_name.h"
#include "lakehouse/query/query_routes.h"
#include "lakehouse/query/served_functions.h"
#include "pages.h"
#include "plan.h"
#include "sql_text.h"

namespace lakehouse::ui {
namespace {

constexpr std::size_t kLongestStatement = 12'000;  // of a URL; longer ones go to the API
constexpr std::size_t kTablesInTree = 150, kColumnsInTree = 400;
constexpr std::int64_t kHistory = 40;

/// The state of the page, which is its URL: /sql?q=SELECT…&at=17&sort=-2&page=3
struct SqlUrl {
  std::string sql;
  std::int64_t at = 0;    ///< state of the lake; 0: the newest
  std::int64_t page = 1;  ///< of the result
  std::string sort;       ///< number of a column, from 1; "-2": falling
  std::string view;       ///< "chart" keeps the chart in sight on a phone

  static SqlUrl Of(const net::HttpRequest& request) {
    SqlUrl url;
    url.sql = request.FindQuery("q").value_or("");
    url.at = std::max<std::int64_t>(0, IntegerQuery(request, "at", 0));
    url.page = std::max<std::int64_t>(1, IntegerQuery(request, "page", 1));
    url.sort = request.FindQuery("sort").value_or("");
    return url;
  }
  std::string Query() const {
    std::string query = "?q=" + UrlEncode(sql);
    if (at > 0) query += "&at=" + std::to_string(at);
    if (!sort.empty()) query += "&sort=" + UrlEncode(sort);
    if (page > 1) query += "&page=" + std::to_string(page);
    return query;
  }
};

std::string SortedSql(const SqlUrl& url) {
  const bool falling = url.sort.starts_with("-");
  const std::string number = url.sort.substr(falling ? 1 : 0);
  const bool is_number = !number.empty() && number.size() < 5 && number.find_first_not_of("0123456789") == std::string::npos;
  if (!is_number || !IsWrappable(url.sql)) return std::string(url.sql);
  return "SELECT * FROM (\n" + std::string(StripStatement(url.sql)) + "\n) AS result ORDER BY " + number + (falling ? " DESC" : " ASC") +
         " NULLS LAST";
}

/// Line and column of the character at an octet, both from 1; and the line's text around it, in three parts.
struct Spot {
  std::int64_t line = 1, column = 1;
  std::string before, mark, after;
};
Spot SpotOf(const std::string& sql, std::size_t at) {
  Spot spot;
  at = std::min(at, sql.size());
  std::size_t start = 0;
  for (std::size_t i = 0; i < at; ++i)
    if (sql[i] == '\n') {
      ++spot.line;
      start = i + 1;
    }
  spot.column = 1 + std::count_if(sql.begin() + static_cast<std::ptrdiff_t>(start), sql.begin() + static_cast<std::ptrdiff_t>(at),
                                  [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
  const std::size_t end = std::min(sql.find('\n', at), sql.size());
  std::size_t stop = at;
  const auto is_word = [](char c) {
    return c == '_' || (c & 0x80) != 0 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  while (stop < end && is_word(sql[stop])) ++stop;
  if (stop == at) stop = std::min(at + 1, end);
  spot.before = sql.substr(start, at - start);
  spot.mark = sql.substr(at, stop - at);
  spot.after = sql.substr(stop, end - stop);
  return spot;
}

void ShowSqlFault(View& view, const Context& context, const SqlUrl& url, const Error& error) {
  ShowFault(view, context, error);
  view.SetFlag("failed", true).Set("error_code", error.reason()).Set("error_message", error.message());
  std::optional<std::int64_t> position;
  if (const auto details = JsonDocument::Parse(error.details()); details && url.sort.empty())
    if (const auto found = details->root().Find("position")) position = found->AsInteger();
  view.ShowFlag("has_spot", position.has_value());
  if (!position) return;
  const Spot spot = SpotOf(url.sql, static_cast<std::size_t>(std::max<std::int64_t>(0, *position)));
  view.SetInteger("error_position", *position).SetInteger("error_line", spot.line).SetInteger("error_column", spot.column);
  view.Show("spot_before", spot.before).Show("spot_mark", spot.mark.empty() ? " " : spot.mark).Show("spot_after", spot.after);
}

void ShowPlan(View& view, const std::vector<Row>& rows) {
  view.ShowFlag("is_plan", true).ShowFlag("is_grid", false);
  for (const Row& row : rows) {
    const std::string drawing = row.size() > 1 ? row[1].text : "";
    const auto steps = ReadPlan(drawing);
    const std::string title = row[0].text == "physical_plan" ? "Plan" : row[0].text == "analyzed_plan" ? "Plan, as it ran" : row[0].text;
    View& one = view.ShowAdd("plan");
    one.Show("title", title).Show("text", drawing).ShowFlag("is_read", !steps.empty());
    ShowPlanSteps(one, steps);
  }
}

void ShowDownloads(View& view, const SqlUrl& url) {
  for (const auto& [format, words] : {std::pair("csv", "CSV"), {"parquet", "Parquet"}, {"arrow", "Arrow"}, {"json", "JSON"}})
    view.ShowAdd("download").Show("words", words).Show("href", "/sql/download" + url.Query() + "&format=" + format);
}

Status ShowRows(View& view, SqlUrl url, const KeptResult& result) {
  const std::int64_t pages = std::max<std::int64_t>(1, static_cast<std::int64_t>(result.pages.size()));
  url.page = std::min(url.page, pages);
  url.at = result.sequence;
  const auto rows = LH_TRY(DecodeRows(result.Page(url.page - 1)));
  const std::int64_t first = (url.page - 1) * KeptResult::kPageRows;
  view.SetInteger("row_count", result.row_count)
      .SetInteger("sequence", result.sequence)
      .SetInteger("page", url.page)
      .SetInteger("pages", pages)
      .SetFlag("cut", result.cut);
  view.Show("rows_text", Counted(result.row_count, "row"))
      .Show("columns_text", Counted(static_cast<std::int64_t>(result.columns.size()), "column"));
  view.Show("ms", Milliseconds(result.ms)).Show("query_id", result.query_id);
  view.Show("range", result.row_count == 0 ? "no rows"
                                           : Grouped(first + 1) + "–" + Grouped(first + static_cast<std::int64_t>(rows.size())) + " of " +
                                                 Grouped(result.row_count));
  const bool is_plan = result.columns.size() == 2 && result.columns[0].name == "explain_key";
  const bool can_sort = IsWrappable(url.sql);
  for (std::size_t i = 0; i < result.columns.size(); ++i) {
    View& head = view.Add("columns");
    const std::string number = std::to_string(i + 1);
    const bool falling = url.sort == "-" + number, rising = url.sort == number;
    SqlUrl to = url;
    to.page = 1;
    to.sort = falling ? "" : rising ? "-" + number : number;
    head.Set("name", result.columns[i].name).Set("type", result.columns[i].type).Show("type_text", TypeWords(result.columns[i].type));
    head.ShowFlag("number", IsNumeric(result.columns[i].type)).ShowFlag("sorted", falling || rising).ShowFlag("falling", falling);
    head.ShowFlag("sortable", can_sort)
        .Show("aria_sort", falling  ? "descending"
                           : rising ? "ascending"
                                    : "none")
        .Show("href", "/sql" + to.Query())
        .Show("piece", "/sql/result" + to.Query());
  }
  view.List("rows");
  std::int64_t number = first;
  for (const Row& row : rows) {
    View& line = view.Add("rows");
    line.Show("n", Grouped(++number));
    for (std::size_t i = 0; i < row.size() && i < result.columns.size(); ++i)
      ShowCell(line, row[i], result.columns[i].name, result.columns[i].type);
  }
  SqlUrl whole = url;
  whole.page = 1;
  view.ShowInteger("first_row", first).Show("rows_href", "/sql/rows" + whole.Query());
  view.ShowFlag("has_rows", result.row_count > 0).ShowFlag("has_previous", url.page > 1).ShowFlag("has_next", url.page < pages);
  SqlUrl other = url;
  other.page = url.page - 1;
  view.Show("previous_href", "/sql" + other.Query()).Show("previous_piece", "/sql/result" + other.Query());
  other.page = url.page + 1;
  view.Show("next_href", "/sql" + other.Query()).Show("next_piece", "/sql/result" + other.Query());
  if (is_plan)
    ShowPlan(view, rows);
  else
    view.ShowFlag("is_plan", false).ShowFlag("is_grid", true);
  view.ShowFlag("has_chart", false);
  if (url.page == 1 && IsDrawable(result.columns, result.row_count)) ShowChart(view, result.columns, rows);
  url.page = 1;
  ShowDownloads(view, url);
  view.ShowFlag("can_save", can_sort).Show("sql", url.sql);
  return Ok{};
}

Status ShowResult(House& house, ResultStore& results, const Context& context, const net::HttpRequest& request, const SqlUrl& url,
                  View& view) {
  view.ShowFlag("asked", !url.sql.empty());
  if (url.sql.empty()) return Ok{};
  const auto shown = [&]() -> Status {
    if (url.sql.size() > kLongestStatement)
      return Error(ErrorCode::kTooLarge, "the statement is longer than a URL may be; send it to POST /v1/sql").Named("statement_too_long");
    const auto result = LH_TRY(results.Run(context, SortedSql(url), url.at));
    return ShowRows(view, url, *result);
  }();
  view.ShowFlag("has_result", shown.ok());
  if (shown) return Ok{};
  Record(house, context, request, shown.error());
  ShowSqlFault(view, context, url, shown.error());
  return shown;
}

std::string Folded(std::string_view text) { return catalog::FoldName(text); }

bool IsWanted(const catalog::Dataset& dataset, const std::string& filter) {
  if (filter.empty() || Folded(dataset.name).find(filter) != std::string::npos) return true;
  return std::any_of(dataset.head.schema.columns.begin(), dataset.head.schema.columns.end(),
                     [&](const catalog::Column& column) { return Folded(column.name).find(filter) != std::string::npos; });
}

void ShowTree(View& view, const LakeList& list, const std::string& filter) {
  std::vector<const catalog::Dataset*> wanted;
  for (const catalog::Dataset* dataset : list.tables)
    if (IsWanted(*dataset, filter)) wanted.push_back(dataset);
  const std::size_t shown = std::min(wanted.size(), kTablesInTree);
  std::size_t columns = 0;
  for (std::size_t i = 0; i < shown; ++i) columns += wanted[i]->head.schema.columns.size();
  const bool with_columns = columns <= kColumnsInTree;
  view.Show("tree_text", Counted(static_cast<std::int64_t>(list.tables.size()), "table"));
  view.ShowFlag("tree_cut", shown < wanted.size()).Show("tree_more", Grouped(static_cast<std::int64_t>(wanted.size() - shown)));
  view.ShowFlag("tree_empty", wanted.empty() && !filter.empty());
  for (std::size_t i = 0; i < shown; ++i) {
    const catalog::Dataset& dataset = *wanted[i];
    View& one = view.ShowAdd("table");
    one.Show("table_name", dataset.name).Show("rows", Compact(dataset.head.rows)).ShowFlag("embedded", with_columns);
    one.Show("columns_href", "/sql/columns?table=" + UrlEncode(dataset.name))
        .Show("explore_href", "/explore/" + dataset.name + "?tab=schema");
    if (!with_columns) continue;
    for (const catalog::Column& column : dataset.head.schema.columns)
      one.ShowAdd("field").Show("field_name", column.name).Show("field_type", TypeWords(column.type));
  }
}

net::HttpResponse TreePiece(House& house, const Context& context, net::HttpRequest& request) {
  const auto list = house.lake.Load(context);
  if (!list) return AnswerFault(house, context, request, "sql", list.error());
  View view;
  ShowTree(view, **list, Folded(request.FindQuery("filter").value_or("")));
  return AnswerPiece(house, "tree", view);
}

void ShowHistory(House& house, const Context& context, View& view) {
  const auto recent = house.parts.queries.Recent(context, {kHistory * 3});
  if (!recent) return;
  const std::int64_t now = house.parts.clock.WallMicros();
  std::vector<std::string> seen;
  for (const auto& query : recent->queries) {
    if (query.sql.starts_with(kPageMark) || query.principal != context.principal) continue;
    if (std::find(seen.begin(), seen.end(), query.sql) != seen.end() || static_cast<std::int64_t>(seen.size()) >= kHistory) continue;
    seen.push_back(query.sql);
    View& one = view.ShowAdd("past");
    one.Show("past_sql", Cut(query.sql, 160))
        .Show("past_href", "/sql?q=" + UrlEncode(query.sql))
        .Show("past_ago", Ago(now, query.started_micros));
    one.ShowFlag("past_ok", query.outcome == "ok" || query.outcome == "truncated").Show("past_outcome", query.outcome);
    one.Show("past_ms", Milliseconds(static_cast<double>(query.duration_micros) / 1e3)).Show("past_rows", Counted(query.rows, "row"));
  }
  view.ShowFlag("has_past", !seen.empty());
}

net::HttpResponse SqlPage(ResultStore& results, House& house, const Context& context, net::HttpRequest& request) {
  const SqlUrl url = SqlUrl::Of(request);
  View view;
  view.Set("sql", url.sql).Show("sql_text", url.sql);
  const Status shown = ShowResult(house, results, context, request, url, view);
  int status = 200;
  if (!shown) status = net::HttpResponse::FromError(shown.error(), context.trace).status;
  if (WantsTwin(request)) {
    if (!shown) return net::HttpResponse::FromError(shown.error(), context.trace);
    return AnswerPage(house, context, request, {"sql", "SQL", "", "sql", true, status}, std::move(view));
  }
  const auto list = house.lake.Load(context);
  if (list) ShowTree(view, **list, "");
  ShowHistory(house, context, view);
  if (!shown) view.Include("fault_piece", "fault");
  view.Include("chart_piece", "chart")
      .Include("rows_piece", "rows")
      .Include("plan_piece", "plan")
      .Include("result", "result")
      .Include("tree", "tree");
  return AnswerPage(house, context, request, {"sql", "SQL", "", "sql", true, status}, std::move(view));
}

net::HttpResponse ResultPiece(ResultStore& results, House& house, const Context& context, net::HttpRequest& request) {
  const SqlUrl url = SqlUrl::Of(request);
  View view;
  const Status shown = ShowResult(house, results, context, request, url, view);
  view.Include("fault_piece", "fault").Include("chart_piece", "chart").Include("rows_piece", "rows").Include("plan_piece", "plan");
  net::HttpResponse response =
      AnswerPiece(house, "result", view, shown ? 200 : net::HttpResponse::FromError(shown.error(), context.trace).status);
  if (!request.FindQuery("ahead")) response.headers.push_back({"HX-Push-Url", "/sql" + url.Query()});
  return response;
}

/// A hundred rows of a result, for a grid that holds those in sight.
net::HttpResponse RowsPiece(ResultStore& results, House& house, const Context& context, net::HttpRequest& request) {
  const SqlUrl url = SqlUrl::Of(request);
  View view;
  const Status shown = ShowResult(house, results, context, request, url, view);
  if (!shown) return AnswerFault(house, context, request, "sql", shown.error());
  return AnswerPiece(house, "rows", view);
}

/// Columns of one table, for the tree.
net::HttpResponse ColumnsPiece(House& house, const Context& context, net::HttpRequest& request) {
  const auto found = house.parts.catalog.Describe(context, {request.FindQuery("table").value_or(""), {}});
  if (!found) return AnswerFault(house, context, request, "sql", found.error());
  View view;
  for (const catalog::Column& column : found->dataset.head.schema.columns)
    view.ShowAdd("field").Show("field_name", column.name).Show("field_type", TypeWords(column.type));
  return AnswerPiece(house, "columns", view);
}

/// What the editor completes: tables with their columns.
net::HttpResponse NamesTwin(House& house, const Context& context, net::HttpRequest& request) {
  const auto list = house.lake.Load(context);
  if (!list) return AnswerFault(house, context, request, "sql", list.error());
  JsonWriter json;
  json.Open('{');
  for (const catalog::Dataset& dataset : (*list)->datasets) {
    json.Key(dataset.name);
    json.Open('[');
    for (const catalog::Column& column : dataset.head.schema.columns) json.String(column.name);
    json.Close(']');
  }
  json.Close('}');
  return net::HttpResponse::Json(200, std::move(json).Take());
}

/// And functions: those that the gate lets through.
net::HttpResponse FunctionsTwin(House&, const Context&, net::HttpRequest&) {
  JsonWriter json;
  json.Open('[');
  for (const std::string& name : query::ServedFunctions()) json.String(name);
  json.Close(']');
  return net::HttpResponse::Json(200, std::move(json).Take());
}

net::HttpResponse DownloadPage(House& house, const Context& context, net::HttpRequest& request) {
  using query::ResultFormat;
  struct Kind {
    std::string_view name;
    ResultFormat format;
    std::string_view ending;
  };
  static constexpr Kind kKinds[] = {{"csv", ResultFormat::kCsv, "csv"},
                                    {"parquet", ResultFormat::kParquet, "parquet"},
                                    {"arrow", ResultFormat::kArrowStream, "arrows"},
                                    {"json", ResultFormat::kJsonRows, "json"}};
  const SqlUrl url = SqlUrl::Of(request);
  const std::string wanted = request.FindQuery("format").value_or("csv");
  const auto kind = std::find_if(std::begin(kKinds), std::end(kKinds), [&](const Kind& one) { return one.name == wanted; });
  if (kind == std::end(kKinds))
    return AnswerFault(
        house, context, request, "sql",
        Error(ErrorCode::kInvalidArgument, "format \"" + wanted + "\"; csv, parquet, arrow and json are known").Named("unknown_format"));
  query::QueryRequest ask;
  ask.sql = SortedSql(url);
  ask.format = kind->format;
  if (url.at > 0) ask.sequence = url.at;
  auto result = house.parts.query.Run(context, ask);
  if (!result) return AnswerFault(house, context, request, "sql", result.error());
  auto response = query::AnswerOf(context, std::move(result).Take(), kind->format);
  if (!response) return AnswerFault(house, context, request, "sql", response.error());
  response->headers.push_back({"Content-Disposition", "attachment; filename=\"result." + std::string(kind->ending) + "\""});
  response->headers.push_back({"X-Content-Type-Options", "nosniff"});
  return std::move(response).Take();
}

net::HttpResponse SavePage(House& house, const Context& context, net::HttpRequest& request) {
  const std::string name = FormField(request, "name"), sql = FormField(request, "q");
  const auto saved = [&]() -> Result<ingest::Job> {
    const auto started = LH_TRY(house.parts.ingest.SaveQuery(context, {name, ingest::Mode::kCreate, std::string(StripStatement(sql))}));
    return LH_TRY(house.parts.ingest.Wait(context, {started.job.id, 60'000})).job;
  }();
  if (!saved) return AnswerFault(house, context, request, "sql", saved.error());
  if (saved->error)
    return AnswerFault(house, context, request, "sql", Error(ErrorCode::kUnprocessable, saved->error->message).Named(saved->error->code));
  return SeeOther("/explore/" + UrlEncode(saved->name));
}

}  // namespace

std::vector<net::Route> SqlRoutes(House& house, ResultStore& results) {
  const auto with = [&results](auto handler) {
    return
        [&results, handler](House& h, const Context& context, net::HttpRequest& request) { return handler(results, h, context, request); };
  };
  std::vector<net::Route> routes;
  for (const char* pattern : {"/sql", "/sql.json"}) routes.push_back(PageRoute(house, "GET", pattern, with(SqlPage)));
  routes.push_back(PageRoute(house, "GET", "/sql/result", with(ResultPiece)));
  routes.push_back(PageRoute(house, "GET", "/sql/rows", with(RowsPiece)));
  routes.push_back(PageRoute(house, "GET", "/sql/tree", TreePiece));
  routes.push_back(PageRoute(house, "GET", "/sql/columns", ColumnsPiece));
  routes.push_back(PageRoute(house, "GET", "/sql/names.json", NamesTwin));
  routes.push_back(PageRoute(house, "GET", "/sql/functions.json", FunctionsTwin));
  routes.push_back(PageRoute(house, "GET", "/sql/download", DownloadPage));
  routes.push_back(PageRoute(house, "POST", "/sql/save", SavePage));
  return routes;
}

}  // namespace lakehouse::ui
