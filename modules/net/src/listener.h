#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include "event_loop.h"
#include "lakehouse/base/file.h"
#include "lakehouse/base/result.h"

namespace lakehouse::net {

/// A listening socket.
struct BoundSocket {
  UniqueFd fd;
  std::uint16_t port = 0;
};
/// kInvalidArgument: no numeric address; kUnavailable with reason "address_in_use", or the system's words.
Result<BoundSocket> Listen(const std::string& address, std::uint16_t port);

/// Accepts on one loop and gives the sockets away.
class Listener final : public EventLoop::Handler {
 public:
  using Accepted = std::function<void(UniqueFd socket, std::string peer_address)>;
  Listener(UniqueFd fd, EventLoop& loop, Accepted accepted) : fd_(std::move(fd)), loop_(loop), accepted_(std::move(accepted)) {}
  Status Begin();
  void OnEvents(std::uint32_t events) override;
  /// Without descriptors left, accepting rests until the next tick instead of spinning.
  void OnTick();
  void Close();

 private:
  UniqueFd fd_;
  EventLoop& loop_;
  Accepted accepted_;
  bool resting_ = false;
};

}  // namespace lakehouse::net
