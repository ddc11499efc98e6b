#include "exact_terms.h"

#include <algorithm>
#include <array>

#include "lakehouse/text/words.h"

namespace lakehouse::matrix {
namespace {

constexpr std::array<std::string_view, 17> kDenials{"no",      "not",     "never",  "without",   "lacks",   "lack",
                                                    "lacking", "expired", "lapsed", "revoked",   "doesn't", "hasn't",
                                                    "don't",   "haven't", "isn't",  "suspended", "failed"};
constexpr std::size_t kMostBetween = 3;  ///< octets between the word and its number

bool IsNumber(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
}
bool IsLetters(std::string_view word) {
  return word.size() > 1 && std::all_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}
bool IsCapitals(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

/// The part of a sentence around [begin, end) that speaks of it. What stands in brackets behind it belongs to it.
std::string_view ClauseAround(std::string_view text, std::size_t begin, std::size_t end) {
  constexpr std::string_view kEnds = ".;,!?\n";
  const std::size_t before = begin == 0 ? std::string_view::npos : text.find_last_of(kEnds, begin - 1);
  const std::size_t from = before == std::string_view::npos ? 0 : before + 1;
  const std::size_t to = std::min(text.find_first_of(kEnds, end), text.size());
  return text.substr(from, to - from);
}

bool Denies(std::string_view clause) {
  int denials = 0;
  for (const text::Word& word : text::WordsOf(clause))
    denials += std::find(kDenials.begin(), kDenials.end(), word.folded) != kDenials.end();
  return denials % 2 == 1;  // "not expired" denies nothing
}

}  // namespace

std::vector<ExactTerm> ExactTermsOf(std::string_view question) {
  std::vector<ExactTerm> terms;
  const auto words = text::WordsOf(question);
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (!IsLetters(words[i].folded) || !IsNumber(words[i + 1].folded)) continue;
    const std::string_view between = question.substr(words[i].end, words[i + 1].begin - words[i].end);
    const bool is_name = between == " " && IsCapitals(question.substr(words[i].begin, words[i].end - words[i].begin));
    if (between == "-" || is_name) terms.push_back({words[i].folded, words[i + 1].folded});
  }
  if (std::none_of(question.begin(), question.end(), [](char c) { return c >= 'a' && c <= 'z'; })) return terms;
  for (const text::Word& word : words) {
    const std::string_view written = question.substr(word.begin, word.end - word.begin);
    const auto is_there = [&](const ExactTerm& term) { return term.word == word.folded; };
    if (written.size() == 2 && IsCapitals(written) && std::none_of(terms.begin(), terms.end(), is_there))
      terms.push_back({std::string(written), ""});
  }
  return terms;
}

Mention MentionOf(std::string_view text, const ExactTerm& term) {
  Mention last = Mention::kAbsent;
  const auto words = text::WordsOf(text);
  for (std::size_t i = 0; term.number.empty() && i < words.size(); ++i)
    if (text.substr(words[i].begin, words[i].end - words[i].begin) == term.word)
      last = Denies(ClauseAround(text, words[i].begin, words[i].end)) ? Mention::kDenied : Mention::kStated;
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    if (words[i].folded != term.word || words[i + 1].folded != term.number || words[i + 1].begin - words[i].end > kMostBetween) continue;
    last = Denies(ClauseAround(text, words[i].begin, words[i + 1].end)) ? Mention::kDenied : Mention::kStated;
  }
  return last;
}

}  // namespace lakehouse::matrix
