#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "lakehouse/base/result.h"
#include "lakehouse/vector/vector_types.h"

namespace lakehouse::vector {

/// Where the float32 values of the rows are: the truth that an index is derived from, and reads in its last pass. The index keeps no
/// copy of them. Outlives every index over it.
class RowSource {
 public:
  virtual ~RowSource() = default;
  /// Rows so far; only grows. Any thread.
  virtual std::uint32_t size() const = 0;
  /// The row's `dimension` float32 values, little-endian. They need not be aligned (they may lie in a mapped Parquet page), and they
  /// stay where they are and as they are. row < size(). Any thread, while another one appends.
  virtual const std::byte* Row(RowId row) const = 0;
};

/// Rows that lie in pieces of the caller's memory (mapped column pages, log batches), followed by rows that were appended, which it
/// keeps itself, 4 octets per value. Reads from any thread; one thread at a time adds.
class RowStore final : public RowSource {
 public:
  explicit RowStore(std::uint32_t dimension);
  ~RowStore() override;
  RowStore(const RowStore&) = delete;
  RowStore& operator=(const RowStore&) = delete;

  /// Rows in memory of the caller, who keeps it as long as this lives. A whole number of rows, else kInvalidArgument.
  Status AddPiece(std::span<const std::byte> rows);
  /// Copies rows, a whole number of them, else kInvalidArgument. They are there for all readers when it returns.
  Status Append(std::span<const float> rows);

  std::uint32_t size() const override;
  const std::byte* Row(RowId row) const override;
  std::uint32_t dimension() const { return dimension_; }

 private:
  struct State;
  const std::uint32_t dimension_;
  std::unique_ptr<State> state_;
};

}  // namespace lakehouse::vector
