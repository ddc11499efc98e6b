#pragma once
#include <atomic>
#include <cstdint>
#include <span>

#include "growing_array.h"
#include "lakehouse/vector/vector_types.h"

namespace lakehouse::vector {

/// Which rows are deleted: a bit each. Reads from any thread, one writer.
class LiveRows {
 public:
  void Reserve(std::uint64_t rows) { words_.Reserve((rows + 63) / 64); }
  /// Whether it lived until now.
  bool Delete(RowId row) {
    const std::uint64_t bit = std::uint64_t{1} << (row % 64);
    if ((Word(row / 64).fetch_or(bit, std::memory_order_release) & bit) != 0) return false;
    deleted_.fetch_add(1, std::memory_order_release);
    return true;
  }
  bool IsDeleted(RowId row) const { return (DeletedWord(row / 64) >> (row % 64) & 1) != 0; }
  std::uint64_t DeletedWord(std::size_t word) const {
    return reinterpret_cast<const std::atomic<std::uint64_t>*>(words_.At(word))->load(std::memory_order_acquire);
  }
  std::uint32_t deleted() const { return deleted_.load(std::memory_order_acquire); }

 private:
  std::atomic<std::uint64_t>& Word(std::size_t word) { return *reinterpret_cast<std::atomic<std::uint64_t>*>(words_.At(word)); }

  GrowingArray words_{sizeof(std::uint64_t)};
  std::atomic<std::uint32_t> deleted_{0};
};

/// The rows that one search may answer with: below `rows`, alive, not `excluded`; or, once a filter was resolved, those of a bitmap.
struct RowView {
  static constexpr RowId kNone = 0xFFFFFFFF;
  const LiveRows* live = nullptr;
  std::uint32_t rows = 0;
  RowId excluded = kNone;
  bool has_bitmap = false;
  std::span<const std::uint64_t> bitmap;  ///< words() of them, which hold all of the above

  /// Bits of rows 64 * word to 64 * word + 63.
  std::uint64_t Word(std::size_t word) const {
    if (has_bitmap) return bitmap[word];
    std::uint64_t bits = ~live->DeletedWord(word);
    if (word == rows / 64) bits &= (std::uint64_t{1} << rows % 64) - 1;
    if (excluded / 64 == word) bits &= ~(std::uint64_t{1} << excluded % 64);
    return bits;
  }
  std::size_t words() const { return (std::size_t{rows} + 63) / 64; }
  bool Allows(RowId row) const {
    if (row >= rows) return false;
    if (has_bitmap) return (bitmap[row / 64] >> (row % 64) & 1) != 0;
    return !live->IsDeleted(row) && row != excluded;
  }
};

}  // namespace lakehouse::vector
