#include <gtest/gtest.h>
#include <time.h>

#include <stdexcept>

#include "raw_client.h"
#include "test_server.h"

namespace lakehouse::net {
namespace {

constexpr int kTries = 200;  // a page read from a disk sends the route to the workers for a second

constexpr double kTooLong = .02;

/// Of this thread.
double ProcessorSeconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

/// POST /quick says who answered; "later" is not for the loop, "throw" throws there, "slow" takes too long.
class AtOnceTest : public testing::Test, public TestServer {
 protected:
  AtOnceTest() {
    Route quick = MakeRoute(
        "POST", "/quick", [](const Context&, HttpRequest& r) { return HttpResponse::Text(200, "worker:" + r.body); }, BodyKind::kSmall);
    quick.handle_at_once = [](const Context&, HttpRequest& r) -> std::optional<HttpResponse> {
      if (r.body == "later") return std::nullopt;
      if (r.body == "throw") throw std::runtime_error("broken");
      const double begun = ProcessorSeconds();
      while (r.body == "slow" && ProcessorSeconds() - begun < kTooLong) {
      }
      return HttpResponse::Text(200, "loop:" + r.body);
    };
    routes.Add(std::move(quick));
    options.token = Secret("first-token-first-token-first-token");
    options.find_caller = [](std::string_view token) -> std::optional<Caller> {
      if (token == "lhk_other") return Caller{.principal = "key:other", .may_read = true, .may_write = true};
      return std::nullopt;
    };
    options.auth_required = true;
  }
  static std::string Ask(RawClient& client, const std::string& body, const std::string& token = "first-token-first-token-first-token") {
    return client.Ask(Post("/quick", body, "Authorization: Bearer " + token + "\r\n")).body;
  }
  static bool Sees(RawClient& client, const std::string& body, const std::string& expected) {
    for (int i = 0; i < kTries; ++i)
      if (Ask(client, body) == expected) return true;
    return false;
  }
};

TEST_F(AtOnceTest, TheLoopAnswersWhatItCanAndWorkersTheRest) {
  Start();
  RawClient client(port());
  EXPECT_TRUE(Sees(client, "a", "loop:a"));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(Ask(client, "later"), "worker:later");
}

TEST_F(AtOnceTest, PipelinedAnswersKeepTheirOrderWhoeverGivesThem) {
  Start();
  RawClient client(port());
  std::string text;
  const auto body = [](int i) { return i % 3 == 0 ? std::string("later") : "b" + std::to_string(i); };
  for (int i = 0; i < 300; ++i) text += Post("/quick", body(i), "Authorization: Bearer first-token-first-token-first-token\r\n");
  client.Send(text);
  for (int i = 0; i < 300; ++i) {
    const auto answer = client.ReadAnswer();
    ASSERT_EQ(answer.status, 200);
    EXPECT_TRUE(answer.body.ends_with(":" + body(i))) << i << ": " << answer.body;
  }
}

TEST_F(AtOnceTest, WhatThrowsOnTheLoopIsA500AndTheConnectionGoesOn) {
  Start();
  RawClient client(port());
  bool failed = false;
  for (int i = 0; i < kTries && !failed; ++i)
    failed = client.Ask(Post("/quick", "throw", "Authorization: Bearer first-token-first-token-first-token\r\n")).status == 500;
  EXPECT_TRUE(failed);
  EXPECT_TRUE(Ask(client, "a").ends_with(":a"));
}

TEST_F(AtOnceTest, InCompanyEverybodyGoesThroughTheWorkersWhoTakeTurns) {
  Start();
  RawClient client(port()), other(port());
  EXPECT_TRUE(Sees(client, "a", "loop:a"));
  EXPECT_EQ(Ask(other, "b", "lhk_other"), "worker:b");
  EXPECT_TRUE(Sees(client, "a", "worker:a"));
}

TEST_F(AtOnceTest, ARouteThatWasSlowOnTheLoopGoesToTheWorkersForAWhile) {
  Start();
  RawClient client(port());
  bool went = false;
  for (int i = 0; i < kTries && !went; ++i) went = Ask(client, "slow") == "loop:slow" && Ask(client, "a") == "worker:a";
  EXPECT_TRUE(went);
}

TEST_F(AtOnceTest, IsCountedAndLoggedAsAnyRequest) {
  Start();
  RawClient client(port());
  EXPECT_TRUE(Sees(client, "a", "loop:a"));
  EXPECT_NE(requests.ToJson().find(R"("route":"/quick")"), std::string::npos);
  EXPECT_NE(metrics.ToText().find(R"(lakehouse_net_requests_total{method="POST",route="/quick",service="testd",status="2xx"})"),
            std::string::npos);
}

}  // namespace
}  // namespace lakehouse::net
