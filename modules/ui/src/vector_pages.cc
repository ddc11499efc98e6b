#include <algorithm>

#include "format.h"
#include "pages.h"

namespace lakehouse::ui {
namespace {

constexpr std::int64_t kTrialsShown = 50;
constexpr std::int64_t kBuildTimeoutMs = 30 * 60'000;

/// The plot of the trials, in its own units: recall to the right, time of a search upwards.
constexpr double kPlotWidth = 396, kPlotHeight = 150;

View& ShowIndex(View& view, const vector::IndexInfo& index) {
  View& row = view.Add("indexes");
  row.Show("rollback_href", "/system/vectors/" + UrlEncode(index.name) + "/rollback");
  row.Set("name", index.name).Set("metric", index.metric).Set("state", index.state).Set("mode", index.mode);
  row.SetInteger("length", static_cast<std::int64_t>(index.length))
      .SetInteger("dimension", index.dimension)
      .SetInteger("generation", index.generation)
      .SetNumber("recall", index.recall)
      .SetInteger("memory_bytes", static_cast<std::int64_t>(index.memory_bytes));
  row.ShowFlag("is_ready", index.state == "ready").Show("problem", index.problem.value_or(""));
  row.Show("items_text", Grouped(static_cast<std::int64_t>(index.length)) + " × " + std::to_string(index.dimension))
      .Show("dataset_href", "/explore/" + index.dataset)
      .Show("recall_text", Fixed(index.recall, 4))
      .Show("memory_text", Bytes(static_cast<std::int64_t>(index.memory_bytes)))
      .Show("rows_text", Bytes(static_cast<std::int64_t>(index.row_bytes)))
      .Show("log_text", Grouped(static_cast<std::int64_t>(index.log_batches)))
      .Show("lists_text", index.lists == 0 ? ""
                                           : Grouped(index.lists) + ", longest " + Grouped(index.longest_list) + ", median " +
                                                 Grouped(index.median_list));
  return row;
}

/// What an index is built with, when somebody chose it.
void ShowPromotion(View& row, const vector::PromotionState& state) {
  row.SetFlag("is_promoted", state.current.has_value());
  if (!state.current) return;
  row.Set("promoted_trial", state.current->trial_id).Set("promoted_by", state.current->promoted_by);
}

/// A place between 0 and `length`; the middle where all are alike.
double Place(double value, double least, double most, double length) {
  return most > least ? (value - least) / (most - least) * length : length / 2;
}

void ShowPlot(View& view, const std::vector<vector::Trial>& trials) {
  if (trials.empty()) return;
  const auto [worst, best] = std::ranges::minmax(trials, {}, &vector::Trial::recall);
  const auto [fast, slow] = std::ranges::minmax(trials, {}, &vector::Trial::p50_us);
  view.Show("plot_worst", Fixed(worst.recall, 4)).Show("plot_best", Fixed(best.recall, 4));
  view.Show("plot_fast", Fixed(fast.p50_us, 0) + " µs").Show("plot_slow", Fixed(slow.p50_us, 0) + " µs");
  for (const vector::Trial& trial : trials)
    view.ShowAdd("point")
        .Show("x", Fixed(Place(trial.recall, worst.recall, best.recall, kPlotWidth), 1))
        .Show("y", Fixed(kPlotHeight - Place(trial.p50_us, fast.p50_us, slow.p50_us, kPlotHeight), 1))
        .Show("words", trial.index + ": recall " + Fixed(trial.recall, 4) + ", " + Fixed(trial.p50_us, 0) + " µs, " + Grouped(trial.lists) +
                           " lists (" + trial.origin + ")");
}

void ShowTrial(View& view, const vector::Trial& trial) {
  View& row = view.Add("trials");
  row.Set("id", trial.id)
      .Set("index", trial.index)
      .Set("origin", trial.origin)
      .SetNumber("recall", trial.recall)
      .SetNumber("p50_us", trial.p50_us);
  row.SetInteger("lists", trial.lists).SetInteger("time_micros", trial.time_micros);
  row.Show("promote_href", "/system/vectors/" + UrlEncode(trial.index) + "/promote");
  row.Show("recall_text", Fixed(trial.recall, 4))
      .Show("p50_text", Fixed(trial.p50_us, 0) + " µs")
      .Show("build_text", Milliseconds(trial.build_ms))
      .Show("lists_text", Grouped(trial.lists))
      .Show("clock", Second(trial.time_micros))
      .Show("time_iso", FormatTime(trial.time_micros));
}

net::HttpResponse VectorsPage(House& house, const Context& context, net::HttpRequest& request) {
  vector::Vectors& vectors = *house.parts.vectors;
  const auto listed = vectors.ListIndexes(context, {});
  if (!listed) return AnswerFault(house, context, request, "system", listed.error());
  const auto trials = vectors.ListTrials(context, {"", kTrialsShown});
  View view;
  view.List("indexes").List("trials");
  for (const vector::IndexInfo& index : listed->indexes) {
    View& row = ShowIndex(view, index);
    const auto promotions = vectors.LoadPromotions(context, {index.name});
    ShowPromotion(row, promotions ? *promotions : vector::PromotionState());
  }
  view.ShowFlag("has_indexes", !listed->indexes.empty()).Show("count_text", Grouped(static_cast<std::int64_t>(listed->indexes.size())));
  view.ShowFlag("has_trials", trials && !trials->trials.empty());
  if (trials)
    for (const vector::Trial& trial : trials->trials) ShowTrial(view, trial);
  if (trials) ShowPlot(view, trials->trials);
  return AnswerPage(house, context, request, {"system", "Vectors", "Vectors", "vectors"}, std::move(view));
}

net::HttpResponse PromotePage(House& house, const Context& context, net::HttpRequest& request) {
  vector::PromoteRequest promote;
  promote.name = request.path_params["name"];
  promote.trial_id = FormField(request, "trial");
  promote.note = "from the page";
  const auto promoted = house.parts.vectors->Promote(context, promote);
  if (!promoted) return AnswerFault(house, context, request, "system", promoted.error());
  return SeeOther("/system/vectors");
}

net::HttpResponse RollBackPage(House& house, const Context& context, net::HttpRequest& request) {
  const auto rolled = house.parts.vectors->Rollback(context, {request.path_params["name"]});
  if (!rolled) return AnswerFault(house, context, request, "system", rolled.error());
  return SeeOther("/system/vectors");
}

}  // namespace

std::vector<net::Route> VectorPageRoutes(House& house) {
  std::vector<net::Route> routes;
  if (house.parts.vectors == nullptr) return routes;
  for (const char* pattern : {"/system/vectors", "/system/vectors.json"}) routes.push_back(PageRoute(house, "GET", pattern, VectorsPage));
  routes.push_back(PageRoute(house, "POST", "/system/vectors/{name}/promote", PromotePage));
  routes.back().timeout_ms = kBuildTimeoutMs;
  routes.push_back(PageRoute(house, "POST", "/system/vectors/{name}/rollback", RollBackPage));
  routes.back().timeout_ms = kBuildTimeoutMs;
  return routes;
}

}  // namespace lakehouse::ui
