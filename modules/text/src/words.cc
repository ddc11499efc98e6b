#include "lakehouse/text/words.h"

#include <algorithm>
#include <array>
#include <utility>

#include "lakehouse/text/stem.h"
#include "lakehouse/text/utf8.h"

namespace lakehouse::text {
namespace {

constexpr std::size_t kLongestWord = 64;

struct Range {
  char32_t first;
  char32_t last;
};
template <std::size_t n>
bool IsWithin(const std::array<Range, n>& ranges, char32_t c) {
  return std::any_of(ranges.begin(), ranges.end(), [&](const Range& range) { return c >= range.first && c <= range.last; });
}

// Beyond ASCII everything is a letter but these: controls and signs of Latin-1, general punctuation to dingbats, CJK punctuation,
// private use, variation selectors and forms of punctuation, full-width ASCII signs, specials, symbols and pictures.
constexpr std::array<Range, 15> kSigns{{{0x80, 0xA9},
                                        {0xAB, 0xB4},
                                        {0xB6, 0xB9},
                                        {0xBB, 0xBF},
                                        {0xD7, 0xD7},
                                        {0xF7, 0xF7},
                                        {0x2000, 0x2BFF},
                                        {0x3000, 0x3004},
                                        {0x3008, 0x3020},
                                        {0xD800, 0xF8FF},
                                        {0xFE00, 0xFE6F},
                                        {0xFF01, 0xFF0F},
                                        {0xFF1A, 0xFF20},
                                        {0xFFE0, 0xFFFF},
                                        {0x1F000, 0x1FAFF}}};
// Scripts written without spaces whose signs each say a word or a syllable.
constexpr std::array<Range, 4> kIdeographs{{{0x3040, 0x30FF}, {0x3400, 0x4DBF}, {0x4E00, 0x9FFF}, {0x20000, 0x3FFFF}}};

// The plain letters of U+00C0 to U+017F, the same for upper and lower case; '*' stands for two letters, see below.
constexpr std::string_view kPlainLetters =
    "aaaaaa*ceeeeiiiidnoooooxouuuuy**aaaaaa*ceeeeiiiidnoooooxouuuuy*y"
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii**jjkkklllllll"
    "lllnnnnnnnnnoooooo**rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";
static_assert(kPlainLetters.size() == 0x180 - 0xC0);

std::string_view TwoLetters(char32_t c) {
  switch (c) {
    case 0xC6:
    case 0xE6: return "ae";
    case 0xDE:
    case 0xFE: return "th";
    case 0xDF: return "ss";
    case 0x132:
    case 0x133: return "ij";
    case 0x152:
    case 0x153: return "oe";
    default: return "";
  }
}

bool IsAsciiLetter(char32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsCombiningMark(char32_t c) { return c >= 0x300 && c <= 0x36F; }

bool BelongsToWord(char32_t c) {
  if (c < 0x80) return IsAsciiLetter(c) || (c >= '0' && c <= '9');
  return !IsWithin(kSigns, c);
}

/// Greek, Cyrillic and Armenian capitals; Latin ones were folded before.
char32_t LowerOf(char32_t c) {
  if (c >= 0x391 && c <= 0x3A9) return c + 32;
  if (c >= 0x410 && c <= 0x42F) return c + 32;
  if (c >= 0x400 && c <= 0x40F) return c + 80;
  if (c >= 0x531 && c <= 0x556) return c + 48;
  if (c == 0x3C2) return 0x3C3;  // the sigma at the end of a word
  if (c >= 0x1E00 && c <= 0x1EFF) return c | 1;
  if (c >= 0x460 && c <= 0x52F && !(c >= 0x482 && c <= 0x48A) && !(c >= 0x4C0 && c <= 0x4CF)) return c | 1;
  return c;
}

void AppendFolded(std::string& out, char32_t c) {
  if (IsCombiningMark(c)) return;
  if (c >= 0xFF10 && c <= 0xFF5A) c -= 0xFEE0;  // full width
  if (c < 0x80) return out.push_back(static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c));
  if (const std::string_view two = TwoLetters(c); !two.empty()) {
    out += two;
    return;
  }
  if (c >= 0xC0 && c <= 0x17F) return out.push_back(kPlainLetters[c - 0xC0]);
  AppendUtf8(out, LowerOf(c));
}

/// Collects the words one code point at a time.
class WordReader {
 public:
  explicit WordReader(std::string_view text) : text_(text) {}

  std::vector<Word> Read() && {
    for (std::size_t at = 0; at < text_.size();) {
      const CodePoint point = DecodeAt(text_, at);
      Take(point, at);
      at += point.length;
    }
    Finish();
    return std::move(words_);
  }

 private:
  void Take(const CodePoint& point, std::size_t at) {
    if (!BelongsToWord(point.value) && !IsInnerApostrophe(point, at)) return Finish();
    const bool stands_alone = point.value >= 0x3040 && IsWithin(kIdeographs, point.value);
    if (stands_alone || at + point.length - word_.begin > kLongestWord) Finish();
    if (word_.end == 0) word_.begin = at;
    word_.end = at + point.length;
    point.value == 0x2019 ? word_.folded.push_back('\'') : AppendFolded(word_.folded, point.value);
    if (stands_alone) Finish();
  }

  bool IsInnerApostrophe(const CodePoint& point, std::size_t at) const {
    if (point.value != '\'' && point.value != 0x2019) return false;
    const std::size_t next = at + point.length;
    return word_.end == at && at > 0 && next < text_.size() && IsAsciiLetter(static_cast<unsigned char>(text_[at - 1])) &&
           IsAsciiLetter(static_cast<unsigned char>(text_[next]));
  }

  void Finish() {
    if (!word_.folded.empty()) words_.push_back(std::move(word_));
    word_ = {};
  }

  std::string_view text_;
  std::vector<Word> words_;
  Word word_;
};

}  // namespace

std::vector<Word> WordsOf(std::string_view text) { return WordReader(text).Read(); }

std::vector<std::string> SearchTerms(std::string_view text) {
  std::vector<std::string> terms;
  for (const Word& word : WordsOf(text))
    if (!IsStopWord(word.folded)) terms.push_back(StemEnglish(word.folded));
  return terms;
}

}  // namespace lakehouse::text
