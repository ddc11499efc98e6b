#include "lakehouse/sandbox/channel.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace lakehouse::sandbox {

namespace {

constexpr std::size_t kHeaderBytes = 8;
constexpr std::size_t kSendTogether = 64u << 10;
constexpr std::size_t kReadAtOnce = 64u << 10;
constexpr std::size_t kOrdinaryFrame = 1u << 20;

using Header = std::array<char, kHeaderBytes>;

Header MakeHeader(std::uint32_t type, std::string_view body) {
  const auto length = static_cast<std::uint32_t>(body.size());
  Header header;
  std::memcpy(header.data(), &length, 4);
  std::memcpy(header.data() + 4, &type, 4);
  return header;
}

Error Lost(std::string_view how) {
  return Error(ErrorCode::kUnavailable, fmt::format("the other end of the channel is gone: {}", how)).Named("worker_lost");
}

Error TooLong(std::size_t length) {
  return Error(ErrorCode::kTooLarge, fmt::format("a frame of {} bytes is over the limit of {}", length, kMaxFrameBytes));
}

/// All octets of both parts, by a blocking descriptor.
Status WriteBoth(int fd, std::string_view first, std::string_view second) {
  while (!first.empty() || !second.empty()) {
    const iovec parts[2] = {{const_cast<char*>(first.data()), first.size()}, {const_cast<char*>(second.data()), second.size()}};
    const ssize_t written = writev(fd, parts, 2);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return Lost(std::strerror(errno));
    auto done = static_cast<std::size_t>(written);
    const std::size_t of_first = std::min(done, first.size());
    first.remove_prefix(of_first);
    second.remove_prefix(done - of_first);
  }
  return Ok{};
}

Status ReadAll(int fd, char* to, std::size_t count) {
  while (count > 0) {
    const ssize_t got = read(fd, to, count);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return Lost(got == 0 ? "closed" : std::strerror(errno));
    to += got;
    count -= static_cast<std::size_t>(got);
  }
  return Ok{};
}

}  // namespace

Status Channel::Send(std::uint32_t type, std::string_view body, bool now) {
  if (body.size() > kMaxFrameBytes) return TooLong(body.size());
  const Header header = MakeHeader(type, body);
  const std::lock_guard lock(mutex_);
  pending_.append(header.data(), header.size());
  if (pending_.size() + body.size() <= kSendTogether) {
    pending_ += body;
    return now ? FlushLocked() : Status(Ok{});
  }
  Status sent = WriteBoth(fd_, pending_, body);
  pending_.clear();
  return sent;
}

Status Channel::Flush() {
  const std::lock_guard lock(mutex_);
  return FlushLocked();
}

Status Channel::FlushLocked() {
  Status sent = WriteBoth(fd_, pending_, {});
  pending_.clear();
  return sent;
}

Result<Frame> Channel::Receive() {
  Header header;
  LH_TRY(ReadAll(fd_, header.data(), header.size()));
  std::uint32_t length = 0;
  Frame frame;
  std::memcpy(&length, header.data(), 4);
  std::memcpy(&frame.type, header.data() + 4, 4);
  if (length > kMaxFrameBytes) return Error(ErrorCode::kCorruption, fmt::format("a frame claims {} bytes", length)).Named("bad_frame");
  frame.body.resize(length);
  LH_TRY(ReadAll(fd_, frame.body.data(), length));
  return frame;
}

ParentChannel::ParentChannel(UniqueFd socket) : fd_(std::move(socket)), wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  fcntl(fd_.get(), F_SETFL, fcntl(fd_.get(), F_GETFL) | O_NONBLOCK);
}

Status ParentChannel::Await(const Context& context, short events) {
  LH_TRY(context.Check());
  const std::stop_callback wake(context.cancel, [this] {
    const std::uint64_t one = 1;
    (void)!write(wake_.get(), &one, sizeof one);
  });
  pollfd fds[2] = {{fd_.get(), events, 0}, {wake_.get(), POLLIN, 0}};
  const auto remaining_ms = context.deadline.RemainingMs();
  const int timeout_ms = remaining_ms ? static_cast<int>(std::min<std::int64_t>(*remaining_ms + 1, 60'000)) : -1;
  const int ready = poll(fds, context.cancel.stop_possible() ? 2 : 1, timeout_ms);
  if (ready < 0 && errno != EINTR) return Lost(std::strerror(errno));
  if ((fds[1].revents & POLLIN) != 0) {  // left over from an earlier context, or meant for this one: Check knows
    std::uint64_t ignored = 0;
    (void)!read(wake_.get(), &ignored, sizeof ignored);
  }
  return fds[0].revents != 0 ? Status(Ok{}) : context.Check();
}

Status ParentChannel::Send(const Context& context, std::uint32_t type, std::string_view body) {
  if (body.size() > kMaxFrameBytes) return TooLong(body.size());
  const Header header = MakeHeader(type, body);
  std::string_view first(header.data(), header.size());
  while (!first.empty() || !body.empty()) {
    iovec parts[2] = {{const_cast<char*>(first.data()), first.size()}, {const_cast<char*>(body.data()), body.size()}};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    const ssize_t sent = sendmsg(fd_.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) {
      LH_TRY(Await(context, POLLOUT));
      continue;
    }
    if (sent <= 0) return Lost(std::strerror(errno));
    const auto done = static_cast<std::size_t>(sent);
    const std::size_t of_first = std::min(done, first.size());
    first.remove_prefix(of_first);
    body.remove_prefix(done - of_first);
  }
  return Ok{};
}

Result<Frame> ParentChannel::Receive(const Context& context) {
  while (big_length_ == 0) {
    const std::size_t held = received_.size() - consumed_;
    if (held >= kHeaderBytes) {
      std::uint32_t length = 0;
      Frame frame;
      std::memcpy(&length, received_.data() + consumed_, 4);
      std::memcpy(&frame.type, received_.data() + consumed_ + 4, 4);
      if (length > kMaxFrameBytes)
        return Error(ErrorCode::kCorruption, fmt::format("the worker sent a frame of {} bytes", length)).Named("bad_frame");
      const std::size_t of_body = std::min<std::size_t>(held - kHeaderBytes, length);
      const bool is_whole = of_body == length;
      // Memory grows with what has come, not with what a length claims, beyond the size of an ordinary frame.
      if (!is_whole) frame.body.reserve(std::min<std::size_t>(length, kOrdinaryFrame));
      if (is_whole || length > kReadAtOnce) {
        frame.body.append(received_, consumed_ + kHeaderBytes, of_body);
        consumed_ += kHeaderBytes + of_body;
        if (consumed_ == received_.size()) received_.clear(), consumed_ = 0;
        if (is_whole) return frame;
        big_ = std::move(frame);
        big_length_ = length;
        break;
      }
    }
    received_.erase(0, consumed_);
    consumed_ = 0;
    LH_TRY(ReadInto(context, received_, kReadAtOnce));
  }
  while (big_.body.size() < big_length_)
    LH_TRY(ReadInto(context, big_.body, std::min(big_length_ - big_.body.size(), std::max(big_.body.size(), kOrdinaryFrame))));
  big_length_ = 0;
  return std::exchange(big_, {});
}

/// At least one octet and at most `room`, after those that `to` has.
Status ParentChannel::ReadInto(const Context& context, std::string& to, std::size_t room) {
  for (;;) {
    const std::size_t held = to.size();
    ssize_t got = 0;
    to.resize_and_overwrite(held + room, [&](char* buffer, std::size_t) {
      got = read(fd_.get(), buffer + held, room);
      return held + (got > 0 ? static_cast<std::size_t>(got) : 0);
    });
    if (got > 0) return Ok{};
    if (got == 0) return Lost("closed");
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return Lost(std::strerror(errno));
    LH_TRY(Await(context, POLLIN));
  }
}

}  // namespace lakehouse::sandbox
