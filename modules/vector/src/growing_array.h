#pragma once
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "aligned_buffer.h"

namespace lakehouse::vector {

/// Zeroed elements of a fixed number of octets that never move, in segments that double in size: readers need no lock. One thread at a
/// time grows it. An element may be read once its writer has said so by other means (a release store that the reader acquired).
class GrowingArray {
 public:
  explicit GrowingArray(std::size_t element_bytes) : element_bytes_(element_bytes) {}

  /// Makes room for elements 0 to count - 1.
  void Reserve(std::uint64_t count) {
    for (std::size_t segment = 0; segment < kSegments && Start(segment) < count; ++segment) {
      if (buffers_[segment].size() != 0) continue;
      buffers_[segment] = AlignedBuffer((kFirst << segment) * element_bytes_);
      segments_[segment].store(buffers_[segment].data(), std::memory_order_release);
    }
  }
  std::byte* At(std::uint64_t index) {
    const std::size_t segment = SegmentOf(index);
    return buffers_[segment].data() + (index - Start(segment)) * element_bytes_;
  }
  const std::byte* At(std::uint64_t index) const {
    const std::size_t segment = SegmentOf(index);
    return segments_[segment].load(std::memory_order_acquire) + (index - Start(segment)) * element_bytes_;
  }
  /// Elements from `index` that lie one after the other.
  static std::uint64_t RunFrom(std::uint64_t index) { return Start(SegmentOf(index) + 1) - index; }

 private:
  static constexpr std::uint64_t kFirst = 1024;
  static constexpr std::size_t kSegments = 24;
  static std::uint64_t Start(std::size_t segment) { return (kFirst << segment) - kFirst; }
  static std::size_t SegmentOf(std::uint64_t index) { return static_cast<std::size_t>(std::bit_width(index + kFirst)) - 11; }

  std::size_t element_bytes_;
  std::array<AlignedBuffer, kSegments> buffers_;  // the writer's
  std::array<std::atomic<std::byte*>, kSegments> segments_{};
};

}  // namespace lakehouse::vector
