#include "lakehouse/ui/ui.h"

#include "metrics_history.h"
#include "pages.h"
#include "result_store.h"
#include "shell.h"

namespace lakehouse::ui {

struct Ui::State {
  State(UiParts parts, const Options& options)
      : house(std::move(parts), options.cache_bytes),
        results(house.parts.query, house.parts.clock, ResultStore::Options(), house.parts.sight_of),
        history({.metrics = house.parts.metrics,
                 .errors = [this] { return house.parts.errors.count(); },
                 .storage_bytes = [this] { return StorageBytes(); },
                 .clock = house.parts.clock},
                options.sample_interval_ms) {}

  std::int64_t StorageBytes() {
    const Context context{.principal = "local", .trace = "ui-metrics", .deadline = Deadline::After(5'000), .cancel = {}};
    const auto list = house.lake.Load(context);
    std::int64_t bytes = 0;
    if (list)
      for (const catalog::Dataset& dataset : (*list)->datasets) bytes += dataset.head.size_bytes;
    return bytes;
  }

  House house;
  ResultStore results;
  MetricsHistory history;
};

Ui::Ui(UiParts parts, Options options) : state_(std::make_unique<State>(std::move(parts), options)) {}
Ui::~Ui() = default;
void Ui::EndStreams() { state_->house.live.closing = true; }

std::vector<net::Route> Ui::Routes(const std::string& openapi) {
  std::vector<net::Route> all;
  const auto add = [&](std::vector<net::Route> routes) {
    for (net::Route& route : routes) all.push_back(std::move(route));
  };
  add(AssetRoutes(state_->house));
  add(LoginRoutes(state_->house));
  add(AskPageRoutes(state_->house));
  add(ExploreRoutes(state_->house));
  add(RulesPageRoutes(state_->house));
  add(SchedulePageRoutes(state_->house));
  add(SqlRoutes(state_->house, state_->results));
  add(SystemRoutes(state_->house, state_->history));
  add(VectorPageRoutes(state_->house));
  add(DocsRoutes(state_->house, openapi));
  for (net::Route& route : all) route.page = !route.open && route.method == "GET";
  return all;
}

}  // namespace lakehouse::ui
