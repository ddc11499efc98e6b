#include "lakehouse/base/clock.h"

#include <gmock/gmock.h>

#include "base_testing/fake_clock.h"

namespace lakehouse {
namespace {

TEST(FormatTimeTest, WritesUtcWithSixDigits) {
  EXPECT_EQ(FormatTime(0), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(FormatTime(1'700'000'000'123'456), "2023-11-14T22:13:20.123456Z");
  EXPECT_EQ(FormatTime(951'827'696'000'001), "2000-02-29T12:34:56.000001Z");
}

TEST(FormatTimeTest, CountsBackBefore1970) {
  EXPECT_EQ(FormatTime(-1), "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(FormatTime(-62'135'596'800'000'000), "0001-01-01T00:00:00.000000Z");
}

TEST(FormatTimeTest, StaysWithinFourDigitYears) {
  EXPECT_EQ(FormatTime(INT64_MIN), "0000-01-01T00:00:00.000000Z");
  EXPECT_EQ(FormatTime(INT64_MAX), "9999-12-31T23:59:59.999999Z");
}

TEST(FormatTimeTest, SortsAsTextLikeTime) { EXPECT_LT(FormatTime(999'999'999'999), FormatTime(1'000'000'000'000)); }

TEST(SystemClockTest, RunsForward) {
  const std::int64_t before = SystemClock().SteadyNanos();
  EXPECT_GE(SystemClock().SteadyNanos(), before);
  EXPECT_GT(SystemClock().WallMicros(), 1'600'000'000'000'000);
}

TEST(FakeClockTest, KeepsTheSteadyClockWhenTheWallClockIsSetBack) {
  FakeClock clock;
  clock.AdvanceMs(5);
  EXPECT_EQ(clock.WallMicros(), FakeClock::kStart + 5'000);
  const std::int64_t steady = clock.SteadyNanos();
  clock.SetWallMicros(0);
  EXPECT_EQ(clock.SteadyNanos(), steady);
}

}  // namespace
}  // namespace lakehouse
