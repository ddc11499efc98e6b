#include "../src/time_zone.h"

#include <gtest/gtest.h>

#include <fstream>
#include <vector>

#include "lakehouse/base/clock.h"
#include "lakehouse/base/file.h"

namespace lakehouse::ingest {
namespace {

constexpr std::int64_t kNewYear = 1'767'225'600;
constexpr const char* kBerlinRule = "CET-1CEST,M3.5.0,M10.5.0/3";

std::string BigEndian(std::uint64_t number, int width) {
  std::string octets;
  for (int i = width - 1; i >= 0; --i) octets += static_cast<char>(number >> (8 * i) & 0xFF);
  return octets;
}

/// A block of a file of tzdata: changes (time, type) and types (offset).
std::string Block(const std::vector<std::pair<std::int64_t, int>>& changes, const std::vector<std::int64_t>& types, int width) {
  std::string octets = "TZif2" + std::string(15, '\0');
  for (const std::size_t count : {std::size_t{0}, std::size_t{0}, std::size_t{0}, changes.size(), types.size(), std::size_t{4}})
    octets += BigEndian(count, 4);
  for (const auto& [time, type] : changes) octets += BigEndian(static_cast<std::uint64_t>(time), width);
  for (const auto& [time, type] : changes) octets += static_cast<char>(type);
  for (const std::int64_t offset : types) octets += BigEndian(static_cast<std::uint64_t>(offset) & 0xFFFFFFFF, 4) + std::string(2, '\0');
  return octets + std::string("CET\0", 4);
}

class TimeZoneFile : public testing::Test {
 protected:
  Result<TimeZone> Load(const std::string& octets) {
    std::ofstream(directory_.path() + "/Zone", std::ios::binary) << octets;
    return TimeZone::Load("Zone", directory_.path());
  }
  /// As `zic -b slim` writes them: an empty old block, the changes that no rule says, and the rule.
  static std::string Slim(const std::vector<std::pair<std::int64_t, int>>& changes, const std::string& rule) {
    return Block({}, {0}, 4) + Block(changes, {3'208, 3'600, 7'200}, 8) + "\n" + rule + "\n";
  }
  TemporaryDirectory directory_ = TemporaryDirectory::Create(testing::TempDir(), "zone-").Take();
};

TEST_F(TimeZoneFile, WhatIsListedHoldsAndTheRuleGoesOnBehindIt) {
  const auto zone = Load(Slim({{-2'422'054'408, 1}, {828'234'000, 2}, {846'378'000, 1}}, kBerlinRule));
  ASSERT_TRUE(zone.ok()) << zone.error().ToString();
  EXPECT_EQ(zone->OffsetAt(-2'422'054'409), 3'208) << "before the first change";
  EXPECT_EQ(zone->OffsetAt(-2'422'054'408), 3'600);
  EXPECT_EQ(zone->OffsetAt(828'234'000), 7'200) << "31 March 1996";
  EXPECT_EQ(zone->OffsetAt(846'377'999), 7'200);
  EXPECT_EQ(zone->OffsetAt(846'378'000), 3'600) << "27 October 1996, the last that is listed";
  EXPECT_EQ(zone->OffsetAt(kNewYear), 3'600);
  EXPECT_EQ(zone->OffsetAt(1'774'745'999), 3'600) << "29 March 2026, 00:59:59 UTC";
  EXPECT_EQ(zone->OffsetAt(1'774'746'000), 7'200);
  EXPECT_EQ(zone->OffsetAt(1'792'889'999), 7'200) << "25 October 2026, 00:59:59 UTC";
  EXPECT_EQ(zone->OffsetAt(1'792'890'000), 3'600);
  EXPECT_EQ(zone->OffsetAt(4'119'300'000), 7'200) << "July 2100";
}

TEST_F(TimeZoneFile, WithoutARuleTheLastOffsetStays) {
  const auto zone = Load(Slim({{0, 2}}, ""));
  ASSERT_TRUE(zone.ok());
  EXPECT_EQ(zone->OffsetAt(-1), 3'208);
  EXPECT_EQ(zone->OffsetAt(kNewYear), 7'200);
  const auto rule_alone = Load(Slim({}, "<+0530>-5:30"));
  ASSERT_TRUE(rule_alone.ok());
  EXPECT_EQ(rule_alone->OffsetAt(0), 19'800);
}

TEST_F(TimeZoneFile, DamageIsNoZone) {
  const std::string good = Slim({{0, 2}}, kBerlinRule);
  ASSERT_TRUE(Load(good).ok());
  for (std::size_t length = 0; length < good.size(); ++length) EXPECT_FALSE(Load(good.substr(0, length)).ok()) << length;
  EXPECT_FALSE(Load(Slim({{0, 3}}, kBerlinRule)).ok()) << "a type that is not there";
  for (const char* rule :
       {"CET", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0",
        "CET-1CEST,J0,J300", "CET-1CEST,366,300", "C-1", "<+05", "CET-168", "CET-1CEST,M3.5.0,M10.5.0/3x", "CET-1:60", "-1"})
    EXPECT_FALSE(Load(Slim({}, rule)).ok()) << rule;
}

TEST(ZoneRule, SaysTheOffsetOfPlacesInBothHemispheres) {
  const auto offset = [](const char* rule, std::int64_t at) {
    const auto parsed = ZoneRule::Parse(rule);
    return parsed ? parsed->OffsetAt(at) / 60 : -9'999;
  };
  constexpr std::int64_t kJuly = kNewYear + std::int64_t{190} * 86'400;
  EXPECT_EQ(offset("EST5EDT,M3.2.0,M11.1.0", kNewYear), -300);
  EXPECT_EQ(offset("EST5EDT,M3.2.0,M11.1.0", kJuly), -240);
  EXPECT_EQ(offset("NZST-12NZDT,M9.5.0,M4.1.0/3", kNewYear), 780) << "summer is around the new year";
  EXPECT_EQ(offset("NZST-12NZDT,M9.5.0,M4.1.0/3", kJuly), 720);
  EXPECT_EQ(offset("IST-1GMT0,M10.5.0,M3.5.0/1", kNewYear), 0) << "Ireland's standard time is the summer's";
  EXPECT_EQ(offset("IST-1GMT0,M10.5.0,M3.5.0/1", kJuly), 60);
  EXPECT_EQ(offset("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", kNewYear), 660) << "half an hour";
  EXPECT_EQ(offset("XXX3EDT4,0/0,J365/23", kNewYear), -240) << "summer all year";
  EXPECT_EQ(offset("XXX3EDT4,0/0,J365/23", kJuly), -240);
  EXPECT_EQ(offset("IST-2IDT,M3.4.4/26,M10.5.0", 1'774'569'599), 120) << "27 March 2026, 01:59:59 there";
  EXPECT_EQ(offset("IST-2IDT,M3.4.4/26,M10.5.0", 1'774'569'600), 180) << "26 hours after a Thursday's midnight";
  EXPECT_EQ(offset("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 1'774'745'999), -120);
  EXPECT_EQ(offset("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 1'774'746'000), -60) << "an hour before a Sunday's midnight";
}

TEST(ZoneRule, AgreesWithTheTablesOfThisMachine) {
  for (const auto& [name, text] : {std::pair("Europe/Berlin", kBerlinRule),
                                   {"America/New_York", "EST5EDT,M3.2.0,M11.1.0"},
                                   {"Pacific/Auckland", "NZST-12NZDT,M9.5.0,M4.1.0/3"},
                                   {"Asia/Jerusalem", "IST-2IDT,M3.4.4/26,M10.5.0"}}) {
    const auto zone = TimeZone::Load(name);
    if (!zone) GTEST_SKIP() << "no tzdata on this machine";
    const auto rule = ZoneRule::Parse(text);
    ASSERT_TRUE(rule.has_value()) << text;
    for (std::int64_t at = kNewYear; at < kNewYear + std::int64_t{11} * 365 * 86'400; at += 3'600)
      ASSERT_EQ(rule->OffsetAt(at), zone->OffsetAt(at)) << name << " " << FormatTime(at * 1'000'000);
  }
}

}  // namespace
}  // namespace lakehouse::ingest
