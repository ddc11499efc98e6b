#include "column_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lakehouse::ingest {
namespace {

using testing::ElementsAre;

TEST(ColumnPlan, NamesDecideNotPlaces) {
  const auto plan = PlanColumns({"City", "id"}, {}, {"id", "city"}, false);
  ASSERT_TRUE(plan.ok());
  EXPECT_TRUE(plan->fits);
  EXPECT_THAT(plan->from, ElementsAre(1, 0));
}

TEST(ColumnPlan, RenamesLeavesOutAndFills) {
  const auto plan = PlanColumns({"id", "town", "notes"}, {{"town", "city"}, {"notes", std::nullopt}}, {"id", "city", "rate"}, true);
  ASSERT_TRUE(plan.ok());
  EXPECT_TRUE(plan->fits);
  EXPECT_THAT(plan->from, ElementsAre(0, 1, -1));
  EXPECT_THAT(plan->to, ElementsAre(0, 1, -1));
}

TEST(ColumnPlan, WhatIsLeftOverOnEitherSideDoesNotFit) {
  EXPECT_FALSE(PlanColumns({"id"}, {}, {"id", "city"}, false)->fits) << "missing";
  EXPECT_FALSE(PlanColumns({"id", "more"}, {}, {"id"}, true)->fits) << "surplus";
}

TEST(ColumnPlan, ANewDatasetGetsWhatIsNotLeftOut) {
  const auto plan = PlanColumns({"a", "b", "c"}, {{"b", std::nullopt}, {"c", "z"}}, {}, false);
  ASSERT_TRUE(plan.ok());
  EXPECT_THAT(plan->from, ElementsAre(0, 2));
  EXPECT_THAT(plan->names, ElementsAre("a", "", "z"));
}

TEST(ColumnPlan, RefusesWhatCannotBeMeant) {
  EXPECT_EQ(PlanColumns({"a"}, {{"b", "c"}}, {"a"}, false).error().reason(), "unknown_column");
  EXPECT_EQ(PlanColumns({"a", "b"}, {{"a", "B"}}, {"b"}, false).error().reason(), "column_twice");
  EXPECT_EQ(PlanColumns({"a"}, {{"a", std::nullopt}}, {}, false).error().reason(), "no_columns");
}

}  // namespace
}  // namespace lakehouse::ingest
