#include "trials.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "lakehouse/base/uuid.h"
#include "lakehouse/vector/vector_check.h"
#include "tuning_agent.h"

namespace lakehouse::vector {
namespace {

constexpr std::size_t kSampledQueries = 200;
constexpr std::size_t kMaxQueries = 1'000;
constexpr std::size_t kMaxGrid = 20;
constexpr std::uint32_t kTunedNeighbors = 10;

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

Result<Trial> Trials::Run(const Context& context, const HostedIndex& index, const TrialRequest& request) {
  Trial trial = LH_TRY(Build(context, index, request.config, request.queries, request.k)).trial;
  trial.origin = "manual";
  LH_TRY(log_.Append(context, trial));
  return trial;
}

Result<Trial> Trials::RunOne(const Context& context, const HostedIndex& index, const AutotuneRequest& request, const IndexConfig& config,
                             const std::string& run) {
  Trial trial = LH_TRY(Build(context, index, config, request.queries, kTunedNeighbors)).trial;
  trial.origin = request.budget ? "agent" : "autotune";
  trial.run = run;
  trial.min_recall = request.min_recall;
  LH_TRY(log_.Append(context, trial));
  return trial;
}

Result<AutotuneResponse> Trials::Autotune(const Context& context, const HostedIndex& index, const AutotuneRequest& request) {
  if (request.grid.size() > kMaxGrid) return Error(ErrorCode::kTooLarge, "a grid has 20 configurations at most");
  if (request.budget && (*request.budget == 0 || *request.budget > kMaxGrid))
    return Error(ErrorCode::kInvalidArgument, "the budget is " + std::to_string(*request.budget) + "; 1 to 20 trials can be spent")
        .Named("bad_budget");
  if (request.budget && !request.grid.empty())
    return Error(ErrorCode::kInvalidArgument, "a grid and a budget exclude each other: the agent chooses its configurations")
        .Named("bad_budget");
  AutotuneResponse response;
  response.run = NewUuid(parts_.clock, parts_.random).ToString();
  if (request.budget) {
    while (response.trials.size() < *request.budget) {
      const auto config = NextConfig(response.trials, request.min_recall);
      if (!config) break;
      response.trials.push_back(LH_TRY(RunOne(context, index, request, *config, response.run)));
    }
  } else {
    for (const IndexConfig& config : request.grid.empty() ? DefaultGrid(index.serving()->items().length()) : request.grid)
      response.trials.push_back(LH_TRY(RunOne(context, index, request, config, response.run)));
  }
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
