#include <cstddef>
#include <ranges>

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

View& AddRefused(const Look& look, const ingest::RefusedLoad& load, View& view) {
  View& row = view.Add("refused");
  row.Set("job", load.job).Set("file", load.file_name).Set("code", load.code).Set("message", load.message);
  row.Show("time_iso", FormatTime(load.time_micros)).Show("ago", Ago(look.now, load.time_micros));
  return row;
}

/// A row for each rule that refused a load; where the columns did, or the results were too many to be kept, one with the words of it.
void ShowRefused(const Look& look, const std::vector<ingest::RefusedLoad>& loads, View& view) {
  constexpr std::ptrdiff_t kMostShown = 5;
  view.List("refused");
  for (const ingest::RefusedLoad& load : loads | std::views::take(kMostShown)) {
    bool by_rule = false;
    for (const ingest::ExpectationResult& result : load.results) {
      if (result.passed || !result.refuses) continue;
      by_rule = true;
      View& row = AddRefused(look, load, view);
      row.Set("rule", result.rule).Set("column", result.column).ShowFlag("by_rule", true);
      row.SetInteger("checked", result.checked).SetInteger("failed", result.failed);
      row.Show("checked_text", Grouped(result.checked)).Show("failed_text", Grouped(result.failed));
    }
    if (!by_rule) AddRefused(look, load, view).ShowFlag("by_rule", false).Show("why", Cut(load.message, 240));
  }
  view.ShowFlag("has_refused", !loads.empty());
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
  ShowRefused(look, loaded.refused, view);
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
