#include <algorithm>

#include "format.h"
#include "pages.h"

namespace lakehouse::ui {
namespace {

constexpr std::int64_t kTrialsShown = 50;

void ShowIndex(View& view, const vector::IndexInfo& index) {
  View& row = view.Add("indexes");
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
}

void ShowTrial(View& view, const vector::Trial& trial) {
  View& row = view.Add("trials");
  row.Set("id", trial.id)
      .Set("index", trial.index)
      .Set("origin", trial.origin)
      .SetNumber("recall", trial.recall)
      .SetNumber("p50_us", trial.p50_us);
  row.SetInteger("lists", trial.lists).SetInteger("time_micros", trial.time_micros);
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
  for (const vector::IndexInfo& index : listed->indexes) ShowIndex(view, index);
  view.ShowFlag("has_indexes", !listed->indexes.empty()).Show("count_text", Grouped(static_cast<std::int64_t>(listed->indexes.size())));
  view.ShowFlag("has_trials", trials && !trials->trials.empty());
  if (trials)
    for (const vector::Trial& trial : trials->trials) ShowTrial(view, trial);
  return AnswerPage(house, context, request, {"system", "Vectors", "Vectors", "vectors"}, std::move(view));
}

}  // namespace

std::vector<net::Route> VectorPageRoutes(House& house) {
  std::vector<net::Route> routes;
  if (house.parts.vectors == nullptr) return routes;
  for (const char* pattern : {"/system/vectors", "/system/vectors.json"}) routes.push_back(PageRoute(house, "GET", pattern, VectorsPage));
  return routes;
}

}  // namespace lakehouse::ui
