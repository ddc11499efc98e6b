#include "tuning_agent.h"

#include <gtest/gtest.h>

#include <cmath>

#include "lakehouse/base/json_view.h"
#include "lakehouse/vector/trials_table.h"
#include "vector_testing/vector_lake.h"

namespace lakehouse::vector {
namespace {

/// An index that is fastest with 256 lists, and that finds somewhat more than was aimed at.
Trial Measured(const IndexConfig& config) {
  Trial trial;
  trial.config = config;
  trial.items = 10'000;
  trial.lists = config.lists.value_or(64);
  const double target = config.target_recall.value_or(.99);
  trial.recall = std::min(1.0, target + .003);
  trial.p50_us = 50 + 10 * std::abs(std::log2(trial.lists) - 8) + 100 * (target - .9);
  return trial;
}

std::vector<Trial> RunOf(std::size_t budget, double min_recall) {
  std::vector<Trial> history;
  while (history.size() < budget) {
    const auto config = NextConfig(history, min_recall);
    if (!config) break;
    history.push_back(Measured(*config));
  }
  return history;
}

TEST(TuningAgent, FindsTheFastestConfigurationThatReachesTheRecallWithinItsBudget) {
  const std::vector<Trial> history = RunOf(20, .95);
  EXPECT_LT(history.size(), 20u) << "it knows when no neighbour is better";
  const auto best = BestOf(history, .95);
  ASSERT_TRUE(best);
  EXPECT_EQ(best->lists, 256u);
  EXPECT_EQ(best->config.target_recall, .95);
}

TEST(TuningAgent, RaisesItsAimWhereTheRecallLacks) {
  const auto best = BestOf(RunOf(20, .997), .997);
  ASSERT_TRUE(best);
  EXPECT_EQ(best->config.target_recall, .995);
}

TEST(TuningAgent, NeverTriesAConfigurationTwiceAndBeginsWithTheDefaults) {
  const std::vector<Trial> history = RunOf(20, .9);
  EXPECT_EQ(history.front().config, IndexConfig());
  for (std::size_t i = 0; i < history.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) EXPECT_FALSE(history[i].config == history[j].config) << i << " repeats " << j;
}

TEST(TuningAgent, StaysWithinWhatAnIndexOfFewItemsCanBe) {
  Trial one = Measured({});
  one.items = 1, one.lists = 1;
  std::vector<Trial> history = {one};
  while (const auto next = NextConfig(history, .9)) {
    EXPECT_LE(next->lists.value_or(1), 1u);
    ASSERT_LT(history.size(), 20u);
    Trial trial = one;
    trial.config = *next;
    history.push_back(trial);
  }
}

class KeptTrials : public testing::Test {
 protected:
  KeptTrials() {
    CreateIndexRequest create;
    create.name = "notes";
    create.dimension = 4;
    EXPECT_TRUE(lake_.vectors->CreateIndex(ann_, create));
    AddRequest add{"notes", {}};
    for (int i = 0; i < 300; ++i)
      add.items.push_back({std::to_string(i), {static_cast<float>(i % 7), static_cast<float>(i % 11), static_cast<float>(i), 1}, {}});
    EXPECT_TRUE(lake_.vectors->Add(ann_, add));
  }
  AutotuneResponse Tune(std::optional<std::uint32_t> budget) {
    AutotuneRequest tune;
    tune.name = "notes";
    tune.min_recall = .95;
    tune.budget = budget;
    return Must(lake_.vectors->Autotune(ann_, tune));
  }
  VectorLake lake_;
  Context ann_{"user:ann", "trace-1", Deadline::After(120'000), {}};
};

TEST_F(KeptTrials, ReplayTheAgentsWholeCourse) {
  const AutotuneResponse tuned = Tune(5);
  ASSERT_GT(tuned.trials.size(), 1u);
  ASSERT_LE(tuned.trials.size(), 5u);
  (void)Tune(std::nullopt);  // others are in the log too
  std::vector<Trial> kept;
  for (Trial& trial : Must(lake_.vectors->ListTrials(ann_, {"notes", 1'000})).trials)
    if (trial.run == tuned.run) kept.insert(kept.begin(), std::move(trial));
  ASSERT_EQ(kept.size(), tuned.trials.size());
  std::vector<Trial> before;
  for (const Trial& trial : kept) {
    EXPECT_EQ(trial.origin, "agent");
    EXPECT_EQ(NextConfig(before, trial.min_recall.value_or(0)), trial.config);
    before.push_back(trial);
  }
}

TEST_F(KeptTrials, AreRowsOfATableForWhoSeesTheEmbeddings) {
  const AutotuneResponse tuned = Tune(2);
  const auto table = MakeTrialsTable(*lake_.vectors);
  const auto rows = Must(table->Rows(ann_, catalog::Sight::Everything("user:ann"), 100));
  ASSERT_EQ(rows.size(), tuned.trials.size());
  for (const auto& row : rows) ASSERT_EQ(row.size(), table->columns().size());
  EXPECT_EQ(std::get<std::string>(rows.back()[0]), tuned.trials.front().id);
  EXPECT_EQ(std::get<std::string>(rows.back()[3]), tuned.run);
  catalog::Profile narrow;
  narrow.name = "narrow";
  narrow.datasets = {"orders"};
  const auto sight = catalog::Sight::OfKey("key:bob", false, std::make_shared<const catalog::Profile>(narrow));
  EXPECT_TRUE(Must(table->Rows(ann_, sight, 100)).empty());
}

TEST_F(KeptTrials, AgentsTakeABudgetOrAGridAndNotBoth) {
  AutotuneRequest tune;
  tune.name = "notes";
  tune.budget = 0;
  EXPECT_EQ(lake_.vectors->Autotune(ann_, tune).error().reason(), "bad_budget");
  tune.budget = 3;
  tune.grid.emplace_back();
  EXPECT_EQ(lake_.vectors->Autotune(ann_, tune).error().reason(), "bad_budget");
}

}  // namespace
}  // namespace lakehouse::vector
