#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace lakehouse::text {

struct CodePoint {
  char32_t value = 0;      ///< U+FFFD for an octet that is no UTF-8
  std::size_t length = 0;  ///< octets it took; 1 for a damaged one
};

/// The code point that begins at `at`, which must be within the text. Overlong forms, surrogates and values past U+10FFFF are damaged.
CodePoint DecodeAt(std::string_view text, std::size_t at);
void AppendUtf8(std::string& out, char32_t value);

}  // namespace lakehouse::text
