#include "mail_decode.h"

#include "lakehouse/text/extract.h"
#include "lakehouse/text/utf8.h"

namespace lakehouse::text {
namespace {

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

int Base64Value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  return c == '/' || c == '_' ? 63 : -1;
}

/// Octets 0x80 to 0x9F of Windows-1252.
constexpr char32_t kWindows1252[] = {0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021, 0x2C6,  0x2030, 0x160,
                                     0x2039, 0x152,  0x8D,   0x17D,  0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
                                     0x2013, 0x2014, 0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0x9D,   0x17E,  0x178};

bool IsWellFormed(std::string_view octets) {
  for (std::size_t i = 0; i < octets.size();) {
    const CodePoint point = DecodeAt(octets, i);
    if (point.value == 0xFFFD && point.length == 1) return false;
    i += point.length;
  }
  return true;
}

}  // namespace

std::string DecodeBase64(std::string_view text) {
  std::string out;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    if (c == '=') break;
    const int value = Base64Value(c);
    if (value < 0) continue;
    bits = bits << 6 | static_cast<unsigned>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count & 0xFF);
  }
  return out;
}

std::string DecodeQuotedPrintable(std::string_view text, bool in_header) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (in_header && text[i] == '_') {
      out += ' ';
    } else if (text[i] == '=' && i + 2 < text.size() && HexValue(text[i + 1]) >= 0 && HexValue(text[i + 2]) >= 0) {
      out += static_cast<char>(HexValue(text[i + 1]) * 16 + HexValue(text[i + 2]));
      i += 2;
    } else if (text[i] == '=' && i + 1 < text.size() && (text[i + 1] == '\n' || text[i + 1] == '\r')) {
      i += text[i + 1] == '\r' && i + 2 < text.size() && text[i + 2] == '\n' ? 2u : 1u;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string DecodeCharset(std::string_view octets, std::string_view charset) {
  std::string name;
  for (const char c : charset) name += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  const bool latin = name.starts_with("iso-8859-1") || name.starts_with("windows-125") || name == "latin1" || name == "cp1252";
  if (!latin && IsWellFormed(octets)) return std::string(octets);
  if (name == "utf-8" || name == "utf8") {
    std::string out;
    for (std::size_t i = 0; i < octets.size();) {
      const CodePoint point = DecodeAt(octets, i);
      AppendUtf8(out, point.value);
      i += point.length;
    }
    return out;
  }
  std::string out;
  for (const char c : octets) {
    const auto octet = static_cast<unsigned char>(c);
    AppendUtf8(out, octet >= 0x80 && octet < 0xA0 ? kWindows1252[octet - 0x80] : octet);
  }
  return out;
}

std::string DecodeHeader(std::string_view value) {
  std::string out;
  bool after_word = false;
  for (std::size_t i = 0; i < value.size();) {
    const std::size_t charset_at = i + 2;
    const std::size_t q1 = value.substr(i).starts_with("=?") ? value.find('?', charset_at) : std::string_view::npos;
    const std::size_t end =
        q1 != std::string_view::npos && q1 + 2 < value.size() && value[q1 + 2] == '?' ? value.find("?=", q1 + 3) : std::string_view::npos;
    if (end == std::string_view::npos) {
      out += value[i++];
      after_word = after_word && (out.back() == ' ' || out.back() == '\t');
      continue;
    }
    // Blanks between two encoded words belong to neither.
    if (after_word) out.erase(out.find_last_not_of(" \t") + 1);
    const std::string_view word = value.substr(q1 + 3, end - q1 - 3);
    const char kind = static_cast<char>(value[q1 + 1] | 0x20);
    out += DecodeCharset(kind == 'b' ? DecodeBase64(word) : DecodeQuotedPrintable(word, true), value.substr(charset_at, q1 - charset_at));
    i = end + 2;
    after_word = true;
  }
  return out;
}

}  // namespace lakehouse::text
