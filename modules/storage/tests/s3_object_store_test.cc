#include "lakehouse/storage/s3_object_store.h"

#include <gmock/gmock.h>

#include <atomic>

#include "fake_s3_server.h"
#include "storage_testing/matchers.h"

namespace lakehouse::storage {
namespace {

using net::HttpRequest;
using net::HttpResponse;

Context Soon() { return {.principal = "user:ann", .trace = "trace-1", .deadline = Deadline::After(60'000), .cancel = {}}; }

bool IsPutOf(const HttpRequest& request, std::string_view key) { return request.method == "PUT" && request.path.ends_with(key); }

class S3Store : public testing::Test {
 protected:
  std::unique_ptr<S3ObjectStore> Open(FakeS3Server& server) { return Open(server, server.OptionsFor()); }
  std::unique_ptr<S3ObjectStore> Open(FakeS3Server& server, S3ObjectStore::Options options) {
    auto opened = OpenS3ObjectStore(Soon(), std::move(options), server.PartsFor());
    EXPECT_THAT(opened, Succeeds());
    return opened ? std::move(opened).Take() : nullptr;
  }
  FakeS3Server server_;
};

TEST_F(S3Store, AnHonestServerIsTakenAndTheProbeLeavesNothingBehind) {
  const auto store = Open(server_);
  EXPECT_TRUE(store->capabilities().create_if_absent);
  EXPECT_FALSE(store->capabilities().complete_if_absent);
  EXPECT_FALSE(store->capabilities().replace_if_match);
  EXPECT_TRUE(server_.objects().empty());
}

TEST_F(S3Store, AServerThatIgnoresConditionsIsRefused) {
  FakeS3Server liar(false);
  const auto opened = OpenS3ObjectStore(Soon(), liar.OptionsFor(), liar.PartsFor());
  ASSERT_THAT(opened, FailsWith(ErrorCode::kUnimplemented));
  EXPECT_EQ(opened.error().reason(), "conditions_ignored");
  EXPECT_THAT(opened.error().message(), testing::HasSubstr("storage.single_writer"));
}

TEST_F(S3Store, AServerThatKnowsNoConditionsIsRefused) {
  server_.On([](const HttpRequest& request, const FakeS3Server::Perform& perform) {
    return request.FindHeader("If-None-Match") ? FakeS3Server::Refuse(501, "NotImplemented") : perform();
  });
  const auto opened = OpenS3ObjectStore(Soon(), server_.OptionsFor(), server_.PartsFor());
  ASSERT_THAT(opened, FailsWith(ErrorCode::kUnimplemented));
  EXPECT_EQ(opened.error().reason(), "conditions_ignored");
}

TEST_F(S3Store, ABadConnectionMakesNoLiarOfAnHonestServer) {
  std::atomic<int> gets = 0;
  server_.On([&](const HttpRequest& request, const FakeS3Server::Perform& perform) {
    HttpResponse answer = perform();
    const bool is_object = request.method == "GET" && request.path_params.contains("key");
    if (is_object && answer.status == 200 && ++gets == 1) answer.body[0] ^= 1;
    return answer;
  });
  EXPECT_TRUE(Open(server_)->capabilities().create_if_absent);
  EXPECT_GT(gets, 1);
}

TEST_F(S3Store, ASingleWriterLooksBeforeItWrites) {
  FakeS3Server liar(false);
  S3ObjectStore::Options options = liar.OptionsFor();
  options.single_writer = true;
  const auto store = Open(liar, options);
  EXPECT_THAT(store->PutIfAbsent(Soon(), "k", "first"), Succeeds());
  EXPECT_THAT(store->PutIfAbsent(Soon(), "k", "second"), FailsWith(ErrorCode::kAlreadyExists));
  EXPECT_EQ(*store->Get(Soon(), "k"), "first");
}

TEST_F(S3Store, AWriteThatWasDoneBeforeTheServerFailedIsASuccess) {
  const auto store = Open(server_);
  std::atomic<int> puts = 0;
  server_.On([&](const HttpRequest& request, const FakeS3Server::Perform& perform) {
    HttpResponse answer = perform();
    return IsPutOf(request, "/k") && ++puts == 1 ? FakeS3Server::Refuse(500, "InternalError") : std::move(answer);
  });
  EXPECT_THAT(store->PutIfAbsent(Soon(), "k", "mine"), Succeeds());
  EXPECT_EQ(puts, 2) << "the second attempt is refused, because the first one was there";
  EXPECT_THAT(store->PutIfAbsent(Soon(), "k", "mine"), FailsWith(ErrorCode::kAlreadyExists)) << "another call is another write";
}

TEST_F(S3Store, AWriteThatAnotherOneOvertookIsNone) {
  const auto store = Open(server_);
  std::atomic<int> puts = 0;
  server_.On([&](const HttpRequest& request, const FakeS3Server::Perform& perform) {
    if (!IsPutOf(request, "/k") || ++puts > 1) return perform();
    server_.Store("lake/k", {"theirs", {}});
    return FakeS3Server::Refuse(500, "InternalError");
  });
  EXPECT_THAT(store->PutIfAbsent(Soon(), "k", "mine"), FailsWith(ErrorCode::kAlreadyExists));
  EXPECT_EQ(*store->Get(Soon(), "k"), "theirs");
}

TEST_F(S3Store, ASuccessThatTellsOfAnErrorIsNoSuccess) {
  const auto store = Open(server_);
  ASSERT_THAT(store->PutIfAbsent(Soon(), "k", "theirs"), Succeeds());
  std::atomic<int> puts = 0;
  server_.On([&](const HttpRequest& request, const FakeS3Server::Perform& perform) {
    HttpResponse answer = perform();
    if (!IsPutOf(request, "/k") || ++puts > 1) return answer;
    return FakeS3Server::Xml(200, "<Error><Code>InternalError</Code></Error>");
  });
  EXPECT_THAT(store->PutIfAbsent(Soon(), "k", "mine"), FailsWith(ErrorCode::kAlreadyExists));
  EXPECT_EQ(puts, 2);
  EXPECT_EQ(*store->Get(Soon(), "k"), "theirs");
}

TEST_F(S3Store, AProbeThatSeesNobodyWinTriesAgain) {
  std::atomic<int> heads = 0;
  server_.On([&](const HttpRequest& request, const FakeS3Server::Perform& perform) {
    HttpResponse answer = perform();
    // The first race is told that the key exists, whoever made it.
    if (request.method == "PUT" && request.path.ends_with("/0")) return FakeS3Server::Refuse(412, "PreconditionFailed");
    if (request.method == "HEAD" && request.path.ends_with("/0") && ++heads > 0) answer.headers.clear();
    return answer;
  });
  EXPECT_TRUE(Open(server_)->capabilities().create_if_absent);
}

TEST_F(S3Store, AServerThatOnlyFailsLeavesTheOutcomeOpenUnlessItCanBeRead) {
  const auto store = Open(server_);
  server_.On([](const HttpRequest& request, const FakeS3Server::Perform& perform) {
    return request.method == "PUT" ? FakeS3Server::Refuse(500, "InternalError") : perform();
  });
  EXPECT_THAT(store->PutIfAbsent(Soon(), "k", "mine"), FailsWith(ErrorCode::kOutcomeUnknown));
  EXPECT_THAT(store->Put(Soon(), "k", "mine"), FailsWith(ErrorCode::kOutcomeUnknown));
  server_.On([](const HttpRequest& request, const FakeS3Server::Perform& perform) {
    HttpResponse answer = perform();
    return request.method == "PUT" ? FakeS3Server::Refuse(500, "InternalError") : std::move(answer);
  });
  EXPECT_THAT(store->PutIfAbsent(Soon(), "k", "mine"), Succeeds()) << "every answer was a failure, but it is there";
  EXPECT_EQ(*store->Get(Soon(), "k"), "mine");
}

TEST_F(S3Store, WhatIsOverloadedIsAskedAgainUntilTheAttemptsAreUsedUp) {
  const auto store = Open(server_);
  server_.Store("lake/k", {"x", {}});
  std::atomic<int> gets = 0;
  server_.On([&](const HttpRequest&, const FakeS3Server::Perform& perform) {
    return ++gets < 4 ? FakeS3Server::Refuse(503, "SlowDown") : perform();
  });
  EXPECT_EQ(*store->Get(Soon(), "k"), "x");
  server_.On([](const HttpRequest&, const FakeS3Server::Perform&) { return FakeS3Server::Refuse(503, "SlowDown"); });
  EXPECT_THAT(store->Get(Soon(), "k"), FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(store->Head(Soon(), "k"), FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(store->List(Soon(), "", "", 10), FailsWith(ErrorCode::kUnavailable));
  EXPECT_THAT(store->Delete(Soon(), "k"), FailsWith(ErrorCode::kOutcomeUnknown));
}

TEST_F(S3Store, RepeatingEndsWithTheDeadline) {
  S3ObjectStore::Options options = server_.OptionsFor();
  options.attempts = 1'000'000;
  options.pause_ms = options.max_pause_ms = 10;
  const auto store = Open(server_, options);
  server_.On([](const HttpRequest&, const FakeS3Server::Perform&) { return FakeS3Server::Refuse(503, "SlowDown"); });
  Context context = Soon();
  context.deadline = Deadline::After(200);
  const auto got = store->Get(context, "k");
  EXPECT_FALSE(got);
  EXPECT_TRUE(got.error().code() == ErrorCode::kUnavailable || got.error().code() == ErrorCode::kDeadlineExceeded)
      << got.error().ToString();
}

TEST_F(S3Store, WhatIsRefusedForGoodIsAskedOnce) {
  const auto store = Open(server_);
  for (const auto& [status, code] : {std::pair(403, "AccessDenied"), std::pair(403, "SignatureDoesNotMatch"), std::pair(400, "Odd")}) {
    server_.On(
        [status = status, code = code](const HttpRequest&, const FakeS3Server::Perform&) { return FakeS3Server::Refuse(status, code); });
    const std::size_t before = server_.request_count();
    const auto put = store->PutIfAbsent(Soon(), "k", "x");
    ASSERT_FALSE(put);
    EXPECT_NE(put.error().code(), ErrorCode::kOutcomeUnknown) << code;
    EXPECT_EQ(server_.request_count() - before, 1U) << code;
  }
}

TEST_F(S3Store, ABucketThatIsNotThereIsSaidByName) {
  S3ObjectStore::Options options = server_.OptionsFor();
  options.location.bucket = "another-one";
  const auto opened = OpenS3ObjectStore(Soon(), options, server_.PartsFor());
  ASSERT_THAT(opened, FailsWith(ErrorCode::kUnavailable));
  EXPECT_EQ(opened.error().reason(), "no_such_bucket");
}

TEST_F(S3Store, AListThatIsAnErrorBehind200IsAskedForAgain) {
  const auto store = Open(server_);
  ASSERT_THAT(store->PutIfAbsent(Soon(), "k", "x"), Succeeds());
  std::atomic<int> lists = 0;
  server_.On([&](const HttpRequest&, const FakeS3Server::Perform& perform) {
    return ++lists == 1 ? FakeS3Server::Xml(200, "<Error><Code>InternalError</Code></Error>") : perform();
  });
  const auto page = store->List(Soon(), "", "", 10);
  ASSERT_THAT(page, Succeeds());
  EXPECT_EQ(page->objects.size(), 1U);
}

TEST_F(S3Store, AListOutOfOrderIsDamageAndNotAnEnd) {
  const auto store = Open(server_);
  server_.On([](const HttpRequest&, const FakeS3Server::Perform&) {
    return FakeS3Server::Xml(200,
                             "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>lake/b</Key><Size>1</Size></Contents>"
                             "<Contents><Key>lake/a</Key><Size>1</Size></Contents></ListBucketResult>");
  });
  EXPECT_THAT(store->List(Soon(), "", "", 10), FailsWith(ErrorCode::kCorruption));
}

TEST_F(S3Store, OctetsThatAreNotThoseThatWereWrittenAreReadAgainAndNeverReturned) {
  const auto store = Open(server_);
  ASSERT_THAT(store->PutIfAbsent(Soon(), "k", "the right octets"), Succeeds());
  std::atomic<int> gets = 0;
  std::atomic<bool> always = false;
  server_.On([&](const HttpRequest&, const FakeS3Server::Perform& perform) {
    HttpResponse answer = perform();
    if (always || ++gets == 1) answer.body[5] ^= 1;
    return answer;
  });
  EXPECT_EQ(*store->Get(Soon(), "k"), "the right octets");
  EXPECT_EQ(gets, 2);
  always = true;
  const auto got = store->Get(Soon(), "k");
  ASSERT_THAT(got, FailsWith(ErrorCode::kCorruption));
  EXPECT_EQ(got.error().reason(), "corrupt_object");
  EXPECT_THAT(store->Get(Soon(), "k", ByteRange{0, 100}), FailsWith(ErrorCode::kCorruption)) << "a range that is all of it";
}

/// Half of an object, then the connection ends.
class BrokenBody final : public net::BodySource {
 public:
  explicit BrokenBody(std::string octets) : octets_(std::move(octets)) {}
  Result<bool> Next(std::string& chunk) override {
    if (octets_.empty()) return Error(ErrorCode::kUnavailable, "cut");
    chunk = std::exchange(octets_, {});
    return true;
  }

 private:
  std::string octets_;
};

TEST_F(S3Store, AnAnswerWithoutALengthIsNotTakenForWhole) {
  const auto store = Open(server_);
  const std::string octets(300'000, 'o');
  ASSERT_THAT(store->PutIfAbsent(Soon(), "k", octets), Succeeds());
  std::atomic<int> gets = 0;
  server_.On([&](const HttpRequest& request, const FakeS3Server::Perform& perform) {
    if (request.method != "GET" || ++gets > 1) return perform();
    HttpResponse answer = perform();
    answer.stream = std::make_unique<BrokenBody>(answer.body.substr(0, 100'000));
    answer.body.clear();
    return answer;
  });
  EXPECT_TRUE(*store->Get(Soon(), "k") == octets);
  EXPECT_EQ(gets, 2);
}

/// A clock that is wrong by so much.
class WrongClock final : public Clock {
 public:
  explicit WrongClock(std::int64_t off_micros) : off_micros_(off_micros) {}
  std::int64_t WallMicros() const override { return SystemClock().WallMicros() + off_micros_; }
  std::int64_t SteadyNanos() const override { return SystemClock().SteadyNanos(); }

 private:
  const std::int64_t off_micros_;
};

TEST_F(S3Store, AWrongClockIsSetRightByTheServersTime) {
  std::atomic<int> refused = 0;
  server_.On([&](const HttpRequest& request, const FakeS3Server::Perform& perform) {
    const std::string today = FormatTime(SystemClock().WallMicros()).substr(0, 10);
    const std::string stamp = request.FindHeader("x-amz-date").value_or("");
    const bool is_today = stamp.substr(0, 4) + "-" + stamp.substr(4, 2) + "-" + stamp.substr(6, 2) == today;
    return is_today ? perform() : (++refused, FakeS3Server::Refuse(403, "RequestTimeTooSkewed"));
  });
  const WrongClock clock(-3LL * 86'400 * 1'000'000);
  const auto opened = OpenS3ObjectStore(Soon(), server_.OptionsFor(), {server_.metrics, server_.log, clock, SystemRandom()});
  ASSERT_THAT(opened, Succeeds());
  EXPECT_THAT((*opened)->PutIfAbsent(Soon(), "k", "x"), Succeeds());
  EXPECT_EQ(refused, 1) << "once is enough to know";
  EXPECT_THAT(server_.log.Tail(1000), testing::HasSubstr("clocks"));
}

TEST_F(S3Store, TheSecretStandsInNoErrorAndInNoLogLine) {
  const auto store = Open(server_);
  std::string said;
  for (const int status : {400, 403, 404, 409, 500, 503}) {
    server_.On([status](const HttpRequest&, const FakeS3Server::Perform&) { return FakeS3Server::Refuse(status, "Whatever"); });
    for (const Status& outcome :
         {store->Delete(Soon(), "k"), Status(store->Get(Soon(), "k") ? Status(Ok{}) : Status(store->Get(Soon(), "k").error()))})
      if (!outcome) said += outcome.error().ToString();
  }
  said += server_.log.Tail(1000);
  EXPECT_THAT(said, testing::HasSubstr("Whatever"));
  EXPECT_THAT(said, testing::Not(testing::HasSubstr("very-secret-key")));
  EXPECT_THAT(said, testing::Not(testing::HasSubstr("Signature=")));
}

TEST_F(S3Store, KeysStandBehindThePrefixAndOthersAreNotSeen) {
  const auto store = Open(server_);
  server_.Store("lakes/other", {"x", {}});
  server_.Store("lake/no//key", {"x", {}});
  ASSERT_THAT(store->PutIfAbsent(Soon(), "a", "1"), Succeeds());
  EXPECT_TRUE(server_.objects().contains("lake/a"));
  const auto page = store->List(Soon(), "", "", 10);
  ASSERT_THAT(page, Succeeds());
  ASSERT_EQ(page->objects.size(), 1U);
  EXPECT_EQ(page->objects[0].key, "a");
  const auto put = store->PutIfAbsent(Soon(), std::string(kMaxKeyBytes - 4, 'k'), "x");
  ASSERT_THAT(put, FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_EQ(put.error().reason(), "key_too_long");
}

TEST_F(S3Store, ReadsAServerThatKnowsNoRanges) {
  const auto store = Open(server_);
  ASSERT_THAT(store->PutIfAbsent(Soon(), "k", "0123456789"), Succeeds());
  server_.On([&](const HttpRequest& request, const FakeS3Server::Perform&) {
    HttpResponse answer = FakeS3Server::Empty(200);
    answer.headers.push_back({"ETag", "\"t\""});
    answer.body = request.method == "HEAD" ? "" : "0123456789";
    return answer;
  });
  EXPECT_EQ(*store->Get(Soon(), "k", ByteRange{3, 4}), "3456");
  EXPECT_EQ(*store->Get(Soon(), "k", ByteRange{8, 40}), "89");
}

TEST_F(S3Store, APresignedUrlIsForAnHourOrAWeekAndForOneMethod) {
  const auto store = Open(server_);
  const auto url = store->Presign("GET", "a/b c", 3600);
  ASSERT_THAT(url, Succeeds());
  EXPECT_THAT(url->Reveal(), testing::HasSubstr("/bucket/lake/a/b%20c?X-Amz-Algorithm="));
  EXPECT_THAT(store->Presign("DELETE", "k", 60), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(store->Presign("GET", "k", 0), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(store->Presign("GET", "k", 604'801), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_THAT(store->Presign("GET", "../k", 60), FailsWith(ErrorCode::kInvalidArgument));
}

TEST_F(S3Store, OptionsThatCannotWorkAreRefusedBeforeAnythingIsSent) {
  const std::size_t before = server_.request_count();
  for (const char* endpoint : {"", "localhost:8000", "ftp://host", "http://", "http://host/path", "http://user@host", "http://host?x"}) {
    S3ObjectStore::Options options = server_.OptionsFor();
    options.endpoint = endpoint;
    EXPECT_THAT(OpenS3ObjectStore(Soon(), options, server_.PartsFor()), FailsWith(ErrorCode::kInvalidArgument)) << endpoint;
  }
  S3ObjectStore::Options options = server_.OptionsFor();
  options.credentials.secret_key = Secret();
  EXPECT_THAT(OpenS3ObjectStore(Soon(), options, server_.PartsFor()), FailsWith(ErrorCode::kInvalidArgument));
  EXPECT_EQ(server_.request_count(), before);
}

TEST(S3Url, SaysBucketAndPrefix) {
  EXPECT_EQ(ParseS3Url("s3://bucket")->bucket, "bucket");
  EXPECT_EQ(ParseS3Url("s3://bucket")->prefix, "");
  EXPECT_EQ(ParseS3Url("s3://bucket/")->prefix, "");
  EXPECT_EQ(ParseS3Url("s3://my.bucket-1/some/lake")->prefix, "some/lake/");
  EXPECT_EQ(ParseS3Url("s3://bucket/lake//")->prefix, "lake/");
  for (const char* url : {"", "s3:/bucket", "S3://bucket", "s3://", "s3://ab", "s3://Bucket", "s3://-bucket", "s3://bu..cket",
                          "s3://bucket/a//b", "s3://bucket/../b", "s3:///x", "/srv/lake"})
    EXPECT_THAT(ParseS3Url(url), FailsWith(ErrorCode::kInvalidArgument)) << url;
}

}  // namespace
}  // namespace lakehouse::storage
