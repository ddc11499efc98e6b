#include "lakehouse/base/random.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "base_testing/seeded_random.h"

namespace lakehouse {
namespace {

/// Gives these words, then asserts.
class ScriptedRandom final : public Random {
 public:
  explicit ScriptedRandom(std::vector<std::uint64_t> words) : words_(std::move(words)) {}
  void Fill(std::span<unsigned char> out) override {
    ASSERT_LT(next_, words_.size());
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<unsigned char>(words_[next_] >> (56 - 8 * i));
    ++next_;
  }
  std::size_t used() const { return next_; }

 private:
  std::vector<std::uint64_t> words_;
  std::size_t next_ = 0;
};

TEST(RandomTest, ThrowsAwayTheDrawsThatWouldFavourSmallNumbers) {
  constexpr std::uint64_t kBound = (std::uint64_t{1} << 63) + 1;  // 2^64 mod kBound = 2^63 - 1 draws are uneven
  ScriptedRandom random({0, (std::uint64_t{1} << 63) - 2, (std::uint64_t{1} << 63) - 1});
  EXPECT_EQ(random.Below(kBound), (std::uint64_t{1} << 63) - 1);
  EXPECT_EQ(random.used(), 3u);
}

TEST(RandomTest, ReachesEveryNumberBelowTheBoundEquallyOften) {
  SeededRandom random;
  std::array<int, 6> counts{};
  for (int i = 0; i < 60'000; ++i) ++counts.at(random.Below(6));
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 600);  // six standard deviations
}

TEST(RandomTest, BelowOneIsAlwaysZero) { EXPECT_EQ(SystemRandom().Below(1), 0u); }

TEST(RandomTest, WritesHexOfTheWantedLength) {
  EXPECT_EQ(ScriptedRandom({0x00ff10a500000000}).Hex(4), "00ff10a5");
  EXPECT_EQ(SystemRandom().Hex(0), "");
  EXPECT_EQ(SystemRandom().Hex(16).size(), 32u);
}

TEST(SystemRandomTest, FillsEveryOctetOfALargeBuffer) {
  std::vector<unsigned char> octets(1'000'000);
  SystemRandom().Fill(octets);
  std::array<int, 256> counts{};
  for (const unsigned char octet : octets) ++counts[octet];
  EXPECT_GT(*std::min_element(counts.begin(), counts.end()), 3000);  // about 3,906 each
}

TEST(SeededRandomTest, RepeatsItselfWithItsSeed) {
  SeededRandom first(42);
  SeededRandom second(42);
  SeededRandom other(43);
  const std::uint64_t value = first.Next64();
  EXPECT_EQ(second.Next64(), value);
  EXPECT_NE(other.Next64(), value);
}

}  // namespace
}  // namespace lakehouse
