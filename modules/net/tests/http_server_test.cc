#include "lakehouse/net/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "lakehouse/base/clock.h"
#include "lakehouse/base/hash.h"
#include "raw_client.h"
#include "test_server.h"

namespace lakehouse::net {
namespace {

using testing::HasSubstr;
using testing::Not;

class HttpServerTest : public testing::Test, public TestServer {};

TEST_F(HttpServerTest, AnswersHealthAndKeepsTheConnection) {
  Start();
  RawClient client(port());
  for (int i = 0; i < 3; ++i) {
    const auto answer = client.Ask(Get("/health"));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, R"({"status":"ok","service":"testd"})");
    EXPECT_EQ(answer.Header("Content-Type"), "application/json");
    EXPECT_EQ(answer.Header("Connection"), "");
  }
}

TEST_F(HttpServerTest, EchoesABodyOfEverySizeUpToTheLimit) {
  options.small_body_limit = 100'000;
  Start();
  RawClient client(port());
  for (const std::size_t size : {0u, 1u, 1000u, 65'536u, 100'000u}) {
    const std::string body(size, 'b');
    const auto answer = client.Ask(Post("/echo", body));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, body);
  }
  EXPECT_EQ(client.Ask(Post("/echo", std::string(100'001, 'b'))).status, 413);
}

TEST_F(HttpServerTest, ReadsChunkedBodiesHoweverTheyAreCut) {
  Start();
  const std::string request =
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n6\r\n world\r\n0\r\nX: y\r\n\r\n";
  for (std::size_t cut = 1; cut < request.size(); ++cut) {
    RawClient client(port());
    client.Send(std::string_view(request).substr(0, cut));
    client.Send(std::string_view(request).substr(cut));
    const auto answer = client.ReadAnswer();
    ASSERT_EQ(answer.status, 200) << "cut at " << cut;
    ASSERT_EQ(answer.body, "hello world") << "cut at " << cut;
  }
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsInOrder) {
  Start();
  RawClient client(port());
  std::string requests_text;
  for (int i = 0; i < 200; ++i)
    requests_text += i % 2 == 0 ? Get("/hello/" + std::to_string(i)) : Post("/echo", "body " + std::to_string(i));
  client.Send(requests_text);
  for (int i = 0; i < 200; ++i) {
    const auto answer = client.ReadAnswer();
    ASSERT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, (i % 2 == 0 ? "hello " : "body ") + std::to_string(i));
  }
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsOfAClientThatHasStoppedSending) {
  Start();
  RawClient client(port());
  client.Send(Get("/hello/a") + Get("/hello/b") + Get("/hello/c", "Connection: close\r\n"));
  client.SendEnd();
  EXPECT_EQ(client.ReadAnswer().body, "hello a");
  EXPECT_EQ(client.ReadAnswer().body, "hello b");
}

TEST_F(HttpServerTest, HeadHasTheHeadersOfGetAndNoBody) {
  Start();
  RawClient client(port());
  client.Send("HEAD /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto head = client.ReadAnswer(true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.Header("Content-Length"), "33");
  EXPECT_EQ(client.Ask(Get("/hello/x")).body, "hello x") << "a body after HEAD would be read as the next answer";
}

TEST_F(HttpServerTest, Http10ClosesUnlessAskedToStay) {
  Start();
  RawClient client(port());
  client.Send("GET /hello/x HTTP/1.0\r\n\r\n");
  const std::string all = client.ReadToEnd();
  EXPECT_THAT(all, HasSubstr("hello x"));
  EXPECT_THAT(all, HasSubstr("Connection: close"));

  RawClient staying(port());
  EXPECT_EQ(staying.Ask("GET /hello/x HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").Header("Connection"), "keep-alive");
  EXPECT_EQ(staying.Ask("GET /hello/y HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").body, "hello y");
}

TEST_F(HttpServerTest, SaysContinueBeforeABodyItWantsAndRefusesOneItDoesNot) {
  options.small_body_limit = 10;
  Start();
  RawClient client(port());
  client.Send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.ReadAnswer().status, 100);
  EXPECT_EQ(client.Ask("12345").body, "12345");
  client.Send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.ReadAnswer().status, 413);
}

TEST_F(HttpServerTest, NamesTheRequestInAnswerAndContext) {
  std::string seen;
  routes.Add(MakeRoute("GET", "/trace", [&](const Context& context, HttpRequest&) {
    seen = context.trace;
    return HttpResponse::Text(200, context.principal);
  }));
  Start();
  RawClient client(port());
  const auto given = client.Ask(Get("/trace", "X-Request-Id: abc-1.2_3\r\n"));
  EXPECT_EQ(given.Header("X-Request-Id"), "abc-1.2_3");
  EXPECT_EQ(given.body, "local");
  EXPECT_EQ(seen, "abc-1.2_3");
  const auto made = client.Ask(Get("/trace", "X-Request-Id: two words\r\n"));
  EXPECT_EQ(made.Header("X-Request-Id").size(), 36u) << "an id that could break a log line is replaced";
}

TEST_F(HttpServerTest, GivesTheHandlerADeadlineThatTheClientMaySet) {
  std::atomic<std::int64_t> left{-1};
  routes.Add(MakeRoute("GET", "/deadline", [&](const Context& context, HttpRequest&) {
    left = context.deadline.RemainingMs().value_or(-1);
    return HttpResponse::Text(200, "");
  }));
  options.default_timeout_ms = 40'000;
  options.max_timeout_ms = 80'000;
  Start();
  RawClient client(port());
  client.Ask(Get("/deadline"));
  EXPECT_GT(left.load(), 20'000);
  EXPECT_LE(left.load(), 40'000);
  client.Ask(Get("/deadline", "X-Lakehouse-Timeout-Ms: 1000\r\n"));
  EXPECT_LE(left.load(), 1'000);
  client.Ask(Get("/deadline", "X-Lakehouse-Timeout-Ms: 999999999\r\n"));
  EXPECT_LE(left.load(), 80'000);
  EXPECT_EQ(client.Ask(Get("/deadline", "X-Lakehouse-Timeout-Ms: soon\r\n")).status, 400);
}

TEST_F(HttpServerTest, TellsAnUnknownPathFromAnUnknownMethod) {
  Start();
  RawClient client(port());
  const auto missing = client.Ask(Get("/helo/x"));
  EXPECT_EQ(missing.status, 404);
  EXPECT_THAT(missing.body, HasSubstr("/hello/{name}"));
  EXPECT_THAT(missing.body, HasSubstr("no_such_route"));
  const auto wrong = client.Ask("DELETE /echo HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.Header("Allow"), "POST");
  const auto options_answer = client.Ask("OPTIONS /hello/x HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(options_answer.status, 204);
  EXPECT_EQ(options_answer.Header("Allow"), "GET, HEAD");
}

TEST_F(HttpServerTest, DecodesPathAndQueryOnce) {
  routes.Add(MakeRoute("GET", "/query", [](const Context&, HttpRequest& r) {
    std::string text;
    for (const auto& [key, value] : r.query) text += key + "=" + value + ";";
    return HttpResponse::Text(200, text);
  }));
  Start();
  RawClient client(port());
  EXPECT_EQ(client.Ask(Get("/hello/a%2Fb%20c%2520")).body, "hello a/b c%20");
  EXPECT_EQ(client.Ask(Get("/files/a/b%2Fc/d")).body, "a/b/c/d");
  EXPECT_EQ(client.Ask(Get("/query?a=1&b=x+y%26&a=2&flag")).body, "a=1;b=x y&;a=2;flag=;");
  EXPECT_EQ(client.Ask(Get("http://localhost/hello/absolute")).body, "hello absolute");
}

TEST_F(HttpServerTest, AHandlerThatThrowsAnswers500AndTheServerLivesOn) {
  routes.Add(MakeRoute("GET", "/throw", [](const Context&, HttpRequest&) -> HttpResponse { throw std::runtime_error("secret detail"); }));
  Start();
  RawClient client(port());
  const auto answer = client.Ask(Get("/throw"));
  EXPECT_EQ(answer.status, 500);
  EXPECT_THAT(answer.body, Not(HasSubstr("secret detail")));
  EXPECT_EQ(client.Ask(Get("/health")).status, 200);
}

TEST_F(HttpServerTest, AnErrorBecomesItsStatusAndThePublicBody) {
  routes.Add(MakeRoute("GET", "/error", [](const Context& context, HttpRequest&) {
    return HttpResponse::FromError(
        Error(ErrorCode::kConflict, "lost \"it\"").Named("schema_conflict").WithDetails(R"({"a":[1]})").While("commit x"), context.trace);
  }));
  Start();
  RawClient client(port());
  const auto answer = client.Ask(Get("/error", "X-Request-Id: r1\r\n"));
  EXPECT_EQ(answer.status, 409);
  EXPECT_EQ(answer.body,
            R"({"error":{"code":"schema_conflict","message":"lost \"it\"","context":["commit x"],"details":{"a":[1]},"request_id":"r1"}})");
}

TEST_F(HttpServerTest, AHeaderValueOfAHandlerCannotBeginAnotherHeader) {
  routes.Add(MakeRoute("GET", "/split", [](const Context&, HttpRequest&) {
    HttpResponse response = HttpResponse::Text(200, "");
    response.headers.push_back({"X-Name", "a\r\nSet-Cookie: b"});
    return response;
  }));
  Start();
  RawClient client(port());
  EXPECT_EQ(client.Ask(Get("/split")).Header("Set-Cookie"), "");
}

TEST_F(HttpServerTest, StreamsWholeBodiesAndFilesAndShowsWhenOneIsNotWhole) {
  const std::string file = spool.path() + "/answer.bin";
  std::ofstream(file) << std::string(1'000'000, 'f');
  const auto stream = [](std::uint64_t octets, bool fails) {
    return [octets, fails](const Context&, HttpRequest&) {
      HttpResponse response;
      response.stream = std::make_unique<CountedBody>(octets, 50'000, nullptr, nullptr, fails);
      return response;
    };
  };
  routes.Add(MakeRoute("GET", "/stream", stream(3'000'000, false)));
  routes.Add(MakeRoute("GET", "/broken", stream(500'000, true)));
  routes.Add(MakeRoute("GET", "/broken-at-once", stream(0, true)));
  routes.Add(MakeRoute("GET", "/file", [&](const Context&, HttpRequest&) {
    HttpResponse response;
    response.file_path = file;
    return response;
  }));
  Start();
  RawClient client(port());
  const auto whole = client.Ask(Get("/stream"));
  EXPECT_TRUE(whole.whole);
  EXPECT_EQ(whole.body.size(), 3'000'000u);
  const auto sent_file = client.Ask(Get("/file"));
  EXPECT_EQ(sent_file.Header("Content-Length"), "1000000");
  EXPECT_EQ(sent_file.body, std::string(1'000'000, 'f'));
  EXPECT_EQ(client.Ask(Get("/broken-at-once")).status, 500) << "no octet was sent yet, so the status can still tell";
  const auto cut = client.Ask(Get("/broken"));
  EXPECT_EQ(cut.status, 200);
  EXPECT_EQ(cut.body.size(), 500'000u);
  EXPECT_FALSE(cut.whole);
  EXPECT_TRUE(client.IsClosedByServer());

  RawClient old(port());
  old.Send("GET /broken HTTP/1.0\r\n\r\n");
  EXPECT_FALSE(old.ReadAnswer().whole) << "without chunks only a reset tells";
  RawClient old_whole(port());
  old_whole.Send("GET /stream HTTP/1.0\r\n\r\n");
  const auto unframed = old_whole.ReadAnswer();
  EXPECT_TRUE(unframed.whole);
  EXPECT_EQ(unframed.body.size(), 3'000'000u);
}

/// A body that knows its outcome at its end only.
class ToldBody final : public BodySource {
 public:
  Result<bool> Next(std::string& chunk) override {
    chunk = "rows";
    return left_-- > 0;
  }
  std::vector<HttpHeader> Trailers() const override {
    return {{"X-Outcome", "cut\r\nX-Evil: 1"}, {"X-Unannounced", "1"}, {"Content-Length", "4"}};
  }

 private:
  int left_ = 2;
};

TEST_F(HttpServerTest, TellsBehindAChunkedBodyWhatWasNotKnownAtItsHead) {
  routes.Add(MakeRoute("GET", "/told", [](const Context&, HttpRequest&) {
    HttpResponse response;
    response.trailer_names = {"X-Outcome", "Content-Length"};
    response.stream = std::make_unique<ToldBody>();
    return response;
  }));
  Start();
  RawClient client(port());
  client.Send("GET /told HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(client.IsClosedByServer());
  const std::string answer = client.unread();
  const std::string head = answer.substr(0, answer.find("\r\n\r\n"));
  EXPECT_NE(head.find("Trailer: X-Outcome"), std::string::npos) << head;
  EXPECT_EQ(head.find("Trailer: Content-Length"), std::string::npos) << "that one is the server's";
  const std::string end = "\r\n0\r\nX-Outcome: cut  X-Evil: 1\r\n\r\n";
  EXPECT_TRUE(answer.ends_with(end)) << answer;

  RawClient old(port());
  old.Send("GET /told HTTP/1.0\r\n\r\n");
  const auto unframed = old.ReadAnswer();
  EXPECT_EQ(unframed.body, "rowsrows") << "1.0 has no place for it";
  EXPECT_EQ(unframed.head.find("Trailer"), std::string::npos);
}

TEST_F(HttpServerTest, SpoolsRawAndMultipartUploadsWithTheirDigests) {
  std::size_t files_during = 0;
  routes.Add(MakeRoute(
      "POST", "/upload",
      [&](const Context&, HttpRequest& r) {
        files_during = spool.file_count();
        std::string text = r.body_sha256 + "|" + std::to_string(r.body_size_bytes);
        for (const UploadPart& part : r.parts)
          text += "|" + part.name + "," + part.file_name + "," + part.value + "," + part.sha256 + "," + std::to_string(part.size_bytes);
        return HttpResponse::Text(200, text);
      },
      BodyKind::kUpload));
  Start();
  RawClient client(port());
  std::string big(5'000'000, 'u');
  for (std::size_t i = 0; i < big.size(); i += 7) big[i] = static_cast<char>(i);
  EXPECT_EQ(client.Ask(Post("/upload", big)).body, Sha256Hex(big) + "|5000000");
  EXPECT_EQ(files_during, 1u);
  EXPECT_EQ(client.Ask(Post("/upload", "")).body, Sha256Hex("") + "|0");

  const std::string form =
      "--B\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nworkers\r\n--B\r\nContent-Disposition: form-data; name=\"file\"; "
      "filename=\"C:\\dir\\w.csv\"\r\nContent-Type: text/csv\r\n\r\n" +
      big + "\r\n--B--\r\n";
  const auto answer = client.Ask(Post("/upload", form, "Content-Type: multipart/form-data; boundary=B\r\n"));
  EXPECT_EQ(answer.body, "|" + std::to_string(form.size()) + "|name,,workers,,7|file,w.csv,," + Sha256Hex(big) + ",5000000");

  EXPECT_EQ(client.Ask(Post("/upload", "--B\r\nnonsense", "Content-Type: multipart/form-data; boundary=B\r\n")).status, 400);
  server->Stop(0);
  EXPECT_EQ(spool.file_count(), 0u) << "spooled files go with their exchange";
}

TEST_F(HttpServerTest, RefusesUploadsOverTheLimitEarlyAndWhileReading) {
  options.upload_limit = 3 << 20;
  routes.Add(MakeRoute("POST", "/upload", [](const Context&, HttpRequest&) { return HttpResponse::Text(200, ""); }, BodyKind::kUploadRaw));
  Start();
  RawClient early(port());
  EXPECT_EQ(early.Ask("POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3145729\r\n\r\n").status, 413);
  RawClient chunked(port());
  chunked.Send("POST /upload HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string block = "100000\r\n" + std::string(1 << 20, 'z') + "\r\n";
  for (int i = 0; i < 20 && chunked.Send(block); ++i) {
  }
  EXPECT_EQ(chunked.ReadAnswer().status, 413);
  server->Stop(0);
  EXPECT_EQ(spool.file_count(), 0u);
}

TEST_F(HttpServerTest, TellsTheHandlerWhenTheClientLeaves) {
  for (const bool with_reset : {false, true}) {
    Signal began, cancelled;
    TestServer mine;
    mine.routes.Add(MakeRoute("GET", "/wait", [&](const Context& context, HttpRequest&) {
      const std::stop_callback on_cancel(context.cancel, [&] { cancelled.Raise(); });
      began.Raise();
      EXPECT_TRUE(cancelled.Wait()) << "with_reset=" << with_reset;
      return HttpResponse::FromError(context.Check().error(), context.trace);
    }));
    mine.Start();
    RawClient client(mine.port());
    client.Send(Get("/wait"));
    ASSERT_TRUE(began.Wait());
    if (with_reset)
      client.CloseWithReset();
    else
      client.Close();
    EXPECT_TRUE(cancelled.Wait());
  }
}

TEST_F(HttpServerTest, AStuckRequestIsFoundAndStoppedFromOutside) {
  Signal began, cancelled;
  routes.Add(MakeRoute("GET", "/wait", [&](const Context& context, HttpRequest&) {
    const std::stop_callback on_cancel(context.cancel, [&] { cancelled.Raise(); });
    began.Raise();
    EXPECT_TRUE(cancelled.Wait());
    return HttpResponse::FromError(context.Check().error(), context.trace);
  }));
  Start();
  RawClient stuck(port());
  stuck.Send("GET /wait HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: stuck-one\r\n\r\n");
  ASSERT_TRUE(began.Wait());
  RawClient other(port());
  EXPECT_THAT(other.Ask(Get("/debug/requests")).body, testing::HasSubstr(R"({"request_id":"stuck-one","method":"GET","path":"/wait")"));
  const auto unknown = other.Ask("DELETE /debug/requests/another HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(unknown.status, 404);
  const auto stopped = other.Ask("DELETE /debug/requests/stuck-one HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(stopped.status, 202);
  EXPECT_EQ(stuck.ReadAnswer().status, 499) << "its client is told";
  server->Stop(0);
}

TEST_F(HttpServerTest, TakesAStreamApartWhenTheClientLeaves) {
  Signal gone;
  routes.Add(MakeRoute("GET", "/endless", [&](const Context&, HttpRequest&) {
    HttpResponse response;
    response.stream = std::make_unique<CountedBody>(UINT64_MAX, 64 * 1024, nullptr, &gone);
    return response;
  }));
  Start();
  RawClient client(port());
  client.Send(Get("/endless"));
  char octets[1000];
  ASSERT_GT(recv(client.fd(), octets, sizeof octets, 0), 0);
  client.Close();
  EXPECT_TRUE(gone.Wait());
  server->Stop(0);
}

TEST_F(HttpServerTest, DoesNotPullWhatTheClientDoesNotRead) {
  std::atomic<std::uint64_t> pulled{0};
  Signal gone;
  routes.Add(MakeRoute("GET", "/endless", [&](const Context&, HttpRequest&) {
    HttpResponse response;
    response.stream = std::make_unique<CountedBody>(UINT64_MAX, 8 * 1024, &pulled, &gone);
    return response;
  }));
  Start();
  RawClient client(port(), 4096);
  client.Send(Get("/endless"));
  EXPECT_TRUE(gone.Wait()) << "a client that stops reading is cut after the timeout";
  EXPECT_LT(pulled.load(), 16u << 20) << "what was pulled is what the kernel holds, not what the source has";
  server->Stop(0);
}

TEST_F(HttpServerTest, RefusesMoreThanItsQueueHoldsAndStillAnswersHealth) {
  Signal release, occupied;
  options.worker_threads = 1;
  options.queue_capacity = 1;
  std::atomic<int> running{0};
  routes.Add(MakeRoute("GET", "/block", [&](const Context&, HttpRequest&) {
    if (++running == 1) occupied.Raise();
    EXPECT_TRUE(release.Wait());
    return HttpResponse::Text(200, "done");
  }));
  Start();
  RawClient first(port()), second(port()), third(port());
  first.Send(Get("/block"));
  ASSERT_TRUE(occupied.Wait());
  second.Send(Get("/block"));
  // Which of two later requests takes the one free place is not ours to say; one of them must be refused.
  third.Send(Get("/block"));
  pollfd ready[2] = {{second.fd(), POLLIN, 0}, {third.fd(), POLLIN, 0}};
  ASSERT_EQ(poll(ready, 2, 20'000), 1);
  RawClient& refused = ready[0].revents != 0 ? second : third;
  RawClient& waiting = ready[0].revents != 0 ? third : second;
  const auto answer = refused.ReadAnswer();
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.Header("Retry-After"), "1");
  EXPECT_THAT(answer.body, HasSubstr("overloaded"));
  const std::int64_t asked_again = SystemClock().SteadyNanos();
  refused.Send(Get("/block"));
  EXPECT_EQ(refused.ReadAnswer().status, 503);
  EXPECT_GE(SystemClock().SteadyNanos() - asked_again, 100'000'000) << "an impatient caller costs little";
  RawClient health(port());
  EXPECT_EQ(health.Ask(Get("/health")).status, 200) << "health has threads of its own";
  release.Raise();
  EXPECT_EQ(first.ReadAnswer().body, "done");
  EXPECT_EQ(waiting.ReadAnswer().body, "done");
}

TEST_F(HttpServerTest, RefusesConnectionsOverItsLimit) {
  options.max_connections = 2;
  Start();
  RawClient first(port()), second(port());
  EXPECT_EQ(first.Ask(Get("/health")).status, 200);
  EXPECT_EQ(second.Ask(Get("/health")).status, 200);
  RawClient third(port());
  EXPECT_EQ(third.ReadAnswer().status, 503);
}

TEST_F(HttpServerTest, StopLetsRequestsEndAndClosesIdleConnections) {
  Signal began, release;
  routes.Add(MakeRoute("GET", "/slow", [&](const Context&, HttpRequest&) {
    began.Raise();
    EXPECT_TRUE(release.Wait());
    return HttpResponse::Text(200, "in time");
  }));
  options.idle_timeout_ms = 60'000;
  Start();
  RawClient idle(port()), busy(port());
  EXPECT_EQ(idle.Ask(Get("/health")).status, 200);
  busy.Send(Get("/slow"));
  ASSERT_TRUE(began.Wait());
  std::thread stopper([this] { server->Stop(60'000); });
  EXPECT_TRUE(idle.IsClosedByServer());
  release.Raise();
  const auto answer = busy.ReadAnswer();
  EXPECT_EQ(answer.body, "in time");
  EXPECT_EQ(answer.Header("Connection"), "close");
  stopper.join();
  EXPECT_FALSE(RawClient(port()).connected());
}

TEST_F(HttpServerTest, StopCancelsWhatDoesNotEndInTime) {
  Signal began, cancelled;
  routes.Add(MakeRoute("GET", "/stuck", [&](const Context& context, HttpRequest&) {
    const std::stop_callback on_cancel(context.cancel, [&] { cancelled.Raise(); });
    began.Raise();
    EXPECT_TRUE(cancelled.Wait());
    return HttpResponse::Text(200, "");
  }));
  Start();
  RawClient client(port());
  client.Send(Get("/stuck"));
  ASSERT_TRUE(began.Wait());
  server->Stop(1);
  EXPECT_TRUE(cancelled.Wait());
  EXPECT_TRUE(client.IsClosedByServer());
}

TEST_F(HttpServerTest, BindsBeforeItReturnsAndSaysWhenThePortIsTaken) {
  Start();
  HttpServer::Options other = options;
  other.port = port();
  const auto second = HttpServer::Start(other, routes, log, metrics, requests);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(second.error().reason(), "address_in_use");
}

TEST_F(HttpServerTest, RefusesToListenBeyondLoopbackWithoutAToken) {
  options.listen_address = "0.0.0.0";
  const auto open_to_all = HttpServer::Start(options, routes, log, metrics, requests);
  ASSERT_FALSE(open_to_all.ok());
  EXPECT_EQ(open_to_all.error().reason(), "token_required");
  options.listen_address = "localhost";
  const auto by_name = HttpServer::Start(options, routes, log, metrics, requests);
  ASSERT_FALSE(by_name.ok());
  EXPECT_EQ(by_name.error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(HttpServerTest, ServesIpv6AndItsUrl) {
  options.listen_address = "::1";
  auto started = HttpServer::Start(options, routes, log, metrics, requests);
  if (!started.ok()) GTEST_SKIP() << "no IPv6 here: " << started.error().ToString();
  EXPECT_EQ((*started)->url(), "http://[::1]:" + std::to_string((*started)->port()));
}

TEST_F(HttpServerTest, HealthSaysWhatTheJailsOfTheProcessLack) {
  using Walls = std::optional<std::vector<std::string>>;
  const auto mount = [&](const std::string& at, const Walls& lacks) {
    routes.Mount(at, DebugRoutes({.service = "jailer",
                                  .log = log,
                                  .metrics = metrics,
                                  .requests = requests,
                                  .ready = {},
                                  .config_json = {},
                                  .tasks_json = {},
                                  .version_json = {},
                                  .jail_lacks = [lacks] { return lacks; }}));
  };
  mount("/new", {});
  mount("/whole", Walls(std::in_place));
  mount("/lacking", std::vector<std::string>{"landlock"});
  Start();
  RawClient client(port());
  EXPECT_EQ(client.Ask(Get("/new/health")).body, R"({"status":"ok","service":"jailer","jail_lacks":null})") << "not known yet";
  EXPECT_EQ(client.Ask(Get("/whole/health")).body, R"({"status":"ok","service":"jailer","jail_lacks":[]})");
  EXPECT_EQ(client.Ask(Get("/lacking/health")).body, R"({"status":"ok","service":"jailer","jail_lacks":["landlock"]})");
  EXPECT_EQ(client.Ask(Get("/health")).body, R"({"status":"ok","service":"testd"})") << "who jails nobody does not speak of it";
}

TEST_F(HttpServerTest, DebugPagesShowWhatGoesOn) {
  Signal began, release;
  routes.Add(MakeRoute("GET", "/busy/{id}", [&](const Context&, HttpRequest&) {
    began.Raise();
    EXPECT_TRUE(release.Wait());
    return HttpResponse::Text(200, "");
  }));
  Start();
  RawClient busy(port()), client(port());
  busy.Send(Get("/busy/42", "X-Request-Id: the-busy-one\r\n"));
  ASSERT_TRUE(began.Wait());
  const auto in_flight = client.Ask(Get("/debug/requests"));
  EXPECT_THAT(in_flight.body, HasSubstr("the-busy-one"));
  EXPECT_THAT(in_flight.body, HasSubstr("/busy/{id}"));
  release.Raise();
  EXPECT_EQ(busy.ReadAnswer().status, 200);
  for (const std::string page :
       {"/readyz", "/healthz", "/debug/config", "/debug/log", "/debug/log?lines=3", "/debug/tasks", "/debug/version"})
    EXPECT_EQ(client.Ask(Get(page)).status, 200) << page;
  EXPECT_EQ(client.Ask(Get("/debug/log?lines=x")).status, 400);
  const auto metrics_page = client.Ask(Get("/metrics"));
  EXPECT_THAT(metrics_page.body, HasSubstr("lakehouse_net_requests_total"));
  EXPECT_THAT(metrics_page.body, HasSubstr("route=\"/busy/{id}\""));
}

}  // namespace
}  // namespace lakehouse::net
