#include "verifier.h"

#include <algorithm>
#include <array>
#include <set>

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

bool IsCapital(char c) { return c >= 'A' && c <= 'Z'; }

}  // namespace

double WeightIn(const TermWeights& weights, const std::string& stem) {
  if (const auto found = weights.find(stem); found != weights.end()) return found->second;
  double most = 1;
  for (const auto& [known, weight] : weights) most = std::max(most, weight);
  return most;
}

std::string_view WhyUnsupported(const Claim& claim, std::span<const std::string> passages, const TermWeights& weights) {
  if (claim.cites.empty()) return "no_citation";
  std::set<std::string> cited;
  for (const std::uint32_t number : claim.cites) {
    if (number == 0 || number > passages.size()) return "unknown_citation";
    for (const text::Word& word : text::WordsOf(passages[number - 1])) cited.insert(text::StemEnglish(word.folded));
  }
  double said = 0, supported = 0;
  bool first = true;
  for (const text::Word& word : text::WordsOf(claim.text)) {
    const std::string stem = text::StemEnglish(word.folded);
    const bool found = cited.contains(stem);
    if (!found && HasFigure(word.folded)) return "wrong_number";
    // The first word of a sentence is capitalised whatever it is.
    if (!found && !first && IsCapital(claim.text[word.begin]) && !text::IsStopWord(word.folded)) return "wrong_name";
    first = false;
    if (text::IsStopWord(word.folded)) continue;
    said += WeightIn(weights, stem);
    if (found) supported += WeightIn(weights, stem);
  }
  return said > 0 && supported >= kLeastSupport * said ? std::string_view() : "unsupported";
}

bool ReadsLikeInstruction(std::string_view sentence) {
  std::string folded = " ";
  for (const text::Word& word : text::WordsOf(sentence)) folded += word.folded + " ";
  return std::any_of(kInstructions.begin(), kInstructions.end(),
                     [&](std::string_view one) { return folded.contains(" " + std::string(one) + " "); });
}

}  // namespace lakehouse::matrix
