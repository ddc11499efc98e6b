#include "lakehouse/chat/http_chat.h"

#include <gmock/gmock.h>

#include <atomic>
#include <filesystem>

#include "base_testing/matchers.h"
#include "lakehouse/base/log.h"
#include "lakehouse/base/metrics.h"
#include "lakehouse/net/http_server.h"
#include "lakehouse/net/request_log.h"

namespace lakehouse::chat {
namespace {

using testing::HasSubstr;
using testing::Not;

/// Chunks of a reply, as often as told.
class Pieces final : public net::BodySource {
 public:
  Pieces(std::string piece, std::uint64_t times) : piece_(std::move(piece)), left_(times) {}
  Result<bool> Next(std::string& chunk) override {
    if (left_ == 0) return false;
    --left_;
    chunk = piece_;
    return true;
  }

 private:
  const std::string piece_;
  std::uint64_t left_;
};

/// A provider of either dialect on a free port.
class HttpChatTest : public testing::TestWithParam<ChatDialect> {
 protected:
  void SetUp() override {
    for (const char* pattern : {"/api/chat", "/chat/completions"}) {
      net::Route route;
      route.method = "POST";
      route.pattern = pattern;
      route.body = net::BodyKind::kSmall;
      route.handle = [this](const Context&, net::HttpRequest& request) {
        asked_ = request.body;
        authorization_ = request.FindHeader("Authorization").value_or("");
        if (status_ != 200) return net::HttpResponse::Text(status_, "sk-secret is what the provider says back");
        net::HttpResponse response;
        response.content_type = "application/x-ndjson";
        response.stream = std::make_unique<Pieces>(piece_, times_);
        return response;
      };
      routes_.Add(std::move(route));
    }
    net::HttpServer::Options options;
    options.listen_address = "127.0.0.1";
    options.worker_threads = 2;
    options.spool_directory = std::filesystem::temp_directory_path().string();
    options.service_name = "fake";
    server_ = Must(net::HttpServer::Start(options, routes_, log_, metrics_, requests_));
  }
  void TearDown() override { server_->Stop(0); }

  HttpChatOptions Options() {
    HttpChatOptions options;
    options.dialect = GetParam();
    options.url = "http://127.0.0.1:" + std::to_string(server_->port()) + "/";
    options.model = "m1";
    options.key = Secret("sk-secret");
    return options;
  }
  std::string Line(const std::string& text) const {
    return GetParam() == ChatDialect::kOllama ? R"({"message":{"role":"assistant","content":")" + text + "\"},\"done\":false}\n"
                                              : R"(data: {"choices":[{"delta":{"content":")" + text + "\"}}]}\r\n\r\n";
  }
  std::string End() const { return GetParam() == ChatDialect::kOllama ? "{\"done\":true}\n" : ": a comment\ndata: [DONE]\n\n"; }

  Result<std::string> Ask(HttpChatOptions options, const Context& context = {}) {
    const auto chat = LH_TRY(MakeHttpChat(std::move(options)));
    const auto stream = LH_TRY(chat->Open(context, {.messages = {{"user", "say \"hello\""}}}));
    std::string text;
    while (const auto piece = LH_TRY(stream->Next(context))) text += *piece;
    return text;
  }

  std::string piece_;
  std::uint64_t times_ = 1;
  std::atomic<int> status_ = 200;
  std::string asked_, authorization_;
  net::RouteTable routes_;
  Log log_{"fake", LogLevel::kError, [](std::string_view) {}};
  Metrics metrics_;
  net::RequestLog requests_;
  std::unique_ptr<net::HttpServer> server_;
};
INSTANTIATE_TEST_SUITE_P(Both, HttpChatTest, testing::Values(ChatDialect::kOllama, ChatDialect::kOpenAi),
                         [](const auto& one) { return one.param == ChatDialect::kOllama ? "Ollama" : "OpenAi"; });

TEST_P(HttpChatTest, PassesOnWhatIsSaid) {
  piece_ = Line("Hel") + Line("") + Line("lo") + End();
  EXPECT_EQ(Must(Ask(Options())), "Hello");
  EXPECT_THAT(asked_, HasSubstr(R"("content":"say \"hello\"")"));
  EXPECT_EQ(authorization_, "Bearer sk-secret");
}

TEST_P(HttpChatTest, SaysWhoseFaultItIsAndNeverTheKey) {
  for (const auto& [status, reason] : {std::pair(401, "provider_refused"),
                                       {403, "provider_refused"},
                                       {404, "no_such_model"},
                                       {429, "provider_busy"},
                                       {500, "provider_unavailable"}}) {
    status_ = status;
    const auto failed = Ask(Options());
    EXPECT_THAT(failed, HasReason(reason)) << status;
    EXPECT_THAT(failed.error().ToString(), Not(HasSubstr("sk-secret")));
  }
}

TEST_P(HttpChatTest, AReplyThatBreaksOffIsNotWhole) {
  piece_ = Line("Hel");
  EXPECT_THAT(Ask(Options()), HasReason("provider_unavailable"));
}

TEST_P(HttpChatTest, WhatIsNoReplyIsSaidToBeNone) {
  piece_ = GetParam() == ChatDialect::kOllama ? "<html>\n" : "data: <html>\n\n";
  EXPECT_THAT(Ask(Options()), HasReason("provider_garbled"));
  piece_ = GetParam() == ChatDialect::kOllama ? "{\"error\":\"no memory\"}\n" : "data: {\"error\":{\"message\":\"no memory\"}}\n\n";
  EXPECT_THAT(Ask(Options()).error().message(), HasSubstr("no memory"));
}

TEST_P(HttpChatTest, AReplyThatNeverEndsIsCutOff) {
  piece_ = Line("again ");
  times_ = 1ull << 40;
  EXPECT_THAT(Ask(Options()), HasReason("reply_too_large"));
  HttpChatOptions options = Options();
  options.max_wire_bytes = 1 << 20;
  piece_ = std::string(1000, ' ');  // not even a line
  EXPECT_THAT(Ask(std::move(options)), HasReason("reply_too_large"));
}

TEST_P(HttpChatTest, OneThatIsNotThereSaysSo) {
  HttpChatOptions options = Options();
  server_->Stop(0);
  EXPECT_THAT(Ask(std::move(options)), HasReason("provider_unavailable"));
}

TEST_P(HttpChatTest, TimeEnds) {
  piece_ = Line("again ");
  times_ = 1ull << 40;
  HttpChatOptions options = Options();
  options.timeout_ms = 0;
  EXPECT_THAT(Ask(std::move(options)), HasReason("provider_slow"));
  EXPECT_THAT(Ask(Options(), Context{.deadline = Deadline::After(0)}), HasCode(ErrorCode::kDeadlineExceeded));
}

TEST(HttpChat, RefusesWhatCannotWork) {
  EXPECT_THAT(MakeHttpChat({.url = "ftp://x", .model = "m"}), HasReason("bad_url"));
  EXPECT_THAT(MakeHttpChat({.url = "http://x"}), HasReason("no_model"));
}

}  // namespace
}  // namespace lakehouse::chat
