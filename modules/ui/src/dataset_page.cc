#include <algorithm>

#include "catalog_face.h"
#include "column_summary.h"
#include "dataset_look.h"
#include "document_url.h"
#include "format.h"
#include "lakehouse/base/json_view.h"
#include "pages.h"

namespace lakehouse::ui {
namespace {

constexpr std::int64_t kRowsPerPage = 100;
constexpr std::int64_t kColumnsPerPage = 24;
constexpr std::size_t kListed = 40;
constexpr std::int64_t kFacetValues = 20;

std::vector<catalog::Column> ColumnsShown(const Look& look) {
  const auto& all = look.schema().columns;
  const auto from = std::min<std::size_t>(static_cast<std::size_t>(look.url.first_column), all.empty() ? 0 : all.size() - 1);
  const auto to = std::min<std::size_t>(from + kColumnsPerPage, all.size());
  return {all.begin() + static_cast<std::ptrdiff_t>(from), all.begin() + static_cast<std::ptrdiff_t>(to)};
}

void ShowTabs(const Look& look, View& view, std::int64_t rejects) {
  const auto add = [&](const char* tab, const char* words, std::int64_t count) {
    View& one = view.ShowAdd("tab");
    one.Show("words", words).Show("href", look.url.WithTab(tab).ToString()).Show("id", tab);
    one.ShowFlag("open", look.url.tab == tab).ShowFlag("counted", count >= 0).Show("count", Grouped(count));
  };
  if (HoldsDocuments(look.schema())) {
    View& one = view.ShowAdd("tab");
    const DocumentUrl list{
        .dataset = look.dataset.name, .version = look.url.version, .uri = {}, .page = 0, .begin = {}, .end = {}, .digest = {}};
    one.Show("words", "Documents").Show("href", list.ToString()).Show("id", "documents").ShowFlag("open", false).ShowFlag("counted", false);
  }
  add("sample", "Sample", -1);
  add("schema", "Schema", static_cast<std::int64_t>(look.schema().columns.size()));
  add("history", "History", look.dataset.head.version);
  add("lineage", "Lineage", -1);
  add("files", "Files", look.dataset.head.file_count);
  add("rules", "Rules", -1);
  if (rejects >= 0) {
    View& one = view.ShowAdd("tab");
    one.Show("words", "Rejects").Show("href", "/explore/" + look.dataset.name + "_rejects").Show("id", "rejects");
    one.ShowFlag("open", false).ShowFlag("counted", true).Show("count", Grouped(rejects));
  }
}

void ShowColumnHead(View& view, const catalog::Column& column) {
  view.Set("name", column.name).Set("type", column.type).Show("type_text", TypeWords(column.type));
  if (column.tag) view.Set("tag", *column.tag);
  view.ShowFlag("tagged", column.tag.has_value()).ShowFlag("number", IsNumeric(column.type));
}

/// Why this column is taken for personal data, as the job wrote it that found so. Restricted viewers see no attributes.
void ShowEvidence(View& view, const catalog::Dataset& dataset, const std::string& column) {
  view.ShowFlag("has_evidence", false);
  const auto attribute = dataset.attributes.find("personal_data");
  if (attribute == dataset.attributes.end()) return;
  const auto document = JsonDocument::Parse(attribute->second);
  if (!document) return;
  bool is_shown = false;
  (void)document->root().ForEachElement([&](JsonView one) -> Status {
    const auto text = [&](std::string_view key) { return std::string(one.Find(key).value_or(JsonView()).AsString().value_or("")); };
    const auto number = [&](std::string_view key) { return one.Find(key).value_or(JsonView()).AsInteger().value_or(0); };
    if (is_shown || text("column") != column) return Ok{};
    is_shown = true;
    const std::string member = text("member");
    const std::int64_t hits = number("hits"), seen = number("seen");
    view.SetInteger("tag_hits", hits).SetInteger("tag_seen", seen).Set("suggested_redaction", text("suggested_redaction"));
    view.ShowFlag("has_evidence", true)
        .Show("evidence", (member.empty() ? "" : member + ": ") + Grouped(hits) + " of " + Grouped(seen) +
                              " values look so; hidden best by " + text("suggested_redaction"));
    return Ok{};
  });
}

/// The summary when it is known, or when it may be waited for.
Result<std::vector<ColumnSummary>> SummaryOf(const Look& look, const std::vector<catalog::Column>& columns) {
  const SummaryScope scope{look.dataset.name, look.dataset.head.version, look.dataset.head.sequence, columns};
  const bool may_wait = look.request.FindQuery("summary").has_value() || WantsTwin(look.request) || look.dataset.head.rows <= 20'000;
  if (!may_wait && !IsSummarised(look.house.reader, look.context, scope)) return std::vector<ColumnSummary>();
  return Summarise(look.house.reader, look.context, scope);
}

void ShowSummaryWait(const Look& look, View& view, bool missing) {
  std::string href = look.url.ToString();
  href += (href.find('?') == std::string::npos ? "?" : "&");
  view.ShowFlag("summary_awaited", missing).Show("summary_href", href + "summary=wait");
}

void ShowFilters(const Look& look, View& view) {
  for (std::size_t i = 0; i < look.url.filters.size(); ++i) {
    const Filter& filter = look.url.filters[i];
    view.Add("filters")
        .Set("column", filter.column)
        .Set("op", filter.op)
        .Set("value", filter.value)
        .Show("words", DescribeFilter(filter))
        .Show("href", look.url.WithoutFilter(i).ToString());
    view.ShowAdd("hidden").Show("key", "f." + filter.column).Show("value", filter.op + "." + filter.value);
  }
  if (look.url.version > 0) view.ShowAdd("hidden").Show("key", "v").Show("value", std::to_string(look.url.version));
  if (!look.url.sort.empty()) view.ShowAdd("hidden").Show("key", "sort").Show("value", look.url.sort);
  for (const catalog::Column& column : look.schema().columns) view.ShowAdd("choice").Show("name", column.name);
  view.Show("base_href", "/explore/" + look.dataset.name);
}

Result<std::int64_t> CountRows(const Look& look, const std::string& where) {
  if (where.empty()) return look.dataset.head.rows;
  const auto counted = LH_TRY(look.house.reader.Read(look.context, look.state(), "SELECT count(*) FROM " + look.table() + where));
  return std::strtoll(counted->rows.at(0).at(0).text.c_str(), nullptr, 10);
}

Status ShowFacet(const Look& look, View& view, const std::string& where) {
  view.ShowFlag("has_facet", !look.url.facet.empty());
  if (look.url.facet.empty()) return Ok{};
  if (FindColumn(look.schema(), look.url.facet) == nullptr)
    return Error(ErrorCode::kInvalidArgument, "there is no column \"" + look.url.facet + "\" to count by").Named("unknown_column");
  const std::string name = QuoteName(look.url.facet);
  const auto values = LH_TRY(look.house.reader.Read(look.context, look.state(),
                                                    "SELECT left(CAST(" + name + " AS VARCHAR), 1000), count(*) FROM " + look.table() +
                                                        where + " GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT " + std::to_string(kFacetValues)));
  view.Set("facet", look.url.facet).Show("facet_close", look.url.WithFacet("").ToString());
  for (const Row& row : values->rows) {
    View& one = view.Add("facet_values");
    one.Set("value", row[0].text).SetInteger("count", std::strtoll(row[1].text.c_str(), nullptr, 10));
    one.ShowFlag("is_null", row[0].is_null)
        .Show("value_text", Cut(row[0].text, 60))
        .Show("count_text", Grouped(std::strtoll(row[1].text.c_str(), nullptr, 10)));
    one.Show("href", look.url.WithFilter({look.url.facet, row[0].is_null ? "null" : "eq", row[0].text}).ToString());
  }
  return Ok{};
}

Result<std::string> OrderOf(const Look& look) {
  if (look.url.sort.empty()) return std::string();
  const bool falling = look.url.sort.starts_with("-");
  const std::string name = look.url.sort.substr(falling ? 1 : 0);
  if (FindColumn(look.schema(), name) == nullptr)
    return Error(ErrorCode::kInvalidArgument, "there is no column \"" + name + "\" to sort by").Named("unknown_column");
  return " ORDER BY " + QuoteName(name) + (falling ? " DESC" : " ASC") + " NULLS LAST";
}

/// A column as the page shows it: a text of megabytes would be one for each of a hundred rows.
std::string CutValue(const catalog::Column& column) {
  const std::string name = QuoteName(column.name);
  if (column.type == "VARCHAR") return "left(" + name + ", 1000) AS " + name;
  if (IsNested(column.type)) return "left(CAST(" + name + " AS VARCHAR), 1000) AS " + name;
  return name;
}

Status ShowSample(const Look& look, View& view) {
  const std::string where = LH_TRY(WhereOf(look.url.filters, look.schema()));
  const std::string order = LH_TRY(OrderOf(look));
  ShowFilters(look, view);
  const std::int64_t total = LH_TRY(CountRows(look, where));
  LH_TRY(ShowFacet(look, view, where));
  const auto columns = ColumnsShown(look);
  std::string names;
  for (const catalog::Column& column : columns) names += (names.empty() ? "" : ", ") + CutValue(column);
  const std::int64_t pages = std::max<std::int64_t>(1, (total + kRowsPerPage - 1) / kRowsPerPage);
  const std::int64_t page = std::min(look.url.page, pages), first = (page - 1) * kRowsPerPage;
  const auto rows = LH_TRY(look.house.reader.Read(look.context, look.state(),
                                                  "SELECT " + names + " FROM " + look.table() + where + order + " LIMIT " +
                                                      std::to_string(kRowsPerPage) + " OFFSET " + std::to_string(first)));
  const auto summaries = LH_TRY(SummaryOf(look, columns));
  ShowSummaryWait(look, view, summaries.size() != columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    View& head = view.Add("columns");
    ShowColumnHead(head, columns[i]);
    const bool falling = look.url.sort == "-" + columns[i].name, rising = look.url.sort == columns[i].name;
    head.ShowFlag("sorted", falling || rising)
        .ShowFlag("falling", falling)
        .Show("aria_sort", falling  ? "descending"
                           : rising ? "ascending"
                                    : "none");
    head.Show("sort_href", look.url.WithSort((rising ? "-" : "") + columns[i].name).ToString());
    head.Show("facet_href", look.url.WithFacet(columns[i].name).ToString());
    if (i < summaries.size())
      ShowSummary(head, columns[i], summaries[i]);
    else
      head.ShowFlag("summarised", false);
  }
  view.List("rows");
  for (const Row& row : rows->rows) {
    View& line = view.Add("rows");
    for (std::size_t i = 0; i < row.size(); ++i) ShowCell(line, row[i], columns[i].name, columns[i].type);
  }
  const auto column_count = static_cast<std::int64_t>(look.schema().columns.size());
  view.SetInteger("total_rows", total).SetInteger("page", page).SetInteger("pages", pages);
  view.Show("range", total == 0 ? "no rows" : Grouped(first + 1) + "–" + Grouped(std::min(total, first + kRowsPerPage)) + " of");
  view.Show("total_text", Grouped(total));
  view.Show("columns_range", static_cast<std::int64_t>(columns.size()) == column_count
                                 ? Counted(column_count, "column")
                                 : "columns " + std::to_string(look.url.first_column + 1) + "–" +
                                       std::to_string(look.url.first_column + static_cast<std::int64_t>(columns.size())) + " of " +
                                       std::to_string(column_count));
  view.ShowFlag("has_previous", page > 1).ShowFlag("has_next", page < pages);
  view.Show("previous_href", look.url.WithPage(page - 1).ToString()).Show("next_href", look.url.WithPage(page + 1).ToString());
  const std::int64_t next_column = look.url.first_column + kColumnsPerPage;
  view.ShowFlag("many_columns", column_count > kColumnsPerPage)
      .ShowFlag("has_left", look.url.first_column > 0)
      .ShowFlag("has_right", next_column < column_count);
  view.Show("left_href", look.url.WithFirstColumn(std::max<std::int64_t>(0, look.url.first_column - kColumnsPerPage)).ToString());
  view.Show("right_href", look.url.WithFirstColumn(next_column).ToString());
  view.ShowFlag("no_rows_fit", total == 0);
  view.Show("sql", "SELECT * FROM " + (look.url.version > 0 ? look.table() : QuoteName(look.dataset.name)) + where + order + " LIMIT 1000");
  return Ok{};
}

Status ShowSchema(const Look& look, View& view) {
  const auto columns = ColumnsShown(look);
  const auto summaries = LH_TRY(SummaryOf(look, columns));
  ShowSummaryWait(look, view, summaries.size() != columns.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    View& row = view.Add("columns");
    ShowColumnHead(row, columns[i]);
    ShowEvidence(row, look.dataset, columns[i].name);
    row.SetInteger("field_id", columns[i].field_id).Show("facet_href", look.url.WithTab("sample").WithFacet(columns[i].name).ToString());
    if (i >= summaries.size()) {
      row.ShowFlag("summarised", false);
      continue;
    }
    ShowSummary(row, columns[i], summaries[i]);
    for (std::size_t n = 0;
         n < std::min<std::size_t>(2, summaries[i].bins.size()) && summaries[i].shape == ColumnSummary::Shape::kTopValues; ++n)
      row.ShowAdd("often")
          .Show("value", Cut(summaries[i].bins[n].label, 18))
          .Show("count", Compact(summaries[i].bins[n].count))
          .Show("href", look.url.WithFilter({columns[i].name, "eq", summaries[i].bins[n].label}).ToString());
  }
  const auto column_count = static_cast<std::int64_t>(look.schema().columns.size());
  const std::int64_t next_column = look.url.first_column + kColumnsPerPage;
  view.Set("fingerprint", look.schema().fingerprint);
  view.ShowFlag("many_columns", column_count > kColumnsPerPage)
      .ShowFlag("has_left", look.url.first_column > 0)
      .ShowFlag("has_right", next_column < column_count);
  view.Show("left_href", look.url.WithFirstColumn(std::max<std::int64_t>(0, look.url.first_column - kColumnsPerPage)).ToString());
  view.Show("right_href", look.url.WithFirstColumn(next_column).ToString());
  return Ok{};
}

Status ShowDiff(const Look& look, View& view) {
  const std::int64_t from = IntegerQuery(look.request, "from", 0), to = IntegerQuery(look.request, "to", 0);
  view.ShowFlag("has_diff", from > 0 && to > 0);
  if (from <= 0 || to <= 0) return Ok{};
  const auto diff = LH_TRY(look.house.parts.catalog.Diff(look.context, {look.dataset.name, from, to}));
  view.SetInteger("from", from).SetInteger("to", to).SetInteger("rows_before", diff.rows_before).SetInteger("rows_after", diff.rows_after);
  const std::int64_t change = diff.rows_after - diff.rows_before;
  view.Show("before_text", Grouped(diff.rows_before))
      .Show("after_text", Grouped(diff.rows_after))
      .Show("change_text", (change > 0 ? "+" : "") + Grouped(change));
  view.Show("added_text", Counted(static_cast<std::int64_t>(diff.added.size()), "file"))
      .Show("removed_text", Counted(static_cast<std::int64_t>(diff.removed.size()), "file"));
  view.ShowFlag("same_columns", diff.columns.empty()).List("differences");
  for (const auto& column : diff.columns) {
    View& row = view.Add("differences");
    row.Set("column", column.column)
        .Set("change", column.change)
        .Set("before", column.from_type.value_or(""))
        .Set("after", column.to_type.value_or(""));
    row.Show("sign", column.change == "added" ? "+" : column.change == "missing" ? "−" : "~");
    row.Show("class", column.change == "added" ? "add" : column.change == "missing" ? "del" : "chg");
  }
  return Ok{};
}

Status ShowHistory(const Look& look, View& view) {
  catalog::HistoryRequest ask{look.dataset.name, std::nullopt, kRowsPerPage + 1};
  const std::int64_t before = IntegerQuery(look.request, "before", 0);
  if (before > 0) ask.before_version = before;
  const auto head = LH_TRY(look.house.parts.catalog.Describe(look.context, {look.dataset.name, {}}));
  const auto history = LH_TRY(look.house.parts.catalog.History(look.context, ask));
  const std::int64_t head_version = head.dataset.head.version;
  view.List("snapshots");
  const auto shown = std::min<std::size_t>(history.snapshots.size(), kRowsPerPage);
  for (std::size_t i = 0; i < shown; ++i) {
    const catalog::Snapshot& snapshot = history.snapshots[i];
    View& row = view.Add("snapshots");
    ShowSnapshot(row, snapshot, look.now);
    row.ShowFlag("is_head", snapshot.version == head_version).ShowFlag("is_looked_at", snapshot.version == look.dataset.head.version);
    const bool has_older = i + 1 < history.snapshots.size();
    const std::int64_t change = has_older ? snapshot.rows - history.snapshots[i + 1].rows : snapshot.rows;
    row.Show("change", (change > 0 ? "+" : "") + Grouped(change)).ShowFlag("has_older", has_older);
    DatasetUrl there = look.url.WithVersion(snapshot.version == head_version ? 0 : snapshot.version);
    row.Show("look_href", there.WithTab("sample").ToString());
    const std::string history_href = look.url.WithTab("history").ToString();
    row.Show("diff_href", history_href + "&from=" + std::to_string(has_older ? history.snapshots[i + 1].version : 0) +
                              "&to=" + std::to_string(snapshot.version));
    row.Show("restore_href", "/explore/" + look.dataset.name + "/restore");
  }
  view.ShowFlag("has_more", shown < history.snapshots.size());
  if (shown > 0)
    view.Show("more_href", look.url.WithTab("history").ToString() + "&before=" + std::to_string(history.snapshots[shown - 1].version));
  const auto restored = look.request.FindQuery("restored");
  view.ShowFlag("was_restored", restored.has_value())
      .Show("restored", restored.value_or(""))
      .Show("head_text", "v" + std::to_string(head_version));
  return ShowDiff(look, view);
}

void ShowNeighbours(const Look& look, View& view, const LakeList& list) {
  const std::vector<const catalog::Dataset*>& all = list.tables;
  const auto here = std::ranges::find(all, look.dataset.name, &catalog::Dataset::name);
  const auto at = static_cast<std::size_t>(here - all.begin());
  const std::size_t first = at > kListed / 2 ? std::min(at - kListed / 2, all.size() > kListed ? all.size() - kListed : 0) : 0;
  const std::size_t last = std::min(all.size(), first + kListed);
  for (std::size_t i = first; i < last; ++i) {
    View& one = view.ShowAdd("neighbour");
    ShowDataset(one, *all[i], look.now);
    one.ShowFlag("here", i == at).ShowFlag("is_personal", PersonalColumns(*all[i]) > 0);
  }
  const std::string count = Grouped(static_cast<std::int64_t>(all.size()));
  view.Show("neighbours_text", last - first < all.size() ? Grouped(static_cast<std::int64_t>(last - first)) + " of " + count : count);
}

Status ShowTab(const Look& look, View& view) {
  if (look.url.tab == "sample") return ShowSample(look, view);
  if (look.url.tab == "schema") return ShowSchema(look, view);
  if (look.url.tab == "history") return ShowHistory(look, view);
  if (look.url.tab == "files") return ShowFiles(look, view);
  if (look.url.tab == "lineage") return ShowLineage(look, view);
  if (look.url.tab == "rules") return ShowRules(look, view);
  return Error(ErrorCode::kNotFound, "a dataset has no tab \"" + look.url.tab + "\"; it has sample, schema, history, lineage, files, rules")
      .Named("unknown_tab");
}

}  // namespace

net::HttpResponse DatasetPage(House& house, const Context& context, net::HttpRequest& request) {
  std::string name = request.path_params["name"];
  if (WantsTwin(request)) name.resize(name.size() - 5);
  const auto fail = [&](const Error& error) { return AnswerFault(house, context, request, "explore", error); };
  const auto url = DatasetUrl::Parse(request, name);
  if (!url) return fail(url.error());
  catalog::DescribeRequest ask{name, {}};
  if (url->version > 0) ask.at.version = url->version;
  auto described = house.parts.catalog.Describe(context, ask);
  if (!described) return fail(described.error());
  DatasetUrl here = *url;
  here.dataset = described->dataset.name;
  if (request.FindQuery("op")) return SeeOther(here.ToString());  // the form of a filter: its answer is the address that says it
  const auto list = house.lake.Load(context);
  if (!list) return fail(list.error());

  const Look look{house, context, request, described->dataset, here, house.parts.clock.WallMicros()};
  View view;
  ShowDataset(view, look.dataset, look.now);
  view.ShowFlag("page_personal", PersonalColumns(look.dataset) > 0);
  view.Set("tab_open", here.tab).SetInteger("looked_at_version", look.dataset.head.version);
  const catalog::Dataset* rejects = (*list)->Find(look.dataset.name + "_rejects");
  view.ShowFlag("has_rejects", rejects != nullptr).Show("rejects_text", rejects != nullptr ? Grouped(rejects->head.rows) : "0");
  const catalog::Dataset* head = (*list)->Find(look.dataset.name);
  const bool is_past = head != nullptr && head->head.version != look.dataset.head.version;
  view.SetFlag("is_past", is_past)
      .Show("head_href", here.WithVersion(0).ToString())
      .Show("head_version", head != nullptr ? "v" + std::to_string(head->head.version) : "");
  ShowSwapsAsk(view, (*list)->sequence, (*list)->sequence, look.dataset.name);
  view.Include("swaps", "swaps").ShowFlag("swapped", false).ShowFlag("page_swapped", IsJustSwapped(look.dataset, look.now));
  view.Show("restore_href", "/explore/" + look.dataset.name + "/restore").ShowInteger("restore_version", look.dataset.head.version);
  ShowTabs(look, view, rejects != nullptr ? rejects->head.rows : -1);
  ShowNeighbours(look, view, **list);
  view.Show("query_href", "/sql?q=" + UrlEncode("SELECT * FROM " + (is_past ? look.table() : QuoteName(look.dataset.name)) + " LIMIT 100"));
  view.Include("upload", "upload")
      .ShowFlag("upload_fixed", true)
      .Show("upload_dataset", look.dataset.name)
      .ShowFlag("upload_open", request.FindQuery("upload").has_value());
  if (const Status shown = ShowTab(look, view); !shown) {
    if (WantsTwin(request)) return fail(shown.error());
    Record(house, context, request, shown.error());
    ShowFault(view, context, shown.error());
    view.Include("pane", "fault");
    return AnswerPage(house, context, request, {"explore", look.dataset.name, look.dataset.name, "dataset", false, 400}, std::move(view));
  }
  view.Include("pane", here.tab);
  return AnswerPage(house, context, request, {"explore", look.dataset.name, look.dataset.name, "dataset"}, std::move(view));
}

}  // namespace lakehouse::ui
