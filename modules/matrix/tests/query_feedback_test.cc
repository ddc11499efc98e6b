#include "query_feedback.h"

#include <gmock/gmock.h>

#include <cmath>

namespace lakehouse::matrix {
namespace {

using testing::ElementsAre;
using testing::FloatNear;

auto Near(double value) { return FloatNear(static_cast<float>(value), 1e-6F); }

const std::vector<Lead> kOneLead = {{{0, 1}, .5}};

TEST(QueryFeedback, MovesTheQueryByItsShareAndKeepsItsLength) {
  EXPECT_THAT(MoveToward({1, 0}, kOneLead, 0), ElementsAre(Near(1), Near(0)));
  EXPECT_THAT(MoveToward({1, 0}, kOneLead, .5), ElementsAre(Near(std::sqrt(.5)), Near(std::sqrt(.5))));
  EXPECT_THAT(MoveToward({1, 0}, kOneLead, 1), ElementsAre(Near(0), Near(1)));
}

TEST(QueryFeedback, HeavierLeadsDrawMore) {
  const std::vector<Lead> leads = {{{0, 1}, 3}, {{0, -1}, 1}, {{1, 0}, 2}};
  EXPECT_THAT(MoveToward({1, 0}, leads, 1), ElementsAre(Near(std::sqrt(.5)), Near(std::sqrt(.5))));
}

TEST(QueryFeedback, WithNothingToMoveTowardTheQueryStaysAsItIs) {
  const std::vector<Lead> against = {{{0, 1}, 1}, {{0, -1}, 1}};
  EXPECT_THAT(MoveToward({.6F, .8F}, {}, .5), ElementsAre(.6F, .8F));
  EXPECT_THAT(MoveToward({.6F, .8F}, against, .5), ElementsAre(.6F, .8F));
  const std::vector<Lead> opposite = {{{-1, 0}, 1}};
  EXPECT_THAT(MoveToward({1, 0}, opposite, .5), ElementsAre(1, 0));
}

}  // namespace
}  // namespace lakehouse::matrix
