#include "../src/cron.h"

#include <gmock/gmock.h>

#include "lakehouse/base/clock.h"

namespace lakehouse::ingest {
namespace {

constexpr std::int64_t kNewYear2026 = 1'767'225'600;  // Thursday, 00:00 UTC

std::string NextText(const char* cron, std::int64_t after, const char* zone = "") {
  const auto parsed = Cron::Parse(cron);
  const auto place = TimeZone::Load(zone);
  if (!parsed || !place) return !parsed ? std::string(parsed.error().reason()) : std::string(place.error().reason());
  const auto next = parsed->NextAfter(after, *place);
  return next ? FormatTime(*next * 1'000'000).substr(0, 16) : "never";
}

std::int64_t Day(int days) { return kNewYear2026 + days * 86'400; }

TEST(Cron, SaysTheNextMinuteThatFits) {
  EXPECT_EQ(NextText("* * * * *", kNewYear2026), "2026-01-01T00:01");
  EXPECT_EQ(NextText("*/15 * * * *", kNewYear2026 + 1), "2026-01-01T00:15");
  EXPECT_EQ(NextText("30 6 * * 1-5", kNewYear2026), "2026-01-01T06:30");
  EXPECT_EQ(NextText("30 6 * * 1-5", Day(1) + 7 * 3'600), "2026-01-05T06:30") << "over the weekend";
  EXPECT_EQ(NextText("0 0 * * 7", kNewYear2026), "2026-01-04T00:00");
  EXPECT_EQ(NextText("0 12 29 2 *", kNewYear2026), "2028-02-29T12:00");
  EXPECT_EQ(NextText("0 0 13 * 5", kNewYear2026), "2026-01-02T00:00") << "one of two days is enough when both are given";
  EXPECT_EQ(NextText("5,10 8-18/5 * * *", kNewYear2026 + 8 * 3'600 + 601), "2026-01-01T13:05");
  EXPECT_EQ(NextText("0 0 31 2 *", kNewYear2026), "never");
}

TEST(Cron, FollowsTheClocksOfAPlace) {
  if (!TimeZone::Load("Europe/Berlin")) GTEST_SKIP() << "no tzdata on this machine";
  EXPECT_EQ(NextText("0 6 * * *", kNewYear2026, "Europe/Berlin"), "2026-01-01T05:00");
  EXPECT_EQ(NextText("0 6 * * *", Day(190), "Europe/Berlin"), "2026-07-10T04:00");
  // 29 March 2026, 02:00 becomes 03:00.
  EXPECT_EQ(NextText("30 2 * * *", Day(86) + 12 * 3'600, "Europe/Berlin"), "2026-03-29T01:00")
      << "what the clocks leave out is due at once";
  EXPECT_EQ(NextText("30 2 * * *", Day(87) + 3'660, "Europe/Berlin"), "2026-03-30T00:30");
  // 25 October 2026, 03:00 becomes 02:00.
  EXPECT_EQ(NextText("30 2 * * *", Day(296) + 12 * 3'600, "Europe/Berlin"), "2026-10-25T00:30");
  EXPECT_EQ(NextText("30 2 * * *", Day(297) + 1'860, "Europe/Berlin"), "2026-10-26T01:30") << "the second 02:30 of that night is no other";
  EXPECT_EQ(NextText("*/30 * * * *", Day(297) + 1'860, "Europe/Berlin"), "2026-10-25T01:00") << "what runs every hour runs in each";
}

TEST(Cron, RefusesWhatItDoesNotKnow) {
  for (const char* text : {"", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "*/0 * * * *",
                           "5-1 * * * *", "a * * * *", "-1 * * * *", "1,,2 * * * *", "99999999999 * * * *"})
    EXPECT_EQ(NextText(text, kNewYear2026), "bad_cron") << text;
  for (const char* zone : {"Nowhere/Else", "../../etc/passwd", "/etc/passwd", "Europe", "tzdata.zi"})
    EXPECT_EQ(NextText("* * * * *", kNewYear2026, zone), "bad_zone") << zone;
  EXPECT_EQ(*ParseInterval("15m"), 900'000);
  EXPECT_EQ(*ParseInterval("366d"), std::int64_t{366} * 86'400'000);
  for (const char* text : {"", "m", "0s", "15", "1w", "-1m", "1.5h", "367d", "99999999999s"})
    EXPECT_FALSE(ParseInterval(text).ok()) << text;
}

}  // namespace
}  // namespace lakehouse::ingest
