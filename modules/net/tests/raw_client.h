#pragma once
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "lakehouse/base/file.h"

namespace lakehouse::net {

/// A client that says exactly what a test wants it to say. Every wait has a limit, so a server that hangs fails the test.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port, int receive_buffer = 0) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer > 0) setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }

  bool connected() const { return connected_; }
  int fd() const { return fd_.get(); }

  /// False when the server has closed.
  bool Send(std::string_view octets) {
    while (!octets.empty()) {
      pollfd ready{fd_.get(), POLLOUT, 0};
      if (poll(&ready, 1, kLimitMs) != 1) return false;
      const ssize_t sent = send(fd_.get(), octets.data(), octets.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0 && (errno == EAGAIN || errno == EINTR)) continue;
      if (sent < 0) return false;
      octets.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  void SendEnd() { shutdown(fd_.get(), SHUT_WR); }
  void Close() { fd_.Reset(); }
  /// So that Close sends a reset.
  void CloseWithReset() {
    const linger reset{1, 0};
    setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    fd_.Reset();
  }

  /// Everything until the server closes; fails the test when that does not happen.
  std::string ReadToEnd() {
    while (ReadSome()) {
    }
    EXPECT_TRUE(ended_) << "the server did not close the connection";
    return std::exchange(buffer_, {});
  }

  struct Answer {
    int status = 0;
    std::string head;
    std::string body;
    bool whole = false;  ///< the framing says that nothing is missing
    std::string Header(std::string_view name) const {
      std::size_t at = 0;
      while ((at = head.find("\r\n", at)) != std::string::npos) {
        at += 2;
        if (head.size() - at > name.size() && strncasecmp(head.data() + at, name.data(), name.size()) == 0 &&
            head[at + name.size()] == ':') {
          const std::size_t end = head.find("\r\n", at);
          return head.substr(at + name.size() + 2, end - at - name.size() - 2);
        }
      }
      return "";
    }
  };
  /// One answer off the connection. `no_body`: to HEAD.
  Answer ReadAnswer(bool no_body = false) {
    Answer answer;
    std::size_t end = 0;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos)
      if (!ReadSome()) return answer;
    answer.head = buffer_.substr(0, end + 4);
    buffer_.erase(0, end + 4);
    if (answer.head.size() > 12) std::from_chars(answer.head.data() + 9, answer.head.data() + 12, answer.status);
    if (no_body || answer.status == 204 || answer.status == 304 || answer.status < 200) {
      answer.whole = true;
    } else if (answer.Header("Transfer-Encoding") == "chunked") {
      ReadChunks(answer);
    } else if (const std::string length = answer.Header("Content-Length"); !length.empty()) {
      const auto wanted = static_cast<std::size_t>(std::stoull(length));
      while (buffer_.size() < wanted && ReadSome()) {
      }
      answer.whole = buffer_.size() >= wanted;
      answer.body = buffer_.substr(0, wanted);
      buffer_.erase(0, wanted);
    } else {
      while (ReadSome()) {
      }
      answer.body = std::exchange(buffer_, {});
      answer.whole = ended_ && !reset_;
    }
    return answer;
  }
  Answer Ask(std::string_view request) {
    EXPECT_TRUE(Send(request));
    return ReadAnswer();
  }
  /// Whether the server closes, cleanly or not, within the limit.
  bool IsClosedByServer() {
    while (ReadSome()) {
    }
    return ended_;
  }
  bool was_reset() const { return reset_; }
  const std::string& unread() const { return buffer_; }

 private:
  static constexpr int kLimitMs = 20'000;

  bool ReadSome() {
    pollfd ready{fd_.get(), POLLIN, 0};
    if (ended_ || poll(&ready, 1, kLimitMs) != 1) return false;
    char octets[65536];
    const ssize_t got = recv(fd_.get(), octets, sizeof octets, 0);
    if (got <= 0) {
      ended_ = true;
      reset_ = got < 0;
      return false;
    }
    buffer_.append(octets, static_cast<std::size_t>(got));
    return true;
  }
  void ReadChunks(Answer& answer) {
    while (true) {
      std::size_t line = 0;
      while ((line = buffer_.find("\r\n")) == std::string::npos)
        if (!ReadSome()) return;
      std::size_t size = 0;
      std::from_chars(buffer_.data(), buffer_.data() + line, size, 16);
      while (buffer_.size() < line + 2 + size + 2)
        if (!ReadSome()) return;
      answer.body += buffer_.substr(line + 2, size);
      buffer_.erase(0, line + 2 + size + 2);
      if (size == 0) {
        answer.whole = true;
        return;
      }
    }
  }

  UniqueFd fd_;
  bool connected_ = false;
  bool ended_ = false;
  bool reset_ = false;
  std::string buffer_;
};

inline std::string Get(std::string_view path, std::string_view more = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n" + std::string(more) + "\r\n";
}
inline std::string Post(std::string_view path, std::string_view body, std::string_view more = "") {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(more) + "\r\n" + std::string(body);
}

}  // namespace lakehouse::net
