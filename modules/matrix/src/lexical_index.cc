#include "lexical_index.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "lakehouse/base/edit_distance.h"
#include "lakehouse/text/words.h"

namespace lakehouse::matrix {
namespace {

constexpr double kSaturation = 1.2;      ///< k1: how soon more of a word stops counting
constexpr double kLengthShare = .75;     ///< b: how much long passages are held back
constexpr double kCorrectedWeight = .8;  ///< of a word that was not written so
constexpr std::size_t kShortestPrefix = 3, kMostOfPrefix = 16;
constexpr std::size_t kShortestCorrected = 4, kLongerWord = 8;

bool IsBetter(const ScoredPassage& a, const ScoredPassage& b) { return a.score != b.score ? a.score > b.score : a.passage < b.passage; }

/// Two letters side by side have changed places: one slip of the fingers, not two.
bool IsSwapped(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  const auto at = static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin()).first - a.begin());
  return at + 1 < a.size() && a[at] == b[at + 1] && a[at + 1] == b[at] && a.substr(at + 2) == b.substr(at + 2);
}

}  // namespace

void LexicalIndex::Builder::Add(std::span<const std::string> terms) {
  const std::uint64_t passage = lengths_.size();
  for (const std::string& term : terms) {
    auto& postings = postings_[term];
    if (postings.empty() || postings.back() >> 32 != passage) postings.push_back(passage << 32);
    ++postings.back();
  }
  lengths_.push_back(static_cast<std::uint32_t>(terms.size()));
}

LexicalIndex LexicalIndex::Builder::Finish() && {
  LexicalIndex index;
  for (const auto& [term, postings] : postings_) index.terms_.push_back(term);
  std::sort(index.terms_.begin(), index.terms_.end());
  for (const std::string& term : index.terms_) {
    for (const std::uint64_t posting : postings_[term]) {
      index.passages_.push_back(static_cast<std::uint32_t>(posting >> 32));
      index.counts_.push_back(static_cast<std::uint32_t>(posting));
    }
    index.starts_.push_back(index.passages_.size());
  }
  index.lengths_ = std::move(lengths_);
  const double total = std::accumulate(index.lengths_.begin(), index.lengths_.end(), 0.0);
  index.mean_length_ = index.lengths_.empty() ? 0 : total / static_cast<double>(index.lengths_.size());
  index.Connect();
  return index;
}

void LexicalIndex::Connect() {
  kin_ = KinWords({.terms = terms_, .starts = starts_, .passages = passages_, .counts = counts_, .lengths = lengths_});
}

std::optional<std::size_t> LexicalIndex::Find(std::string_view stem) const {
  const auto found = std::lower_bound(terms_.begin(), terms_.end(), stem);
  if (found == terms_.end() || *found != stem) return std::nullopt;
  return static_cast<std::size_t>(found - terms_.begin());
}

std::vector<std::string> LexicalIndex::WordsFrom(std::string_view prefix) const {
  std::vector<std::pair<std::uint64_t, std::size_t>> found;  // passages without it, so that the most usual come first; its number
  auto at = static_cast<std::size_t>(std::lower_bound(terms_.begin(), terms_.end(), prefix) - terms_.begin());
  for (; at < terms_.size() && terms_[at].starts_with(prefix); ++at)
    found.emplace_back(lengths_.size() - (starts_[at + 1] - starts_[at]), at);
  std::sort(found.begin(), found.end());
  std::vector<std::string> words;
  for (std::size_t i = 0; i < std::min(kMostOfPrefix, found.size()); ++i) words.push_back(terms_[found[i].second]);
  return words;
}

std::string LexicalIndex::NearestWord(const std::string& stem) const {
  // Numbers are exact: OSHA-10 is no spelling of OSHA-30.
  if (stem.size() < kShortestCorrected || HasDigit(stem)) return {};
  std::size_t best_distance = stem.size() >= kLongerWord ? 2 : 1;
  std::uint64_t best_passages = 0;  // the more usual word of two that are as near
  std::string best;
  for (std::size_t i = 0; i < terms_.size(); ++i) {
    const std::string& term = terms_[i];
    const std::size_t longer = std::max(term.size(), stem.size()), shorter = std::min(term.size(), stem.size());
    if (longer - shorter > best_distance || term.size() < kShortestCorrected || HasDigit(term)) continue;
    const std::size_t distance = IsSwapped(stem, term) ? 1 : EditDistance(stem, term, best_distance + 1);
    const std::uint64_t passages = starts_[i + 1] - starts_[i];
    if (distance > best_distance || (distance == best_distance && passages <= best_passages)) continue;
    best_distance = distance;
    best_passages = passages;
    best = term;
  }
  return best;
}

std::vector<QueryTerm> LexicalIndex::Understand(std::string_view query) const {
  std::vector<QueryTerm> terms;
  const auto add = [&](QueryTerm term) {
    for (QueryTerm& known : terms)
      if (known.stem == term.stem) return void(known.weight += term.weight);
    terms.push_back(std::move(term));
  };
  std::string rest(query);
  for (const text::Word& word : text::WordsOf(query)) {
    if (word.end >= query.size() || query[word.end] != '*' || word.folded.size() < kShortestPrefix) continue;
    for (std::string& stem : WordsFrom(word.folded))
      add({.stem = std::move(stem), .weight = kCorrectedWeight, .instead_of = {}, .is_whole = false});
    rest.replace(word.begin, word.end - word.begin, word.end - word.begin, ' ');
  }
  for (const std::string& stem : text::SearchTerms(rest)) {
    if (Find(stem)) {
      add({.stem = stem, .weight = 1, .instead_of = {}});
    } else if (std::string near = NearestWord(stem); !near.empty()) {
      add({.stem = std::move(near), .weight = kCorrectedWeight, .instead_of = stem});
    }
  }
  return terms;
}

std::vector<QueryTerm> LexicalIndex::WithKin(std::vector<QueryTerm> terms) const {
  for (QueryTerm& term : terms) {
    const auto found = Find(term.stem);
    if (!found || !term.is_whole) continue;
    for (const KinWord& kin : kin_.Of(static_cast<std::uint32_t>(*found))) {
      const double says = std::min(1.0, Rarity(terms_[kin.term]) / Rarity(term.stem));
      term.kin.emplace_back(terms_[kin.term], kin.likeness * says);
    }
  }
  return terms;
}

double LexicalIndex::Count(std::uint64_t posting) const {
  const double often = counts_[posting];
  const double held_back = kSaturation * (1 - kLengthShare + kLengthShare * lengths_[passages_[posting]] / mean_length_);
  return often * (kSaturation + 1) / (often + held_back);
}

std::vector<ScoredPassage> LexicalIndex::Search(const std::vector<QueryTerm>& terms, std::size_t count,
                                                const std::function<bool(std::uint32_t)>& fits) const {
  std::vector<double> scores(lengths_.size(), 0), best_of_term(lengths_.size(), 0);
  std::vector<std::uint32_t> touched, having;
  // Of a word and its kin the one counts that counts most: a passage with all of them speaks of the same thing once.
  const auto look_for = [&](std::string_view stem, double weight) {
    const auto found = Find(stem);
    if (!found) return;
    for (std::uint64_t i = starts_[*found]; i < starts_[*found + 1]; ++i) {
      double& best = best_of_term[passages_[i]];
      if (best == 0) having.push_back(passages_[i]);
      best = std::max(best, weight * Count(i));
    }
  };
  for (const QueryTerm& term : terms) {
    const double weight = term.weight * Rarity(term.stem);
    look_for(term.stem, weight);
    for (const auto& [stem, share] : term.kin) look_for(stem, weight * share);
    for (const std::uint32_t passage : having) {
      if (scores[passage] == 0) touched.push_back(passage);
      scores[passage] += std::exchange(best_of_term[passage], 0);
    }
    having.clear();
  }
  std::vector<ScoredPassage> best;
  for (const std::uint32_t passage : touched)
    if (!fits || fits(passage)) best.push_back({passage, scores[passage]});
  const auto kept = static_cast<std::ptrdiff_t>(std::min(count, best.size()));
  std::partial_sort(best.begin(), best.begin() + kept, best.end(), IsBetter);
  best.resize(static_cast<std::size_t>(kept));
  return best;
}

double LexicalIndex::Rarity(std::string_view stem) const {
  const auto found = Find(stem);
  const auto passages = static_cast<double>(lengths_.size());
  const double having = found ? static_cast<double>(starts_[*found + 1] - starts_[*found]) : 0;
  return std::log(1 + (passages - having + .5) / (having + .5));
}

bool LexicalIndex::Has(std::uint32_t passage, std::string_view stem) const {
  const auto found = Find(stem);
  if (!found) return false;
  const auto begin = passages_.begin();
  return std::binary_search(begin + static_cast<std::ptrdiff_t>(starts_[*found]), begin + static_cast<std::ptrdiff_t>(starts_[*found + 1]),
                            passage);
}

std::string LexicalIndex::KinIn(std::uint32_t passage, const QueryTerm& term) const {
  if (Has(passage, term.stem)) return {};
  for (const auto& [stem, share] : term.kin)
    if (Has(passage, stem)) return stem;
  return {};
}

void LexicalIndex::EncodeTo(OctetWriter& writer) const {
  writer.Value(static_cast<std::uint32_t>(terms_.size()));
  for (const std::string& term : terms_) writer.Text(term);
  writer.Values(std::span<const std::uint64_t>(starts_));
  writer.Values(std::span<const std::uint32_t>(passages_));
  writer.Values(std::span<const std::uint32_t>(counts_));
  writer.Values(std::span<const std::uint32_t>(lengths_));
  writer.Value(mean_length_);
}

Result<LexicalIndex> LexicalIndex::Decode(OctetReader& reader) {
  LexicalIndex index;
  const auto terms = reader.Value<std::uint32_t>();
  for (std::uint32_t i = 0; i < terms && !reader.failed(); ++i) index.terms_.push_back(reader.Text());
  index.starts_ = reader.Values<std::uint64_t>();
  index.passages_ = reader.Values<std::uint32_t>();
  index.counts_ = reader.Values<std::uint32_t>();
  index.lengths_ = reader.Values<std::uint32_t>();
  index.mean_length_ = reader.Value<double>();
  const auto within = [&](std::uint32_t passage) { return passage < index.lengths_.size(); };
  const bool fits = !reader.failed() && index.starts_.size() == index.terms_.size() + 1 && index.starts_.front() == 0 &&
                    std::is_sorted(index.starts_.begin(), index.starts_.end()) && index.starts_.back() == index.passages_.size() &&
                    index.passages_.size() == index.counts_.size() && std::is_sorted(index.terms_.begin(), index.terms_.end()) &&
                    std::all_of(index.passages_.begin(), index.passages_.end(), within);
  if (!fits) return Error(ErrorCode::kCorruption, "an index of words whose parts do not fit each other");
  index.Connect();
  return index;
}

}  // namespace lakehouse::matrix
