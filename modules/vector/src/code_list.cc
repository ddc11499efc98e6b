#include "code_list.h"

#include <cstring>
#include <utility>

namespace lakehouse::vector {
namespace {

constexpr std::size_t kMaxSigns = (kMaxDimension + kPadding) / 8;

}  // namespace

void PutRow(const CodeSpace& space, std::byte* block, std::size_t at, const float* rotated, const float* centroid, float bias,
            std::uint32_t id) {
  const BlockShape shape(space.padded());
  std::uint8_t signs[kMaxSigns];
  const ResidualSums sums = space.kernels().encode(rotated, centroid, space.padded(), signs);
  for (std::size_t group = 0; group < space.padded() / 8; ++group) block[group * kBlockRows + at] = std::byte{signs[group]};
  // <o, q> is estimated by factor * <sign(o), q>, exact for q = o. Taken for q - centroid, <o, centroid> being known:
  const float factor = sums.absolute > 0 ? sums.squared / sums.absolute : 0;
  const float constant = sums.centroid - factor * sums.centroid_signed - bias;
  std::byte* terms = block + shape.signs;
  std::memcpy(terms + at * sizeof(float), &constant, sizeof constant);
  std::memcpy(terms + (kBlockRows + at) * sizeof(float), &factor, sizeof factor);
  std::memcpy(terms + (2 * kBlockRows + at) * sizeof(float), &id, sizeof id);
}

CodeList::~CodeList() { delete table_.load(); }

void CodeList::Reset(const std::byte* blocks, std::uint32_t rows, const BlockShape& shape) {
  const std::size_t count = (rows + kBlockRows - 1) / kBlockRows;
  auto table = std::make_unique<Table>(count + 1);
  for (std::size_t i = 0; i < count; ++i) table->blocks[i].store(blocks + i * shape.bytes);
  table->rows.store(rows);
  own_bytes_ = table->blocks.size() * sizeof(table->blocks[0]);
  delete table_.exchange(table.release());
  full_.clear();
  tail_.reset();
}

std::uint32_t CodeList::rows() const {
  const Table* table = table_.load();
  return table == nullptr ? 0 : table->rows.load();
}

void CodeList::Append(const CodeSpace& space, const BlockShape& shape, const float* rotated, const float* centroid, float bias,
                      std::uint32_t id, Epochs& epochs) {
  Table* table = table_.load();
  const std::uint32_t rows = table == nullptr ? 0 : table->rows.load();
  const std::size_t index = rows / kBlockRows;
  if (table == nullptr || index == table->blocks.size()) {
    auto larger = std::make_unique<Table>(std::max<std::size_t>(4, index * 2));
    for (std::size_t i = 0; i < index; ++i) larger->blocks[i].store(table->blocks[i].load());
    larger->rows.store(rows);
    own_bytes_.fetch_add(index * sizeof(larger->blocks[0]), std::memory_order_relaxed);
    Table* old = table;
    table = larger.release();
    table_.store(table);
    if (old != nullptr) epochs.Retire([old] { delete old; });
  }
  auto block = std::make_unique<AlignedBuffer>(shape.bytes);
  if (rows % kBlockRows != 0) std::memcpy(block->data(), table->blocks[index].load(), shape.bytes);
  PutRow(space, block->data(), rows % kBlockRows, rotated, centroid, bias, id);
  table->blocks[index].store(block->data());
  table->rows.store(rows + 1);

  if (tail_ != nullptr && rows % kBlockRows != 0)
    epochs.Retire([old = tail_.release()] { delete old; });
  else
    own_bytes_.fetch_add(shape.bytes, std::memory_order_relaxed);
  tail_ = std::move(block);
  if ((rows + 1) % kBlockRows == 0) full_.push_back(std::move(*tail_)), tail_.reset();
}

}  // namespace lakehouse::vector
