#include <algorithm>

#include "ask_parts.h"
#include "format.h"
#include "pages.h"

namespace lakehouse::ui {
namespace {

constexpr std::uint32_t kPassages = 8, kSentences = 5;
constexpr std::size_t kLongestQuestion = 2'000;

bool IsSearchable(const matrix::CorpusInfo& corpus) { return corpus.version.has_value(); }

bool HasFilters(const matrix::CorpusInfo& corpus, const AskUrl& url) {
  return std::ranges::all_of(url.filters, [&](const auto& filter) {
    return std::ranges::find(corpus.filter_columns, filter.first) != corpus.filter_columns.end();
  });
}

void ShowChoices(View& view, House& house, const AskUrl& url, const Corpora& corpora) {
  view.Set("answerer", house.parts.answers->answerer())
      .ShowFlag("is_extractive", house.parts.answers->answerer() == "extract-v1")
      .List("corpora");
  for (const matrix::CorpusInfo& corpus : corpora.all) {
    if (!IsSearchable(corpus)) continue;
    const bool is_asked = std::ranges::find(corpora.asked, corpus.name) != corpora.asked.end();
    View& row = view.Add("corpora");
    row.Set("name", corpus.name).SetFlag("is_asked", is_asked).SetInteger("documents", static_cast<std::int64_t>(corpus.documents));
    row.Show("documents_text", Compact(static_cast<std::int64_t>(corpus.documents)));
    row.Show("about", corpus.dataset + " v" + std::to_string(*corpus.version) + ", " + corpus.embedder_id.value_or("").substr(0, 40));
  }
  view.ShowFlag("has_corpora", std::ranges::any_of(corpora.all, IsSearchable)).List("filters");
  for (std::size_t i = 0; i < url.filters.size(); ++i) {
    View& row = view.Add("filters");
    row.Set("column", url.filters[i].first).Set("value", url.filters[i].second);
    row.Show("field", "f." + url.filters[i].first).Show("field_value", "eq." + url.filters[i].second);
    row.Show("without_href", "/" + url.WithoutFilter(i).WithSource(0).Query());
  }
  view.ShowFlag("can_filter", !corpora.filter_columns.empty());
  for (const std::string& column : corpora.filter_columns) view.ShowAdd("filter_column").Show("column", column);
}

/// What was asked, answered; a refusal is shown in its place.
Status ShowAnswered(View& view, House& house, const Context& context, const AskUrl& url, const Corpora& corpora) {
  const std::int64_t started = house.parts.clock.SteadyNanos();
  const auto answer = LH_TRY(house.parts.answers->Ask(context, LH_TRY(AskRequestOf(url, corpora))));
  ShowAnswer(view, house.templates, url, answer, static_cast<double>(house.parts.clock.SteadyNanos() - started) / 1e6);
  view.Include("sources_piece", "sources").Include("answered", "answered");
  const auto open = static_cast<std::size_t>(url.source);
  view.ShowFlag("source_open", false);
  if (open == 0 || open > answer.citations.size() || answer.citations[open - 1].corpus.empty()) return Ok{};
  SourceUrl source = SourceUrl::Of(answer.citations[open - 1]);
  source.number = url.source;
  source.count = static_cast<std::int64_t>(answer.citations.size());
  source.asked = url.WithSource(0).Query();
  View panel;
  if (const Status shown = ShowSource(panel, house, context, source, false); !shown) return shown;
  view.Show("source", house.templates.Render("source", panel)).ShowFlag("source_open", true);
  return Ok{};
}

net::HttpResponse AskPage(House& house, const Context& context, net::HttpRequest& request) {
  const AskUrl url = AskUrl::Of(request);
  const auto corpora = LoadCorpora(house, context, url);
  if (!corpora) return AnswerFault(house, context, request, "ask", corpora.error());
  View view;
  view.Set("question", url.question);
  ShowChoices(view, house, url, *corpora);
  const bool is_asked = !url.question.empty();
  view.ShowFlag("asked", is_asked).ShowFlag("has_sources", false);
  int status = 200;
  if (is_asked) {
    if (const Status shown = ShowAnswered(view, house, context, url, *corpora); !shown) {
      if (WantsTwin(request)) return net::HttpResponse::FromError(shown.error(), context.trace);
      Record(house, context, request, shown.error());
      ShowFault(view, context, shown.error());
      view.Include("fault_piece", "fault").Include("answered", "answered");
      status = net::HttpResponse::FromError(shown.error(), context.trace).status;
    }
  }

  ShowBuilding(view, corpora->all);
  view.ShowFlag("was_built", false).Include("building", "building");
  const auto lake = house.lake.Load(context);
  // Numbers are asked of datasets, too.
  view.ShowFlag("can_ask", std::ranges::any_of(corpora->all, IsSearchable) || (lake && !(*lake)->datasets.empty()));
  const auto chosen = request.FindQuery("new");
  if (lake && (chosen || corpora->all.empty())) ShowDeclare(view, **lake, chosen.value_or(""));
  view.ShowFlag("first", corpora->all.empty()).ShowFlag("lake_is_empty", lake && (*lake)->datasets.empty());
  return AnswerPage(house, context, request, {"ask", "Ask", "", "ask", false, status}, std::move(view));
}

}  // namespace

Result<Corpora> LoadCorpora(House& house, const Context& context, const AskUrl& url) {
  Corpora corpora;
  corpora.all = LH_TRY(house.parts.matrix->ListCorpora(context, {})).corpora;
  corpora.asked = url.corpora;
  if (corpora.asked.empty())
    for (const matrix::CorpusInfo& corpus : corpora.all)
      if (IsSearchable(corpus) && HasFilters(corpus, url)) corpora.asked.push_back(corpus.name);
  bool is_first = true;
  for (const matrix::CorpusInfo& corpus : corpora.all) {
    if (std::ranges::find(corpora.asked, corpus.name) == corpora.asked.end()) continue;
    if (is_first) corpora.filter_columns = corpus.filter_columns;
    is_first = false;
    std::erase_if(corpora.filter_columns, [&](const std::string& column) {
      return std::ranges::find(corpus.filter_columns, column) == corpus.filter_columns.end();
    });
  }
  return corpora;
}

Result<matrix::AskRequest> AskRequestOf(const AskUrl& url, const Corpora& corpora) {
  if (url.question.size() > kLongestQuestion)
    return Error(ErrorCode::kTooLarge,
                 "the question is longer than " + Grouped(kLongestQuestion) + " octets; ask it shorter, or send it to POST /v1/rag")
        .Named("question_too_long");
  return matrix::AskRequest{.question = url.question,
                            .corpora = corpora.asked,
                            .metadata_filter = url.MetadataFilter(),
                            .only_ids = {},
                            .passages = kPassages,
                            .sentences = kSentences};
}

std::vector<net::Route> AskPageRoutes(House& house) {
  std::vector<net::Route> routes;
  if (house.parts.matrix == nullptr) {
    routes.push_back(PageRoute(house, "GET", "/", [](House&, const Context&, net::HttpRequest&) { return SeeOther("/explore"); }));
    return routes;
  }
  for (const char* pattern : {"/", "/ask", "/ask.json"}) routes.push_back(PageRoute(house, "GET", pattern, AskPage));
  for (auto& more : {AskSourceRoutes(house), AskStreamRoutes(house), AskCorporaRoutes(house)})
    for (const net::Route& route : more) routes.push_back(route);
  return routes;
}

}  // namespace lakehouse::ui
