#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "byte_reader.h"

namespace lakehouse::ingest {

constexpr std::size_t kMaxJsonValueBytes = 16u << 20;
constexpr int kMaxJsonDepth = 64;

/// One top-level value: an element of the array that is the file, or one of the values that follow each other in it.
struct JsonText {
  std::string_view text;  ///< without white space around it; not checked yet; valid until the next one
  std::int64_t line = 0;  ///< where it begins, from 1
  std::int64_t column = 0;
};

/// Cuts a file of JSON into its top-level values without holding more than one. Strings, brackets and depth are followed; the
/// rest of the grammar is the parser's work. Memory: the longest value, at most 16 MiB.
class JsonSplitter {
 public:
  /// kLines: every line that is not blank is a value, whatever is in it. kDocument: an array is its elements; otherwise values stand
  /// one after another, each ended by a line end outside brackets.
  enum class Shape { kLines, kDocument };
  JsonSplitter(ByteReader& source, Shape shape);

  /// False at the end. kUnprocessable reasons "bad_json" (ends inside a value, octets after the array, an element without
  /// octets; in a document only), "too_deep" (over 64; in a document only), "record_too_long".
  Result<bool> Next(JsonText& value);
  bool is_array() const { return array_; }
  std::int64_t consumed_bytes() const { return base_ + static_cast<std::int64_t>(begin_); }

 private:
  Result<bool> NextLine(JsonText& value);
  Result<bool> NextValue(JsonText& value);
  /// True when there is one more octet at `at` (relative to begin_).
  Result<bool> Have(std::size_t at);
  char At(std::size_t at) const { return buffer_[begin_ + at]; }
  void Advance(std::size_t count);
  Status SkipSpace();
  Error Bad(const std::string& what) const;

  ByteReader& source_;
  Shape shape_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;
  bool source_ended_ = false;
  std::int64_t base_ = 0;
  std::int64_t line_ = 1, column_ = 1;
  std::size_t taken_ = 0;  // octets of the value given out last
  bool started_ = false, array_ = false, array_ended_ = false, first_element_ = true;
};

}  // namespace lakehouse::ingest
