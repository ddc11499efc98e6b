#include "trials.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "lakehouse/base/uuid.h"
#include "lakehouse/vector/vector_check.h"

namespace lakehouse::vector {
namespace {

constexpr std::size_t kSampledQueries = 200;
constexpr std::size_t kMaxQueries = 1'000;
constexpr std::size_t kMaxGrid = 20;

/// Items spread evenly over the index: the same ones for every configuration of it.
std::vector<float> SampleQueries(const Serving& serving) {
  const std::vector<RowId> rows = serving.items().CurrentRows();
  const std::size_t count = std::min(kSampledQueries, rows.size());
  std::vector<float> queries(count * serving.spec().dimension);
  for (std::size_t i = 0; i < count; ++i)
    std::memcpy(&queries[i * serving.spec().dimension], serving.Row(rows[i * rows.size() / count]),
                serving.spec().dimension * sizeof(float));
  return queries;
}

Result<std::vector<float>> CheckedQueries(const IndexSpec& spec, const std::vector<std::vector<float>>& queries) {
  if (queries.size() > kMaxQueries) return Error(ErrorCode::kTooLarge, "a trial takes 1,000 queries at most");
  std::vector<float> all;
  for (std::size_t i = 0; i < queries.size(); ++i) {
    LH_TRY_WHILE(CheckVector(spec, queries[i]), "look at query " + std::to_string(i));
    all.insert(all.end(), queries[i].begin(), queries[i].end());
  }
  return all;
}

/// By the size of the index: what calibration would choose, fewer and more lists, and a higher target.
std::vector<IndexConfig> DefaultGrid(std::uint64_t items) {
  const auto root = static_cast<std::uint32_t>(std::lround(std::sqrt(static_cast<double>(items))));
  std::vector<IndexConfig> grid(1);
  grid.push_back({.999, {}, {}});
  grid.push_back({.95, {}, {}});
  for (const std::uint32_t lists : {root / 2, root * 2})
    if (lists >= 2) grid.push_back({{}, lists, {}});
  return grid;
}

Status CheckConfig(const IndexConfig& config, std::uint64_t items) {
  if (config.target_recall && !(*config.target_recall > 0 && *config.target_recall <= 1))
    return Error(ErrorCode::kInvalidArgument, "target_recall must be above 0 and at most 1").Named("bad_target_recall");
  if (config.lists && (*config.lists == 0 || *config.lists > items))
    return Error(ErrorCode::kInvalidArgument, "lists must be 1 to the number of items, " + std::to_string(items)).Named("bad_lists");
  return Ok{};
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

Result<BuiltTrial> Trials::Build(const Context& context, const HostedIndex& index, const IndexConfig& config,
                                 const std::vector<std::vector<float>>& queries, std::uint32_t k) const {
  BuiltTrial built;
  built.over = index.serving();
  const std::uint64_t items = built.over->items().length();
  if (items == 0)
    return Error(ErrorCode::kUnprocessable, "index \"" + index.name() + "\" is empty; add items first").Named("nothing_to_measure");
  LH_TRY(CheckConfig(config, items));
  const std::vector<float> asked = queries.empty() ? SampleQueries(*built.over) : LH_TRY(CheckedQueries(index.spec(), queries));
  const std::int64_t began = parts_.clock.SteadyNanos();
  built.index = LH_TRY_WHILE(built.over->TrainAnother(context, index.OptionsOf(config)), "build a trial of index " + index.name());
  Trial& trial = built.trial;
  trial.build_ms = static_cast<double>(parts_.clock.SteadyNanos() - began) / 1e6;
  const Evaluation measured = LH_TRY(built.index->Evaluate(context, asked, {.k = k}, parts_.clock));
  const IndexStats stats = built.index->Stats();
  trial.id = NewUuid(parts_.clock, parts_.random).ToString();
  trial.index = index.name();
  trial.principal = context.principal;
  trial.time_micros = parts_.clock.WallMicros();
  trial.config = config;
  trial.items = static_cast<std::uint32_t>(items);
  trial.queries = measured.queries;
  trial.k = k;
  trial.recall = measured.recall;
  trial.p50_us = measured.p50_us;
  trial.p99_us = measured.p99_us;
  trial.memory_bytes = stats.memory_bytes;
  trial.mode = std::string(WireName(stats.mode));
  trial.lists = stats.lists;
  trial.probe = stats.default_probe;
  trial.rescore = stats.default_rescore;
  return built;
}

Result<Trial> Trials::Run(const Context& context, const HostedIndex& index, const TrialRequest& request, const std::string& origin) {
  Trial trial = LH_TRY(Build(context, index, request.config, request.queries, request.k)).trial;
  trial.origin = origin;
  LH_TRY(log_.Append(context, trial));
  return trial;
}

Result<AutotuneResponse> Trials::Autotune(const Context& context, const HostedIndex& index, const AutotuneRequest& request) {
  const std::vector<IndexConfig> grid = request.grid.empty() ? DefaultGrid(index.serving()->items().length()) : request.grid;
  if (grid.size() > kMaxGrid) return Error(ErrorCode::kTooLarge, "a grid has 20 configurations at most");
  AutotuneResponse response;
  for (const IndexConfig& config : grid)
    response.trials.push_back(LH_TRY(Run(context, index, {index.name(), config, request.queries, 10}, "autotune")));
  response.winner = BestOf(response.trials, request.min_recall);
  return response;
}

Result<PromotionState> Trials::Promote(const Context& context, HostedIndex& index, const PromoteRequest& request) {
  const std::vector<Trial> trials = LH_TRY(log_.Load(context, index.name()));
  const auto trial = std::find_if(trials.begin(), trials.end(), [&](const Trial& one) { return one.id == request.trial_id; });
  if (trial == trials.end())
    return Error(ErrorCode::kNotFound, "index \"" + index.name() + "\" has no trial " + request.trial_id).Named("trial_not_found");
  // What was measured then says little about the rows of now.
  BuiltTrial built = LH_TRY(Build(context, index, trial->config, {}, trial->k));
  if (built.trial.recall < request.min_recall)
    return Error(ErrorCode::kUnprocessable, "trial " + request.trial_id + " reaches recall " + std::to_string(built.trial.recall) +
                                                " on what the index holds now, below " + std::to_string(request.min_recall) +
                                                "; nothing has changed")
        .Named("recall_too_low");
  const Promotion promotion{trial->id,
                            trial->config,
                            built.trial.recall,
                            request.promoted_by.empty() ? context.principal : request.promoted_by.substr(0, 128),
                            request.note.substr(0, 256),
                            parts_.clock.WallMicros()};
  LH_TRY(index.Promote(context, built.over, std::move(built.index), promotion));
  return index.promotions();
}

Result<TrialsResponse> Trials::List(const Context& context, const TrialsRequest& request) {
  if (request.limit < 1 || request.limit > 1'000)
    return Error(ErrorCode::kInvalidArgument, "the limit is " + std::to_string(request.limit) + "; 1 to 1,000 can be asked for");
  TrialsResponse response{LH_TRY(log_.Load(context, request.name))};
  if (response.trials.size() > static_cast<std::size_t>(request.limit)) response.trials.resize(static_cast<std::size_t>(request.limit));
  return response;
}

Result<BestTrialResponse> Trials::Best(const Context& context, const BestTrialRequest& request) {
  return BestTrialResponse{BestOf(LH_TRY(log_.Load(context, request.name)), request.min_recall)};
}

}  // namespace lakehouse::vector
