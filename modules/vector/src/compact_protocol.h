#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// The part of Thrift's compact protocol that Parquet's page headers and footers are written in.
namespace lakehouse::vector {

class CompactWriter {
 public:
  void Integer(int field, std::int64_t value) {  // i32 and i64 are written alike
    Header(field, kI64);
    ZigZag(value);
  }
  void Integer32(int field, std::int32_t value) {
    Header(field, kI32);
    ZigZag(value);
  }
  void Text(int field, std::string_view text) {
    Header(field, kBinary);
    TextItem(text);
  }
  void OpenStruct(int field) {
    Header(field, kStruct);
    OpenItem();
  }
  void OpenItem() { last_.push_back(0); }  ///< a struct that is an item of a list, or the whole
  void Close() {
    out_ += '\0';
    last_.pop_back();
  }
  void Structs(int field, std::size_t count) { List(field, kStruct, count); }
  void Texts(int field, std::size_t count) { List(field, kBinary, count); }
  void Integers32(int field, std::size_t count) { List(field, kI32, count); }
  void TextItem(std::string_view text) {
    Varint(text.size());
    out_ += text;
  }
  void IntegerItem(std::int64_t value) { ZigZag(value); }
  std::string Take() && { return std::move(out_); }

 private:
  enum Type : unsigned char { kI32 = 5, kI64 = 6, kBinary = 8, kList = 9, kStruct = 12 };
  void Varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_ += static_cast<char>((value & 0x7f) | 0x80);
    out_ += static_cast<char>(value);
  }
  void ZigZag(std::int64_t value) { Varint((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63)); }
  void Header(int field, Type type) {
    out_ += static_cast<char>(((field - last_.back()) << 4) | type);  // our fields rise by less than 16
    last_.back() = field;
  }
  void List(int field, Type type, std::size_t count) {
    Header(field, kList);
    if (count < 15) {
      out_ += static_cast<char>((count << 4) | type);
    } else {
      out_ += static_cast<char>(0xf0 | type);
      Varint(count);
    }
  }

  std::string out_;
  std::vector<int> last_;
};

/// Reads structs field by field. Anything malformed makes it fail for good: look at ok() in the end; until then it answers zeros.
class CompactReader {
 public:
  explicit CompactReader(std::string_view octets) : rest_(octets), size_(octets.size()) {}
  bool ok() const { return ok_; }
  std::size_t consumed() const { return size_ - rest_.size(); }

  void Open() { last_.push_back(0); }
  /// The next field of the struct that was opened last, or 0 at its end. Read it with Integer, Text, Open, List or Skip.
  int Next();
  std::int64_t Integer();
  std::string_view Text();
  /// The number of items that follow; each is read as the field would be.
  std::size_t List();
  void Skip() { SkipType(type_, 0); }

 private:
  std::uint64_t Varint();
  unsigned char Octet();
  void SkipType(int type, int depth);
  void Fail() {
    ok_ = false;
    rest_ = {};
  }

  std::string_view rest_;
  std::size_t size_;
  std::vector<int> last_;
  int type_ = 0;
  bool ok_ = true;
};

}  // namespace lakehouse::vector
