#include "text_survey.h"

#include <cstring>
#include <vector>

namespace lakehouse::ingest {
namespace {

/// UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF), one octet at a time.
class Utf8Walker {
 public:
  void Step(unsigned char octet, std::int64_t offset, TextSurvey& survey) {
    if (left_ > 0) {
      if (octet >= low_ && octet <= high_) {
        low_ = 0x80, high_ = 0xBF;
        if (--left_ == 0) ++survey.multibyte;
        return;
      }
      Bad(start_, offset - start_, survey);
      left_ = 0;
    }
    if (octet < 0x80) return;
    low_ = 0x80, high_ = 0xBF, start_ = offset;
    if (octet >= 0xC2 && octet <= 0xDF)
      left_ = 1;
    else if (octet >= 0xE0 && octet <= 0xEF) {
      left_ = 2;
      if (octet == 0xE0) low_ = 0xA0;
      if (octet == 0xED) high_ = 0x9F;
    } else if (octet >= 0xF0 && octet <= 0xF4) {
      left_ = 3;
      if (octet == 0xF0) low_ = 0x90;
      if (octet == 0xF4) high_ = 0x8F;
    } else
      Bad(offset, 1, survey);
  }
  void Finish(std::int64_t offset, TextSurvey& survey) {
    if (left_ > 0) Bad(start_, offset - start_, survey);
  }
  bool inside() const { return left_ > 0; }

 private:
  static void Bad(std::int64_t at, std::int64_t octets, TextSurvey& survey) {
    survey.invalid += octets;
    if (!survey.first_invalid) survey.first_invalid = at;
  }
  int left_ = 0;
  unsigned char low_ = 0x80, high_ = 0xBF;
  std::int64_t start_ = 0;
};

/// True when all 32 octets are ASCII and none is zero.
bool PlainBlock(const char* at) {
  std::uint64_t words[4];
  std::memcpy(words, at, sizeof words);
  std::uint64_t suspicious = 0;
  // A zero octet borrows into its top bit; octets from 0x80 set it themselves.
  for (const std::uint64_t word : words) suspicious |= (word - 0x0101010101010101u) | word;
  return (suspicious & 0x8080808080808080u) == 0;
}

}  // namespace

Result<TextSurvey> SurveyText(ByteReader& reader) {
  TextSurvey survey;
  Utf8Walker walker;
  std::vector<char> chunk(1u << 18);
  unsigned char head[3] = {};
  for (;;) {
    const std::size_t got = LH_TRY(reader.Read(chunk.data(), chunk.size()));
    if (got == 0) break;
    std::size_t i = 0;
    while (i < got) {
      if (!walker.inside() && i + 32 <= got && PlainBlock(chunk.data() + i) && survey.bytes + static_cast<std::int64_t>(i) >= 3) {
        i += 32;
        continue;
      }
      const std::size_t stop = std::min(got, i + 32);
      for (; i < stop; ++i) {
        const auto octet = static_cast<unsigned char>(chunk[i]);
        const std::int64_t offset = survey.bytes + static_cast<std::int64_t>(i);
        if (offset < 3) head[offset] = octet;
        if (octet == 0) {
          ++survey.nuls;
          if (offset % 2 == 0) ++survey.nuls_even;
          if (!survey.first_nul) survey.first_nul = offset;
        }
        walker.Step(octet, offset, survey);
      }
    }
    survey.bytes += static_cast<std::int64_t>(got);
  }
  walker.Finish(survey.bytes, survey);
  survey.utf8_mark = survey.bytes >= 3 && head[0] == 0xEF && head[1] == 0xBB && head[2] == 0xBF;
  survey.utf16le_mark = survey.bytes >= 2 && head[0] == 0xFF && head[1] == 0xFE;
  survey.utf16be_mark = survey.bytes >= 2 && head[0] == 0xFE && head[1] == 0xFF;
  return survey;
}

Encoding EncodingOf(const TextSurvey& survey) {
  if (survey.utf8_mark) return Encoding::kUtf8;
  if (survey.utf16le_mark) return Encoding::kUtf16Le;
  if (survey.utf16be_mark) return Encoding::kUtf16Be;
  // Western text in UTF-16 has a zero in most of its units, all on one side.
  if (survey.bytes >= 8 && survey.nuls * 10 >= survey.bytes * 3) {
    if (survey.nuls_even * 20 <= survey.nuls) return Encoding::kUtf16Le;
    if ((survey.nuls - survey.nuls_even) * 20 <= survey.nuls) return Encoding::kUtf16Be;
  }
  if (survey.invalid == 0 || survey.invalid * 100 <= survey.multibyte) return Encoding::kUtf8;
  return Encoding::kWindows1252;
}

}  // namespace lakehouse::ingest
