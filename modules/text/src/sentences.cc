#include "lakehouse/text/sentences.h"

#include <algorithm>
#include <array>
#include <string>

#include "lakehouse/text/utf8.h"

namespace lakehouse::text {
namespace {

// Sorted. What may stand before a full stop without ending the sentence.
constexpr auto kAbbreviations = std::to_array<std::string_view>(
    {"al", "approx", "apr", "art",  "aug", "ave", "blvd", "bzw",  "ca",  "cf",   "ch",  "co",  "corp", "dec", "dept", "dr",
     "ed", "eds",    "eg",  "eq",   "eqs", "est", "etc",  "feb",  "fig", "figs", "gen", "gov", "hr",   "ie",  "inc",  "jan",
     "jr", "jul",    "jun", "lt",   "ltd", "mar", "mr",   "mrs",  "ms",  "mt",   "no",  "nos", "nov",  "nr",  "oct",  "op",
     "pp", "prof",   "ref", "refs", "rev", "sec", "sep",  "sept", "sr",  "st",   "str", "tel", "usw",  "vol", "vols", "vs"});
static_assert(std::is_sorted(kAbbreviations.begin(), kAbbreviations.end()));

bool IsSpaceOctet(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }
bool IsLowerOctet(char c) { return c >= 'a' && c <= 'z'; }
bool IsUpperOctet(char c) { return c >= 'A' && c <= 'Z'; }
bool IsDigitOctet(char c) { return c >= '0' && c <= '9'; }

std::size_t PastSpace(std::string_view text, std::size_t at) {
  while (at < text.size() && IsSpaceOctet(text[at])) ++at;
  return at;
}

/// The letters and inner stops right before `stop`: "e.g" of "e.g.".
std::string WordBefore(std::string_view text, std::size_t begin, std::size_t stop) {
  std::size_t from = stop;
  while (from > begin && stop - from < 12 && (IsLowerOctet(text[from - 1]) || IsUpperOctet(text[from - 1]) || text[from - 1] == '.'))
    --from;
  std::string word;
  for (std::size_t i = from; i < stop; ++i)
    if (text[i] != '.') word.push_back(static_cast<char>(IsUpperOctet(text[i]) ? text[i] + 32 : text[i]));
  return word;
}

bool IsAbbreviation(std::string_view text, std::size_t begin, std::size_t stop) {
  const std::string word = WordBefore(text, begin, stop);
  if (word.size() == 1 && stop > begin && IsUpperOctet(text[stop - 1])) return true;  // an initial
  return std::binary_search(kAbbreviations.begin(), kAbbreviations.end(), std::string_view(word));
}

bool StartsListItem(std::string_view rest) {
  if (rest.size() >= 2 && std::string_view("-*+").contains(rest[0]) && rest[1] == ' ') return true;
  if (rest.starts_with("\xE2\x80\xA2")) return true;  // a bullet
  std::size_t digits = 0;
  while (digits < rest.size() && digits < 4 && IsDigitOctet(rest[digits])) ++digits;
  return digits > 0 && digits + 1 < rest.size() && (rest[digits] == '.' || rest[digits] == ')') && rest[digits + 1] == ' ';
}

/// Past quotes and brackets that close after the stop; a row of hundreds of stops is looked at once, not once per stop.
std::size_t PastClosers(std::string_view text, std::size_t at) {
  for (const std::size_t limit = std::min(text.size(), at + 8); at < limit;) {
    if (std::string_view("\"')]}.?!").contains(text[at])) {
      ++at;
    } else if (text.substr(at).starts_with("\xE2\x80\x9D") || text.substr(at).starts_with("\xE2\x80\x99")) {
      at += 3;
    } else {
      break;
    }
  }
  return at;
}

/// Where the sentence that began at `begin` ends when the octet at `at` can end it; 0 when it does not.
std::size_t EndAt(std::string_view text, std::size_t begin, std::size_t at) {
  const char c = text[at];
  if (c == '.' || c == '?' || c == '!') {
    const std::size_t end = PastClosers(text, at + 1);
    const std::size_t next = PastSpace(text, end);
    if (next == end && next < text.size()) return 0;
    if (next < text.size() && IsLowerOctet(text[next])) return 0;
    if (c == '.' && end == at + 1 && next < text.size() && IsAbbreviation(text, begin, at)) return 0;
    return end;
  }
  if (c == '\n') {
    std::size_t next = at + 1;
    while (next < text.size() && (text[next] == ' ' || text[next] == '\t' || text[next] == '\r')) ++next;
    if (next < text.size() && (text[next] == '\n' || StartsListItem(text.substr(next)))) return at;
    return 0;
  }
  if (static_cast<unsigned char>(c) >= 0xE3) {
    const CodePoint point = DecodeAt(text, at);
    if (point.value == 0x3002 || point.value == 0xFF01 || point.value == 0xFF1F) return at + point.length;
  }
  return 0;
}

}  // namespace

Span Trimmed(std::string_view text, Span span) {
  while (span.begin < span.end && IsSpaceOctet(text[span.begin])) ++span.begin;
  while (span.end > span.begin && IsSpaceOctet(text[span.end - 1])) --span.end;
  return span;
}

std::vector<Span> SentencesOf(std::string_view text) {
  std::vector<Span> sentences;
  std::size_t begin = 0;
  const auto finish = [&](std::size_t end) {
    const Span sentence = Trimmed(text, {begin, end});
    if (sentence.size() > 0) sentences.push_back(sentence);
    begin = end;
  };
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = EndAt(text, begin, at);
    if (end > begin) {
      finish(end);
      at = std::max(end, at + 1);
    } else {
      ++at;
    }
  }
  finish(text.size());
  return sentences;
}

}  // namespace lakehouse::text
