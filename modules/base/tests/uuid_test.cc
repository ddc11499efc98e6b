#include "lakehouse/base/uuid.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>
#include <vector>

#include "base_testing/fake_clock.h"
#include "base_testing/seeded_random.h"
#include "lakehouse/base/guarded.h"
#include "lakehouse/base/task_group.h"

namespace lakehouse {
namespace {

/// Every octet the same: the greatest and least tails.
class ConstantRandom final : public Random {
 public:
  explicit ConstantRandom(unsigned char octet) : octet_(octet) {}
  void Fill(std::span<unsigned char> out) override { std::fill(out.begin(), out.end(), octet_); }

 private:
  unsigned char octet_;
};

std::uint64_t MsOf(const Uuid& id) {
  std::uint64_t ms = 0;
  for (std::size_t i = 0; i < 6; ++i) ms = ms << 8 | id.octets()[i];
  return ms;
}

TEST(UuidTest, ReadsAndWritesTheLongForm) {
  const auto id = Uuid::Parse("017F22E2-79b0-7cc3-98C4-dc0c0c07398f");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->ToString(), "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
  EXPECT_EQ(MsOf(*id), 1645557742000u);
  EXPECT_EQ(Uuid().ToString(), "00000000-0000-0000-0000-000000000000");
}

TEST(UuidTest, RefusesEveryOtherForm) {
  for (const std::string_view text :
       {"", "017f22e279b07cc398c4dc0c0c07398f", "{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}", "017f22e2-79b0-7cc3-98c4-dc0c0c07398",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398g", "017f22e2-79b0-7cc3-98c4_dc0c0c07398f", "017f22e27-9b0-7cc3-98c4-dc0c0c07398f",
        " 17f22e2-79b0-7cc3-98c4-dc0c0c07398f", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f "})
    EXPECT_FALSE(Uuid::Parse(text)) << text;
}

TEST(UuidTest, NamesAsRfc9562Does) {
  const Uuid dns = *Uuid::Parse("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
  EXPECT_EQ(Uuid::FromName(dns, "www.example.com").ToString(), "2ed6657d-e927-568b-95e1-2665a8aea6a2");
  const Uuid url = *Uuid::Parse("6ba7b811-9dad-11d1-80b4-00c04fd430c8");
  EXPECT_NE(Uuid::FromName(url, "www.example.com"), Uuid::FromName(dns, "www.example.com"));
}

TEST(UuidTest, MarksNewOnesAsVersion7AndTheRightVariant) {
  for (const int octet : {0x00, 0x5a, 0xff}) {
    ConstantRandom random(static_cast<unsigned char>(octet));
    const Uuid id = NewUuid(SystemClock(), random);
    EXPECT_EQ(id.octets()[6] >> 4, 7);
    EXPECT_EQ(id.octets()[8] >> 6, 2);
  }
}

TEST(UuidTest, BeginsWithTheMilliseconds) {
  FakeClock clock(SystemClock().WallMicros() + 60'000'000);  // later than any other test's
  EXPECT_EQ(MsOf(NewUuid(clock)), static_cast<std::uint64_t>(clock.WallMicros() / 1000));
}

TEST(UuidTest, RisesStrictlyWhileTheClockStandsGoesBackAndJumps) {
  SeededRandom random;
  FakeClock clock(SystemClock().WallMicros());
  Uuid last = NewUuid(clock, random);
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t what = random.Below(100);
    if (what < 5) clock.AdvanceMicros(static_cast<std::int64_t>(random.Below(3'000)));
    if (what == 98) clock.SetWallMicros(clock.WallMicros() - static_cast<std::int64_t>(random.Below(5'000'000)));
    if (what == 99) clock.SetWallMicros(-1);
    if (what == 0) clock.SetWallMicros(SystemClock().WallMicros() + i);
    const Uuid next = NewUuid(clock, random);
    ASSERT_LT(last, next) << "step " << i;
    ASSERT_LT(last.ToString(), next.ToString());
    last = next;
  }
}

TEST(UuidTest, RisesStrictlyEvenWithTheWorstRandomness) {
  const FakeClock clock(0);
  ConstantRandom greatest(0xff);
  ConstantRandom least(0);
  Uuid last = NewUuid(clock, greatest);
  for (int i = 0; i < 5'000; ++i) {
    const Uuid next = i % 2 == 0 ? NewUuid(clock, greatest) : NewUuid(clock, least);
    ASSERT_LT(last, next);
    last = next;
  }
}

TEST(UuidTest, GivesEveryThreadIdsOfItsOwnInRisingOrder) {
  Guarded<std::set<Uuid>> all;
  constexpr std::size_t kThreads = 4;
  constexpr std::size_t kEach = 5'000;
  {
    TaskGroup threads;
    for (std::size_t thread = 0; thread < kThreads; ++thread)
      threads.Start("ids", [&all](const std::stop_token&) {
        std::vector<Uuid> mine;
        mine.reserve(kEach);
        for (std::size_t i = 0; i < kEach; ++i) mine.push_back(NewUuid());
        EXPECT_TRUE(std::is_sorted(mine.begin(), mine.end()));
        all.Lock()->insert(mine.begin(), mine.end());
      });
  }
  EXPECT_EQ(all.Lock()->size(), kThreads * kEach);
}

}  // namespace
}  // namespace lakehouse
