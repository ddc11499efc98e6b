#include "compact_protocol.h"

namespace lakehouse::vector {
namespace {

constexpr int kMaxDepth = 16;
enum WireType { kStop, kTrue, kFalse, kByte, kShort, kInt, kLong, kDouble, kText, kItems, kSet, kMap, kFields };

}  // namespace

unsigned char CompactReader::Octet() {
  if (rest_.empty()) {
    Fail();
    return 0;
  }
  const auto octet = static_cast<unsigned char>(rest_.front());
  rest_.remove_prefix(1);
  return octet;
}

std::uint64_t CompactReader::Varint() {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const unsigned char octet = Octet();
    value |= static_cast<std::uint64_t>(octet & 0x7f) << shift;
    if ((octet & 0x80) == 0) return value;
  }
  Fail();
  return 0;
}

int CompactReader::Next() {
  const unsigned char octet = Octet();
  type_ = octet & 0x0f;
  if (type_ == kStop || !ok_) {
    if (!last_.empty()) last_.pop_back();
    return 0;
  }
  const int delta = octet >> 4;
  last_.back() = delta != 0 ? last_.back() + delta : static_cast<int>(Integer() & 0xffff);
  if (last_.back() == 0) Fail();
  return last_.back();
}

std::int64_t CompactReader::Integer() {
  const std::uint64_t value = Varint();
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

std::string_view CompactReader::Text() {
  const std::uint64_t size = Varint();
  if (size > rest_.size()) {
    Fail();
    return {};
  }
  const std::string_view text = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return text;
}

std::size_t CompactReader::List() {
  const unsigned char octet = Octet();
  type_ = octet & 0x0f;
  const std::uint64_t count = octet >> 4 == 15 ? Varint() : octet >> 4;
  if (count > rest_.size()) Fail();  // an item takes an octet at least
  return ok_ ? count : 0;
}

void CompactReader::SkipType(int type, int depth) {
  if (depth > kMaxDepth) return Fail();
  switch (type) {
    case kTrue:
    case kFalse: return;
    case kByte: Octet(); return;
    case kShort:
    case kInt:
    case kLong: Varint(); return;
    case kDouble:
      for (int i = 0; i < 8; ++i) Octet();
      return;
    case kText: Text(); return;
    case kItems:
    case kSet: {
      const std::size_t count = List();
      const int item = type_;
      for (std::size_t i = 0; i < count && ok_; ++i) item == kTrue || item == kFalse ? void(Octet()) : SkipType(item, depth + 1);
      return;
    }
    case kFields: {
      Open();
      while (Next() != 0 && ok_) SkipType(type_, depth + 1);
      return;
    }
    default: return Fail();
  }
}

}  // namespace lakehouse::vector
