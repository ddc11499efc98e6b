#include "lakehouse/base/edit_distance.h"

#include <gtest/gtest.h>

namespace lakehouse {
namespace {

TEST(EditDistanceTest, CountsInsertionsDeletionsAndReplacements) {
  EXPECT_EQ(EditDistance("", ""), 0u);
  EXPECT_EQ(EditDistance("workers", "workers"), 0u);
  EXPECT_EQ(EditDistance("", "abc"), 3u);
  EXPECT_EQ(EditDistance("worker", "workers"), 1u);
  EXPECT_EQ(EditDistance("wrokers", "workers"), 2u);
  EXPECT_EQ(EditDistance("kitten", "sitting"), 3u);
}

TEST(EditDistanceTest, IsTheSameBothWays) { EXPECT_EQ(EditDistance("flaw", "lawn"), EditDistance("lawn", "flaw")); }

TEST(EditDistanceTest, GivesUpAtItsLimit) {
  EXPECT_EQ(EditDistance("kitten", "sitting", 3), 3u);
  EXPECT_EQ(EditDistance("kitten", "sitting", 2), 2u);
  EXPECT_EQ(EditDistance("a", "abcdefgh", 4), 4u);
  EXPECT_EQ(EditDistance("a", "a", 0), 0u);
}

}  // namespace
}  // namespace lakehouse
