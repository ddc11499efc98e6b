#include "verifier.h"

#include <algorithm>
#include <array>
#include <set>

#include "lakehouse/text/sentences.h"
#include "lakehouse/text/stem.h"
#include "lakehouse/text/words.h"

namespace lakehouse::matrix {
namespace {

constexpr double kLeastSupport = .5;

constexpr std::array<std::string_view, 14> kInstructions{
    "ignore all previous", "ignore previous",      "ignore the above",         "ignore any previous", "disregard previous",
    "disregard the above", "disregard all",        "forget your instructions", "you are now",         "system prompt",
    "new instructions",    "do not tell the user", "respond only with",        "instead of answering"};

bool HasFigure(std::string_view word) {
  return std::any_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool IsNegation(std::string_view word) {
  return word == "no" || word == "not" || word == "never" || word == "without" || word == "none" || word == "neither" || word == "cannot" ||
         word.ends_with("n't");
}
bool Negates(std::string_view text) {
  const auto words = text::WordsOf(text);
  return std::any_of(words.begin(), words.end(), [](const text::Word& word) { return IsNegation(word.folded); });
}

/// "24.50", "1,200", "10:30" as one: their parts elsewhere are other numbers.
std::set<std::string> NumbersOf(std::string_view text) {
  std::set<std::string> numbers;
  const auto digit = [&](std::size_t at) { return at < text.size() && text[at] >= '0' && text[at] <= '9'; };
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!digit(at) || (at > 0 && digit(at - 1))) continue;
    std::string number;
    for (; digit(at) || (at < text.size() && std::string_view(".,:").find(text[at]) != std::string_view::npos && digit(at + 1)); ++at)
      if (text[at] != ',') number += text[at];
    numbers.insert(std::move(number));
  }
  return numbers;
}

/// Whether what the claim says is said where it says so: a sentence with "not" in it does not support one without.
bool AgreesInNegation(const Claim& claim, std::span<const std::string> passages, const TermWeights& weights) {
  std::set<std::string> said;
  for (std::string& term : text::SearchTerms(claim.text)) said.insert(std::move(term));
  const bool negates = Negates(claim.text);
  double most_agreeing = 0, most_other = 0;
  for (const std::uint32_t number : claim.cites)
    for (const text::Span& sentence : text::SentencesOf(passages[number - 1])) {
      double shared = 0;
      std::set<std::string> seen;
      for (const std::string& term : text::SearchTerms(sentence.In(passages[number - 1])))
        if (said.contains(term) && seen.insert(term).second) shared += WeightIn(weights, term);
      double& most = Negates(sentence.In(passages[number - 1])) == negates ? most_agreeing : most_other;
      most = std::max(most, shared);
    }
  return most_agreeing >= most_other && (!negates || most_agreeing > 0);
}

bool IsCapital(char c) { return c >= 'A' && c <= 'Z'; }

/// Whether a text has the word with a capital within a sentence.
bool HasAsName(std::string_view text, const std::string& folded) {
  const auto words = text::WordsOf(text);
  return std::any_of(words.begin(), words.end(), [&](const text::Word& word) {
    if (word.folded != folded || !IsCapital(text[word.begin])) return false;
    const std::size_t before = text.substr(0, word.begin).find_last_not_of(" \t");
    return before != std::string_view::npos && std::string_view(".!?\n").find(text[before]) == std::string_view::npos;
  });
}

/// The first word of a sentence is capitalised whatever it is. It is a name where another passage has it as one, and where something is
/// said of it: "Hammond is", "Hammond has".
bool BeginsWithName(const std::vector<text::Word>& words, std::span<const std::string> passages) {
  constexpr std::array<std::string_view, 4> kSaidOf{"is", "was", "has", "had"};
  const std::string& first = words.front().folded;
  if (text::IsStopWord(first)) return false;
  if (first.ends_with("'s") || (words.size() > 1 && std::ranges::find(kSaidOf, words[1].folded) != kSaidOf.end())) return true;
  return std::any_of(passages.begin(), passages.end(), [&first](const std::string& passage) { return HasAsName(passage, first); });
}

}  // namespace

double WeightIn(const TermWeights& weights, const std::string& stem) {
  if (const auto found = weights.find(stem); found != weights.end()) return found->second;
  double most = 1;
  for (const auto& [known, weight] : weights) most = std::max(most, weight);
  return most;
}

std::string_view WhyUnsupported(const Claim& claim, std::span<const std::string> passages, const TermWeights& weights) {
  if (claim.cites.empty()) return "no_citation";
  std::set<std::string> cited, numbers;
  for (const std::uint32_t number : claim.cites) {
    if (number == 0 || number > passages.size()) return "unknown_citation";
    for (const text::Word& word : text::WordsOf(passages[number - 1])) cited.insert(text::StemEnglish(word.folded));
    numbers.merge(NumbersOf(passages[number - 1]));
  }
  for (const std::string& number : NumbersOf(claim.text))
    if (!numbers.contains(number)) return "wrong_number";
  double said = 0, supported = 0;
  const auto words = text::WordsOf(claim.text);
  for (const text::Word& word : words) {
    const std::string stem = text::StemEnglish(word.folded);
    const bool found = cited.contains(stem);
    if (!found && HasFigure(word.folded)) return "wrong_number";
    const bool is_first = &word == &words.front();
    const bool is_name = IsCapital(claim.text[word.begin]) && (is_first ? BeginsWithName(words, passages) : !text::IsStopWord(word.folded));
    if (!found && is_name) return "wrong_name";
    if (text::IsStopWord(word.folded)) continue;
    said += WeightIn(weights, stem);
    if (found) supported += WeightIn(weights, stem);
  }
  if (said == 0 || supported < kLeastSupport * said) return "unsupported";
  return AgreesInNegation(claim, passages, weights) ? std::string_view() : "wrong_negation";
}

bool ReadsLikeInstruction(std::string_view sentence) {
  std::string folded = " ";
  for (const text::Word& word : text::WordsOf(sentence)) folded += word.folded + " ";
  return std::any_of(kInstructions.begin(), kInstructions.end(),
                     [&](std::string_view one) { return folded.contains(" " + std::string(one) + " "); });
}

}  // namespace lakehouse::matrix
