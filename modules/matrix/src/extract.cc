#include "extract.h"

#include <algorithm>
#include <array>

#include "lakehouse/text/words.h"

namespace lakehouse::matrix {
namespace {

constexpr double kLeastSentenceCoverage = .3;  ///< of the question by a sentence, beside the best one's half
// What people say around what they look for, as stems.
constexpr std::array<std::string_view, 22> kAsking{"find",   "me",    "show",   "list",   "give", "tell", "pleas", "need",
                                                   "want",   "look",  "search", "get",    "know", "help", "us",    "our",
                                                   "someon", "anyon", "about",  "should", "may",  "must"};
constexpr std::array<std::string_view, 4> kListing{"find", "list", "show", "give"};

/// A guessed word weighs what the unknown one did that it stands for; found, half of that.
double WeightOf(const Asked& asked, const std::set<std::string>& terms, const TermWeights& weights, double guess) {
  double sum = 0;
  for (const std::string& term : terms)
    sum += asked.guessed.contains(term) ? guess * WeightIn(weights, std::string()) : WeightIn(weights, term);
  return sum;
}

std::set<std::string> Shared(const std::set<std::string>& terms, std::string_view passage) {
  std::set<std::string> shared;
  for (std::string& term : text::SearchTerms(passage))
    if (terms.contains(term)) shared.insert(std::move(term));
  return shared;
}

/// Of a list one sentence of each document; else all that say at least half of what the best one says.
std::vector<Candidate> Choose(const Asked& asked, const std::vector<Candidate>& all, const std::vector<Hit>& hits) {
  double best = 0;
  for (const Candidate& one : all) best = std::max(best, one.coverage);
  std::set<std::size_t> documents;
  std::set<std::string_view> said;
  std::vector<Candidate> chosen;
  for (const Candidate& one : all) {
    if (one.coverage < std::max(kLeastSentenceCoverage, best / 2)) continue;
    if (asked.lists && !documents.insert(one.hit).second) continue;
    if (asked.lists || said.insert(one.span.In(hits[one.hit].passage.text)).second) chosen.push_back(one);
  }
  return chosen;
}

}  // namespace

Asked Understand(std::string_view question, const SearchResponse& found) {
  Asked asked;
  const auto words = text::WordsOf(question);
  asked.lists = !words.empty() && std::find(kListing.begin(), kListing.end(), words[0].folded) != kListing.end();
  std::string all(question);
  for (const auto& [written, meant] : found.corrected) all += " " + meant;
  for (std::string& term : text::SearchTerms(all))
    if (std::find(kAsking.begin(), kAsking.end(), term) == kAsking.end()) asked.terms.insert(std::move(term));
  for (const auto& [written, meant] : found.corrected) {
    asked.terms.erase(written);
    asked.guessed.insert(meant);
  }
  asked.weight = WeightOf(asked, asked.terms, found.query_weights, 1);
  return asked;
}

double CoverageOf(const Asked& asked, std::string_view text, const TermWeights& weights) {
  return asked.weight > 0 ? WeightOf(asked, Shared(asked.terms, text), weights, .5) / asked.weight : 0;
}

std::vector<Candidate> SentencesFor(const Asked& asked, const std::vector<Hit>& hits, const TermWeights& weights,
                                    std::set<std::size_t>& suspicious, Grounding& grounding) {
  std::vector<Candidate> all;
  for (std::size_t hit = 0; hit < hits.size(); ++hit) {
    const std::string& passage = hits[hit].passage.text;
    for (const text::Span& sentence : text::SentencesOf(passage)) {
      if (ReadsLikeInstruction(sentence.In(passage))) {
        ++grounding.suspicious;
        suspicious.insert(hit);
        continue;
      }
      std::set<std::string> terms = Shared(asked.terms, sentence.In(passage));
      if (terms.empty()) continue;
      terms.merge(Shared(asked.terms, hits[hit].passage.title));  // what the row is about, its sentences are
      all.push_back({hit, sentence, WeightOf(asked, terms, weights, .5) / asked.weight});
    }
  }
  // The better passage first where sentences say as much; of a list the better document first.
  std::stable_sort(all.begin(), all.end(), [&](const Candidate& a, const Candidate& b) {
    if (asked.lists && a.hit != b.hit) return a.hit < b.hit;
    return a.coverage > b.coverage;
  });
  return Choose(asked, all, hits);
}

}  // namespace lakehouse::matrix
