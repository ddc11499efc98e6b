#include <cstring>

#include "arrow_column.h"
#include "arrow_messages.h"
#include "encoder.h"

namespace lakehouse::engine {

namespace {

constexpr std::size_t kBatchRows = 65'536;
constexpr std::size_t kBatchBytes = 1u << 20;  // what is encoded is still in the cache when it is sent
constexpr std::size_t kBatchOverhead = 512;    // of a record batch, beside its columns
constexpr std::size_t kColumnOverhead = 192;   // of each part of a column: descriptions and padding

std::size_t CountParts(const Shape& shape) {
  std::size_t parts = 1;
  for (const Shape& child : shape.children) parts += CountParts(child);
  return parts;
}

/// Collects the engine's small chunks into record batches.
class ArrowEncoder : public Encoder {
 public:
  ArrowEncoder(const std::vector<Column>& columns, const std::vector<Shape>& shapes) : names_(columns), shapes_(shapes) {
    overhead_ = kBatchOverhead;
    for (const Shape& shape : shapes) {
      columns_.emplace_back(shape);
      overhead_ += kColumnOverhead * CountParts(shape);
    }
  }

  Status Begin(Text& out) override {
    const std::string schema = ArrowSchemaMessage(names_, shapes_);
    out.Append(schema);
    if (out.overflowed()) return Error(ErrorCode::kTooLarge, "the limit of the result is smaller than its schema");
    return Ok{};
  }

  Result<Reached> Append(idx_t from, idx_t to, Text& out) override {
    const std::size_t room = out.limit() - std::min(out.limit(), out.size());
    idx_t row = from;
    bool full = false;
    std::size_t whole = 0;
    for (const Shape& shape : shapes_) whole += ArrowColumn::RowsBytes(shape, from, to);
    const bool fits = pending_rows_ + (to - from) <= kBatchRows && pending_bytes_ + whole < kBatchBytes;
    if (fits && pending_bytes_ + whole + overhead_ <= room) {  // nearly always: no row has to be looked at by itself
      pending_bytes_ += whole;
      row = to;
    }
    for (; row < to && pending_rows_ + (row - from) < kBatchRows && pending_bytes_ < kBatchBytes; ++row) {
      std::size_t bytes = 0;
      for (const Shape& shape : shapes_) bytes += ArrowColumn::RowBytes(shape, row);
      full = pending_bytes_ + bytes + overhead_ > room;
      if (full) break;
      pending_bytes_ += bytes;
    }
    for (ArrowColumn& column : columns_) column.Append(from, row);
    pending_rows_ += row - from;
    if (pending_rows_ >= kBatchRows || pending_bytes_ >= kBatchBytes) EmitBatch(out);
    return Reached{row, full};
  }

  Status Finish(Text& out) override {
    if (pending_rows_ != 0) EmitBatch(out);
    out.Append(ArrowEndOfStream());
    return Ok{};
  }

 private:
  void EmitBatch(Text& out) {
    ArrowColumn::Layout layout;
    for (const ArrowColumn& column : columns_) column.Describe(layout);
    std::string buffers;
    std::int64_t offset = 0;
    for (const std::string_view buffer : layout.buffers) {
      const std::int64_t place[] = {offset, static_cast<std::int64_t>(buffer.size())};
      buffers.append(reinterpret_cast<const char*>(place), sizeof place);
      offset += (place[1] + 7) / 8 * 8;
    }
    out.Append(ArrowBatchMessage(static_cast<std::int64_t>(pending_rows_), layout.nodes, buffers, offset));
    for (const std::string_view buffer : layout.buffers) {
      out.Append(buffer);
      for (std::size_t size = buffer.size(); size % 8 != 0; ++size) out.Put('\0');
    }
    for (ArrowColumn& column : columns_) column.Clear();
    pending_rows_ = 0;
    pending_bytes_ = 0;
  }

  const std::vector<Column>& names_;
  const std::vector<Shape>& shapes_;
  std::vector<ArrowColumn> columns_;
  std::size_t overhead_ = 0;
  std::size_t pending_rows_ = 0;
  std::size_t pending_bytes_ = 0;
};

}  // namespace

std::unique_ptr<Encoder> MakeArrowEncoder(const std::vector<Column>& columns, const std::vector<Shape>& shapes) {
  return std::make_unique<ArrowEncoder>(columns, shapes);
}

}  // namespace lakehouse::engine
