#pragma once
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "aligned_buffer.h"
#include "code_space.h"
#include "epochs.h"
#include "kernels.h"

namespace lakehouse::vector {

/// The bytes of a block of 32 rows: their signs (padded / 8 groups of 32 octets: octet j of group g is row j, components 8g to 8g + 7),
/// then 32 constants, 32 factors (float) and 32 row numbers.
struct BlockShape {
  explicit BlockShape(std::size_t padded) : signs(padded * 4), bytes(padded * 4 + 3 * kBlockRows * 4) {}
  std::size_t signs;
  std::size_t bytes;
};

/// Puts a row into place `at` of a block: its signs relative to the centroid, and the terms that turn a sum of signs into
/// <query, row> - <query, centroid> - bias: unbiased, and with an error that shrinks with the distance of query and row from the centroid.
void PutRow(const CodeSpace& space, std::byte* block, std::size_t at, const float* rotated, const float* centroid, float bias,
            std::uint32_t id);
inline const std::uint32_t* IdsOf(const BlockShape& shape, const std::byte* block) {
  return reinterpret_cast<const std::uint32_t*>(block + shape.signs + 2 * kBlockRows * sizeof(float));
}

/// The rows of one list. Readers scan it without a lock while one writer appends: full blocks never change; the last, partly filled one is
/// copied, extended and published in place of the old one, which goes through `Epochs`.
class CodeList {
 public:
  CodeList() = default;
  ~CodeList();
  CodeList(const CodeList&) = delete;
  CodeList& operator=(const CodeList&) = delete;

  /// The blocks a build or a sidecar laid out, which outlive this. Before any reader.
  void Reset(const std::byte* blocks, std::uint32_t rows, const BlockShape& shape);
  std::uint32_t rows() const;
  /// Block `index` of those that rows() needs. Any reader.
  const std::byte* Block(std::size_t index) const { return table_.load()->blocks[index].load(); }
  std::uint64_t memory_bytes() const { return own_bytes_.load(std::memory_order_relaxed); }

  /// Adds rows, visible at once one by one. The single writer.
  void Append(const CodeSpace& space, const BlockShape& shape, const float* rotated, const float* centroid, float bias, std::uint32_t id,
              Epochs& epochs);

  /// Calls hit(score, id) for every row whose estimate + base exceeds `threshold`, which hit may raise.
  template <typename Hit>
  void Scan(const Kernels& kernels, const BlockShape& shape, const BlockQuery& query, float base, const float& threshold, Hit hit) const {
    const Table* table = table_.load();
    if (table == nullptr) return;
    const std::uint32_t rows = table->rows.load();
    for (std::uint32_t first = 0; first < rows; first += kBlockRows) {
      const std::byte* block = table->blocks[first / kBlockRows].load();
      alignas(64) float estimates[kBlockRows];
      std::uint32_t above = kernels.scan_block(block, query, threshold - base, estimates);
      if (rows - first < kBlockRows) above &= (1U << (rows - first)) - 1;
      const std::uint32_t* ids = IdsOf(shape, block);
      for (; above != 0; above &= above - 1) {
        const auto j = static_cast<std::size_t>(std::countr_zero(above));
        hit(estimates[j] + base, ids[j]);
      }
    }
  }
  /// Asks the cache for the first octets.
  void Prefetch() const {
    const Table* table = table_.load();
    if (table == nullptr || table->rows.load() == 0) return;
    const std::byte* block = table->blocks[0].load();
    for (std::size_t i = 0; i < 8; ++i) __builtin_prefetch(block + 64 * i);
  }

 private:
  struct Table {
    explicit Table(std::size_t room) : blocks(room) {}
    std::atomic<std::uint32_t> rows{0};
    std::vector<std::atomic<const std::byte*>> blocks;
  };

  std::atomic<Table*> table_{nullptr};
  std::atomic<std::uint64_t> own_bytes_{0};
  // The writer's:
  std::vector<AlignedBuffer> full_;      // blocks of our own that have no more room
  std::unique_ptr<AlignedBuffer> tail_;  // the last block, when it is our own
};

}  // namespace lakehouse::vector
