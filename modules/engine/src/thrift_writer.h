#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lakehouse::engine {

/// Thrift's compact protocol, as far as Parquet's footer needs it. Fields of a struct are given in rising order of their ids.
class ThriftWriter {
 public:
  void Int32(std::int16_t id, std::int32_t value) { Integer(id, kInt32, value); }
  void Int64(std::int16_t id, std::int64_t value) { Integer(id, kInt64, value); }
  void Binary(std::int16_t id, std::string_view octets);
  void Byte(std::int16_t id, std::int8_t value);
  void Bool(std::int16_t id, bool value) { Field(id, value ? kTrue : kFalse); }

  /// A struct as a field; what follows belongs to it until EndStruct.
  void BeginStruct(std::int16_t id);
  /// A struct as an element of a list, and the outermost one.
  void BeginStruct() { last_ids_.push_back(0); }
  void EndStruct();
  /// The elements follow: that many structs, or calls of the elements below.
  void BeginStructs(std::int16_t id, std::size_t count) { List(id, kStruct, count); }
  void BeginInts(std::int16_t id, std::size_t count) { List(id, kInt32, count); }
  void BeginTexts(std::int16_t id, std::size_t count) { List(id, kBinary, count); }
  void IntElement(std::int32_t value) { ZigZag(value); }
  void TextElement(std::string_view octets);

  const std::string& octets() const { return octets_; }

 private:
  enum Type : std::uint8_t { kTrue = 1, kFalse = 2, kByte = 3, kInt32 = 5, kInt64 = 6, kBinary = 8, kList = 9, kStruct = 12 };
  void Field(std::int16_t id, Type type);
  void List(std::int16_t id, Type element, std::size_t count);
  void Integer(std::int16_t id, Type type, std::int64_t value);
  void ZigZag(std::int64_t value) { VarInt(static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63)); }
  void VarInt(std::uint64_t value);

  std::string octets_;
  std::vector<std::int16_t> last_ids_;  // of the structs that are open
};

}  // namespace lakehouse::engine
