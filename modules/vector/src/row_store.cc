#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>
#include <string>
#include <vector>

#include "growing_array.h"
#include "lakehouse/vector/row_source.h"

namespace lakehouse::vector {

struct RowStore::State {
  explicit State(std::size_t row_bytes) : pointers(sizeof(const std::byte*)), appended(row_bytes) {}

  GrowingArray pointers;  // of each row: pieces and appended rows alternate freely
  GrowingArray appended;
  std::uint64_t appended_rows = 0;
  std::atomic<std::uint32_t> size{0};
  std::mutex adding;

  /// The rows from `next` on begin at `from`; they become visible with Publish.
  void Point(std::uint64_t next, const std::byte* from) { std::memcpy(pointers.At(next), static_cast<const void*>(&from), sizeof from); }
};

RowStore::RowStore(std::uint32_t dimension) : dimension_(dimension), state_(std::make_unique<State>(dimension * sizeof(float))) {}
RowStore::~RowStore() = default;

Status RowStore::AddPiece(std::span<const std::byte> rows) {
  const std::size_t row_bytes = dimension_ * sizeof(float);
  if (rows.size() % row_bytes != 0)
    return Error(ErrorCode::kInvalidArgument, "add rows: " + std::to_string(rows.size()) + " octets are no whole number of rows of " +
                                                  std::to_string(row_bytes) + " octets");
  const std::scoped_lock lock(state_->adding);
  const std::uint64_t first = state_->size.load(), count = rows.size() / row_bytes;
  if (first + count > kMaxRows) return Error(ErrorCode::kTooLarge, "add rows: an index has at most " + std::to_string(kMaxRows) + " rows");
  state_->pointers.Reserve(first + count);
  for (std::uint64_t i = 0; i < count; ++i) state_->Point(first + i, rows.data() + i * row_bytes);
  state_->size.store(static_cast<std::uint32_t>(first + count));
  return Ok{};
}

Status RowStore::Append(std::span<const float> rows) {
  if (rows.size() % dimension_ != 0)
    return Error(ErrorCode::kInvalidArgument,
                 "append rows: " + std::to_string(rows.size()) + " values are no whole number of rows of " + std::to_string(dimension_));
  const std::scoped_lock lock(state_->adding);
  const std::uint64_t first = state_->size.load(), count = rows.size() / dimension_;
  if (first + count > kMaxRows)
    return Error(ErrorCode::kTooLarge, "append rows: an index has at most " + std::to_string(kMaxRows) + " rows");
  state_->pointers.Reserve(first + count);
  state_->appended.Reserve(state_->appended_rows + count);
  for (std::uint64_t i = 0; i < count; ++i) {
    std::byte* row = state_->appended.At(state_->appended_rows++);
    std::memcpy(row, rows.data() + i * dimension_, dimension_ * sizeof(float));
    state_->Point(first + i, row);
  }
  state_->size.store(static_cast<std::uint32_t>(first + count));
  return Ok{};
}

std::uint32_t RowStore::size() const { return state_->size.load(std::memory_order_acquire); }

const std::byte* RowStore::Row(RowId row) const {
  const std::byte* found = nullptr;
  const GrowingArray& pointers = state_->pointers;
  std::memcpy(static_cast<void*>(&found), pointers.At(row), sizeof found);
  return found;
}

}  // namespace lakehouse::vector
