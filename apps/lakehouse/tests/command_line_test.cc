#include "command_line.h"

#include <gmock/gmock.h>

#include <set>

#include "command_help.h"
#include "settings_table.h"
#include "shell_completion.h"

namespace lakehouse::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Result<CommandLine> Parse(const std::vector<std::string>& words) { return ParseCommandLine(words, {}); }
std::string Refusal(const std::vector<std::string>& words) {
  const auto line = Parse(words);
  return line ? "" : line.error().message();
}

TEST(CommandLine, FlagsAndArgumentsMayBeMixed) {
  const auto line = Parse({"ingest", "a.csv", "--mode=append", "b.csv", "--name", "n", "--", "--odd.csv"});
  ASSERT_TRUE(line) << line.error().ToString();
  EXPECT_EQ(line->command->name, "ingest");
  EXPECT_THAT(line->arguments, ElementsAre("a.csv", "b.csv", "--odd.csv"));
  EXPECT_EQ(line->Text("--mode"), "append");
  EXPECT_EQ(line->Text("--name"), "n");
  EXPECT_EQ(line->Text("--key", "none"), "none");
}

TEST(CommandLine, ASettingMayBeGivenManyTimesAndAnyOtherFlagTheLastTimeCounts) {
  const auto line = Parse({"up", "--set", "a=1", "--set=b=2", "--data", "x", "--data", "y"});
  ASSERT_TRUE(line);
  EXPECT_THAT(line->flags.at("--set"), ElementsAre("a=1", "b=2"));
  EXPECT_EQ(line->Text("--data"), "y");
}

TEST(CommandLine, WhatIsWrongIsSaidWithWhatIsNear) {
  EXPECT_THAT(Refusal({"igest", "a"}), HasSubstr("did you mean ingest?"));
  EXPECT_THAT(Refusal({"sql", "--formt", "csv"}), HasSubstr("did you mean --format?"));
  EXPECT_THAT(Refusal({"sql", "--format", "xml"}), HasSubstr("expected one of table, csv"));
  EXPECT_THAT(Refusal({"sql", "SELECT", "1"}), HasSubstr("put quotes around the statement"));
  EXPECT_THAT(Refusal({"ingest"}), HasSubstr("needs FILE"));
  EXPECT_THAT(Refusal({"up", "--data"}), HasSubstr("--data needs a value"));
  EXPECT_THAT(Refusal({"gc", "--run=yes"}), HasSubstr("takes no value"));
  EXPECT_THAT(Refusal({"version", "x"}), HasSubstr("takes no \"x\""));
  EXPECT_THAT(Refusal({"config"}), HasSubstr("there is config show"));
  EXPECT_THAT(Refusal({"serve", "querid"}), HasSubstr("did you mean queryd?"));
  EXPECT_THAT(Refusal({}), HasSubstr("See: lakehouse help"));
}

TEST(CommandLine, TheEnvironmentStandsForAnAbsentFlag) {
  const std::map<std::string, std::string> environment{{"LAKEHOUSE_SERVER", "http://there"}, {"LAKEHOUSE_DATA", "not-here"}};
  EXPECT_EQ(ParseCommandLine({"sql"}, environment)->Text("--server"), "http://there");
  EXPECT_EQ(ParseCommandLine({"sql", "--server", "http://here"}, environment)->Text("--server"), "http://here");
  EXPECT_FALSE(ParseCommandLine({"up"}, environment)->Has("--data")) << "settings read theirs themselves";
}

TEST(CommandLine, HelpIsAFlagOfEveryCommand) {
  for (const CommandSpec& command : CommandTable()) {
    std::vector<std::string> words;
    for (const std::string_view word : Words(command.name)) words.emplace_back(word);
    words.emplace_back("--help");
    const auto line = Parse(words);
    ASSERT_TRUE(line) << command.name;
    EXPECT_TRUE(line->wants_help);
    EXPECT_EQ(line->command, &command);
  }
}

TEST(CommandTable, EveryExampleIsACommandLineThatFits) {
  for (const CommandSpec& command : CommandTable())
    for (const ExampleSpec& example : command.examples) {
      if (!example.command.starts_with("lakehouse ")) continue;
      std::vector<std::string> words;
      for (std::string_view rest = example.command.substr(10); !rest.empty();) {  // words as a shell would part them, up to < > |
        const bool quoted = rest.front() == '"';
        const std::size_t end = std::min(quoted ? rest.find('"', 1) : rest.find(' '), rest.size());
        if (rest.front() == '<' || rest.front() == '>' || rest.front() == '|') break;
        words.emplace_back(rest.substr(quoted ? 1 : 0, end - (quoted ? 1 : 0)));
        rest.remove_prefix(std::min(end + (quoted ? 2 : 1), rest.size()));
      }
      const auto line = Parse(words);
      ASSERT_TRUE(line) << example.command << ": " << line.error().ToString();
      EXPECT_EQ(line->command, &command) << example.command;
    }
}

TEST(CommandHelp, NamesEveryCommandFlagAndExample) {
  const std::string overall = OverallHelp(), man = ManPage("1");
  for (const CommandSpec& command : CommandTable()) {
    EXPECT_THAT(overall, HasSubstr("  " + std::string(command.name) + " "));
    EXPECT_THAT(man, HasSubstr(".SS lakehouse " + std::string(command.name)));
    const std::string help = HelpOf(command);
    for (const FlagSpec& flag : command.flags) EXPECT_THAT(help, HasSubstr(std::string(flag.name)));
    for (const ExampleSpec& example : command.examples) EXPECT_THAT(help, HasSubstr(std::string(example.command)));
  }
}

TEST(CommandHelp, NoLineIsWiderThanATerminalOfAHundredColumns) {
  for (const CommandSpec& command : CommandTable()) {
    const std::string help = HelpOf(command);
    for (std::size_t at = 0; at < help.size();) {
      const std::size_t end = help.find('\n', at);
      EXPECT_LE(end - at, 110U) << help.substr(at, end - at);
      at = end + 1;
    }
  }
}

TEST(ManPage, NothingInATextIsARequest) {
  EXPECT_THAT(ManPage("1"), Not(HasSubstr("\n'")));
  for (std::size_t at = 0; (at = ManPage("1").find("\n.", at)) != std::string::npos; ++at) {
    static const std::set<std::string> kKnown = {".T", ".S", ".P", ".B", ".I", ".R", ".n", ".f"};
    EXPECT_TRUE(kKnown.contains(ManPage("1").substr(at + 1, 2))) << ManPage("1").substr(at, 40);
  }
}

TEST(CompletionScript, OffersEveryFlagInEveryShell) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const auto script = CompletionScript(shell, SettingsTable());
    ASSERT_TRUE(script);
    for (const CommandSpec& command : CommandTable())
      for (const FlagSpec& flag : command.flags) EXPECT_THAT(*script, HasSubstr(std::string(flag.name.substr(2)))) << shell;
    EXPECT_THAT(*script, HasSubstr("datasets --names"));
    EXPECT_THAT(*script, HasSubstr("query.workers="));
  }
  EXPECT_FALSE(CompletionScript("tcsh", SettingsTable()).ok());
}

}  // namespace
}  // namespace lakehouse::app
