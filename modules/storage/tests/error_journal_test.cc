#include "lakehouse/storage/error_journal.h"

#include <gmock/gmock.h>

#include <thread>
#include <vector>

namespace lakehouse::storage {
namespace {

class StandingClock final : public Clock {
 public:
  std::int64_t WallMicros() const override { return now; }
  std::int64_t SteadyNanos() const override { return 0; }
  std::int64_t now = 1'000;
};

TEST(ErrorJournal, KeepsWhatAnOperatorNeeds) {
  StandingClock clock;
  ErrorJournal journal(clock);
  const Context ctx{.principal = "user:ann", .trace = "req-7", .deadline = {}, .cancel = {}};
  journal.Record(ctx, "storaged", "a/b.parquet",
                 Error(ErrorCode::kUnavailable, "write x: no space").Named("disk_full").While("put key \"a/b.parquet\""));
  const std::vector<ErrorRecord> found = journal.Find({});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].sequence, 1);
  EXPECT_EQ(found[0].time_micros, 1'000);
  EXPECT_EQ(found[0].kind, "disk_full");
  EXPECT_EQ(found[0].service, "storaged");
  EXPECT_EQ(found[0].object, "a/b.parquet");
  EXPECT_EQ(found[0].request_id, "req-7");
  EXPECT_EQ(found[0].principal, "user:ann");
  EXPECT_EQ(found[0].message, "write x: no space (while put key \"a/b.parquet\")");
}

TEST(ErrorJournal, DetailsAreKeptWithoutSecretsAndOnlyWhole) {
  ErrorJournal journal;
  const auto kept = [&](std::string details) {
    journal.Record({}, "s", "o", Error(ErrorCode::kUnprocessable, "m").WithDetails(std::move(details)));
    return journal.Find({.limit = 1}).at(0).details;
  };
  EXPECT_EQ(kept(R"({"column":"pay","failed":3})"), R"({"column":"pay","failed":3})");
  EXPECT_EQ(kept(""), std::nullopt);
  EXPECT_EQ(kept("{\"cut"), std::nullopt) << "what is no JSON would break the answer it stands in";
  EXPECT_EQ(kept("\"" + std::string(5'000, 'x') + "\""), std::nullopt);
  EXPECT_THAT(kept(R"({"password":"hunter2"})").value_or(""), testing::Not(testing::HasSubstr("hunter2")));
}

TEST(ErrorJournal, FindsByTimeAndKindTheNewestFirstToBeKept) {
  StandingClock clock;
  ErrorJournal journal({.capacity = 3}, clock);
  for (int i = 1; i <= 5; ++i) {
    clock.now = i * 10;
    journal.Record({}, "s", std::to_string(i), Error(i % 2 == 0 ? ErrorCode::kUnavailable : ErrorCode::kCorruption, "m"));
  }
  const auto objects = [&](const ErrorJournal::Query& query) {
    std::vector<std::string> names;
    for (const ErrorRecord& record : journal.Find(query)) names.push_back(record.object);
    return names;
  };
  EXPECT_THAT(objects({}), testing::ElementsAre("3", "4", "5")) << "the oldest two had to go";
  EXPECT_EQ(journal.count(), 5);
  EXPECT_THAT(objects({.since_micros = 40}), testing::ElementsAre("4", "5"));
  EXPECT_THAT(objects({.kind = "corruption"}), testing::ElementsAre("3", "5"));
  EXPECT_THAT(objects({.limit = 1}), testing::ElementsAre("5"));
}

TEST(ErrorJournal, ManyThreadsRecordAtOnce) {
  ErrorJournal journal(ErrorJournal::Options{.capacity = 100});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        journal.Record({}, "s", "o", Error(ErrorCode::kUnavailable, "m"));
        (void)journal.Find({.limit = 2});
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(journal.count(), 2'000);
  EXPECT_EQ(journal.Find({}).size(), 100U);
}

TEST(ErrorJournal, LongTextsAreCutBetweenCharacters) {
  ErrorJournal journal;
  std::string text(4095, 'x');
  journal.Record({}, "s", "o", Error(ErrorCode::kUnavailable, text + "\u00e9 and more"));
  EXPECT_EQ(journal.Find({})[0].message, text + "...");
}

TEST(RedactSecrets, TakesOutWhatLooksLikeASecret) {
  EXPECT_EQ(RedactSecrets("GET /x?key=abc123&page=2"), "GET /x?key=[redacted]&page=2");
  EXPECT_EQ(RedactSecrets("api_key=abc, password = 'p w' PASSWORD:x"), "api_key=[redacted], password = '[redacted]' PASSWORD:[redacted]");
  EXPECT_EQ(RedactSecrets("Authorization: Bearer eyJ.abc.def"), "Authorization: [redacted]");
  EXPECT_EQ(RedactSecrets("Authorization: Basic dXNlcjpw\nHost: x"), "Authorization: [redacted]\nHost: x");
  EXPECT_EQ(RedactSecrets("sent bearer abc.def to it"), "sent bearer [redacted] to it");
  EXPECT_EQ(RedactSecrets(R"({"aws_secret_access_key": "a\"b", "region": "x"})"),
            R"({"aws_secret_access_key": "[redacted]", "region": "x"})");
  EXPECT_EQ(RedactSecrets("X-Amz-Signature=deadbeef&X-Amz-Credential=AKIA/x"), "X-Amz-Signature=[redacted]&X-Amz-Credential=[redacted]");
  EXPECT_EQ(RedactSecrets("postgres://ann:hunter2@db:5432/x failed"), "postgres://ann:[redacted]@db:5432/x failed");
  EXPECT_EQ(RedactSecrets("Set-Cookie: a=b; c=d"), "Set-Cookie: [redacted]");
}

TEST(RedactSecrets, WhatStandsWhereASecretWouldMayBeTheNameOfOne) {
  EXPECT_EQ(RedactSecrets(R"(bearer "secret": "hunter2")"), R"(bearer "[redacted]": "[redacted]")");
  EXPECT_EQ(RedactSecrets("bearer secret = hunter2"), "bearer [redacted] = [redacted]");
  EXPECT_EQ(RedactSecrets("bearer secret: hunter2"), "bearer [redacted] [redacted]");
}

TEST(RedactSecrets, LeavesOtherTextsAlone) {
  for (const char* text : {"", "key \"datasets/workers\" exists", "monkey business: none", "read https://host:80/path@x",
                           "the password was wrong", "a=b&c=d", "primary key: id", "\u00e9t\u00e9 tokens of three"}) {
    EXPECT_EQ(RedactSecrets(text), text);
  }
}

TEST(RedactSecrets, TakesTextsThatEndInTheMiddle) {
  for (const char* text : {"key=", "key", "password='", "password='a\\", "bearer ", "x://a:b", "Authorization:", "\"key\":"})
    EXPECT_LE(RedactSecrets(text).size(), 40U);
}

}  // namespace
}  // namespace lakehouse::storage
