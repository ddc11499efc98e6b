#include <algorithm>

#include "catalog_face.h"
#include "format.h"
#include "lakehouse/catalog/vector_dataset.h"
#include "pages.h"
#include "sql_text.h"

namespace lakehouse::ui {
namespace {

constexpr std::int64_t kPerPage = 100;
constexpr std::int64_t kFreshMicros = 24ll * 3600 * 1'000'000;
constexpr std::int64_t kStaleMicros = 30 * kFreshMicros;

std::string Fold(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  return out;
}

/// Why a dataset is found: by its name, or by a column's.
struct Hit {
  const catalog::Dataset* dataset = nullptr;
  std::string column;
};

std::vector<Hit> FindDatasets(const LakeList& list, const std::string& wanted) {
  std::vector<Hit> hits;
  const std::string folded = Fold(wanted);
  for (const catalog::Dataset& dataset : list.datasets) {
    if (folded.empty() || Fold(dataset.name).find(folded) != std::string::npos) {
      hits.push_back({&dataset, ""});
      continue;
    }
    for (const catalog::Column& column : dataset.head.schema.columns)
      if (Fold(column.name).find(folded) != std::string::npos) {
        hits.push_back({&dataset, column.name});
        break;
      }
  }
  return hits;
}

/// What an index keeps follows the rows it was made of: listed only when asked for.
bool IsOfIndex(const catalog::Dataset& dataset) { return catalog::IsVectorDataset(dataset.attributes); }

bool IsKind(const catalog::Dataset& dataset, std::string_view kind, std::int64_t now) {
  if (IsOfIndex(dataset) || kind == "vectors") return IsOfIndex(dataset) && kind == "vectors";
  if (kind == "pii") return PersonalColumns(dataset) > 0;
  if (kind == "fresh") return now - dataset.head.time_micros < kFreshMicros;
  if (kind == "stale") return now - dataset.head.time_micros > kStaleMicros;
  if (kind == "rejects") return dataset.name.ends_with("_rejects");
  return true;
}

struct ListUrl {
  std::string q, show, sort;
  std::int64_t page = 1;
  std::string ToString() const {
    std::string query;
    const auto add = [&](const char* key, const std::string& value) {
      if (!value.empty()) query += std::string(query.empty() ? "?" : "&") + key + "=" + UrlEncode(value);
    };
    add("q", q);
    add("show", show);
    add("sort", sort);
    add("page", page > 1 ? std::to_string(page) : "");
    return "/explore" + query;
  }
};

void SortHits(std::vector<Hit>& hits, std::string sort) {
  const bool falling = sort.starts_with("-");
  if (falling) sort.erase(0, 1);
  const auto key = [&](const Hit& hit) -> std::int64_t {
    if (sort == "rows") return hit.dataset->head.rows;
    if (sort == "columns") return static_cast<std::int64_t>(hit.dataset->head.schema.columns.size());
    if (sort == "size") return hit.dataset->head.size_bytes;
    if (sort == "version") return hit.dataset->head.version;
    return hit.dataset->head.time_micros;
  };
  if (sort.empty() || sort == "name") {
    if (falling) std::reverse(hits.begin(), hits.end());
    return;
  }
  std::stable_sort(hits.begin(), hits.end(), [&](const Hit& a, const Hit& b) { return falling ? key(a) > key(b) : key(a) < key(b); });
}

void ShowHeads(View& view, const ListUrl& url) {
  for (const auto& [key, words, is_number] : {std::tuple("name", "Name", false),
                                              {"rows", "Rows", true},
                                              {"columns", "Columns", true},
                                              {"size", "Size", true},
                                              {"version", "Snapshots", true},
                                              {"updated", "Updated", true}}) {
    ListUrl to = url;
    to.page = 1;
    const bool rising = url.sort == key || (url.sort.empty() && std::string_view(key) == "name");
    const bool falling = url.sort == std::string("-") + key;
    to.sort = falling || (!rising && !is_number) ? key : rising ? std::string("-") + key : std::string("-") + key;
    View& head = view.ShowAdd("head");
    const std::string_view name(key);
    head.ShowFlag("minor", name == "columns" || name == "size" || name == "version")
        .Show("words", words)
        .Show("href", to.ToString())
        .ShowFlag("number", is_number)
        .ShowFlag("sorted", rising || falling);
    head.Show("aria_sort", rising ? "ascending" : falling ? "descending" : "none");
  }
}

net::HttpResponse ExplorePage(House& house, const Context& context, net::HttpRequest& request) {
  const auto list = house.lake.Load(context);
  if (!list) return AnswerFault(house, context, request, "explore", list.error());
  const std::int64_t now = house.parts.clock.WallMicros();
  ListUrl url{request.FindQuery("q").value_or(""), request.FindQuery("show").value_or(""), request.FindQuery("sort").value_or(""),
              std::max<std::int64_t>(1, IntegerQuery(request, "page", 1))};
  auto hits = FindDatasets(**list, url.q);

  View view;
  view.SetInteger("sequence", (*list)->sequence).SetInteger("total", static_cast<std::int64_t>((*list)->tables.size()));
  for (const auto& [kind, words] : {std::pair("pii", "Personal data"),
                                    {"fresh", "Changed today"},
                                    {"stale", "Unchanged for 30 days"},
                                    {"rejects", "Rejects"},
                                    {"vectors", "Vectors"}}) {
    const auto count = std::count_if(hits.begin(), hits.end(), [&, k = kind](const Hit& hit) { return IsKind(*hit.dataset, k, now); });
    ListUrl to = url;
    to.page = 1;
    to.show = url.show == kind ? "" : kind;
    view.ShowAdd("kind")
        .Show("words", words)
        .Show("count", Grouped(count))
        .Show("href", to.ToString())
        .Show("pressed", url.show == kind ? "true" : "false");
  }
  std::erase_if(hits, [&](const Hit& hit) { return !IsKind(*hit.dataset, url.show, now); });
  SortHits(hits, url.sort);
  ShowHeads(view, url);

  const auto total = static_cast<std::int64_t>(hits.size());
  const std::int64_t pages = std::max<std::int64_t>(1, (total + kPerPage - 1) / kPerPage);
  url.page = std::min(url.page, pages);
  const std::int64_t first = (url.page - 1) * kPerPage, last = std::min(total, first + kPerPage);
  view.SetInteger("found", total)
      .SetInteger("page", url.page)
      .SetInteger("pages", pages)
      .Show("q", url.q)
      .Show("show", url.show)
      .Show("sort", url.sort);
  view.Show("range", total == 0 ? "none" : Grouped(first + 1) + "–" + Grouped(last) + " of " + Grouped(total));
  view.List("datasets");
  for (std::int64_t i = first; i < last; ++i) {
    const Hit& hit = hits[static_cast<std::size_t>(i)];
    View& row = view.Add("datasets");
    ShowDataset(row, *hit.dataset, now);
    row.ShowFlag("is_personal", PersonalColumns(*hit.dataset) > 0).ShowFlag("is_rejects", hit.dataset->name.ends_with("_rejects"));
    row.ShowFlag("by_column", !hit.column.empty()).Show("column", hit.column);
  }
  ShowSwapsAsk(view, (*list)->sequence, (*list)->sequence, "");
  view.Include("swaps", "swaps").ShowFlag("swapped", false);
  view.ShowFlag("lake_is_empty", (*list)->datasets.empty());
  view.ShowFlag("nothing_found", total == 0 && !(*list)->datasets.empty()).ShowFlag("found_some", total > 0);
  ListUrl other = url;
  view.ShowFlag("has_pages", pages > 1).ShowFlag("has_previous", url.page > 1).ShowFlag("has_next", url.page < pages);
  other.page = url.page - 1;
  view.Show("previous_href", other.ToString());
  other.page = url.page + 1;
  view.Show("next_href", other.ToString());
  view.ShowFlag("upload_open", (*list)->datasets.empty() || request.FindQuery("upload").has_value());
  view.Include("upload", "upload").ShowFlag("upload_fixed", false).Show("upload_dataset", "");
  return AnswerPage(house, context, request, {"explore", "Explore", "", "explore"}, std::move(view));
}

/// What got another head since the page was made (`since`), as a badge that goes on asking; 204 while nothing has happened after `seen`.
net::HttpResponse SwapsPiece(House& house, const Context& context, net::HttpRequest& request) {
  const auto list = house.lake.Load(context);
  if (!list) return net::HttpResponse::FromError(list.error(), context.trace);
  const std::int64_t since = IntegerQuery(request, "since", 0), seen = std::max(since, IntegerQuery(request, "seen", 0));
  const std::string name = request.FindQuery("name").value_or("");
  std::vector<const catalog::Dataset*> swapped;
  bool is_news = false;
  for (const catalog::Dataset& dataset : (*list)->datasets) {
    if (dataset.head.sequence <= since || (!name.empty() && dataset.name != name)) continue;
    swapped.push_back(&dataset);
    is_news = is_news || dataset.head.sequence > seen;
  }
  if (!is_news) {
    net::HttpResponse nothing;
    nothing.status = 204;
    return nothing;
  }
  View view;
  const bool is_one = swapped.size() == 1;
  view.ShowFlag("swapped", true).ShowFlag("one_swapped", is_one).Show("swapped_name", swapped[0]->name);
  view.Show("swapped_version", "v" + std::to_string(swapped[0]->head.version));
  view.Show("swapped_text", Counted(static_cast<std::int64_t>(swapped.size()), "dataset"));
  ShowSwapsAsk(view, since, (*list)->sequence, name);
  return AnswerPiece(house, "swaps", view);
}

net::HttpResponse RestorePage(House& house, const Context& context, net::HttpRequest& request) {
  const std::string& name = request.path_params["name"];
  const std::string version = FormField(request, "version");
  const auto restored = RestoreVersion(house.parts.catalog, context, name, version);
  if (!restored) return AnswerFault(house, context, request, "explore", restored.error());
  return SeeOther("/explore/" + UrlEncode(name) + "?tab=history&restored=" + UrlEncode(version));
}

}  // namespace

void ShowSwapsAsk(View& view, std::int64_t since, std::int64_t seen, const std::string& name) {
  view.Show("swaps_href", "/explore/live/swaps?since=" + std::to_string(since) + "&seen=" + std::to_string(seen) +
                              (name.empty() ? "" : "&name=" + UrlEncode(name)));
}

net::Route PageRoute(House& house, std::string method, std::string pattern, PageHandler handler) {
  net::Route route;
  route.method = std::move(method);
  route.pattern = std::move(pattern);
  if (route.method == "POST") route.body = net::BodyKind::kSmall;
  route.service = "ui";
  route.handle = [&house, handler = std::move(handler)](const Context& context, net::HttpRequest& request) {
    return handler(house, context, request);
  };
  return route;
}

std::vector<net::Route> ExploreRoutes(House& house) {
  std::vector<net::Route> routes;
  for (const char* pattern : {"/explore", "/explore.json"}) routes.push_back(PageRoute(house, "GET", pattern, ExplorePage));
  routes.push_back(PageRoute(house, "GET", "/explore/{name}", DatasetPage));
  routes.push_back(PageRoute(house, "GET", "/explore/live/swaps", SwapsPiece));
  routes.push_back(PageRoute(house, "POST", "/explore/{name}/restore", RestorePage));
  for (net::Route& route : DocumentRoutes(house)) routes.push_back(std::move(route));
  return routes;
}

}  // namespace lakehouse::ui
