#pragma once
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

/// Clients that only read: what they cost must not be what is measured.
namespace lakehouse::bench {

[[noreturn]] inline void Fail(const std::string& what) {
  std::fprintf(stderr, "sql_bench: %s\n", what.c_str());
  std::exit(1);
}

/// A connected loopback socket, read through one large buffer.
class Socket {
 public:
  explicit Socket(int descriptor) : socket_(descriptor) {
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  ~Socket() { close(socket_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  static int Connect(const char* host, int port) {
    const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    inet_pton(AF_INET, host, &address.sin_addr);
    if (connect(descriptor, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) Fail("cannot connect");
    return descriptor;
  }

  void Write(std::string_view octets) {
    while (!octets.empty()) {
      const ssize_t sent = send(socket_, octets.data(), octets.size(), MSG_NOSIGNAL);
      if (sent <= 0) Fail("cannot send");
      octets.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  /// Without its end of line.
  std::string Line() {
    for (;;) {
      const std::string_view seen(buffer_.data() + begin_, end_ - begin_);
      if (const auto at = seen.find('\n'); at != std::string_view::npos) {
        std::string line(seen.substr(0, at));
        begin_ += at + 1;
        if (!line.empty() && line.back() == '\r') line.pop_back();
        return line;
      }
      More();
    }
  }
  void Skip(std::size_t count) {
    while (count > 0) {
      if (begin_ == end_) begin_ = end_ = 0, More();
      const std::size_t part = std::min(count, end_ - begin_);
      begin_ += part;
      count -= part;
    }
  }
  std::string_view waiting() const { return {buffer_.data() + begin_, end_ - begin_}; }

 private:
  void More() {
    if (begin_ != 0) {
      std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    if (buffer_.size() < end_ + kRoom) buffer_.resize(end_ + kRoom);
    const ssize_t count = recv(socket_, buffer_.data() + end_, buffer_.size() - end_, 0);
    if (count <= 0) Fail("the server closed the connection");
    end_ += static_cast<std::size_t>(count);
  }

  static constexpr std::size_t kRoom = 1u << 20;
  const int socket_;
  std::string buffer_;
  std::size_t begin_ = 0, end_ = 0;
};

/// A kept HTTP connection that posts statements.
class Client {
 public:
  Client(const char* host, int port) : socket_(Socket::Connect(host, port)) {}

  /// Octets of the answer.
  std::size_t Run(const std::string& sql, const char* accept) {
    socket_.Write("POST /v1/sql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sql\r\nAccept: " + std::string(accept) +
                  "\r\nContent-Length: " + std::to_string(sql.size()) + "\r\n\r\n" + sql);
    const std::string status = socket_.Line();
    if (status.find(" 200") == std::string::npos) Fail(sql + ": " + status + "\n" + std::string(socket_.waiting()));
    std::size_t length = 0;
    bool chunked = false;
    for (std::string line = socket_.Line(); !line.empty(); line = socket_.Line()) {
      if (strncasecmp(line.c_str(), "content-length:", 15) == 0) length = std::strtoull(line.c_str() + 15, nullptr, 10);
      if (strncasecmp(line.c_str(), "transfer-encoding:", 18) == 0) chunked = true;
    }
    if (!chunked) {
      socket_.Skip(length);
      return length;
    }
    std::size_t total = 0;
    for (;;) {
      const std::size_t size = std::strtoull(socket_.Line().c_str(), nullptr, 16);
      socket_.Skip(size);
      socket_.Line();
      if (size == 0) return total;
      total += size;
    }
  }

 private:
  Socket socket_;
};

}  // namespace lakehouse::bench
