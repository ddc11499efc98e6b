#include "dataset_look.h"
#include "format.h"
#include "lakehouse/base/sql_quote.h"
#include "pages.h"
#include "viewer.h"

namespace lakehouse::ui {
namespace {

net::HttpResponse SaveRules(House& house, const Context& context, net::HttpRequest& request) {
  const std::string& name = request.path_params["name"];
  const auto put = house.parts.ingest.PutRules(context, {name, FormField(request, "drift"), FormField(request, "expectations")});
  if (!put) return AnswerFault(house, context, request, "explore", put.error());
  return SeeOther("/explore/" + UrlEncode(put->name) + "?tab=rules");
}

/// Jobs of this process; what was refused before it began stands in nobody's history.
Status ShowRefused(const Look& look, View& view) {
  constexpr std::int64_t kLastJobs = 1'000;
  constexpr int kMostShown = 5;
  int shown = 0;
  view.List("refused");
  for (const ingest::Job& job : LH_TRY(look.house.parts.ingest.ListJobs(look.context, {kLastJobs})).jobs) {
    if (job.name != look.dataset.name || !job.error || job.error->code != "expectation_failed" || shown == kMostShown) continue;
    ++shown;
    for (const ingest::ExpectationResult& result : job.expectations) {
      if (result.passed || !result.refuses) continue;
      View& row = view.Add("refused");
      row.Set("job", job.id).Set("file", job.file_name).Set("rule", result.rule).Set("column", result.column);
      row.SetInteger("checked", result.checked).SetInteger("failed", result.failed);
      row.Show("time_iso", FormatTime(job.finished_micros)).Show("ago", Ago(look.now, job.finished_micros));
      row.Show("checked_text", Grouped(result.checked)).Show("failed_text", Grouped(result.failed));
    }
  }
  view.ShowFlag("has_refused", shown > 0);
  return Ok{};
}

}  // namespace

Status ShowRules(const Look& look, View& view) {
  const bool sees_whole = LH_TRY(LabelOf(look.house.parts.sight_of, look.context)).empty();
  view.ShowFlag("has_rules", sees_whole);
  if (!sees_whole) return Ok{};
  const auto loaded = LH_TRY(look.house.parts.ingest.LoadRules(look.context, {look.dataset.name}));
  view.Set("drift", loaded.rules.drift)
      .Set("expectations", loaded.rules.expectations)
      .SetInteger("checked_version", loaded.checked_version);
  view.Show("rules_href", "/explore/" + UrlEncode(look.dataset.name) + "/rules").ShowFlag("was_checked", loaded.checked_version > 0);
  view.Show("results_href", "/sql?q=" + UrlEncode("SELECT * FROM system.expectations WHERE dataset = " + QuoteText(look.dataset.name) +
                                                  " ORDER BY time DESC"));
  for (const auto& [value, words] : {std::pair("refuse", "are refused, with the differences"),
                                     {"add", "add columns; older rows have null there"},
                                     {"widen", "widen types, so that nothing is lost"},
                                     {"any", "add columns and widen types"}})
    view.ShowAdd("policy").Show("value", value).Show("words", words).ShowFlag("chosen", loaded.rules.drift == value);
  LH_TRY(ShowRefused(look, view));
  view.List("results");
  for (const ingest::ExpectationResult& result : loaded.results) {
    View& row = view.Add("results");
    row.Set("rule", result.rule).Set("column", result.column).SetFlag("passed", result.passed);
    row.SetInteger("checked", result.checked).SetInteger("failed", result.failed);
    row.ShowFlag("is_good", result.passed).Show("mostly", Shortest(result.mostly));
    row.Show("checked_text", Grouped(result.checked)).Show("failed_text", Grouped(result.failed));
  }
  return Ok{};
}

std::vector<net::Route> RulesPageRoutes(House& house) { return {PageRoute(house, "POST", "/explore/{name}/rules", SaveRules)}; }

}  // namespace lakehouse::ui
