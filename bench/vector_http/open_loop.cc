// open_loop HOST PORT PATH BODIES RATE SECONDS CONNECTIONS: posts the lines of the file BODIES in turn, RATE a second, each at its time
// whatever the answers take, and prints one line of JSON. A latency counts from when the request was due: one that had to wait for a
// connection, because the server was slow with others, is not excused. One thread, so that the client takes little of the machine that it
// measures on.
#include <sys/epoll.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "../sql/client.h"

namespace {

using SteadyClock = std::chrono::steady_clock;
using lakehouse::bench::Fail;
using lakehouse::bench::Socket;

constexpr int kPatienceSeconds = 30;

/// One connection with at most one request under way.
struct Client {
  int descriptor = -1;
  std::string answer;
  SteadyClock::time_point due;
};

/// Of the whole answer; 0 while it is not all there.
int StatusOf(const std::string& answer) {
  const std::size_t end = answer.find("\r\n\r\n");
  if (end == std::string::npos) return 0;
  const std::size_t at = answer.find("Content-Length: ");
  if (at == std::string::npos || at > end) Fail("an answer has no length");
  const auto length = static_cast<std::size_t>(std::strtoull(answer.c_str() + at + 16, nullptr, 10));
  return answer.size() < end + 4 + length ? 0 : std::atoi(answer.c_str() + 9);
}

std::vector<std::string> RequestsFrom(const char* host, const char* path, const char* bodies) {
  std::vector<std::string> requests;
  std::ifstream lines(bodies);
  for (std::string body; std::getline(lines, body);)
    requests.push_back("POST " + std::string(path) + " HTTP/1.1\r\nHost: " + host +
                       "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  if (requests.empty()) Fail("there are no bodies");
  return requests;
}

class OpenLoop {
 public:
  OpenLoop(const char* host, int port, int connections, double rate, std::size_t total)
      : poll_(epoll_create1(0)), clients_(static_cast<std::size_t>(connections)), gap_(1 / rate), total_(total) {
    for (Client& client : clients_) {
      client.descriptor = Socket::Connect(host, port);
      const int on = 1;
      setsockopt(client.descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.ptr = &client;
      if (epoll_ctl(poll_, EPOLL_CTL_ADD, client.descriptor, &event) != 0) Fail("cannot wait for a socket");
      idle_.push_back(&client);
    }
  }

  void Run(const std::vector<std::string>& requests) {
    start_ = SteadyClock::now();
    while (milliseconds_.size() < total_) {
      const auto now = SteadyClock::now();
      while (sent_ < total_ && !idle_.empty() && DueOf(sent_) <= now) Send(requests[sent_ % requests.size()]);
      if (now > DueOf(total_) + std::chrono::seconds(kPatienceSeconds)) Fail("answers do not come");
      Wait(sent_ < total_ && !idle_.empty() ? DueOf(sent_) - SteadyClock::now() : std::chrono::seconds(1));
    }
    std::sort(milliseconds_.begin(), milliseconds_.end());
  }

  double At(double share) const {
    return milliseconds_[std::min(milliseconds_.size() - 1, static_cast<std::size_t>(share * static_cast<double>(milliseconds_.size())))];
  }
  std::size_t failed() const { return failed_; }
  double seconds() const { return std::chrono::duration<double>(SteadyClock::now() - start_).count(); }

 private:
  SteadyClock::time_point DueOf(std::size_t number) const {
    return start_ + std::chrono::nanoseconds(std::llround(static_cast<double>(number) * gap_ * 1e9));
  }

  void Send(const std::string& request) {
    Client& client = *idle_.back();
    idle_.pop_back();
    client.due = DueOf(sent_++);
    client.answer.clear();
    if (send(client.descriptor, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) Fail("cannot send");
  }

  void Wait(SteadyClock::duration most) {
    const auto nanos = std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::nanoseconds>(most).count());
    const timespec timeout{nanos / 1'000'000'000, nanos % 1'000'000'000};
    epoll_event events[64];
    const int count = epoll_pwait2(poll_, events, 64, &timeout, nullptr);
    for (int i = 0; i < count; ++i) Receive(*static_cast<Client*>(events[i].data.ptr));
  }

  void Receive(Client& client) {
    char octets[16 * 1024];
    const ssize_t got = recv(client.descriptor, octets, sizeof octets, 0);
    if (got <= 0) Fail("the server has closed a connection");
    client.answer.append(octets, static_cast<std::size_t>(got));
    const int status = StatusOf(client.answer);
    if (status == 0) return;
    failed_ += static_cast<std::size_t>(status != 200);
    milliseconds_.push_back(std::chrono::duration<double, std::milli>(SteadyClock::now() - client.due).count());
    idle_.push_back(&client);
  }

  const int poll_;
  std::vector<Client> clients_;
  std::vector<Client*> idle_;
  const double gap_;  ///< seconds
  const std::size_t total_;
  SteadyClock::time_point start_;
  std::size_t sent_ = 0, failed_ = 0;
  std::vector<double> milliseconds_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 8) {
    std::fprintf(stderr, "usage: open_loop HOST PORT PATH BODIES RATE SECONDS CONNECTIONS\n");
    return 2;
  }
  const double rate = std::atof(argv[5]), seconds = std::atof(argv[6]);
  if (!(rate > 0) || !(rate * seconds >= 1)) Fail("there is nothing to send");
  OpenLoop loop(argv[1], std::atoi(argv[2]), std::max(1, std::atoi(argv[7])), rate, static_cast<std::size_t>(rate * seconds));
  loop.Run(RequestsFrom(argv[1], argv[3], argv[4]));
  std::printf("{\"p50_ms\":%.3f,\"p90_ms\":%.3f,\"p99_ms\":%.3f,\"p999_ms\":%.3f,\"max_ms\":%.3f,\"failed\":%zu,\"seconds\":%.2f}\n",
              loop.At(.5), loop.At(.9), loop.At(.99), loop.At(.999), loop.At(1), loop.failed(), loop.seconds());
  return 0;
}
