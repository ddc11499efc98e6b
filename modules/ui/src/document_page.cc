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
constexpr std::size_t kMostPieces = 16;                      ///< of 64 KiB, of one page of a document
constexpr std::size_t kMostSheets = 200;                     ///< of a document, on one page of ours …
constexpr std::int64_t kMostOctets = 256 << 10;              ///< … and of their texts
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

/// A page of a document, or a part of one without pages: octets of the document's text.
struct Sheet {
  std::int64_t number = 0, begin = 0, end = 0;
  std::string text;
};

/// All of them in their order, without their texts.
Result<std::vector<Sheet>> SheetsOf(const Shelf& shelf) {
  const auto table =
      LH_TRY(shelf.Read(std::string(kPlace) + ", min(start_byte), max(end_byte)", shelf.Where() + " GROUP BY 1 ORDER BY min(part)"));
  std::vector<Sheet> sheets;
  for (const Row& row : table->rows) sheets.push_back({NumberOf(row[0]), NumberOf(row[1]), NumberOf(row[2]), {}});
  return sheets;
}

/// Which one the address means: by its number, or where the passage begins; else the first.
std::size_t AskedFor(const std::vector<Sheet>& sheets, const DocumentUrl& url) {
  const auto found = std::find_if(sheets.begin(), sheets.end(), [&url](const Sheet& sheet) {
    return url.page > 0 ? sheet.number >= url.page : url.begin && sheet.begin <= *url.begin && *url.begin < sheet.end;
  });
  if (found != sheets.end()) return static_cast<std::size_t>(found - sheets.begin());
  return url.page > 0 ? sheets.size() - 1 : 0;
}

/// That one, and what of the document before and behind it is not too long for one page of ours.
std::vector<Sheet> Around(const std::vector<Sheet>& sheets, std::size_t asked) {
  std::size_t first = asked, last = asked;
  std::int64_t octets = sheets[asked].end - sheets[asked].begin;
  const auto fits = [&](const Sheet& next) {
    if (last - first + 1 == kMostSheets || octets + next.end - next.begin > kMostOctets) return false;
    octets += next.end - next.begin;
    return true;
  };
  for (bool grows = true; grows;) {
    const bool on = last + 1 < sheets.size() && fits(sheets[last + 1]);
    last += on ? 1 : 0;
    const bool back = first > 0 && fits(sheets[first - 1]);
    first -= back ? 1 : 0;
    grows = on || back;
  }
  return {sheets.begin() + static_cast<std::ptrdiff_t>(first), sheets.begin() + static_cast<std::ptrdiff_t>(last + 1)};
}

Status ReadTexts(const Shelf& shelf, std::vector<Sheet>& sheets) {
  const auto pieces =
      LH_TRY(shelf.Read(std::string(kPlace) + ", text",
                        shelf.Where() + " AND " + std::string(kPlace) + " BETWEEN " + std::to_string(sheets.front().number) + " AND " +
                            std::to_string(sheets.back().number) + " ORDER BY part LIMIT " + std::to_string(kMostSheets + kMostPieces)));
  auto sheet = sheets.begin();
  for (const Row& piece : pieces->rows) {
    while (sheet != sheets.end() && sheet->number != NumberOf(piece[0])) ++sheet;
    if (sheet == sheets.end()) break;
    sheet->text += piece[1].text;
  }
  return Ok{};
}

enum class Passage { kNone, kLost, kThere, kVerified };

/// Lost: it is in none of the sheets, or the octets at its place are others.
Passage PassageIn(const std::vector<Sheet>& sheets, const DocumentUrl& url) {
  if (!url.begin) return Passage::kNone;
  std::string text;
  for (const Sheet& sheet : sheets) text += sheet.text;
  const std::int64_t start = sheets.front().begin, end = start + static_cast<std::int64_t>(text.size());
  if (*url.begin >= end || *url.end <= start) return Passage::kLost;
  if (url.digest.empty() || *url.begin < start || *url.end > end) return Passage::kThere;
  const auto passage =
      std::string_view(text).substr(static_cast<std::size_t>(*url.begin - start), static_cast<std::size_t>(*url.end - *url.begin));
  return Sha256Hex(passage).starts_with(url.digest) ? Passage::kVerified : Passage::kLost;
}

void ShowPassage(View& view, const DocumentUrl& url, Passage passage) {
  view.SetFlag("found", passage == Passage::kThere || passage == Passage::kVerified).ShowFlag("is_lost", passage == Passage::kLost);
  view.SetFlag("verified", passage == Passage::kVerified).ShowFlag("has_passage", url.begin.has_value());
  if (!url.begin) return;
  view.SetInteger("begin", *url.begin).SetInteger("end", *url.end);
  view.Show("bytes_text", Grouped(*url.begin) + "–" + Grouped(*url.end));
}

/// A passage may begin on one page and end on another: each shows what it has of it.
void ShowSheet(View& view, const Sheet& sheet, const DocumentUrl& url, Passage passage, bool& is_marked) {
  const std::string_view text = sheet.text;
  const auto at = [&](std::int64_t octet) {
    return BeginOfCharacter(text, static_cast<std::size_t>(std::max<std::int64_t>(0, octet - sheet.begin)));
  };
  const bool is_there = passage == Passage::kThere || passage == Passage::kVerified;
  const std::size_t begin = is_there ? at(*url.begin) : 0, end = is_there ? std::max(begin, at(*url.end)) : 0;
  view.Set("text", text).SetInteger("number", sheet.number).SetInteger("start_byte", sheet.begin);
  view.Show("before", text.substr(0, begin)).Show("marked", text.substr(begin, end - begin)).Show("after", text.substr(end));
  view.ShowFlag("has_mark", end > begin).ShowFlag("is_first_mark", end > begin && !is_marked);
  is_marked = is_marked || end > begin;
  view.ShowFlag("is_blank", text.find_first_not_of(" \n\t") == std::string_view::npos);
}

Status ShowDocument(const Shelf& shelf, View& view) {
  const DocumentUrl& url = shelf.url;
  const std::vector<Sheet> all = LH_TRY(SheetsOf(shelf));
  if (all.empty())
    return Error(ErrorCode::kNotFound, "version " + std::to_string(shelf.dataset.head.version) + " of " + shelf.dataset.name +
                                           " has no document \"" + url.uri + "\"; " + url.WithPage(0).ToString() +
                                           " without doc lists them")
        .Named("no_such_document");
  const auto facts =
      LH_TRY(shelf.Read("max(page), any_value(title), max(version), any_value(format), any_value(metadata), max(end_byte)", shelf.Where()));
  const Row& fact = facts->rows.at(0);
  const Sheet& asked = all[AskedFor(all, url)];
  std::vector<Sheet> shown = Around(all, AskedFor(all, url));
  LH_TRY(ReadTexts(shelf, shown));
  const bool has_pages = !fact[0].is_null;
  const std::string word = has_pages ? "page" : "part";
  const std::int64_t pages = all.back().number;
  view.Set("uri", url.uri).Set("title", fact[1].text).SetInteger("page", asked.number).SetInteger("pages", pages);
  view.SetInteger("document_version", NumberOf(fact[2])).Show("format", fact[3].text);
  view.Show("word", word).Show("heading", fact[1].text.empty() ? url.uri : Cut(fact[1].text, 90)).Show("pages_text", Grouped(pages));
  view.Show("size_text", Grouped(NumberOf(fact[5])));
  const auto metadata = JsonDocument::Parse(fact[4].is_null ? "{}" : fact[4].text);
  const auto lists = [&](std::string_view key, std::int64_t page) {
    const auto listed = metadata ? metadata->root().Find(key) : std::nullopt;
    return listed && ListsPage(listed->AsString().value_or(""), page);
  };
  view.SetFlag("recognised", lists("recognised_pages", asked.number)).SetFlag("unread", lists("unread_pages", asked.number));
  const auto href = [&url](std::int64_t page) { return url.WithPage(page).ToString() + "#here"; };
  view.ShowFlag("has_before", asked.number > 1).Show("before_href", href(asked.number - 1));
  view.ShowFlag("has_after", asked.number < pages).Show("after_href", href(asked.number + 1));
  view.ShowFlag("has_earlier", shown.front().number > 1).Show("earlier_href", href(shown.front().number - 1));
  view.ShowFlag("has_later", shown.back().number < pages).Show("later_href", href(shown.back().number + 1));
  const Passage passage = PassageIn(shown, url);
  ShowPassage(view, url, passage);
  bool is_marked = false;
  for (const Sheet& sheet : shown) {
    View& one = view.Add("sheets");
    ShowSheet(one, sheet, url, passage, is_marked);
    one.ShowFlag("is_page", has_pages && pages > 1).Show("sheet_class", has_pages ? "sheet" : "part");
    one.ShowFlag("is_here", sheet.number == asked.number && sheet.number > 1)
        .ShowFlag("is_picture", lists("recognised_pages", sheet.number));
    one.ShowFlag("is_unread", lists("unread_pages", sheet.number));
    if (sheet.number == asked.number) view.Set("text", sheet.text).SetInteger("start_byte", sheet.begin);
  }
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
