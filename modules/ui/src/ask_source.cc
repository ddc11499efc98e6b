#include <algorithm>

#include "ask_parts.h"
#include "document_url.h"
#include "format.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/base/sql_quote.h"
#include "pages.h"

namespace lakehouse::ui {
namespace {

constexpr std::size_t kAround = 900;            ///< octets on either side of a passage, beside an answer
constexpr std::size_t kAroundWhole = 96 << 10;  ///< on a page of its own
constexpr std::int64_t kMostRows = 400;         ///< of one document

/// Where a character begins at `at` or before.
std::size_t CharacterAt(std::string_view text, std::size_t at) {
  at = std::min(at, text.size());
  while (at > 0 && at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return at;
}

struct FoundRow {
  std::string text, page, title;
  std::int64_t row = 0, rows = 0;  ///< which of the document's, from 1
  bool is_there = false;           ///< the passage is the one that was cited
  std::string uri;                 ///< of a document as ingest makes them …
  std::int64_t place = 0;          ///< … which page or part of it …
  std::int64_t start = 0;          ///< … and where that begins in its text
};

bool HasColumn(const catalog::Schema& schema, std::string_view name) {
  return std::any_of(schema.columns.begin(), schema.columns.end(), [&](const catalog::Column& column) { return column.name == name; });
}

bool Holds(std::string_view text, const SourceUrl& url) {
  if (url.begin > url.end || url.end > text.size()) return false;
  return url.digest.empty() || Sha256Hex(text.substr(url.begin, url.end - url.begin)).starts_with(url.digest);
}

/// The row of the document in which the passage stands; the first one when it stands in none.
Result<FoundRow> FindRow(House& house, const Context& context, const SourceUrl& url, const matrix::CorpusInfo& corpus,
                         const catalog::Dataset& dataset) {
  const catalog::Schema& schema = dataset.head.schema;
  const std::string& titled = corpus.text_columns.front();
  const std::string sql = "SELECT CAST(" + QuoteName(url.column) + " AS VARCHAR), " + (HasColumn(schema, "page") ? "page" : "NULL") +
                          ", CAST(" + QuoteName(titled) + " AS VARCHAR)" +
                          (HoldsDocuments(schema) ? ", uri, coalesce(page, part), start_byte" : "") + " FROM " + QuoteName(corpus.dataset) +
                          " AT (VERSION => " + std::to_string(dataset.head.version) + ") WHERE CAST(" + QuoteName(corpus.id_column) +
                          " AS VARCHAR) = " + QuoteText(url.id) + (HasColumn(schema, "part") ? " ORDER BY part" : "") + " LIMIT " +
                          std::to_string(kMostRows);
  const auto table = LH_TRY(house.reader.Read(context, corpus.dataset + "@" + std::to_string(dataset.head.version), sql));
  if (table->rows.empty())
    return Error(ErrorCode::kNotFound, "version " + std::to_string(dataset.head.version) + " of " + corpus.dataset + " has no row whose " +
                                           corpus.id_column + " is \"" + url.id + "\"")
        .Named("no_such_document");
  std::size_t at = 0;
  for (std::size_t i = table->rows.size(); i-- > 0;)
    if (Holds(table->rows[i][0].text, url)) at = i;
  const Row& row = table->rows[at];
  FoundRow found{.text = row[0].text,
                 .page = row[1].is_null ? "" : row[1].text,
                 .title = titled == url.column ? "" : row[2].text,
                 .row = static_cast<std::int64_t>(at + 1),
                 .rows = static_cast<std::int64_t>(table->rows.size()),
                 .is_there = Holds(row[0].text, url),
                 .uri = {}};
  if (row.size() < 6 || url.column != "text") return found;
  found.uri = row[3].text;
  found.place = std::strtoll(row[4].text.c_str(), nullptr, 10);
  found.start = std::strtoll(row[5].text.c_str(), nullptr, 10);
  return found;
}

void ShowText(View& view, const SourceUrl& url, const FoundRow& found, std::size_t around) {
  const std::string_view text = found.text;
  const std::size_t begin = found.is_there ? CharacterAt(text, url.begin) : 0, end = found.is_there ? CharacterAt(text, url.end) : 0;
  std::size_t from = CharacterAt(text, begin > around ? begin - around : 0), to = CharacterAt(text, end + around);
  // From the beginning of a word.
  if (from > 0)
    if (const std::size_t space = text.find_first_of(" \n", from); space < begin) from = space + 1;
  if (to < text.size())
    if (const std::size_t space = text.find_last_of(" \n", to); space != std::string_view::npos && space > end) to = space;
  view.ShowFlag("cut_before", from > 0).ShowFlag("cut_after", to < text.size());
  view.Show("before", text.substr(from, begin - from))
      .Show("marked", text.substr(begin, end - begin))
      .Show("after", text.substr(end, to - end));
  view.ShowFlag("has_mark", end > begin);
}

/// The whole document at the passage: in the reader of its dataset, or on the page of the source.
std::string PageOf(const SourceUrl& url, const FoundRow& found, const catalog::Dataset& dataset) {
  if (found.uri.empty() || !found.is_there) return "/ask/source" + url.Query() + "#passage";
  return DocumentUrl{.dataset = dataset.name,
                     .version = url.version,
                     .uri = found.uri,
                     .page = found.place,
                     .begin = found.start + static_cast<std::int64_t>(url.begin),
                     .end = found.start + static_cast<std::int64_t>(url.end),
                     .digest = url.digest}
      .ToString();
}

void ShowNeighbours(View& view, const SourceUrl& url) {
  view.ShowFlag("numbered", url.number > 0).ShowInteger("source_n", url.number);
  const auto to = [&](std::int64_t number) {
    return "/" + url.asked + (url.asked.empty() ? "?" : "&") + "src=" + std::to_string(number) + "#source";
  };
  view.ShowFlag("has_before", url.number > 1).Show("before_href", to(url.number - 1)).ShowInteger("before_n", url.number - 1);
  view.ShowFlag("has_after", url.number > 0 && url.number < url.count)
      .Show("after_href", to(url.number + 1))
      .ShowInteger("after_n", url.number + 1);
  view.Show("close_href", "/" + url.asked);
}

net::HttpResponse SourcePage(House& house, const Context& context, net::HttpRequest& request) {
  SourceUrl url = SourceUrl::Of(request);
  const bool is_piece = request.FindQuery("piece").has_value();
  if (!url.asked.empty() && !url.asked.starts_with("?")) url.asked.clear();
  View view;
  if (const Status shown = ShowSource(view, house, context, url, !is_piece); !shown) {
    if (!is_piece) return AnswerFault(house, context, request, "ask", shown.error());
    Record(house, context, request, shown.error());
    View fault;
    ShowFault(fault, context, shown.error());
    return AnswerPiece(house, "fault", fault, net::HttpResponse::FromError(shown.error(), context.trace).status);
  }
  if (is_piece) return AnswerPiece(house, "source", view);
  view.Include("source", "source");
  return AnswerPage(house, context, request, {"ask", "Source", "Source", "source_page"}, std::move(view));
}

}  // namespace

Status ShowSource(View& view, House& house, const Context& context, const SourceUrl& url, bool whole) {
  const auto corpus = LH_TRY(house.parts.matrix->DescribeCorpus(context, {url.corpus}));
  const auto& columns = corpus.text_columns;
  if (std::find(columns.begin(), columns.end(), url.column) == columns.end())
    return Error(ErrorCode::kInvalidArgument, "corpus " + url.corpus + " has no text column \"" + url.column + "\"")
        .Named("no_such_column");
  catalog::DescribeRequest describe{corpus.dataset, {}};
  if (url.version > 0) describe.at.version = url.version;
  const auto dataset = LH_TRY(house.parts.catalog.Describe(context, describe)).dataset;
  const FoundRow found = LH_TRY(FindRow(house, context, url, corpus, dataset));
  const std::int64_t now = house.parts.clock.WallMicros();
  view.Set("corpus", url.corpus).Set("dataset", corpus.dataset).SetInteger("version", dataset.head.version).Set("id", url.id);
  view.Set("column", url.column)
      .SetInteger("begin", static_cast<std::int64_t>(url.begin))
      .SetInteger("end", static_cast<std::int64_t>(url.end));
  view.SetFlag("found", found.is_there).SetInteger("bytes", static_cast<std::int64_t>(found.text.size()));
  if (whole) view.Set("text", found.text);
  if (!found.page.empty()) view.Set("page", found.page);
  view.ShowFlag("has_page", !found.page.empty()).ShowFlag("has_rows", found.rows > 1);
  view.ShowInteger("row", found.row).ShowInteger("rows", found.rows);
  view.Show("source_name", found.title.empty() ? url.id : Cut(found.title, 90)).Show("id_column", corpus.id_column);
  view.Show("bytes_text", Grouped(static_cast<std::int64_t>(url.begin)) + "–" + Grouped(static_cast<std::int64_t>(url.end)) + " of " +
                              Grouped(static_cast<std::int64_t>(found.text.size())));
  view.Show("time", Minute(dataset.head.time_micros)).Show("ago", Ago(now, dataset.head.time_micros));
  view.ShowFlag("is_verified", found.is_there && !url.digest.empty());
  view.Show("page_href", PageOf(url, found, dataset))
      .Show("dataset_href", "/explore/" + UrlEncode(corpus.dataset) + "?v=" + std::to_string(dataset.head.version));
  view.Show("cited_as", corpus.dataset + " v" + std::to_string(dataset.head.version) + ", " + corpus.id_column + " " + url.id + ", " +
                            url.column + " bytes " + std::to_string(url.begin) + "-" + std::to_string(url.end) +
                            (found.page.empty() ? "" : ", page " + found.page));
  view.ShowFlag("beside", !whole).ShowFlag("alone", whole);
  ShowText(view, url, found, whole ? kAroundWhole : kAround);
  ShowNeighbours(view, url);
  return Ok{};
}

std::vector<net::Route> AskSourceRoutes(House& house) {
  std::vector<net::Route> routes;
  for (const char* pattern : {"/ask/source", "/ask/source.json"}) routes.push_back(PageRoute(house, "GET", pattern, SourcePage));
  return routes;
}

}  // namespace lakehouse::ui
