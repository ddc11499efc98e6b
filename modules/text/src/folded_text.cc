#include "folded_text.h"

#include <algorithm>
#include <iterator>

#include "lakehouse/text/utf8.h"

namespace lakehouse::text {
namespace {

/// Zeros of decimal digits in the scripts that have ten in a row.
constexpr char32_t kZeros[] = {0x660,  0x6F0,  0x7C0,  0x966,  0x9E6,  0xA66,   0xAE6,   0xB66,   0xBE6,   0xC66,
                               0xCE6,  0xD66,  0xE50,  0xED0,  0xF20,  0x1040,  0x1090,  0x17E0,  0x1810,  0x1946,
                               0x19D0, 0xA620, 0xA8D0, 0xA900, 0xFF10, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6};

bool IsInvisible(char32_t c) {
  return c == 0xAD || c == 0x180E || (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x2064) ||
         c == 0xFEFF || (c >= 0xFE00 && c <= 0xFE0F);
}

/// 0: nothing stands for it.
char FoldedOf(char32_t c) {
  if (IsInvisible(c)) return 0;
  for (const char32_t zero : kZeros)
    if (c >= zero && c < zero + 10) return static_cast<char>('0' + (c - zero));
  if (c >= 0xFF01 && c <= 0xFF5E) {
    const char plain = static_cast<char>(c - 0xFF01 + 0x21);
    return plain >= 'A' && plain <= 'Z' ? static_cast<char>(plain - 'A' + 'a') : plain;
  }
  if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212 || c == 0x2043 || c == 0xFE58 || c == 0xFE63 || c == 0x30FC) return '-';
  if (c == 0xA0 || (c >= 0x2000 && c <= 0x200A) || c == 0x202F || c == 0x205F || c == 0x3000 || c == 0x1680) return ' ';
  if (c < 0xC0 || (c >= 0x2000 && c <= 0x2BFF) || (c >= 0x3001 && c <= 0x303F) || c == 0xFFFD) return '\x01';
  return 'a';
}

}  // namespace

FoldedText FoldForPatterns(std::string_view text) {
  FoldedText folded;
  folded.text.reserve(text.size());
  folded.places.reserve(text.size() + 1);
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (static_cast<unsigned char>(c) < 0x80) {
      folded.places.push_back(static_cast<std::uint32_t>(i++));
      folded.text += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      continue;
    }
    const CodePoint point = DecodeAt(text, i);
    if (const char plain = FoldedOf(point.value); plain != 0) {
      folded.places.push_back(static_cast<std::uint32_t>(i));
      folded.text += plain;
    }
    i += point.length;
  }
  folded.places.push_back(static_cast<std::uint32_t>(text.size()));
  return folded;
}

}  // namespace lakehouse::text
