#pragma once
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace lakehouse::engine {

/// Octets that grow, with a limit: appending beyond it does nothing but raise `overflowed`, so that one huge value cannot take all memory.
class Text {
 public:
  explicit Text(std::size_t limit) : limit_(limit) {}

  /// Room for `count` octets at the end, to be followed by Advance. Not checked against the limit: for short scalars only.
  char* Reserve(std::size_t count) {
    if (size_ + count > capacity_) Grow(count);
    return data_.get() + size_;
  }
  void Advance(std::size_t count) { size_ += count; }
  void Put(char c) {
    *Reserve(1) = c;
    ++size_;
  }
  void Append(std::string_view octets) {
    if (!Fits(octets.size())) return;
    std::memcpy(Reserve(octets.size()), octets.data(), octets.size());
    size_ += octets.size();
  }
  bool Fits(std::size_t count) {
    if (count <= limit_ - (size_ < limit_ ? size_ : limit_)) return true;
    overflowed_ = true;
    return false;
  }

  std::size_t size() const { return size_; }
  std::string_view view() const { return {data_.get(), size_}; }
  std::size_t limit() const { return limit_; }
  void set_limit(std::size_t limit) { limit_ = limit; }
  bool overflowed() const { return overflowed_ || size_ > limit_; }
  /// Back to an earlier size, from which on nothing is kept.
  void CutBack(std::size_t size) {
    size_ = size;
    overflowed_ = false;
  }

 private:
  void Grow(std::size_t count);
  std::unique_ptr<char[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  std::size_t limit_;
  bool overflowed_ = false;
};

}  // namespace lakehouse::engine
