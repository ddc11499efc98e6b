// What clients do that mean harm, or know no better.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <mutex>
#include <random>
#include <thread>

#include "raw_client.h"
#include "test_server.h"

namespace lakehouse::net {
namespace {

using testing::HasSubstr;

class HttpAbuseTest : public testing::Test, public TestServer {
 public:
  void SetUp() override {
    routes.Add(MakeRoute("POST", "/upload", [](const Context&, HttpRequest&) { return HttpResponse::Text(200, ""); }, BodyKind::kUpload));
    routes.Add(MakeRoute("GET", "/stream", [](const Context&, HttpRequest&) {
      HttpResponse response;
      response.stream = std::make_unique<CountedBody>(1 << 20, 16 * 1024);
      return response;
    }));
  }
  int Health() { return RawClient(port()).Ask(Get("/health", "Connection: close\r\n")).status; }
};

std::size_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t total = 0, resident = 0;
  statm >> total >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

std::string Repeat(std::string_view text, int times) {
  std::string repeated;
  for (int i = 0; i < times; ++i) repeated += text;
  return repeated;
}

TEST_F(HttpAbuseTest, SilentConnectionsHoldNobodyUpAndAreClosed) {
  Start();
  std::vector<RawClient> silent;
  for (int i = 0; i < 600; ++i) {
    silent.emplace_back(port());
    ASSERT_TRUE(silent.back().connected());
  }
  EXPECT_EQ(Health(), 200);
  for (RawClient& client : silent) ASSERT_TRUE(client.IsClosedByServer());
  EXPECT_EQ(silent.front().unread(), "") << "who has asked nothing gets no answer";
}

TEST_F(HttpAbuseTest, AHeadThatDribblesIsCutInTotalTimeNotPerOctet) {
  Start();
  std::vector<RawClient> slow;
  for (int i = 0; i < 50; ++i) {
    slow.emplace_back(port());
    slow.back().Send("GET /health HTTP/1.1\r\nX-a: ");
  }
  EXPECT_EQ(Health(), 200);
  // One octet whenever the server has been silent for 10 ms, until it ends the talk.
  for (RawClient& client : slow) {
    pollfd ready{client.fd(), POLLIN, 0};
    for (int i = 0; i < 2000 && poll(&ready, 1, 10) == 0; ++i)
      if (!client.Send("a")) break;
    EXPECT_EQ(client.ReadAnswer().status, 408);
    EXPECT_TRUE(client.IsClosedByServer());
  }
}

TEST_F(HttpAbuseTest, ABodyThatDribblesIsCutInTotalTime) {
  Start();
  RawClient client(port());
  client.Send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n");
  pollfd ready{client.fd(), POLLIN, 0};
  int sent = 0;
  for (; sent < 2000 && poll(&ready, 1, 5) == 0; ++sent)
    if (!client.Send("b")) break;
  EXPECT_LT(sent, 2000);
  EXPECT_EQ(client.ReadAnswer().status, 408);
}

TEST_F(HttpAbuseTest, ABodyThatFallsSilentIsRefused) {
  Start();
  RawClient client(port());
  EXPECT_EQ(client.Ask("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{\"a\":1").status, 408);
  EXPECT_TRUE(client.IsClosedByServer());
}

TEST_F(HttpAbuseTest, ClientsThatNeverReadHoldNobodyUp) {
  Start();
  std::vector<RawClient> deaf;
  for (int i = 0; i < 100; ++i) {
    deaf.emplace_back(port(), 4096);
    deaf.back().Send(Get("/stream"));
  }
  EXPECT_EQ(Health(), 200);
}

TEST_F(HttpAbuseTest, ALengthOverTheLimitIsRefusedBeforeTheBodyIsRead) {
  Start();
  for (const std::string length : {"8388609", "269484032", "18446744073709551615", "99999999999999999999999999"}) {
    RawClient client(port());
    EXPECT_EQ(client.Ask("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + length + "\r\n\r\n").status, 413) << length;
  }
}

TEST_F(HttpAbuseTest, WhatTheEdgeRefusesForARouteIsToldAndStrangersAreNot) {
  std::mutex mutex;
  std::vector<std::string> told;
  options.on_refusal = [&](const Context& context, const Route& route, const HttpResponse& response) {
    const std::lock_guard lock(mutex);
    told.push_back(context.trace + " " + route.pattern + " " + std::to_string(response.status));
  };
  Start();
  const auto refused =
      RawClient(port()).Ask("POST /echo HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: big\r\nContent-Length: 8388609\r\n\r\n");
  EXPECT_EQ(refused.status, 413);
  EXPECT_THAT(refused.body, HasSubstr("8388609 octets"));
  EXPECT_EQ(RawClient(port()).Ask(Get("/nowhere")).status, 404);
  EXPECT_EQ(RawClient(port()).Ask("nonsense\r\n\r\n").status, 400);
  const std::lock_guard lock(mutex);
  EXPECT_THAT(told, testing::ElementsAre("big /echo 413"));
}

TEST_F(HttpAbuseTest, AChunkedBodyOverTheLimitIsRefusedWhileItComes) {
  Start();
  RawClient client(port());
  client.Send("POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string block = "100000\r\n" + std::string(1 << 20, 'z') + "\r\n";
  for (int i = 0; i < 20 && client.Send(block); ++i) {
  }
  EXPECT_EQ(client.ReadAnswer().status, 413);
  EXPECT_TRUE(client.IsClosedByServer());
}

TEST_F(HttpAbuseTest, BodiesOfManyClientsTogetherAreBounded) {
  options.buffered_body_limit = 30'000;
  Start();
  std::vector<RawClient> clients;
  const std::string most(10'000, 'b');
  for (int i = 0; i < 5; ++i) {
    clients.emplace_back(port());
    clients.back().Send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10001\r\n\r\n" + most);
  }
  int refused = 0;
  for (RawClient& client : clients) refused += client.ReadAnswer().status == 503 ? 1 : 0;  // the others run into their timeout
  EXPECT_GE(refused, 1);
  clients.clear();
  EXPECT_EQ(RawClient(port()).Ask(Post("/echo", "later")).body, "later") << "the room comes back";
}

struct Refusal {
  std::string name;
  std::string request;
  int status;
};

std::vector<Refusal> AmbiguousRequests() {
  const std::string host = "Host: localhost\r\n";
  const std::string post = "POST /echo HTTP/1.1\r\n" + host;
  const std::string get = "GET /health HTTP/1.1\r\n";
  return {
      {"length and chunked", post + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"chunked and length", post + "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n", 400},
      {"two lengths", post + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{} ", 400},
      {"two equal lengths", post + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", 400},
      {"a list of lengths", post + "Content-Length: 2, 2\r\n\r\n{}", 400},
      {"a signed length", post + "Content-Length: +2\r\n\r\n{}", 400},
      {"a negative length", post + "Content-Length: -1\r\n\r\n", 400},
      {"a hexadecimal length", post + "Content-Length: 0x2\r\n\r\n{}", 400},
      {"an empty length", post + "Content-Length: \r\n\r\n", 400},
      {"another coding", post + "Transfer-Encoding: gzip\r\n\r\n", 501},
      {"another coding and a length", post + "Transfer-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}", 501},
      {"codings", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
      {"chunked twice", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501},
      {"vertical tab before chunked",
       post + "Transfer-Encoding: \x0b"
              "chunked\r\n\r\n0\r\n\r\n",
       400},
      {"chunked in 1.0", "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"space before the colon", get + "Host : localhost\r\n\r\n", 400},
      {"tab before the colon", get + host + "X\t: y\r\n\r\n", 400},
      {"a folded line", get + host + "X: a\r\n b\r\n\r\n", 400},
      {"a line that begins with a space", get + " " + host + "\r\n", 400},
      {"bare line feeds", "GET /health HTTP/1.1\nHost: localhost\n\n", 400},
      {"one bare line feed", get + "Host: localhost\nX: y\r\n\r\n", 400},
      {"a bare carriage return", get + host + "X: a\rb\r\n\r\n", 400},
      {"NUL in a header", get + host + std::string("X: a\0b\r\n\r\n", 10), 400},
      {"NUL in the target", std::string("GET /hea\0lth HTTP/1.1\r\n", 23) + host + "\r\n", 400},
      {"no name before the colon", get + host + ": x\r\n\r\n", 400},
      {"no colon", get + host + "nonsense\r\n\r\n", 400},
      {"no Host", get + "\r\n", 400},
      {"two Hosts", get + host + host + "\r\n", 400},
      {"a Host with a path", get + "Host: localhost/x\r\n\r\n", 400},
      {"a Host with a user", get + "Host: a@localhost\r\n\r\n", 400},
      {"an empty Host", get + "Host: \r\n\r\n", 421},
      {"a foreign Host", get + "Host: evil.example\r\n\r\n", 421},
      {"an absolute target with a foreign host", "GET http://evil.example/health HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421},
      {"an absolute target and another Host", "GET http://evil.example/health HTTP/1.1\r\n" + host + "\r\n", 400},
      {"a target without slash", "GET health HTTP/1.1\r\n" + host + "\r\n", 400},
      {"an authority as target", "CONNECT localhost:443 HTTP/1.1\r\n" + host + "\r\n", 400},
      {"TRACE", "TRACE / HTTP/1.1\r\n" + host + "\r\n", 501},
      {"an unknown method", "FROB / HTTP/1.1\r\n" + host + "\r\n", 501},
      {"a method with a control", "GE\x01T / HTTP/1.1\r\n" + host + "\r\n", 400},
      {"spaces in the target", "GET /a b HTTP/1.1\r\n" + host + "\r\n", 400},
      {"no version", "GET /health\r\n" + host + "\r\n", 400},
      {"lower-case version", "GET /health http/1.1\r\n" + host + "\r\n", 400},
      {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"HTTP/1.2", "GET /health HTTP/1.2\r\n" + host + "\r\n", 505},
      {"HTTP/0.9", "GET /health HTTP/0.9\r\n" + host + "\r\n", 505},
      {"TLS hello", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\n\n", 13), 400},
      {"an unknown expectation", post + "Expect: miracles\r\nContent-Length: 2\r\n\r\n{}", 417},
      {"a path with ..", "GET /files/../health HTTP/1.1\r\n" + host + "\r\n", 400},
      {"a path with encoded ..", "GET /files/%2e%2e/health HTTP/1.1\r\n" + host + "\r\n", 400},
      {"a path with ..%2f", "GET /files/..%2fetc HTTP/1.1\r\n" + host + "\r\n", 400},
      {"a path with %00", "GET /files/a%00b HTTP/1.1\r\n" + host + "\r\n", 400},
      {"a path with %0a", "GET /files/a%0ab HTTP/1.1\r\n" + host + "\r\n", 400},
      {"a path with half an escape", "GET /files/a%2 HTTP/1.1\r\n" + host + "\r\n", 400},
      {"a path that is no UTF-8", "GET /files/%ff%fe HTTP/1.1\r\n" + host + "\r\n", 400},
      {"a raw octet in the path", "GET /files/\xc3\xa9 HTTP/1.1\r\n" + host + "\r\n", 400},
      {"a fragment", "GET /health#x HTTP/1.1\r\n" + host + "\r\n", 400},
      {"a query with %zz", "GET /health?a=%zz HTTP/1.1\r\n" + host + "\r\n", 400},
      {"a chunk size with a sign", post + "Transfer-Encoding: chunked\r\n\r\n-1\r\n", 400},
      {"a chunk size with a prefix", post + "Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n", 400},
      {"a chunk size that overflows", post + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n", 400},
      {"an empty chunk size", post + "Transfer-Encoding: chunked\r\n\r\n\r\nhello\r\n0\r\n\r\n", 400},
      {"chunk lines with bare line feeds", post + "Transfer-Encoding: chunked\r\n\r\n5\nhello\n0\n\n", 400},
      {"a chunk longer than it says", post + "Transfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n", 400},
      {"a chunk extension of 1 MB", post + "Transfer-Encoding: chunked\r\n\r\n5;" + std::string(1'000'000, 'e') + "\r\nhello\r\n0\r\n\r\n",
       400},
      {"trailers without end", post + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + std::string(100'000, 't'), 400},
      {"a head of 200 KB", get + host + "X: " + std::string(200'000, 'a') + "\r\n\r\n", 431},
      {"10,000 headers", get + host + Repeat("a:b\r\n", 10'000) + "\r\n", 431},
      {"a target of 1 MB", "GET /" + std::string(1'000'000, 'u') + " HTTP/1.1\r\n" + host + "\r\n", 414},
      {"line ends without end", Repeat("\r\n", 1000), 400},
  };
}

TEST_F(HttpAbuseTest, RequestsThatTwoServersCouldReadDifferentlyAreRefused) {
  Start();
  for (const Refusal& refusal : AmbiguousRequests()) {
    RawClient client(port());
    // After the bad request another one that must not be answered: what follows a refused request belongs to nobody.
    client.Send(refusal.request + "GET /hello/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const auto answer = client.ReadAnswer();
    EXPECT_EQ(answer.status, refusal.status) << refusal.name << ": " << answer.head << answer.body;
    EXPECT_TRUE(client.IsClosedByServer()) << refusal.name;
    EXPECT_EQ(client.unread().find("smuggled"), std::string::npos) << refusal.name;
  }
  EXPECT_EQ(Health(), 200);
}

TEST_F(HttpAbuseTest, ARefusalReachesAClientThatStillSends) {
  Start();
  RawClient client(port());
  client.Send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20000000\r\n\r\n");
  const std::string block(100'000, 'x');
  for (int i = 0; i < 50 && client.Send(block); ++i) {
  }
  const auto answer = client.ReadAnswer();
  EXPECT_EQ(answer.status, 413);
  EXPECT_TRUE(answer.whole) << "a reset would have destroyed it on its way";
}

TEST_F(HttpAbuseTest, AClientThatSendsForeverAfterARefusalIsCut) {
  options.linger_ms = 100;
  Start();
  RawClient client(port());
  client.Send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 90000000000\r\n\r\n");
  const std::string block(1 << 20, 'x');
  bool open = true;
  for (int i = 0; i < 100'000 && open; ++i) open = client.Send(block);
  EXPECT_FALSE(open);
  EXPECT_EQ(Health(), 200);
}

TEST_F(HttpAbuseTest, AMultipartOfTooManyPartsIsRefused) {
  Start();
  RawClient client(port());
  const std::string form = Repeat("--B\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\nv\r\n", 20'000) + "--B--\r\n";
  const auto answer = client.Ask(Post("/upload", form, "Content-Type: multipart/form-data; boundary=B\r\n"));
  EXPECT_EQ(answer.status, 413);
  EXPECT_THAT(answer.body, HasSubstr("1,000 parts"));
}

TEST_F(HttpAbuseTest, PagesOfOtherSitesMayNotChangeAnything) {
  Start();
  RawClient client(port());
  EXPECT_EQ(client.Ask(Post("/echo", "x", "Origin: http://localhost\r\nSec-Fetch-Site: same-origin\r\n")).status, 200);
  EXPECT_EQ(client.Ask(Post("/echo", "x", "Sec-Fetch-Site: none\r\n")).status, 200);
  for (const char* header : {"Origin: http://evil.example\r\n", "Origin: null\r\n", "Origin: http://localhost.evil.example\r\n",
                             "Origin: http://localhost:1\r\n", "Sec-Fetch-Site: cross-site\r\n", "Sec-Fetch-Site: same-site\r\n"}) {
    RawClient page(port());
    EXPECT_EQ(page.Ask(Post("/echo", "x", header)).status, 403) << header;
  }
  EXPECT_EQ(client.Ask(Get("/health", "Sec-Fetch-Site: cross-site\r\n")).status, 200) << "a link to a page that only shows is fine";
}

TEST_F(HttpAbuseTest, TokensAreAskedForAndRotated) {
  options.auth_required = true;
  options.token = Secret("first-token");
  options.token_secondary = Secret("second-token");
  routes.Add(MakeRoute("GET", "/who", [](const Context& context, HttpRequest&) { return HttpResponse::Text(200, context.principal); }));
  Start();
  EXPECT_EQ(RawClient(port()).Ask(Get("/who", "Authorization: Bearer first-token\r\n")).body, "operator");
  EXPECT_EQ(RawClient(port()).Ask(Get("/who", "authorization: bearer second-token\r\n")).status, 200);
  for (const char* header :
       {"", "Authorization: Bearer third-token\r\n", "Authorization: Bearer \r\n", "Authorization: Basic Zmlyc3QtdG9rZW4=\r\n",
        "Authorization: Bearer first-token-and-more\r\n", "Authorization: first-token\r\n"}) {
    const auto answer = RawClient(port()).Ask(Get("/who", header));
    EXPECT_EQ(answer.status, 401) << header;
    EXPECT_THAT(answer.Header("WWW-Authenticate"), HasSubstr("Bearer"));
  }
  EXPECT_EQ(RawClient(port()).Ask(Get("/debug/requests")).status, 401);
  EXPECT_EQ(Health(), 200) << "health is open";
}

TEST_F(HttpAbuseTest, AddressesOutsideTheListAreRefused) {
  options.allowed_cidrs = {"10.0.0.0/8"};
  Start();
  EXPECT_EQ(RawClient(port()).Ask(Get("/health")).status, 403);
}

TEST_F(HttpAbuseTest, MemoryStaysFlatUnderUploadsAndDeafReaders) {
  options.io_timeout_ms = 20'000;
  routes.Add(MakeRoute("GET", "/big", [](const Context&, HttpRequest&) {
    HttpResponse response;
    response.stream = std::make_unique<CountedBody>(1ull << 40, 16 * 1024);
    return response;
  }));
  Start();
  EXPECT_EQ(Health(), 200);
  [[maybe_unused]] const std::size_t before = ResidentBytes();
  std::vector<RawClient> deaf;
  for (int i = 0; i < 50; ++i) {
    deaf.emplace_back(port(), 4096);
    deaf.back().Send(Get("/big"));
  }
  RawClient uploader(port());
  constexpr int kMegabytes = 64;
  uploader.Send("POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(kMegabytes << 20) + "\r\n\r\n");
  const std::string block(1 << 20, 'u');
  for (int i = 0; i < kMegabytes; ++i) ASSERT_TRUE(uploader.Send(block));
  EXPECT_EQ(uploader.ReadAnswer().status, 200);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LT(ResidentBytes(), before + (24u << 20));
#endif
}

/// A request for /echo, framed in one of two ways.
std::string RandomEcho(const std::string& body, std::mt19937& random) {
  if (random() % 2 == 0) return Post("/echo", body);
  std::string request = "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t size = std::min<std::size_t>(body.size() - at, 1 + random() % 700);
    char head[32];
    std::snprintf(head, sizeof head, "%zx\r\n", size);
    request += head + body.substr(at, size) + "\r\n";
    at += size;
  }
  return request + "0\r\n\r\n";
}

TEST_F(HttpAbuseTest, RandomPiecesOfPipelinedRequestsComeBackWhole) {
  options.io_timeout_ms = options.head_timeout_ms = 20'000;
  Start();
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 40; ++round) {
    std::string sent;
    std::vector<std::string> expected;
    for (int i = 0; i < 20; ++i) {
      expected.emplace_back(random() % 3000, static_cast<char>('a' + i));
      sent += RandomEcho(expected.back(), random);
    }
    RawClient client(port());
    std::thread writer([&] {
      for (std::size_t at = 0; at < sent.size();) {
        const std::size_t size = std::min<std::size_t>(sent.size() - at, 1 + random() % 900);
        client.Send(std::string_view(sent).substr(at, size));
        at += size;
      }
    });
    for (const std::string& body : expected) {
      const auto answer = client.ReadAnswer();
      EXPECT_EQ(answer.status, 200);
      EXPECT_EQ(answer.body, body);
      if (answer.body != body) break;
    }
    writer.join();
  }
}

}  // namespace
}  // namespace lakehouse::net
