#include <algorithm>

#include "catalog_face.h"
#include "document_url.h"
#include "format.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/base/json_view.h"
#include "pages.h"
#include "sql_text.h"

namespace lakehouse::ui {
namespace {

constexpr std::int64_t kDocumentsPerPage = 200;
constexpr std::int64_t kMostPieces = 16;                     ///< of 64 KiB, of one page
constexpr std::string_view kPlace = "coalesce(page, part)";  ///< which page, or part of a document without pages

std::int64_t NumberOf(const Cell& cell) { return std::strtoll(cell.text.c_str(), nullptr, 10); }

/// One look at the documents of one dataset.
struct Shelf {
  House& house;
  const Context& context;
  const catalog::Dataset& dataset;
  const DocumentUrl& url;

  Result<std::shared_ptr<const Table>> Read(const std::string& columns, const std::string& rest) const {
    const std::string table = TableAt(dataset.name, dataset.head.version);
    return house.reader.Read(context, dataset.name + "@" + std::to_string(dataset.head.sequence),
                             "SELECT " + columns + " FROM " + table + " " + rest);
  }
  std::string Where() const { return "WHERE uri = " + QuoteText(url.uri); }
};

Status ShowList(const Shelf& shelf, View& view, std::int64_t first) {
  const auto found =
      LH_TRY(shelf.Read("uri, any_value(title), max(" + std::string(kPlace) + "), max(version), any_value(format), max(page)",
                        "GROUP BY uri ORDER BY uri LIMIT " + std::to_string(kDocumentsPerPage + 1) + " OFFSET " + std::to_string(first)));
  view.List("documents");
  const std::size_t shown = std::min<std::size_t>(found->rows.size(), kDocumentsPerPage);
  for (std::size_t i = 0; i < shown; ++i) {
    const Row& row = found->rows[i];
    DocumentUrl there{
        .dataset = shelf.url.dataset, .version = shelf.url.version, .uri = row[0].text, .page = 0, .begin = {}, .end = {}, .digest = {}};
    View& one = view.Add("documents");
    one.Set("uri", row[0].text).Set("title", row[1].text).SetInteger("pages", NumberOf(row[2])).SetInteger("version", NumberOf(row[3]));
    one.Show("format", row[4].text).Show("href", there.ToString());
    one.Show("pages_text", Counted(NumberOf(row[2]), row[5].is_null ? "part" : "page"));
  }
  const std::string list = shelf.url.WithPage(0).ToString();
  view.ShowFlag("has_more", found->rows.size() > shown)
      .Show("more_href", list + (list.find('?') == std::string::npos ? "?" : "&") + "from=" + std::to_string(first + kDocumentsPerPage));
  return Ok{};
}

/// Where a character begins at `at` or before.
std::size_t BeginOfCharacter(std::string_view text, std::size_t at) {
  at = std::min(at, text.size());
  while (at > 0 && at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
  return at;
}

/// What of the page's text is the passage; nothing: it is not here, or the octets are others.
void ShowPassage(View& view, const DocumentUrl& url, std::string_view text, std::int64_t start) {
  const auto end_of_page = start + static_cast<std::int64_t>(text.size());
  bool is_there = url.begin && *url.begin < end_of_page && *url.end > start;
  bool is_verified = false;
  if (is_there && !url.digest.empty() && *url.begin >= start && *url.end <= end_of_page) {
    const auto passage = text.substr(static_cast<std::size_t>(*url.begin - start), static_cast<std::size_t>(*url.end - *url.begin));
    is_there = is_verified = Sha256Hex(passage).starts_with(url.digest);
  }
  const std::size_t begin = is_there ? BeginOfCharacter(text, static_cast<std::size_t>(std::max<std::int64_t>(0, *url.begin - start))) : 0;
  const std::size_t end = is_there ? BeginOfCharacter(text, static_cast<std::size_t>(*url.end - start)) : 0;
  view.Show("before", text.substr(0, begin)).Show("marked", text.substr(begin, end - begin)).Show("after", text.substr(end));
  view.SetFlag("found", is_there).ShowFlag("has_mark", end > begin).ShowFlag("is_lost", url.begin && !is_there);
  view.SetFlag("verified", is_verified);
  view.ShowFlag("has_passage", url.begin.has_value());
  if (!url.begin) return;
  view.SetInteger("begin", *url.begin).SetInteger("end", *url.end);
  view.Show("bytes_text", Grouped(*url.begin) + "–" + Grouped(*url.end));
}

Status ShowDocument(const Shelf& shelf, View& view) {
  const DocumentUrl& url = shelf.url;
  const auto facts =
      LH_TRY(shelf.Read("count(*), max(" + std::string(kPlace) +
                            "), max(page), any_value(title), max(version), any_value(format), any_value(metadata), max(end_byte)",
                        shelf.Where()));
  const Row& fact = facts->rows.at(0);
  if (NumberOf(fact[0]) == 0)
    return Error(ErrorCode::kNotFound, "version " + std::to_string(shelf.dataset.head.version) + " of " + shelf.dataset.name +
                                           " has no document \"" + url.uri + "\"; " + url.WithPage(0).ToString() +
                                           " without doc lists them")
        .Named("no_such_document");
  const std::int64_t pages = NumberOf(fact[1]);
  std::int64_t page = url.page;
  if (page == 0 && url.begin) {
    const auto place =
        LH_TRY(shelf.Read(std::string(kPlace), shelf.Where() + " AND start_byte <= " + std::to_string(*url.begin) + " AND end_byte > " +
                                                   std::to_string(*url.begin) + " ORDER BY part LIMIT 1"));
    if (!place->rows.empty()) page = NumberOf(place->rows[0][0]);
  }
  page = std::clamp<std::int64_t>(page, 1, std::max<std::int64_t>(1, pages));
  const auto pieces = LH_TRY(shelf.Read("text, start_byte", shelf.Where() + " AND " + std::string(kPlace) + " = " + std::to_string(page) +
                                                                " ORDER BY part LIMIT " + std::to_string(kMostPieces)));
  std::string text;
  for (const Row& piece : pieces->rows) text += piece[0].text;
  const std::int64_t start = pieces->rows.empty() ? 0 : NumberOf(pieces->rows[0][1]);
  const std::string word = fact[2].is_null ? "part" : "page";
  view.Set("uri", url.uri).Set("title", fact[3].text).SetInteger("page", page).SetInteger("pages", pages);
  view.SetInteger("document_version", NumberOf(fact[4])).Show("format", fact[5].text).Set("text", text).SetInteger("start_byte", start);
  view.Show("word", word).Show("heading", fact[3].text.empty() ? url.uri : Cut(fact[3].text, 90)).Show("pages_text", Grouped(pages));
  view.Show("size_text", Grouped(NumberOf(fact[7])));
  std::string recognised;
  if (const auto metadata = JsonDocument::Parse(fact[6].is_null ? "{}" : fact[6].text); metadata)
    if (const auto listed = metadata->root().Find("recognised_pages"))
      if (const auto shown = listed->AsString()) recognised = *shown;
  view.SetFlag("recognised", ListsPage(recognised, page)).ShowFlag("is_blank", text.find_first_not_of(" \n\t") == std::string::npos);
  view.ShowFlag("has_before", page > 1).Show("before_href", url.WithPage(page - 1).ToString());
  view.ShowFlag("has_after", page < pages).Show("after_href", url.WithPage(page + 1).ToString());
  ShowPassage(view, url, text, start);
  return Ok{};
}

net::HttpResponse ReadPage(House& house, const Context& context, net::HttpRequest& request) {
  const auto fail = [&](const Error& error) { return AnswerFault(house, context, request, "explore", error); };
  DocumentUrl url = DocumentUrl::Of(request, request.path_params["name"]);
  catalog::DescribeRequest ask{url.dataset, {}};
  if (url.version > 0) ask.at.version = url.version;
  const auto described = house.parts.catalog.Describe(context, ask);
  if (!described) return fail(described.error());
  const catalog::Dataset& dataset = described->dataset;
  url.dataset = dataset.name;
  if (!HoldsDocuments(dataset.head.schema))
    return fail(
        Error(ErrorCode::kInvalidArgument, "dataset \"" + dataset.name + "\" holds no documents: its page is /explore/" + dataset.name)
            .Named("no_documents"));
  const Shelf shelf{house, context, dataset, url};
  View view;
  view.Set("dataset", dataset.name).SetInteger("version", dataset.head.version);
  view.Show("dataset_href", "/explore/" + UrlEncode(dataset.name) + (url.version > 0 ? "?v=" + std::to_string(url.version) : ""));
  view.Show(
      "list_href",
      DocumentUrl{.dataset = url.dataset, .version = url.version, .uri = {}, .page = 0, .begin = {}, .end = {}, .digest = {}}.ToString());
  view.Show("form_href", "/explore/" + UrlEncode(dataset.name) + "/read")
      .ShowFlag("is_past", url.version > 0)
      .ShowInteger("v", url.version);
  const bool is_list = url.uri.empty();
  const Status shown =
      is_list ? ShowList(shelf, view, std::max<std::int64_t>(0, IntegerQuery(request, "from", 0))) : ShowDocument(shelf, view);
  if (!shown) return fail(shown.error());
  const std::string title = is_list ? "Documents of " + dataset.name : url.uri;
  return AnswerPage(house, context, request, {"explore", title, dataset.name, is_list ? "documents" : "document"}, std::move(view));
}

}  // namespace

std::vector<net::Route> DocumentRoutes(House& house) {
  std::vector<net::Route> routes;
  for (const char* pattern : {"/explore/{name}/read", "/explore/{name}/read.json"})
    routes.push_back(PageRoute(house, "GET", pattern, ReadPage));
  return routes;
}

}  // namespace lakehouse::ui
