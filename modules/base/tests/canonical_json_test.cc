#include <gmock/gmock.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <functional>

#include "base_testing/matchers.h"
#include "base_testing/seeded_random.h"
#include "base_testing/shared_data.h"
#include "json_number.h"
#include "lakehouse/base/file.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/base/json_view.h"
#include "lakehouse/base/json_writer.h"

namespace lakehouse {
namespace {

std::string Canonical(std::string_view text) {
  const auto canonical = CanonicalJson(text);
  return canonical ? *canonical : "refused: " + canonical.error().message();
}

// The values of RFC 8785, section 3.2.2 and following.
TEST(CanonicalJsonTest, WritesTheExampleOfTheStandard) {
  EXPECT_EQ(Canonical(R"({ "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
                          "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
                          "literals": [null, true, false] })"),
            R"({"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"})");
}

TEST(CanonicalJsonTest, SortsKeysByUtf16CodeUnits) {
  EXPECT_EQ(Canonical(R"({"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7})"),
            "{\"\\r\":2,\"1\":4,\"\u0080\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\ufb33\":3}");
  EXPECT_EQ(Canonical(R"({"b":1,"ab":2,"a":3,"":4,"B":5})"), R"({"":4,"B":5,"a":3,"ab":2,"b":1})");
  EXPECT_EQ(Canonical(R"({"\ue000":1,"\ud800\udc00":2,"\ud7ff":3,"\udbff\udfff":4})"),
            "{\"\ud7ff\":3,\"\U00010000\":2,\"\U0010ffff\":4,\"\ue000\":1}");
}

TEST(CanonicalJsonTest, SortsAtEveryDepthAndKeepsArraysInOrder) {
  EXPECT_EQ(Canonical(R"([{"b":{"d":1,"c":2},"a":[3,1,2]}, []])"), R"([{"a":[3,1,2],"b":{"c":2,"d":1}},[]])");
}

TEST(CanonicalJsonTest, GoesAsDeepAsTheParser) {
  std::string text;
  for (int depth = 0; depth < 500; ++depth) text += "[{\"k\":";
  text += "1";
  for (int depth = 0; depth < 500; ++depth) text += "}]";
  EXPECT_EQ(Canonical(text), text);
}

// Appendix B of the standard: the bits of a double and its one spelling.
TEST(CanonicalJsonTest, SpellsNumbersAsEcmaScriptDoes) {
  constexpr std::pair<std::uint64_t, std::string_view> kSpellings[] = {
      {0x0000000000000000, "0"},
      {0x8000000000000000, "0"},
      {0x0000000000000001, "5e-324"},
      {0x8000000000000001, "-5e-324"},
      {0x7fefffffffffffff, "1.7976931348623157e+308"},
      {0xffefffffffffffff, "-1.7976931348623157e+308"},
      {0x4340000000000000, "9007199254740992"},
      {0xc340000000000000, "-9007199254740992"},
      {0x4430000000000000, "295147905179352830000"},
      {0x44b52d02c7e14af5, "9.999999999999997e+22"},
      {0x44b52d02c7e14af6, "1e+23"},
      {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
      {0x444b1ae4d6e2ef4e, "999999999999999700000"},
      {0x444b1ae4d6e2ef4f, "999999999999999900000"},
      {0x444b1ae4d6e2ef50, "1e+21"},
      {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
      {0x3eb0c6f7a0b5ed8d, "0.000001"},
      {0x41b3de4355555553, "333333333.3333332"},
      {0x41b3de4355555554, "333333333.33333325"},
      {0x41b3de4355555555, "333333333.3333333"},
      {0x41b3de4355555556, "333333333.3333334"},
      {0x41b3de4355555557, "333333333.33333343"},
      {0xbecbf647612f3696, "-0.0000033333333333333333"},
      {0x43143ff3c1cb0959, "1424953923781206.2"},
  };
  for (const auto& [bits, spelling] : kSpellings) {
    EXPECT_EQ(EcmaScriptNumber(std::bit_cast<double>(bits)), spelling);
    EXPECT_EQ(Canonical(spelling), spelling) << "a canonical number is its own canonical form";
  }
}

TEST(CanonicalJsonTest, GivesOneSpellingForAllSpellingsOfANumber) {
  for (const char* text : {"100", "1e2", "1E+2", "100.0", "100.000e0", "0.1e3", "10000E-2"}) EXPECT_EQ(Canonical(text), "100") << text;
  for (const char* text : {"0", "-0", "0.0", "-0.0", "0e5", "-0e-5", "1e-400"}) EXPECT_EQ(Canonical(text), "0") << text;
  for (const char* text : {"100000000000000000000", "1e20", "100000000000000000000.0"})
    EXPECT_EQ(Canonical(text), "100000000000000000000") << text;
}

TEST(CanonicalJsonTest, RefusesIntegersThatADoubleWouldChange) {
  for (const char* text : {"9007199254740993", "-9007199254740993", "9223372036854775807", "18446744073709551615", "18446744073709551616",
                           "123456789012345678901", "-99999999999999999999", "1000000000000000000000", "[1,{\"a\":9007199254740993}]"})
    EXPECT_THAT(CanonicalJson(text), HasMessage(testing::HasSubstr("write it as a string"))) << text;
  EXPECT_EQ(Canonical("9007199254740991"), "9007199254740991");
  EXPECT_EQ(Canonical("-9007199254740994"), "-9007199254740994");
  EXPECT_EQ(Canonical(R"("9007199254740993")"), R"("9007199254740993")");
  EXPECT_EQ(Canonical(R"(["18446744073709551616 and more", "\"123456789012345678901"])"),
            R"(["18446744073709551616 and more","\"123456789012345678901"])");
}

TEST(CanonicalJsonTest, RefusesRepeatedKeysHoweverTheyAreSpelt) {
  EXPECT_THAT(CanonicalJson(R"({"a":1,"b":2,"\u0061":3})"), HasMessage("key \"a\" is given twice"));
  EXPECT_THAT(CanonicalJson(R"({"":1,"":1})"), HasCode(ErrorCode::kInvalidArgument));
  EXPECT_THAT(CanonicalJson(R"([{"a":1},{"a":1}])"), IsOk());
}

TEST(CanonicalJsonTest, RefusesWhatIsNotJson) {
  for (const char* text : {"", "{", "'a'", "[1,]", "NaN", "\"\\ud800\"", "\"\xff\""})
    EXPECT_THAT(CanonicalJson(text), HasCode(ErrorCode::kInvalidArgument)) << text;
}

TEST(CanonicalJsonTest, IsItsOwnCanonicalFormForEveryDouble) {
  SeededRandom random;
  for (int i = 0; i < 50'000; ++i) {
    double value = std::bit_cast<double>(random.Next64());
    if (i % 2 == 0)
      value = std::ldexp(static_cast<double>(random.Next64() >> 11), static_cast<int>(random.Below(40)) - 20);  // about 2^33 to 2^73
    if (!std::isfinite(value)) continue;
    JsonWriter writer;
    writer.Number(value);
    const std::string once = Canonical(std::move(writer).Take());
    ASSERT_EQ(Canonical(once), once);
    ASSERT_EQ(std::strtod(once.c_str(), nullptr), value) << once;
  }
}

/// Calls with every file of the test suite whose name begins so.
void ForEachSuiteFile(const std::string& data, std::string_view start,
                      const std::function<void(const std::string& name, const std::string& text)>& look) {
  for (const auto& entry : std::filesystem::directory_iterator(data + "/json/JSONTestSuite/test_parsing")) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(start)) look(name, Must(ReadFile(entry.path().string())));
  }
}

TEST(CanonicalJsonTest, IsStableOverTheTestSuite) {
  const auto data = SharedData();
  if (!data) GTEST_SKIP() << kNoSharedData;
  int files = 0;
  ForEachSuiteFile(*data, "y_", [&](const std::string& name, const std::string& text) {
    ++files;
    EXPECT_THAT(JsonDocument::Parse(text), IsOk()) << name;
    const auto once = CanonicalJson(text);
    if (!once && once.error().message().ends_with("given twice")) return;  // allowed as JSON, but of no canonical form
    ASSERT_THAT(once, IsOk()) << name;
    EXPECT_THAT(CanonicalJson(*once), IsOkAnd(*once)) << name;
    EXPECT_THAT(CanonicalJson(Must(JsonDocument::Parse(text)).root().ToJson()), IsOkAnd(*once)) << name;
  });
  EXPECT_EQ(files, 95);
}

TEST(CanonicalJsonTest, RefusesEveryWrongFileOfTheTestSuite) {
  const auto data = SharedData();
  if (!data) GTEST_SKIP() << kNoSharedData;
  int files = 0;
  ForEachSuiteFile(*data, "n_", [&](const std::string& name, const std::string& text) {
    ++files;
    EXPECT_THAT(CanonicalJson(text), HasCode(ErrorCode::kInvalidArgument)) << name;
  });
  EXPECT_EQ(files, 188);
  ForEachSuiteFile(*data, "i_", [&](const std::string& name, const std::string& text) {
    const auto once = CanonicalJson(text);
    if (!once) return;
    EXPECT_THAT(CanonicalJson(*once), IsOkAnd(*once)) << name;
  });
}

}  // namespace
}  // namespace lakehouse
