#include "lakehouse/base/settings.h"

#include <gmock/gmock.h>

#include <cstdlib>

#include "base_testing/directory_test.h"
#include "lakehouse/base/json_view.h"
#include "lakehouse/base/toml.h"

namespace lakehouse {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Setting kTable[] = {
    {"query.workers", SettingKind::kInteger, "2", "worker processes", 1, 64},
    {"query.timeout", SettingKind::kDurationMs, "30s", "longest query", 1, 3'600'000},
    {"query.memory", SettingKind::kSizeBytes, "256MiB", "memory of a worker", 1 << 20},
    {"query.cache", SettingKind::kBool, "true", "keep hot tables"},
    {"net.listen", SettingKind::kText, "127.0.0.1:3110", "where to listen"},
    {"net.allowed-hosts", SettingKind::kList, "localhost,127.0.0.1", "names that may be asked for"},
    {"depth", SettingKind::kInteger, "-1", "a key without a table"},
    {"a.b.c", SettingKind::kText, "", "a deep key"},
};

class SettingsTest : public DirectoryTest {
 protected:
  Settings::Sources File(std::string_view text) {
    EXPECT_THAT(ReplaceFile(path_, text), IsOk());
    return {.file = path_};
  }
  Result<Settings> Load(const Settings::Sources& sources) { return Settings::Load(kTable, sources); }
  /// The message about this file, without the directory before its name.
  std::string Fault(std::string_view text) {
    const auto settings = Load(File(text));
    if (settings) return "loaded";
    EXPECT_EQ(settings.error().code(), ErrorCode::kInvalidArgument);
    std::string message = settings.error().ToString();
    const std::size_t at = message.find(directory() + "/");
    return at == message.npos ? message : message.erase(at, directory().size() + 1);
  }
  static std::string FlagFault(const std::string& key, const std::string& value) {
    const auto settings = Settings::Load(kTable, {.flags = {{key, value}}});
    return settings ? "loaded" : settings.error().ToString();
  }

 private:
  std::string path_ = PathOf("lakehouse.toml");
};

TEST_F(SettingsTest, HasItsDefaults) {
  const Settings settings = Must(Load({}));
  EXPECT_EQ(settings.Integer("query.workers"), 2);
  EXPECT_EQ(settings.Integer("query.timeout"), 30'000);
  EXPECT_EQ(settings.Integer("query.memory"), 256 << 20);
  EXPECT_TRUE(settings.Bool("query.cache"));
  EXPECT_EQ(settings.Text("net.listen"), "127.0.0.1:3110");
  EXPECT_THAT(settings.List("net.allowed-hosts"), ElementsAre("localhost", "127.0.0.1"));
  EXPECT_EQ(settings.Integer("depth"), -1);
  EXPECT_EQ(settings.Text("a.b.c"), "");
}

TEST_F(SettingsTest, ReadsEveryKindFromToml) {
  const Settings settings =
      Must(Load(File("depth = 7\n"
                     "[query]\nworkers = 4\ntimeout = \"2m\"\nmemory = 2097152\ncache = false\n"
                     "[net]\nlisten = \"[::1]:80\"\nallowed-hosts = [\"a, b\", \"c\"]\n"
                     "[a.b]\nc = \"deep\"\n")));
  EXPECT_EQ(settings.Integer("query.workers"), 4);
  EXPECT_EQ(settings.Integer("query.timeout"), 120'000);
  EXPECT_EQ(settings.Integer("query.memory"), 2 << 20);
  EXPECT_FALSE(settings.Bool("query.cache"));
  EXPECT_EQ(settings.Text("net.listen"), "[::1]:80");
  EXPECT_THAT(settings.List("net.allowed-hosts"), ElementsAre("a, b", "c"));
  EXPECT_EQ(settings.Integer("depth"), 7);
  EXPECT_EQ(settings.Text("a.b.c"), "deep");
}

TEST_F(SettingsTest, LetsLaterSourcesWinAndSaysWhichOne) {
  auto sources = File("depth = 1\n[query]\nworkers = 4\n  timeout = \"1s\"\n");
  sources.environment = {{"LAKEHOUSE_QUERY_TIMEOUT", "2s"}, {"LAKEHOUSE_DEPTH", "2"}, {"LAKEHOUSE_NET_ALLOWED_HOSTS", ""}};
  sources.flags = {{"depth", "3"}};
  const Settings settings = Must(Load(sources));
  EXPECT_EQ(settings.Integer("query.workers"), 4);
  EXPECT_EQ(settings.Integer("query.timeout"), 2'000);
  EXPECT_EQ(settings.Integer("depth"), 3);
  EXPECT_THAT(settings.List("net.allowed-hosts"), IsEmpty());

  std::map<std::string, Settings::Shown> shown;
  for (const auto& row : settings.Show()) shown[row.key] = row;
  EXPECT_EQ(shown.size(), std::size(kTable));
  EXPECT_EQ(shown["query.workers"].source, *sources.file + ":3:11");
  EXPECT_EQ(shown["query.workers"].value, "4");
  EXPECT_EQ(shown["query.workers"].default_value, "2");
  EXPECT_EQ(shown["query.workers"].help, "worker processes");
  EXPECT_EQ(shown["query.timeout"].source, "environment LAKEHOUSE_QUERY_TIMEOUT");
  EXPECT_EQ(shown["query.timeout"].value, "2s");
  EXPECT_EQ(shown["depth"].source, "flag");
  EXPECT_EQ(shown["query.memory"].source, "default");
  EXPECT_EQ(shown["query.memory"].value, "256MiB");
}

TEST_F(SettingsTest, NamesThePlaceAndTheNearestKeyOfAnUnknownOne) {
  EXPECT_EQ(Fault("depth = 1\n[query]\n  wokers = 3\n"),
            "lakehouse.toml:3:3: unknown setting \"query.wokers\"; did you mean \"query.workers\"?");
  EXPECT_EQ(Fault("[qurey]\nworkers = 3\n"), "lakehouse.toml:2:1: unknown setting \"qurey.workers\"; did you mean \"query.workers\"?");
  EXPECT_EQ(Fault("completely_different = 3\n"), "lakehouse.toml:1:1: unknown setting \"completely_different\"");
  EXPECT_EQ(Fault("query = 3\n"), "lakehouse.toml:1:1: unknown setting \"query\"");
  EXPECT_THAT(Fault("[other]\n"), HasSubstr("lakehouse.toml:1:"));
  EXPECT_THAT(Fault("[other]\n"), HasSubstr("unknown setting \"other\""));
  EXPECT_EQ(Fault("[query]\n"), "loaded");
  EXPECT_EQ(FlagFault("query.worker", "1"), "flag: unknown setting \"query.worker\"; did you mean \"query.workers\"?");
  EXPECT_THAT(Load({.environment = {{"LAKEHOUSE_QUERY_WOKERS", "1"}}}),
              HasMessage("environment: unknown setting LAKEHOUSE_QUERY_WOKERS; did you mean LAKEHOUSE_QUERY_WORKERS?"));
}

TEST_F(SettingsTest, RefusesValuesOfAnotherKind) {
  EXPECT_EQ(Fault("[query]\nworkers = \"4\"\n"), "lakehouse.toml:2:11: query.workers: expected an integer, found string");
  EXPECT_EQ(Fault("[query]\nworkers = 4.5\n"), "lakehouse.toml:2:11: query.workers: expected an integer, found floating-point");
  EXPECT_EQ(Fault("[query]\ncache = 1\n"), "lakehouse.toml:2:9: query.cache: expected true or false, found integer");
  EXPECT_EQ(Fault("[query]\ncache = \"true\"\n"), "lakehouse.toml:2:9: query.cache: expected true or false, found string");
  EXPECT_EQ(Fault("[query.workers]\nx = 1\n"), "lakehouse.toml:1:1: query.workers: expected an integer, found table");
  EXPECT_EQ(Fault("[net]\nlisten = 80\n"), "lakehouse.toml:2:10: net.listen: expected a string, found integer");
  EXPECT_EQ(Fault("[net]\nallowed-hosts = \"a\"\n"), "lakehouse.toml:2:17: net.allowed-hosts: expected an array of strings, found string");
  EXPECT_THAT(Fault("[net]\nallowed-hosts = [1]\n"), HasSubstr("expected an array of strings, found integer"));
  EXPECT_THAT(Fault("[query]\ntimeout = 250\n"), HasSubstr("expected a duration like 250ms, 10s, 5m, 2h or 7d, found \"250\""));
}

TEST_F(SettingsTest, RefusesValuesOutOfRange) {
  EXPECT_EQ(Fault("[query]\nworkers = 65\n"), "lakehouse.toml:2:11: query.workers: expected 1 to 64, found 65");
  EXPECT_EQ(Fault("[query]\nmemory = \"1KiB\"\n"), "lakehouse.toml:2:10: query.memory: expected 1048576 or more bytes, found 1024 bytes");
  EXPECT_EQ(FlagFault("query.timeout", "2h"), "flag: query.timeout: expected 1 to 3600000 ms, found 7200000 ms");
  EXPECT_EQ(FlagFault("query.timeout", "0"), "flag: query.timeout: expected 1 to 3600000 ms, found 0 ms");
}

TEST_F(SettingsTest, SaysWhereTheFileIsNotToml) {
  EXPECT_THAT(Fault("depth = 1\n[query\n"), testing::StartsWith("lakehouse.toml:2:7: "));
  EXPECT_THAT(Fault("depth = 1\ndepth = 2\n"), testing::StartsWith("lakehouse.toml:2:"));
  EXPECT_THAT(Fault("depth = \"\xff\"\n"), testing::StartsWith("lakehouse.toml:1:"));
  EXPECT_THAT(Load({.file = PathOf("none.toml")}), HasCode(ErrorCode::kNotFound));
  EXPECT_EQ(Fault(""), "loaded");
}

TEST_F(SettingsTest, UnderstandsEveryUnit) {
  const auto duration = [&](const std::string& text) { return Must(Load({.flags = {{"query.timeout", text}}})).Integer("query.timeout"); };
  EXPECT_EQ(duration("250ms"), 250);
  EXPECT_EQ(duration("10s"), 10'000);
  EXPECT_EQ(duration("5m"), 300'000);
  EXPECT_EQ(duration("1h"), 3'600'000);
  const auto size = [&](const std::string& text) { return Must(Load({.flags = {{"query.memory", text}}})).Integer("query.memory"); };
  EXPECT_EQ(size("2000000"), 2'000'000);
  EXPECT_EQ(size("2000000B"), 2'000'000);
  EXPECT_EQ(size("2000KB"), 2'000'000);
  EXPECT_EQ(size("2048KiB"), 2 << 20);
  EXPECT_EQ(size("2MB"), 2'000'000);
  EXPECT_EQ(size("3MiB"), 3 << 20);
  EXPECT_EQ(size("2GB"), 2'000'000'000);
  EXPECT_EQ(size("4GiB"), std::int64_t{4} << 30);
  EXPECT_EQ(size("1TB"), 1'000'000'000'000);
  EXPECT_EQ(size("1TiB"), std::int64_t{1} << 40);
}

TEST_F(SettingsTest, RefusesTextsThatAreAlmostValues) {
  for (const char* text : {"", "s", "10", "10 s", " 10s", "1.5s", "-1s", "10S", "10sec", "9223372036854775807d", "99999999999999999999s"})
    EXPECT_THAT(FlagFault("query.timeout", text), HasSubstr("expected a duration")) << text;
  for (const char* text : {"", "MiB", "2 MiB", "2mib", "-2MiB", "9223372036854775807KiB"})
    EXPECT_THAT(FlagFault("query.memory", text), HasSubstr("expected a size")) << text;
  for (const char* text : {"", "2x", " 2", "0x2", "2.0", "9223372036854775808"})
    EXPECT_THAT(FlagFault("query.workers", text), HasSubstr("expected an integer")) << text;
  for (const char* text : {"", "1", "yes", "True"})
    EXPECT_THAT(FlagFault("query.cache", text), HasSubstr("expected true or false")) << text;
  for (const char* text : {"a,,b", ",", "a,"}) EXPECT_THAT(FlagFault("net.allowed-hosts", text), HasSubstr("without empty items")) << text;
}

TEST_F(SettingsTest, NamesKeysForTheEnvironment) {
  EXPECT_EQ(EnvironmentName("query.workers"), "LAKEHOUSE_QUERY_WORKERS");
  EXPECT_EQ(EnvironmentName("net.allowed-hosts2"), "LAKEHOUSE_NET_ALLOWED_HOSTS2");
}

TEST_F(SettingsTest, TakesFromTheEnvironmentWhatMayBeASetting) {
  setenv("LAKEHOUSE_QUERY_WORKERS", "3=3", 1);
  setenv("LAKEHOUSE_SECRET_KEY", "x", 1);
  setenv("LAKEHOUSE_CONFIG", "f", 1);
  setenv("LAKEHOUSE_FAILPOINTS", "", 1);
  const auto variables = Settings::EnvironmentVariables();
  for (const char* name : {"LAKEHOUSE_QUERY_WORKERS", "LAKEHOUSE_SECRET_KEY", "LAKEHOUSE_CONFIG", "LAKEHOUSE_FAILPOINTS"}) unsetenv(name);
  EXPECT_THAT(variables, testing::Contains(testing::Pair("LAKEHOUSE_QUERY_WORKERS", "3=3")));
  for (const char* none : {"LAKEHOUSE_SECRET_KEY", "LAKEHOUSE_CONFIG", "LAKEHOUSE_FAILPOINTS"})
    EXPECT_THAT(variables, testing::Not(testing::Contains(testing::Key(none))));
}

TEST(SettingsDeathTest, AssertsOnBugsOfTheProgram) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const Settings settings = Must(Settings::Load(kTable, {}));
  EXPECT_DEATH(settings.Integer("query.unheard-of"), "no setting query.unheard-of");
  EXPECT_DEATH(settings.Integer("query.cache"), "kind");
  constexpr Setting kBadDefault[] = {{"x", SettingKind::kDurationMs, "10", ""}};
  EXPECT_DEATH(static_cast<void>(Settings::Load(kBadDefault, {})), "a default breaks the rules");
  constexpr Setting kTwice[] = {{"x", SettingKind::kText, "", ""}, {"x", SettingKind::kText, "", ""}};
  EXPECT_DEATH(static_cast<void>(Settings::Load(kTwice, {})), "stands twice");
  constexpr Setting kSameVariable[] = {{"a.b", SettingKind::kText, "", ""}, {"a_b", SettingKind::kText, "", ""}};
  EXPECT_DEATH(static_cast<void>(Settings::Load(kSameVariable, {})), "same name in the environment");
}

TEST(Toml, BecomesJson) {
  const auto json =
      TomlToJson("[[expect]]\nmin = 2025-01-01\nmax = 2.5\nn = 9007199254740993\nlist = [true, nan]\ntext = 'a \"b\" \\\\'\n");
  ASSERT_THAT(json, IsOk());
  const auto document = JsonDocument::Parse(*json);
  ASSERT_THAT(document, IsOk()) << *json;
  EXPECT_EQ(document->root().ToJson(),
            R"({"expect":[{"list":[true,"NaN"],"max":2.5,"min":"2025-01-01","n":9007199254740993,"text":"a \"b\" \\\\"}]})");
  EXPECT_THAT(JsonDocument::Parse(*TomlToJson("")), IsOk());
  const auto bad = TomlToJson("a = 1\nb = \n");
  EXPECT_EQ(bad.error().reason(), "bad_toml");
  EXPECT_THAT(bad.error().message(), HasSubstr("line 2"));
}

}  // namespace
}  // namespace lakehouse
