#include "listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace lakehouse::net {
namespace {

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;
};

Result<Address> ReadNumericAddress(const std::string& text, std::uint16_t port) {
  Address address;
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
  if (inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    address.length = sizeof(sockaddr_in);
    return address;
  }
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
  if (inet_pton(AF_INET6, text.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    address.length = sizeof(sockaddr_in6);
    return address;
  }
  return Error(ErrorCode::kInvalidArgument, "expected a numeric address to listen on, such as 127.0.0.1 or ::1, found \"" + text + "\"");
}

std::string TextOf(const sockaddr_storage& storage) {
  char text[INET6_ADDRSTRLEN] = {};
  if (storage.ss_family == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(&storage)->sin_addr, text, sizeof text);
    return text;
  }
  inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_addr, text, sizeof text);
  constexpr std::string_view kMapped = "::ffff:";
  const std::string_view address(text);
  const bool is_ipv4 = address.starts_with(kMapped) && address.find('.') != std::string_view::npos;
  return std::string(is_ipv4 ? address.substr(kMapped.size()) : address);
}

Error ListenError(const char* attempted, const std::string& where) {
  const int number = errno;
  Error error(number == EACCES ? ErrorCode::kPermissionDenied : ErrorCode::kUnavailable,
              std::string(attempted) + " " + where + ": " + std::strerror(number));
  if (number == EADDRINUSE) return std::move(error).Named("address_in_use");
  return error;
}

}  // namespace

Result<BoundSocket> Listen(const std::string& address, std::uint16_t port) {
  constexpr int kBacklog = 4096;
  const Address at = LH_TRY(ReadNumericAddress(address, port));
  const std::string where = address + " port " + std::to_string(port);
  BoundSocket bound{UniqueFd(socket(at.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)), 0};
  if (!bound.fd) return ListenError("make a socket for", where);
  // Takes over ports whose old connections still linger, never one that is listened on.
  const int on = 1;
  setsockopt(bound.fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(bound.fd.get(), reinterpret_cast<const sockaddr*>(&at.storage), at.length) != 0) return ListenError("bind", where);
  if (listen(bound.fd.get(), kBacklog) != 0) return ListenError("listen on", where);

  sockaddr_storage actual{};
  socklen_t length = sizeof actual;
  if (getsockname(bound.fd.get(), reinterpret_cast<sockaddr*>(&actual), &length) != 0) return ListenError("ask for the port of", where);
  bound.port = ntohs(actual.ss_family == AF_INET ? reinterpret_cast<sockaddr_in*>(&actual)->sin_port
                                                 : reinterpret_cast<sockaddr_in6*>(&actual)->sin6_port);
  return bound;
}

Status Listener::Begin() { return loop_.Add(fd_.get(), EPOLLIN, this); }

void Listener::OnEvents(std::uint32_t) {
  constexpr int kAtOnce = 64;
  for (int i = 0; i < kAtOnce && fd_; ++i) {
    sockaddr_storage peer{};
    socklen_t length = sizeof peer;
    UniqueFd socket(accept4(fd_.get(), reinterpret_cast<sockaddr*>(&peer), &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
        loop_.Remove(fd_.get());
        resting_ = true;
      }
      if (errno != ECONNABORTED && errno != EINTR) return;
      continue;
    }
    const int on = 1;
    setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    accepted_(std::move(socket), TextOf(peer));
  }
}

void Listener::OnTick() {
  if (!resting_ || !fd_) return;
  resting_ = !Begin().ok();
}

void Listener::Close() {
  if (fd_ && !resting_) loop_.Remove(fd_.get());
  fd_.Reset();
}

}  // namespace lakehouse::net
