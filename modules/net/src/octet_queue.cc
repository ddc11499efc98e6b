#include "octet_queue.h"

#include <sys/socket.h>
#include <sys/uio.h>

namespace lakehouse::net {

ssize_t OutQueue::SendTo(int fd) {
  constexpr std::size_t kMaxPieces = 16;
  iovec vectors[kMaxPieces];
  std::size_t count = 0;
  for (std::string& piece : pieces_) {
    if (count == kMaxPieces) break;
    const std::size_t skip = count == 0 ? at_ : 0;
    vectors[count++] = {piece.data() + skip, piece.size() - skip};
  }
  msghdr message{};
  message.msg_iov = vectors;
  message.msg_iovlen = count;
  const ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL);
  if (sent <= 0) return sent;
  size_ -= static_cast<std::size_t>(sent);
  at_ += static_cast<std::size_t>(sent);
  while (!pieces_.empty() && at_ >= pieces_.front().size()) {
    at_ -= pieces_.front().size();
    pieces_.pop_front();
  }
  return sent;
}

}  // namespace lakehouse::net
