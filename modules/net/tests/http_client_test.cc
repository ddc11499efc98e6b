#include "lakehouse/net/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "raw_client.h"
#include "test_server.h"

namespace lakehouse::net {
namespace {

using testing::HasSubstr;

class HttpClientTest : public testing::Test, public TestServer {
 protected:
  void TearDown() override {
    if (server != nullptr) server->Stop(0);  // before what the routes refer to goes
  }
  HttpClient::Request To(std::string path, std::string method = "GET", std::string body = "") {
    HttpClient::Request request;
    request.method = std::move(method);
    request.url = server->url() + std::move(path);
    request.body = std::move(body);
    return request;
  }
  void AddStream(std::uint64_t octets, bool fails = false) {
    routes.Add(MakeRoute("GET", "/stream", [this, octets, fails](const Context&, HttpRequest&) {
      HttpResponse response;
      response.stream = std::make_unique<CountedBody>(octets, 64 * 1024, &pulled_, &gone_, fails);
      return response;
    }));
  }
  HttpClient client_;
  std::atomic<std::uint64_t> pulled_{0};
  Signal gone_;
};

/// A listener that does what a test says with each connection.
class ScriptedPeer {
 public:
  explicit ScriptedPeer(std::function<void(int fd, int turn)> talk) {
    fd_ = UniqueFd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(fd_.get(), 16), 0);
    socklen_t length = sizeof address;
    getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&address), &length);
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/";
    thread_ = std::thread([this, talk = std::move(talk)] {
      for (int turn = 0;; ++turn) {
        UniqueFd peer(accept(fd_.get(), nullptr, nullptr));
        if (!peer) return;
        ++connections;
        talk(peer.get(), turn);
      }
    });
  }
  ~ScriptedPeer() {
    shutdown(fd_.get(), SHUT_RDWR);
    thread_.join();
  }
  const std::string& url() const { return url_; }
  std::atomic<int> connections{0};

  /// Reads until the head of a request is whole, and its body when there is a length. False at the end.
  static bool ReadRequest(int fd) {
    std::string text;
    char octets[4096];
    while (true) {
      const ssize_t got = recv(fd, octets, sizeof octets, 0);
      if (got <= 0) return false;
      text.append(octets, static_cast<std::size_t>(got));
      const std::size_t end = text.find("\r\n\r\n");
      if (end == std::string::npos) continue;
      const std::size_t length = text.find("Content-Length: ");
      const std::size_t body = length == std::string::npos ? 0 : std::stoul(text.substr(length + 16));
      if (text.size() >= end + 4 + body) return true;
    }
  }
  static void Say(int fd, std::string_view text) { [[maybe_unused]] const auto sent = send(fd, text.data(), text.size(), MSG_NOSIGNAL); }

 private:
  UniqueFd fd_;
  std::string url_;
  std::thread thread_;
};

TEST_F(HttpClientTest, SendsEveryMethodWithItsBody) {
  for (const char* method : {"GET", "POST", "PUT", "PATCH", "DELETE"})
    routes.Add(MakeRoute(
        method, "/any", [](const Context&, HttpRequest& r) { return HttpResponse::Text(201, r.method + ":" + r.body); }, BodyKind::kSmall));
  Start();
  for (const std::string method : {"GET", "POST", "PUT", "PATCH", "DELETE"})
    for (const std::size_t size : {0u, 5u, 3'000'000u}) {
      const auto response = client_.Send({}, To("/any", method, std::string(size, 'q')));
      ASSERT_TRUE(response.ok()) << response.error().ToString();
      EXPECT_EQ(response->status, 201);
      EXPECT_EQ(response->body, method + ":" + std::string(size, 'q'));
    }
  const auto head = client_.Send({}, To("/any", "HEAD"));
  ASSERT_TRUE(head.ok());
  EXPECT_EQ(head->body, "");
  EXPECT_EQ(FindHeader(head->headers, "content-length"), "5");
}

TEST_F(HttpClientTest, SendsHeadersAndFilesAndGivesStatusesBack) {
  routes.Add(MakeRoute(
      "PUT", "/seen", [](const Context&, HttpRequest& r) { return HttpResponse::Text(200, r.FindHeader("x-a").value_or("") + r.body); },
      BodyKind::kSmall));
  Start();
  const std::string file = spool.path() + "/body";
  std::ofstream(file) << "from a file";
  HttpClient::Request request = To("/seen", "PUT");
  request.headers = {{"X-A", "1 "}, {"X-Empty", ""}};
  request.body_path = file;
  EXPECT_EQ(client_.Send({}, request)->body, "1from a file");
  EXPECT_EQ(client_.Send({}, To("/nowhere"))->status, 404);
  request.headers = {{"X-A", "1\r\nX-B: 2"}};
  EXPECT_EQ(client_.Send({}, request).error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(HttpClientTest, KeepsConnectionsForTheNextCall) {
  ScriptedPeer peer([](int fd, int) {
    while (ScriptedPeer::ReadRequest(fd)) ScriptedPeer::Say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  });
  HttpClient::Request request;
  request.url = peer.url();
  {
    HttpClient mine;
    for (int i = 0; i < 20; ++i) ASSERT_EQ(mine.Send({}, request)->body, "ok");
    EXPECT_EQ(peer.connections, 1);
  }
}

TEST_F(HttpClientTest, TellsNotSentFromNoAnswer) {
  HttpClient::Request request;
  {
    ScriptedPeer ended([](int, int) {});
    request.url = ended.url();
  }
  EXPECT_EQ(client_.Send({}, request).error().code(), ErrorCode::kUnavailable) << "refused";
  request.url = "http://no-such-host.invalid/";
  EXPECT_EQ(client_.Send({}, request).error().code(), ErrorCode::kUnavailable);
  request.url = "ftp://127.0.0.1/";
  EXPECT_EQ(client_.Send({}, request).error().code(), ErrorCode::kInvalidArgument);
  request.url = "";
  EXPECT_EQ(client_.Send({}, request).error().code(), ErrorCode::kInvalidArgument);

  for (const std::string_view last_words : {"", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
                                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "SMTP nonsense\r\n"}) {
    ScriptedPeer peer([&](int fd, int) {
      ScriptedPeer::ReadRequest(fd);
      ScriptedPeer::Say(fd, last_words);
    });
    request.url = peer.url();
    request.method = "POST";
    request.body = "{}";
    const auto response = client_.Send({}, request);
    ASSERT_FALSE(response.ok()) << last_words;
    EXPECT_EQ(response.error().code(), ErrorCode::kOutcomeUnknown) << last_words << ": " << response.error().ToString();
  }
}

TEST_F(HttpClientTest, APostIsNeverSentTwiceBehindTheCallersBack) {
  std::atomic<int> requests_seen{0};
  // The first answer keeps the connection, the second request on it meets a close: libcurl would send it again on a new one.
  ScriptedPeer peer([&](int fd, int turn) {
    if (!ScriptedPeer::ReadRequest(fd)) return;
    ++requests_seen;
    ScriptedPeer::Say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    if (turn == 0 && ScriptedPeer::ReadRequest(fd)) ++requests_seen;
  });
  HttpClient::Request request;
  request.url = peer.url();
  request.method = "POST";
  request.body = "{}";
  HttpClient mine;
  EXPECT_TRUE(mine.Send({}, request).ok());
  const auto second = mine.Send({}, request);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code(), ErrorCode::kOutcomeUnknown);
  EXPECT_EQ(requests_seen, 2);
}

TEST_F(HttpClientTest, HonoursDeadlineCancelAndSilence) {
  ScriptedPeer silent([&](int fd, int turn) {
    ScriptedPeer::ReadRequest(fd);
    if (turn == 2) ScriptedPeer::Say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
    char octet;
    EXPECT_LE(recv(fd, &octet, 1, 0), 0) << "the client closes";
  });
  HttpClient::Request request;
  request.url = silent.url();
  EXPECT_EQ(client_.Send({"", "", Deadline::After(50), {}}, request).error().code(), ErrorCode::kDeadlineExceeded);
  std::stop_source stop;
  std::thread canceller([&] {
    while (silent.connections < 2) std::this_thread::yield();
    stop.request_stop();
  });
  EXPECT_EQ(client_.Send({"", "", {}, stop.get_token()}, request).error().code(), ErrorCode::kCancelled);
  canceller.join();
  HttpClient impatient({.idle_timeout_ms = 50});
  EXPECT_EQ(impatient.Send({}, request).error().code(), ErrorCode::kOutcomeUnknown);
}

TEST_F(HttpClientTest, BoundsTheAnswer) {
  AddStream(10 << 20);
  Start();
  HttpClient::Request request = To("/stream");
  request.max_response_bytes = 1 << 20;
  EXPECT_EQ(client_.Send({}, request).error().code(), ErrorCode::kTooLarge);
  request.max_response_bytes = 10 << 20;
  EXPECT_EQ(client_.Send({}, request)->body.size(), 10u << 20);
}

TEST_F(HttpClientTest, PassesTheBodyOnAndStopsWhenTold) {
  AddStream(UINT64_MAX);
  Start();
  std::size_t seen = 0;
  const auto response = client_.Send({}, To("/stream"), [&](std::string_view octets) -> Status {
    seen += octets.size();
    if (seen > 1'000'000) return Error(ErrorCode::kResourceExhausted, "enough");
    return Ok{};
  });
  ASSERT_FALSE(response.ok());
  EXPECT_EQ(response.error().message(), "enough");
  EXPECT_TRUE(gone_.Wait());
}

TEST_F(HttpClientTest, AStreamIsPulledNotPushed) {
  options.io_timeout_ms = 20'000;
  AddStream(UINT64_MAX);
  Start();
  auto response = client_.Open({}, To("/stream"));
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(response->status, 200);
  std::size_t seen = 0;
  while (seen < 20'000'000) {
    const auto chunk = response->body->Next({});
    ASSERT_TRUE(chunk.ok() && *chunk);
    seen += (*chunk)->size();
  }
  EXPECT_LT(pulled_.load(), seen + (16u << 20)) << "beyond what was taken there is only what the sockets hold";
  response->body.reset();
  EXPECT_TRUE(gone_.Wait());
}

TEST_F(HttpClientTest, AStreamThatIsCutIsNoEnd) {
  AddStream(1'000'000, true);
  Start();
  auto response = client_.Open({}, To("/stream"));
  ASSERT_TRUE(response.ok());
  std::size_t seen = 0;
  while (true) {
    const auto chunk = response->body->Next({});
    if (!chunk) {
      EXPECT_EQ(chunk.error().code(), ErrorCode::kOutcomeUnknown);
      break;
    }
    ASSERT_TRUE(chunk->has_value()) << "a cut must not look like the end";
    seen += (*chunk)->size();
  }
  EXPECT_LE(seen, 1'000'000u);
}

TEST_F(HttpClientTest, ManyThreadsShareOneClient) {
  Start();
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      for (int j = 0; j < 50; ++j) {
        const std::string body = std::to_string(i) + "/" + std::to_string(j);
        const auto response = client_.Send({}, To("/echo", "POST", body));
        if (response.ok() && response->body == body) ++good;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 400);
}

}  // namespace
}  // namespace lakehouse::net
