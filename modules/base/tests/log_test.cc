#include "lakehouse/base/log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>

#include "base_testing/child_process.h"
#include "base_testing/directory_test.h"
#include "base_testing/fake_clock.h"
#include "base_testing/recording_log.h"
#include "lakehouse/base/json_view.h"
#include "lakehouse/base/task_group.h"

namespace lakehouse {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string TextOf(const std::string& line, std::string_view key) {
  const auto document = JsonDocument::Parse(line);
  const auto value = document ? document->root().Find(key) : std::nullopt;
  return value && value->AsString() ? std::string(*value->AsString()) : "(none)";
}

TEST(LogTest, WritesOneJsonObjectPerLine) {
  const FakeClock clock;
  RecordingLog recording(LogLevel::kDebug, clock);
  const std::string name = "sales \"orders\"\n";
  const std::size_t rows = 12;
  recording.log().Info("dataset committed", {{"dataset", name}, {"rows", rows}, {"share", 0.5}, {"new", true}, {"by", "me"}, {"n", -7}});
  EXPECT_THAT(recording.lines(),
              ElementsAre(R"({"time":"2023-11-14T22:13:20.000000Z","level":"info","service":"test","message":"dataset committed",)"
                          R"("dataset":"sales \"orders\"\n","rows":12,"share":0.5,"new":true,"by":"me","n":-7})"));
}

TEST(LogTest, LeavesOutWhatLiesBelowItsLevel) {
  RecordingLog recording(LogLevel::kWarning);
  recording.log().Info("no");
  recording.log().Warning("yes");
  recording.log().set_level(LogLevel::kError);
  recording.log().Warning("no");
  recording.log().set_level(LogLevel::kDebug);
  recording.log().Debug("yes");
  ASSERT_EQ(recording.lines().size(), 2u);
  EXPECT_EQ(TextOf(recording.lines()[0], "level"), "warning");
  EXPECT_EQ(TextOf(recording.lines()[1], "level"), "debug");
}

TEST(LogTest, CutsLongTextsBetweenCharacters) {
  RecordingLog recording;
  recording.log().Info(std::string(4096, 'a'), {{"long", std::string(4095, 'b') + "€€€"}});
  const std::string line = recording.lines()[0];
  EXPECT_EQ(TextOf(line, "message"), std::string(4096, 'a'));
  EXPECT_EQ(TextOf(line, "long"), std::string(4095, 'b') + "…");
}

TEST(LogTest, StaysReadableWhenATextIsNotUtf8) {
  RecordingLog recording;
  recording.log().Error("bad \xff name", {{"text", std::string(5000, '\x80')}});
  EXPECT_EQ(TextOf(recording.lines()[0], "message"), "bad \xef\xbf\xbd name");
}

TEST(LogTest, KeepsTheLastLinesForALook) {
  RecordingLog recording;
  EXPECT_EQ(recording.log().Tail(10), "");
  for (int i = 0; i < 1'005; ++i) recording.log().Info("line", {{"i", i}});
  const auto lines = recording.lines();
  EXPECT_EQ(recording.log().Tail(2), lines[1003] + "\n" + lines[1004] + "\n");
  const std::string all = recording.log().Tail(5'000);
  EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 1'000);
  EXPECT_THAT(all, testing::StartsWith(lines[5]));
  EXPECT_EQ(recording.log().Tail(0), "");
}

TEST(LogTest, BoundsTheMemoryOfTheLastLines) {
  RecordingLog recording;
  const std::string text(4000, 'x');
  for (int i = 0; i < 600; ++i) recording.log().Info(text);
  const std::size_t kept = recording.log().Tail(1'000).size();
  EXPECT_GT(kept, 1'000'000u);
  EXPECT_LE(kept, 1024u * 1024 + 1'000);
}

TEST(LogTest, NeverMixesTheLinesOfThreads) {
  RecordingLog recording;
  {
    TaskGroup group;
    for (int thread = 0; thread < 4; ++thread)
      group.Start("log", [&](const std::stop_token&) {
        for (int i = 0; i < 250; ++i) recording.log().Info("m", {{"i", i}});
      });
  }
  EXPECT_EQ(recording.lines().size(), 1'000u);
  for (const std::string& line : recording.lines()) ASSERT_EQ(TextOf(line, "message"), "m") << line;
}

using LogFileTest = DirectoryTest;

TEST_F(LogFileTest, WhatWasLoggedBeforeACrashIsThere) {
  const int status = RunInChild([&] {
    const int file = open(PathOf("err").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (dup2(file, STDERR_FILENO) < 0) return 1;
    Log log("child", LogLevel::kInfo, StandardErrorSink());
    log.Info("last words");
    kill(getpid(), SIGKILL);
    return 2;
  });
  EXPECT_TRUE(WIFSIGNALED(status));
  const std::string text = Must(ReadFile(PathOf("err")));
  EXPECT_THAT(text, HasSubstr(R"("service":"child","message":"last words"})"));
  EXPECT_THAT(text, testing::EndsWith("}\n"));
}

}  // namespace
}  // namespace lakehouse
