#include "lakehouse/base/json_writer.h"

#include <gmock/gmock.h>

#include <bit>
#include <cmath>
#include <limits>

#include "base_testing/seeded_random.h"
#include "lakehouse/base/json_view.h"

namespace lakehouse {
namespace {

std::string Written(std::string_view text) {
  JsonWriter writer;
  writer.String(text);
  return std::move(writer).Take();
}
template <typename Number>
std::string WrittenNumber(Number value) {
  JsonWriter writer;
  writer.Number(value);
  return std::move(writer).Take();
}

TEST(JsonWriterTest, EscapesWhatMustBeEscapedAtEveryPlace) {
  EXPECT_EQ(Written(std::string("\0\x1f\"\\\b\f\n\r\t/\x7f", 11)), R"("\u0000\u001f\"\\\b\f\n\r\t/)"
                                                                   "\x7f\"");
  for (std::size_t before = 0; before < 20; ++before)  // eight octets are looked at together
    for (std::size_t after = 0; after < 20; ++after) {
      const std::string a(before, 'a');
      const std::string b(after, 'z');
      const auto between = [&](std::string_view middle) { return std::string(a).append(middle).append(b); };
      EXPECT_EQ(Written(between("\"")), '"' + between("\\\"") + '"');
      EXPECT_EQ(Written(between("\x01")), '"' + between("\\u0001") + '"');
      EXPECT_EQ(Written(between("é\n")), '"' + between("é\\n") + '"');
    }
}

TEST(JsonWriterTest, KeepsEveryCharacterAndReplacesWhatIsNone) {
  const std::string good = "\x7f\u0080\u07ff\u0800\ud7ff\ue000\uffff\U00010000\U0010ffff";
  EXPECT_EQ(Written(good), "\"" + good + "\"");
  const std::string mark = "\xef\xbf\xbd";
  EXPECT_EQ(Written("a\xff"), "\"a" + mark + "\"");
  EXPECT_EQ(Written("\xc3"), "\"" + mark + "\"");                                   // cut
  EXPECT_EQ(Written("\xc0\xaf"), "\"" + mark + mark + "\"");                        // overlong
  EXPECT_EQ(Written("\xe0\x9f\xbf"), "\"" + mark + mark + mark + "\"");             // overlong
  EXPECT_EQ(Written("\xed\xa0\x80"), "\"" + mark + mark + mark + "\"");             // a surrogate
  EXPECT_EQ(Written("\xf4\x90\x80\x80"), "\"" + mark + mark + mark + mark + "\"");  // beyond U+10FFFF
  EXPECT_EQ(Written("\xf0\x8f\xbf\xbf"), "\"" + mark + mark + mark + mark + "\"");  // overlong
  EXPECT_EQ(Written("\xe2\x82"
                    "a\xe2\x82\xac"),
            "\"" + mark + mark + "a€\"");
}

TEST(JsonWriterTest, WritesStringsThatEveryReaderTakesWhateverTheOctets) {
  SeededRandom random;
  for (int i = 0; i < 20'000; ++i) {
    std::string octets(random.Below(40), '\0');
    for (char& octet : octets) {
      octet = static_cast<char>(random.Next64());
      if (random.Below(3) > 0) octet = static_cast<char>(octet & 0x7f);
    }
    const std::string text = Written(octets);
    const auto document = JsonDocument::Parse(text);
    ASSERT_TRUE(document) << text;
    ASSERT_EQ(Written(*document->root().AsString()), text);
  }
}

TEST(JsonWriterTest, PutsCommasWhereTheyBelong) {
  JsonWriter writer;
  writer.Open('[');
  writer.Null();
  writer.Bool(true);
  writer.Open('{');
  writer.Close('}');
  writer.Open('{');
  writer.Key("a:");
  writer.String("[");
  writer.Key("b");
  writer.Raw("[1]");
  writer.Close('}');
  writer.Integer(-1);
  writer.Close(']');
  EXPECT_EQ(std::move(writer).Take(), R"([null,true,{},{"a:":"[","b":[1]},-1])");
}

TEST(JsonWriterTest, WritesIntegersThatDoublesCannotHoldAsStrings) {
  constexpr std::int64_t kExact = std::int64_t{1} << 53;
  JsonWriter writer;
  writer.Open('[');
  for (const std::int64_t value : {kExact, kExact + 1, -kExact, -kExact - 1, INT64_MIN}) writer.Integer(value);
  writer.Unsigned(static_cast<std::uint64_t>(kExact));
  writer.Unsigned(UINT64_MAX);
  writer.Close(']');
  EXPECT_EQ(std::move(writer).Take(),
            R"([9007199254740992,"9007199254740993",-9007199254740992,"-9007199254740993","-9223372036854775808",)"
            R"(9007199254740992,"18446744073709551615"])");
}

TEST(JsonWriterTest, WritesTheShortestDigitsThatReadBack) {
  EXPECT_EQ(WrittenNumber(0.1), "0.1");
  EXPECT_EQ(WrittenNumber(0.1f), "0.1");
  EXPECT_EQ(WrittenNumber(static_cast<double>(0.1f)), "0.10000000149011612");
  EXPECT_EQ(WrittenNumber(-0.0), "-0e+00");
  EXPECT_EQ(WrittenNumber(1e20), "1e+20");
  EXPECT_EQ(WrittenNumber(9007199254740992.0), "9.007199254740992e+15");
  EXPECT_EQ(WrittenNumber(std::numeric_limits<float>::max()), "3.4028235e+38");
  EXPECT_EQ(WrittenNumber(5e-324), "5e-324");
  EXPECT_EQ(WrittenNumber(-std::numeric_limits<float>::infinity()), "\"-inf\"");
}

TEST(JsonWriterTest, ReadsBackEveryDoubleBitForBit) {
  SeededRandom random;
  for (int i = 0; i < 50'000; ++i) {
    const auto value = std::bit_cast<double>(random.Next64());
    if (!std::isfinite(value)) continue;
    const auto document = JsonDocument::Parse(WrittenNumber(value));
    ASSERT_TRUE(document);
    ASSERT_EQ(std::bit_cast<std::uint64_t>(*document->root().AsNumber()), std::bit_cast<std::uint64_t>(value));
  }
}

}  // namespace
}  // namespace lakehouse
