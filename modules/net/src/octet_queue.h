#pragma once
#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

namespace lakehouse::net {

/// Octets received and not yet read. Gives its memory back when empty.
class InQueue {
 public:
  void Append(std::string_view octets) { octets_.append(octets); }
  std::string_view view() const { return std::string_view(octets_).substr(at_); }
  std::size_t size() const { return octets_.size() - at_; }
  bool empty() const { return size() == 0; }
  void Consume(std::size_t count) {
    at_ += count;
    if (empty())
      Clear();
    else if (at_ > octets_.size() / 2)
      octets_.erase(0, at_), at_ = 0;
  }
  void Clear() { octets_ = {}, at_ = 0; }

 private:
  std::string octets_;
  std::size_t at_ = 0;
};

/// Octets to send, in the pieces in which they came: nothing is copied.
class OutQueue {
 public:
  void Append(std::string piece) {
    size_ += piece.size();
    if (!piece.empty()) pieces_.push_back(std::move(piece));
  }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  /// One sendmsg(2) on a non-blocking socket. Octets sent, or -1 with errno.
  ssize_t SendTo(int fd);

 private:
  std::deque<std::string> pieces_;
  std::size_t at_ = 0;  ///< sent of the first piece
  std::size_t size_ = 0;
};

}  // namespace lakehouse::net
