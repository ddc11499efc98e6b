#include "lakehouse/text/utf8.h"

#include <array>

namespace lakehouse::text {
namespace {

constexpr CodePoint kDamaged{.value = 0xFFFD, .length = 1};

unsigned char OctetAt(std::string_view text, std::size_t at) { return static_cast<unsigned char>(text[at]); }

}  // namespace

CodePoint DecodeAt(std::string_view text, std::size_t at) {
  const unsigned char first = OctetAt(text, at);
  if (first < 0x80) return {first, 1};
  if (first < 0xC2 || first > 0xF4) return kDamaged;
  const std::size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (at + length > text.size()) return kDamaged;
  char32_t value = first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    const unsigned char next = OctetAt(text, at + i);
    if ((next & 0xC0) != 0x80) return kDamaged;
    value = (value << 6) | (next & 0x3FU);
  }
  constexpr std::array<char32_t, 5> kLeast{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < kLeast[length] || value > 0x10FFFF || surrogate) return kDamaged;
  return {value, length};
}

void AppendUtf8(std::string& out, char32_t value) {
  const auto put = [&](char32_t octet) { out.push_back(static_cast<char>(octet)); };
  if (value < 0x80) return put(value);
  if (value < 0x800) {
    put(0xC0 | (value >> 6));
  } else if (value < 0x10000) {
    put(0xE0 | (value >> 12));
    put(0x80 | ((value >> 6) & 0x3F));
  } else {
    put(0xF0 | (value >> 18));
    put(0x80 | ((value >> 12) & 0x3F));
    put(0x80 | ((value >> 6) & 0x3F));
  }
  put(0x80 | (value & 0x3F));
}

}  // namespace lakehouse::text
