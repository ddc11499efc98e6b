#include "lakehouse/text/stem.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace lakehouse::text {
namespace {

using Replacement = std::pair<std::string_view, std::string_view>;

constexpr std::array<Replacement, 18> kWholeWords{{{"skis", "ski"},
                                                   {"skies", "sky"},
                                                   {"dying", "die"},
                                                   {"lying", "lie"},
                                                   {"tying", "tie"},
                                                   {"idly", "idl"},
                                                   {"gently", "gentl"},
                                                   {"ugly", "ugli"},
                                                   {"early", "earli"},
                                                   {"only", "onli"},
                                                   {"singly", "singl"},
                                                   {"sky", "sky"},
                                                   {"news", "news"},
                                                   {"howe", "howe"},
                                                   {"atlas", "atlas"},
                                                   {"cosmos", "cosmos"},
                                                   {"bias", "bias"},
                                                   {"andes", "andes"}}};
constexpr std::array<std::string_view, 8> kDoneAfterPlural{"inning",  "outing",  "canning", "herring",
                                                           "earring", "proceed", "exceed",  "succeed"};
constexpr std::array<std::string_view, 3> kLongPrefixes{"gener", "commun", "arsen"};
constexpr std::array<std::string_view, 9> kDoubles{"bb", "dd", "ff", "gg", "mm", "nn", "pp", "rr", "tt"};

// In each table a suffix stands before the suffixes of itself: the first that fits is the longest.
constexpr std::array<Replacement, 24> kStep2{
    {{"ational", "ate"}, {"ization", "ize"}, {"fulness", "ful"}, {"ousness", "ous"}, {"iveness", "ive"}, {"tional", "tion"},
     {"biliti", "ble"},  {"lessli", "less"}, {"entli", "ent"},   {"ation", "ate"},   {"alism", "al"},    {"aliti", "al"},
     {"fulli", "ful"},   {"ousli", "ous"},   {"iviti", "ive"},   {"enci", "ence"},   {"anci", "ance"},   {"abli", "able"},
     {"izer", "ize"},    {"ator", "ate"},    {"alli", "al"},     {"bli", "ble"},     {"ogi", "og"},      {"li", ""}}};
constexpr std::array<Replacement, 9> kStep3{{{"ational", "ate"},
                                             {"tional", "tion"},
                                             {"alize", "al"},
                                             {"icate", "ic"},
                                             {"iciti", "ic"},
                                             {"ative", ""},
                                             {"ical", "ic"},
                                             {"ness", ""},
                                             {"ful", ""}}};
constexpr std::array<std::string_view, 18> kStep4{"ement", "ance", "ence", "able", "ible", "ment", "ant", "ent", "ism",
                                                  "ate",   "iti",  "ous",  "ive",  "ize",  "ion",  "al",  "er",  "ic"};

/// A consonant y is written as Y while the stem is being found.
bool IsVowel(char c) { return std::string_view("aeiouy").contains(c); }

template <typename Texts>
bool Holds(const Texts& texts, std::string_view wanted) {
  return std::find(texts.begin(), texts.end(), wanted) != texts.end();
}

/// Where what follows the first non-vowel after a vowel begins, looking from `from`.
std::size_t RegionAfter(std::string_view word, std::size_t from) {
  for (std::size_t i = from + 1; i < word.size(); ++i)
    if (IsVowel(word[i - 1]) && !IsVowel(word[i])) return i + 1;
  return word.size();
}

class Stemmer {
 public:
  explicit Stemmer(std::string_view word) : word_(word) {}

  std::string Stem() && {
    if (word_.starts_with('\'')) word_.erase(0, 1);
    MarkConsonantYs();
    FindRegions();
    DropPossessive();
    DropPlural();
    if (!Holds(kDoneAfterPlural, word_)) {
      DropPastAndGerund();
      FinalYToI();
      ShortenSuffix();
      ShortenSuffixAgain();
      DropSuffix();
      DropFinalEOrL();
    }
    std::replace(word_.begin(), word_.end(), 'Y', 'y');
    return std::move(word_);
  }

 private:
  bool Ends(std::string_view suffix) const { return word_.ends_with(suffix); }
  bool InR1(std::string_view suffix) const { return word_.size() - suffix.size() >= r1_; }
  bool InR2(std::string_view suffix) const { return word_.size() - suffix.size() >= r2_; }
  char Before(std::string_view suffix) const { return word_.size() > suffix.size() ? word_[word_.size() - suffix.size() - 1] : '\0'; }
  void Replace(std::string_view suffix, std::string_view with) { word_.replace(word_.size() - suffix.size(), suffix.size(), with); }
  bool HasVowelIn(std::size_t length) const {
    return std::any_of(word_.begin(), word_.begin() + static_cast<std::ptrdiff_t>(length), IsVowel);
  }

  void MarkConsonantYs() {
    for (std::size_t i = 0; i < word_.size(); ++i)
      if (word_[i] == 'y' && (i == 0 || IsVowel(word_[i - 1]))) word_[i] = 'Y';
  }

  void FindRegions() {
    r1_ = RegionAfter(word_, 0);
    for (const std::string_view prefix : kLongPrefixes)
      if (word_.starts_with(prefix)) r1_ = prefix.size();
    r2_ = RegionAfter(word_, r1_);
  }

  void DropPossessive() {
    for (const std::string_view suffix : {"'s'", "'s", "'"})
      if (Ends(suffix)) return Replace(suffix, "");
  }

  void DropPlural() {
    if (Ends("sses")) return Replace("sses", "ss");
    if (Ends("ied") || Ends("ies")) return Replace("ies", word_.size() > 4 ? "i" : "ie");
    if (!Ends("s") || Ends("us") || Ends("ss")) return;
    if (word_.size() > 2 && HasVowelIn(word_.size() - 2)) word_.pop_back();
  }

  void DropPastAndGerund() {
    for (const std::string_view suffix : {"eedly", "eed"})
      if (Ends(suffix)) return InR1(suffix) ? Replace(suffix, "ee") : void();
    for (const std::string_view suffix : {"ingly", "edly", "ing", "ed"}) {
      if (!Ends(suffix)) continue;
      if (!HasVowelIn(word_.size() - suffix.size())) return;
      Replace(suffix, "");
      return MendAfterCut();
    }
  }

  void MendAfterCut() {
    if (Ends("at") || Ends("bl") || Ends("iz")) {
      word_.push_back('e');
    } else if (word_.size() >= 2 && Holds(kDoubles, std::string_view(word_).substr(word_.size() - 2))) {
      word_.pop_back();
    } else if (r1_ >= word_.size() && EndsInShortSyllable(word_.size())) {
      word_.push_back('e');
    }
  }

  /// Whether the first `length` letters end in one: a vowel between two consonants of which the last is none of w, x, Y; or, as the whole
  /// of them, a vowel and a consonant.
  bool EndsInShortSyllable(std::size_t length) const {
    if (length < 2 || IsVowel(word_[length - 1]) || !IsVowel(word_[length - 2])) return false;
    if (length == 2) return true;
    return !IsVowel(word_[length - 3]) && !std::string_view("wxY").contains(word_[length - 1]);
  }

  void FinalYToI() {
    if (word_.size() > 2 && (Ends("y") || Ends("Y")) && !IsVowel(word_[word_.size() - 2])) word_.back() = 'i';
  }

  void ShortenSuffix() {
    for (const auto& [suffix, with] : kStep2) {
      if (!Ends(suffix)) continue;
      if (!InR1(suffix)) return;
      if (suffix == "ogi" && Before(suffix) != 'l') return;
      if (suffix == "li" && !std::string_view("cdeghkmnrt").contains(Before(suffix))) return;
      return Replace(suffix, with);
    }
  }

  void ShortenSuffixAgain() {
    for (const auto& [suffix, with] : kStep3) {
      if (!Ends(suffix)) continue;
      if (!InR1(suffix) || (suffix == "ative" && !InR2(suffix))) return;
      return Replace(suffix, with);
    }
  }

  void DropSuffix() {
    for (const std::string_view suffix : kStep4) {
      if (!Ends(suffix)) continue;
      if (!InR2(suffix) || (suffix == "ion" && Before(suffix) != 's' && Before(suffix) != 't')) return;
      return Replace(suffix, "");
    }
  }

  void DropFinalEOrL() {
    if (Ends("e")) {
      if (InR2("e") || (InR1("e") && !EndsInShortSyllable(word_.size() - 1))) word_.pop_back();
    } else if (Ends("ll") && InR2("l")) {
      word_.pop_back();
    }
  }

  std::string word_;
  std::size_t r1_ = 0;
  std::size_t r2_ = 0;
};

// Sorted: looked up by binary search.
constexpr auto kStopWords = std::to_array<std::string_view>(
    {"a",    "an",   "and",  "any",  "are",   "as",   "at",   "be",    "been", "but",   "by",    "can",  "could", "did", "do",
     "does", "for",  "from", "had",  "has",   "have", "how",  "i",     "if",   "in",    "into",  "is",   "it",    "its", "no",
     "not",  "of",   "on",   "or",   "such",  "that", "the",  "their", "then", "there", "these", "they", "this",  "to",  "was",
     "we",   "were", "what", "when", "which", "who",  "whom", "will",  "with", "would", "you",   "your"});
static_assert(std::is_sorted(kStopWords.begin(), kStopWords.end()));

}  // namespace

std::string StemEnglish(std::string_view folded_word) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || c == '\''; };
  if (folded_word.size() <= 2 || !std::all_of(folded_word.begin(), folded_word.end(), is_letter)) return std::string(folded_word);
  for (const auto& [word, stem] : kWholeWords)
    if (word == folded_word) return std::string(stem);
  return Stemmer(folded_word).Stem();
}

bool IsStopWord(std::string_view folded_word) { return std::binary_search(kStopWords.begin(), kStopWords.end(), folded_word); }

}  // namespace lakehouse::text
