#include "arrow_column.h"

#include <cstring>

#include "duck.h"
#include "scalar_text.h"

namespace lakehouse::engine {

namespace {

void SetBit(std::string& bits, std::size_t at, bool value) {
  if (bits.size() <= at / 8) bits.resize(at / 8 + 1, '\0');
  if (value) bits[at / 8] = static_cast<char>(bits[at / 8] | 1 << at % 8);
}

template <typename T>
void PutValue(std::string& octets, T value) {
  char copy[sizeof value];
  std::memcpy(copy, &value, sizeof value);
  octets.append(copy, sizeof copy);
}

constexpr std::size_t kLongestSpelling = 64;  // of the scalars that are spelled out

}  // namespace

ArrowType ArrowTypeOf(const Shape& shape) {
  switch (shape.type) {
    case DUCKDB_TYPE_SQLNULL: return {ArrowLayout::kNull, 0};
    case DUCKDB_TYPE_BOOLEAN: return {ArrowLayout::kBits, 0};
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_UTINYINT: return {ArrowLayout::kFixed, 1};
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_USMALLINT: return {ArrowLayout::kFixed, 2};
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DATE: return {ArrowLayout::kFixed, 4};
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_UBIGINT:
    case DUCKDB_TYPE_DOUBLE:
    case DUCKDB_TYPE_TIME:
    case DUCKDB_TYPE_TIME_NS:
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_S:
    case DUCKDB_TYPE_TIMESTAMP_MS:
    case DUCKDB_TYPE_TIMESTAMP_NS:
    case DUCKDB_TYPE_TIMESTAMP_TZ: return {ArrowLayout::kFixed, 8};
    case DUCKDB_TYPE_DECIMAL:
      if (shape.storage == DUCKDB_TYPE_HUGEINT) return {ArrowLayout::kFixed, 16};
      return {ArrowLayout::kWiden, 16};
    case DUCKDB_TYPE_INTERVAL: return {ArrowLayout::kInterval, 16};
    case DUCKDB_TYPE_VARCHAR:
    case DUCKDB_TYPE_BLOB: return {ArrowLayout::kText, 0};
    case DUCKDB_TYPE_LIST:
    case DUCKDB_TYPE_MAP: return {ArrowLayout::kList, 0};
    case DUCKDB_TYPE_ARRAY: return {ArrowLayout::kFixedList, 0};
    case DUCKDB_TYPE_STRUCT: return {ArrowLayout::kStruct, 0};
    default: return {ArrowLayout::kSpelled, 0};  // HUGEINT, UHUGEINT, UUID, BIT, ENUM, TIME WITH TIME ZONE
  }
}

ArrowColumn::ArrowColumn(const Shape& shape) : shape_(&shape), type_(ArrowTypeOf(shape)) {
  for (const Shape& child : shape.children) children_.emplace_back(child);
  Clear();
}

void ArrowColumn::Clear() {
  length_ = 0;
  nulls_ = 0;
  validity_.clear();
  values_.clear();
  offsets_.clear();
  if (type_.layout == ArrowLayout::kText || type_.layout == ArrowLayout::kSpelled || type_.layout == ArrowLayout::kList) PutOffset(0);
  for (ArrowColumn& child : children_) child.Clear();
}

void ArrowColumn::PutOffset(std::size_t offset) { PutValue(offsets_, static_cast<std::int32_t>(offset)); }

std::size_t ArrowColumn::RowBytes(const Shape& shape, idx_t row) {
  const ArrowType type = ArrowTypeOf(shape);
  const bool null = shape.IsNull(row);
  switch (type.layout) {
    case ArrowLayout::kNull: return 0;
    case ArrowLayout::kBits: return 2;
    case ArrowLayout::kText: return 5 + (null ? 0 : TextAt(static_cast<const duckdb_string_t*>(shape.data), row).size());
    case ArrowLayout::kSpelled: {
      if (null) return 5;
      if (shape.type == DUCKDB_TYPE_BIT) return 5 + 8 * TextAt(static_cast<const duckdb_string_t*>(shape.data), row).size();
      if (shape.type != DUCKDB_TYPE_ENUM) return 5 + kLongestSpelling;
      Text label(SIZE_MAX);
      WriteScalar(shape, row, Spelling::kDuckDb, label);
      return 5 + label.size();
    }
    case ArrowLayout::kList: {
      std::size_t bytes = 5;
      const duckdb_list_entry entry = null ? duckdb_list_entry{0, 0} : shape.At<duckdb_list_entry>(row);
      for (idx_t i = entry.offset; i < entry.offset + entry.length; ++i) bytes += RowBytes(shape.children[0], i);
      return bytes;
    }
    case ArrowLayout::kFixedList: {
      std::size_t bytes = 1;
      for (idx_t i = row * shape.array_size; i < (row + 1) * shape.array_size; ++i) bytes += RowBytes(shape.children[0], i);
      return bytes;
    }
    case ArrowLayout::kStruct: {
      std::size_t bytes = 1;
      for (const Shape& child : shape.children) bytes += RowBytes(child, row);
      return bytes;
    }
    default: return 1 + type.width;
  }
}

std::size_t ArrowColumn::RowsBytes(const Shape& shape, idx_t from, idx_t to) {
  const ArrowType type = ArrowTypeOf(shape);
  std::size_t bytes = 0;
  switch (type.layout) {
    case ArrowLayout::kFixed: return (1 + type.width) * (to - from);
    case ArrowLayout::kText: {
      const auto* texts = static_cast<const duckdb_string_t*>(shape.data);
      bytes = 5 * (to - from);
      const bool all_valid = shape.AllValid(from, to);
      for (idx_t row = from; row < to; ++row)
        if (all_valid || !shape.IsNull(row)) bytes += texts[row].value.inlined.length;
      return bytes;
    }
    default:
      for (idx_t row = from; row < to; ++row) bytes += RowBytes(shape, row);
      return bytes;
  }
}

void ArrowColumn::AppendFrom(const Shape& shape, idx_t from, idx_t to) {
  AppendValidity(shape, from, to);
  switch (type_.layout) {
    case ArrowLayout::kNull: break;
    case ArrowLayout::kBits: AppendBits(shape, from, to); break;
    case ArrowLayout::kFixed: AppendFixed(shape, from, to); break;
    case ArrowLayout::kWiden: AppendWidened(shape, from, to); break;
    case ArrowLayout::kInterval: AppendIntervals(shape, from, to); break;
    case ArrowLayout::kText: AppendTexts(shape, from, to); break;
    case ArrowLayout::kSpelled: AppendSpelled(shape, from, to); break;
    case ArrowLayout::kList: AppendLists(shape, from, to); break;
    case ArrowLayout::kFixedList: children_[0].AppendFrom(shape.children[0], from * shape.array_size, to * shape.array_size); break;
    case ArrowLayout::kStruct:
      for (std::size_t i = 0; i < children_.size(); ++i) children_[i].AppendFrom(shape.children[i], from, to);
      break;
  }
  length_ += to - from;
}

void ArrowColumn::AppendValidity(const Shape& shape, idx_t from, idx_t to) {
  if (type_.layout == ArrowLayout::kNull) {
    nulls_ += to - from;
    return;
  }
  if (nulls_ == 0 && shape.AllValid(from, to)) return;
  for (idx_t row = from; row < to; ++row) {
    const bool null = shape.IsNull(row);
    if (null && nulls_++ == 0)  // so far nobody needed the bits
      for (std::size_t i = 0; i < length_ + (row - from); ++i) SetBit(validity_, i, true);
    if (nulls_ != 0) SetBit(validity_, length_ + (row - from), !null);
  }
}

/// Where a row is NULL the engine's vectors hold whatever was there before: that does not leave the worker.
void ArrowColumn::AppendFixed(const Shape& shape, idx_t from, idx_t to) {
  const std::size_t before = values_.size();
  values_.append(static_cast<const char*>(shape.data) + from * type_.width, (to - from) * type_.width);
  if (shape.AllValid(from, to)) return;
  for (idx_t row = from; row < to; ++row)
    if (shape.IsNull(row)) std::memset(values_.data() + before + (row - from) * type_.width, 0, type_.width);
}

void ArrowColumn::AppendBits(const Shape& shape, idx_t from, idx_t to) {
  for (idx_t row = from; row < to; ++row) SetBit(values_, length_ + (row - from), !shape.IsNull(row) && shape.At<bool>(row));
}

void ArrowColumn::AppendWidened(const Shape& shape, idx_t from, idx_t to) {
  for (idx_t row = from; row < to; ++row) {
    std::int64_t value = 0;
    if (shape.IsNull(row))
      value = 0;
    else if (shape.storage == DUCKDB_TYPE_SMALLINT)
      value = shape.At<std::int16_t>(row);
    else if (shape.storage == DUCKDB_TYPE_INTEGER)
      value = shape.At<std::int32_t>(row);
    else
      value = shape.At<std::int64_t>(row);
    PutValue(values_, value);
    PutValue(values_, std::int64_t{value < 0 ? -1 : 0});
  }
}

void ArrowColumn::AppendIntervals(const Shape& shape, idx_t from, idx_t to) {
  for (idx_t row = from; row < to; ++row) {
    const duckdb_interval value = shape.IsNull(row) ? duckdb_interval{} : shape.At<duckdb_interval>(row);
    PutValue(values_, value.months);
    PutValue(values_, value.days);
    PutValue(values_, static_cast<std::int64_t>(static_cast<std::uint64_t>(value.micros) * 1'000));
  }
}

void ArrowColumn::AppendTexts(const Shape& shape, idx_t from, idx_t to) {
  const auto* texts = static_cast<const duckdb_string_t*>(shape.data);
  const bool all_valid = shape.AllValid(from, to);
  const std::size_t before = values_.size();
  const std::size_t octets = RowsBytes(shape, from, to) - 5 * (to - from);
  const std::size_t offset_place = offsets_.size();
  offsets_.resize(offset_place + (to - from) * sizeof(std::int32_t));
  char* offset_to = offsets_.data() + offset_place;
  values_.resize_and_overwrite(before + octets, [&](char* buffer, std::size_t) {
    std::size_t end = before;
    for (idx_t row = from; row < to; ++row) {
      if (all_valid || !shape.IsNull(row)) {
        const std::string_view text = TextAt(texts, row);
        std::memcpy(buffer + end, text.data(), text.size());
        end += text.size();
      }
      const auto offset = static_cast<std::int32_t>(end);
      std::memcpy(offset_to, &offset, sizeof offset);
      offset_to += sizeof offset;
    }
    return end;
  });
}

void ArrowColumn::AppendSpelled(const Shape& shape, idx_t from, idx_t to) {
  Text text(SIZE_MAX);
  for (idx_t row = from; row < to; ++row) {
    text.CutBack(0);
    if (!shape.IsNull(row)) WriteScalar(shape, row, Spelling::kDuckDb, text);
    values_ += text.view();
    PutOffset(values_.size());
  }
}

void ArrowColumn::AppendLists(const Shape& shape, idx_t from, idx_t to) {
  for (idx_t row = from; row < to; ++row) {
    if (!shape.IsNull(row)) {
      const auto& entry = shape.At<duckdb_list_entry>(row);
      children_[0].AppendFrom(shape.children[0], entry.offset, entry.offset + entry.length);
    }
    PutOffset(children_[0].length_);
  }
}

void ArrowColumn::Describe(Layout& layout) const {
  PutValue(layout.nodes, static_cast<std::int64_t>(length_));
  PutValue(layout.nodes, static_cast<std::int64_t>(nulls_));
  if (type_.layout != ArrowLayout::kNull) layout.buffers.emplace_back(validity_);
  switch (type_.layout) {
    case ArrowLayout::kNull:
    case ArrowLayout::kFixedList:
    case ArrowLayout::kStruct: break;
    case ArrowLayout::kList: layout.buffers.emplace_back(offsets_); break;
    case ArrowLayout::kText:
    case ArrowLayout::kSpelled:
      layout.buffers.emplace_back(offsets_);
      layout.buffers.emplace_back(values_);
      break;
    default: layout.buffers.emplace_back(values_); break;
  }
  for (const ArrowColumn& child : children_) child.Describe(layout);
}

}  // namespace lakehouse::engine
