#include "lakehouse/base/hash.h"

#include <gmock/gmock.h>

#include <numeric>

#include "base_testing/directory_test.h"
#include "base_testing/seeded_random.h"
#include "crc32c.h"

namespace lakehouse {
namespace {

std::string RandomOctets(Random& random, std::size_t size) {
  std::string octets(size, '\0');
  random.Fill({reinterpret_cast<unsigned char*>(octets.data()), octets.size()});
  return octets;
}

TEST(Sha256Test, GivesTheDigestsOfTheStandard) {
  EXPECT_EQ(Sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256Hex(std::string(1'000'000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256Test, GivesTheSameDigestForTheSameOctetsInAnyPieces) {
  SeededRandom random;
  const std::string octets = RandomOctets(random, 10'000);
  for (int i = 0; i < 20; ++i) {
    Sha256 sum;
    for (std::size_t at = 0; at < octets.size();) {
      const std::size_t size = std::min<std::size_t>(random.Below(3'000), octets.size() - at);
      sum.Add(std::string_view(octets).substr(at, size));
      at += size;
    }
    EXPECT_EQ(sum.FinishHex(), Sha256Hex(octets));
  }
}

TEST(Sha256Test, KeepsItsStateWhenItIsMoved) {
  Sha256 first;
  first.Add("a");
  Sha256 second = std::move(first);
  second.Add("bc");
  EXPECT_EQ(second.FinishHex(), Sha256Hex("abc"));
}

using HashFileTest = DirectoryTest;

TEST_F(HashFileTest, DigestsAWholeFile) {
  SeededRandom random;
  const std::string octets = RandomOctets(random, 700'001);
  ASSERT_THAT(ReplaceFile(PathOf("file"), octets), IsOk());
  EXPECT_THAT(Sha256HexOfFile(PathOf("file")), IsOkAnd(Sha256Hex(octets)));
}

TEST_F(HashFileTest, SaysWhichFileIsMissing) {
  EXPECT_THAT(Sha256HexOfFile(PathOf("none")), HasCode(ErrorCode::kNotFound));
  EXPECT_THAT(Sha256HexOfFile(PathOf("none")), HasMessage(testing::HasSubstr(PathOf("none"))));
}

TEST(HmacTest, GivesTheMacsOfRfc4231) {
  EXPECT_EQ(ToHex(HmacSha256(std::string(20, '\x0b'), "Hi There")), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(ToHex(HmacSha256("Jefe", "what do ya want for nothing?")), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(ToHex(HmacSha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(HmacTest, TakesAnEmptyKeyAndMessage) {
  EXPECT_EQ(ToHex(HmacSha256("", "")), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Xxh3Test, GivesThePublishedSumOfNothing) {
  EXPECT_EQ(Xxh3(""), 0x2d06800538d394c2u);
  EXPECT_NE(Xxh3("a"), Xxh3("b"));
}

std::string Counting(bool up) {
  std::string octets(32, '\0');
  std::iota(octets.begin(), octets.end(), '\0');
  if (!up) std::reverse(octets.begin(), octets.end());
  return octets;
}

TEST(Crc32cTest, GivesTheSumsOfRfc3720) {
  EXPECT_EQ(Crc32c(""), 0u);
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(Crc32c(Counting(true)), 0x46dd794eu);
  EXPECT_EQ(Crc32c(Counting(false)), 0x113fdb5cu);
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283u);
}

TEST(Crc32cTest, ContinuesAnEarlierSum) {
  const std::string octets = Counting(true);
  for (std::size_t cut = 0; cut <= octets.size(); ++cut)
    EXPECT_EQ(Crc32c(octets.substr(cut), Crc32c(octets.substr(0, cut))), 0x46dd794eu) << cut;
}

TEST(Crc32cTest, SumsTheSameByTableAndByInstruction) {
  if (!HasCrc32cInstruction()) GTEST_SKIP() << "this processor has no CRC-32C instruction";
  SeededRandom random;
  const std::string octets = RandomOctets(random, 4'096);
  for (int i = 0; i < 2'000; ++i) {
    const std::size_t from = random.Below(64);  // any alignment
    const std::string_view piece = std::string_view(octets).substr(from, random.Below(octets.size() - 64));
    const auto start = static_cast<std::uint32_t>(random.Next64());
    ASSERT_EQ(Crc32cByInstruction(piece, start), Crc32cByTable(piece, start)) << piece.size();
  }
}

TEST(HexTest, WritesTwoLowerCaseDigitsPerOctet) {
  EXPECT_EQ(ToHex(""), "");
  EXPECT_EQ(ToHex(std::string_view("\0\x7f\x80\xff", 4)), "007f80ff");
}

TEST(EqualInConstantTimeTest, ComparesEveryOctetAndTheLength) {
  EXPECT_TRUE(EqualInConstantTime("", ""));
  EXPECT_TRUE(EqualInConstantTime("secret", "secret"));
  EXPECT_FALSE(EqualInConstantTime("secret", "secreT"));
  EXPECT_FALSE(EqualInConstantTime("Secret", "secret"));
  EXPECT_FALSE(EqualInConstantTime("secret", "secre"));
  EXPECT_FALSE(EqualInConstantTime("", "x"));
}

}  // namespace
}  // namespace lakehouse
