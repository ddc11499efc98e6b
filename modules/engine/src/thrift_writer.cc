#include "thrift_writer.h"

namespace lakehouse::engine {

void ThriftWriter::VarInt(std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) octets_ += static_cast<char>(value | 0x80);
  octets_ += static_cast<char>(value);
}

void ThriftWriter::Field(std::int16_t id, Type type) {
  const int step = id - last_ids_.back();
  last_ids_.back() = id;
  if (step >= 1 && step <= 15) {
    octets_ += static_cast<char>(step << 4 | type);
    return;
  }
  octets_ += static_cast<char>(type);
  ZigZag(id);
}

void ThriftWriter::List(std::int16_t id, Type element, std::size_t count) {
  Field(id, kList);
  if (count < 15) {
    octets_ += static_cast<char>(count << 4 | element);
    return;
  }
  octets_ += static_cast<char>(0xF0 | element);
  VarInt(count);
}

void ThriftWriter::Integer(std::int16_t id, Type type, std::int64_t value) {
  Field(id, type);
  ZigZag(value);
}

void ThriftWriter::Binary(std::int16_t id, std::string_view octets) {
  Field(id, kBinary);
  TextElement(octets);
}

void ThriftWriter::Byte(std::int16_t id, std::int8_t value) {
  Field(id, kByte);
  octets_ += static_cast<char>(value);
}

void ThriftWriter::TextElement(std::string_view octets) {
  VarInt(octets.size());
  octets_ += octets;
}

void ThriftWriter::BeginStruct(std::int16_t id) {
  Field(id, kStruct);
  BeginStruct();
}

void ThriftWriter::EndStruct() {
  octets_ += '\0';
  last_ids_.pop_back();
}

}  // namespace lakehouse::engine
