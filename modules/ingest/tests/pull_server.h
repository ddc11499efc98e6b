#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "lakehouse/base/file.h"
#include "lakehouse/base/hash.h"

namespace lakehouse::ingest {

/// An HTTP server of files with ETags and redirects, on this machine, one connection at a time.
class PullServer {
 public:
  PullServer() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(listener_.get(), 16) != 0) std::abort();
    socklen_t length = sizeof address;
    getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &length);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] {
      for (;;) {
        const UniqueFd peer(accept(listener_.get(), nullptr, nullptr));
        if (!peer) return;
        Talk(peer.get());
      }
    });
  }
  ~PullServer() {
    shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }

  int port() const { return port_; }
  std::string Url(const std::string& path) const { return "http://127.0.0.1:" + std::to_string(port_) + path; }
  void Offer(const std::string& path, const std::string& octets) {
    const std::scoped_lock lock(mutex_);
    files_[path] = octets;
  }
  void Redirect(const std::string& path, const std::string& to) {
    const std::scoped_lock lock(mutex_);
    redirects_[path] = to;
  }
  int requests() const { return requests_; }
  std::string last_authorization() const {
    const std::scoped_lock lock(mutex_);
    return authorization_;
  }

 private:
  static std::string Header(const std::string& head, const std::string& name) {
    const std::size_t at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const std::size_t from = at + name.size() + 4;
    return head.substr(from, head.find("\r\n", from) - from);
  }
  void Talk(int fd) {
    std::string head;
    char chunk[4096];
    while (head.find("\r\n\r\n") == std::string::npos) {
      const ssize_t got = recv(fd, chunk, sizeof chunk, 0);
      if (got <= 0) return;
      head.append(chunk, static_cast<std::size_t>(got));
    }
    ++requests_;
    const std::string path = head.substr(4, head.find(' ', 4) - 4);
    std::string answer;
    {
      const std::scoped_lock lock(mutex_);
      authorization_ = Header(head, "Authorization");
      const auto file = files_.find(path);
      const auto redirect = redirects_.find(path);
      const std::string etag = file == files_.end() ? "" : "\"" + Sha256Hex(file->second).substr(0, 16) + "\"";
      if (redirect != redirects_.end())
        answer = "HTTP/1.1 302 Found\r\nLocation: " + redirect->second + "\r\nContent-Length: 0\r\n";
      else if (file == files_.end())
        answer = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n";
      else if (Header(head, "If-None-Match") == etag)
        answer = "HTTP/1.1 304 Not Modified\r\nETag: " + etag + "\r\n";
      else
        answer = "HTTP/1.1 200 OK\r\nETag: " + etag + "\r\nContent-Length: " + std::to_string(file->second.size()) + "\r\n";
      answer += "Connection: close\r\n\r\n";
      if (answer.starts_with("HTTP/1.1 200")) answer += file->second;
    }
    std::size_t sent = 0;
    while (sent < answer.size()) {
      const ssize_t more = send(fd, answer.data() + sent, answer.size() - sent, MSG_NOSIGNAL);
      if (more <= 0) return;
      sent += static_cast<std::size_t>(more);
    }
  }

  UniqueFd listener_;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::map<std::string, std::string> files_, redirects_;
  std::string authorization_;
  std::atomic<int> requests_{0};
  std::thread thread_;
};

}  // namespace lakehouse::ingest
