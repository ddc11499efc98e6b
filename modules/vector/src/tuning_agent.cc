#include "tuning_agent.h"

#include <algorithm>
#include <iterator>

namespace lakehouse::vector {
namespace {

constexpr double kTargets[] = {.9, .95, .98, .99, .995, .999};
constexpr double kUsualTarget = .99;

/// One step up or down from what the trial aimed at; nothing at the end of the scale.
std::optional<double> TargetBeside(const Trial& trial, bool up) {
  const double now = trial.config.target_recall.value_or(kUsualTarget);
  if (up) {
    const auto* const above = std::upper_bound(std::begin(kTargets), std::end(kTargets), now);
    return above == std::end(kTargets) ? std::nullopt : std::optional(*above);
  }
  const auto* const at = std::lower_bound(std::begin(kTargets), std::end(kTargets), now);
  return at == std::begin(kTargets) ? std::nullopt : std::optional(*std::prev(at));
}

/// In the order of their promise: more recall where it lacks, less work where it does not; then other numbers of lists.
std::vector<IndexConfig> Neighbours(const Trial& trial, double min_recall) {
  std::vector<IndexConfig> neighbours;
  const auto with_target = [&](bool up) {
    if (const auto target = TargetBeside(trial, up)) neighbours.push_back({target, trial.config.lists, trial.config.seed});
  };
  const auto with_lists = [&](std::uint32_t lists) {
    if (lists >= 1 && lists <= trial.items) neighbours.push_back({trial.config.target_recall, lists, trial.config.seed});
  };
  const bool reaches = trial.recall >= min_recall;
  with_target(!reaches);
  if (trial.lists <= trial.items / 2) with_lists(std::max<std::uint32_t>(trial.lists, 1) * 2);
  with_lists(trial.lists / 2);
  with_target(reaches);
  return neighbours;
}

}  // namespace

std::optional<Trial> BestOf(const std::vector<Trial>& trials, double min_recall) {
  const Trial* best = nullptr;
  for (const Trial& trial : trials) {
    if (best == nullptr) {
      best = &trial;
      continue;
    }
    const bool reaches = trial.recall >= min_recall, best_reaches = best->recall >= min_recall;
    const bool is_better = reaches != best_reaches ? reaches : reaches ? trial.p50_us < best->p50_us : trial.recall > best->recall;
    if (is_better) best = &trial;
  }
  return best == nullptr ? std::nullopt : std::optional<Trial>(*best);
}

std::optional<IndexConfig> NextConfig(const std::vector<Trial>& history, double min_recall) {
  const std::optional<Trial> best = BestOf(history, min_recall);
  if (!best) return IndexConfig();  // what calibration would choose
  for (const IndexConfig& config : Neighbours(*best, min_recall))
    if (std::ranges::none_of(history, [&](const Trial& trial) { return trial.config == config; })) return config;
  return std::nullopt;
}

}  // namespace lakehouse::vector
