#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "byte_reader.h"

namespace lakehouse::ingest {

enum class Encoding { kUtf8, kUtf16Le, kUtf16Be, kWindows1252 };
constexpr std::string_view WireName(Encoding encoding) {
  switch (encoding) {
    case Encoding::kUtf8: return "utf-8";
    case Encoding::kUtf16Le: return "utf-16le";
    case Encoding::kUtf16Be: return "utf-16be";
    case Encoding::kWindows1252: return "windows-1252";
  }
  return {};
}

/// What the octets of a text file say, counted over all of it.
struct TextSurvey {
  std::int64_t bytes = 0;
  std::int64_t multibyte = 0;  ///< well-formed UTF-8 sequences of more than one octet
  std::int64_t invalid = 0;    ///< octets that are part of no well-formed sequence
  std::optional<std::int64_t> first_nul;
  std::optional<std::int64_t> first_invalid;
  std::int64_t nuls = 0;
  std::int64_t nuls_even = 0;  ///< of these, at even offsets: text in UTF-16BE has most of its zeros there
  bool utf8_mark = false;      ///< begins with a byte order mark
  bool utf16le_mark = false;
  bool utf16be_mark = false;
};

/// Reads to the end. About a memory's bandwidth for ASCII.
Result<TextSurvey> SurveyText(ByteReader& reader);

/// Marks decide; then zeros at every other octet; then well-formed UTF-8. A file that is UTF-8 but for a few octets (one per
/// hundred sequences) stays UTF-8, and its bad rows are rejected; anything else is read as Windows-1252, which no octet contradicts.
Encoding EncodingOf(const TextSurvey& survey);

}  // namespace lakehouse::ingest
