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

struct Bits {
  unsigned shift;
  std::uint32_t most;
};
constexpr std::array<Bits, 3> kPlaces{{{0, 0xFF}, {8, 0xFF}, {16, 0xFFFF}}};  ///< of title, headings, text in a count
std::uint32_t CountIn(std::size_t place, std::uint32_t count) { return count >> kPlaces[place].shift & kPlaces[place].most; }

bool IsBetter(const ScoredPassage& a, const ScoredPassage& b) { return a.score != b.score ? a.score > b.score : a.passage < b.passage; }

/// Two letters side by side have changed places: one slip of the fingers, not two.
bool IsSwapped(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  const auto at = static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin()).first - a.begin());
  return at + 1 < a.size() && a[at] == b[at + 1] && a[at + 1] == b[at] && a.substr(at + 2) == b.substr(at + 2);
}

}  // namespace

void LexicalIndex::Builder::Add(const PassageTerms& terms) {
  const std::uint64_t passage = lengths_[0].size();
  const std::array<std::span<const std::string>, 3> places{terms.title, terms.headings, terms.text};
  for (std::size_t place = 0; place < places.size(); ++place) {
    for (const std::string& term : places[place]) {
      auto& postings = postings_[term];
      if (postings.empty() || postings.back() >> 32 != passage) postings.push_back(passage << 32);
      // What is more often than that has long stopped counting more.
      if (CountIn(place, static_cast<std::uint32_t>(postings.back())) < kPlaces[place].most)
        postings.back() += std::uint64_t{1} << kPlaces[place].shift;
    }
    lengths_[place].push_back(static_cast<std::uint32_t>(places[place].size()));
  }
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
  index.Connect();
  return index;
}

void LexicalIndex::Connect() {
  std::vector<std::uint32_t> counts, lengths(size());
  counts.reserve(counts_.size());
  for (const std::uint32_t count : counts_) counts.push_back(CountIn(0, count) + CountIn(1, count) + CountIn(2, count));
  for (std::size_t i = 0; i < lengths.size(); ++i) lengths[i] = lengths_[0][i] + lengths_[1][i] + lengths_[2][i];
  kin_ = KinWords({.terms = terms_, .starts = starts_, .passages = passages_, .counts = counts, .lengths = lengths});
  Weigh({});
}

void LexicalIndex::Weigh(PlaceWeights weights) {
  weights_ = std::move(weights);
  weights_.text.resize(size(), 1);
  weighed_lengths_.clear();
  for (std::size_t i = 0; i < size(); ++i)
    weighed_lengths_.push_back(weights_.title * lengths_[0][i] + weights_.headings * lengths_[1][i] + weights_.text[i] * lengths_[2][i]);
  const double total = std::accumulate(weighed_lengths_.begin(), weighed_lengths_.end(), 0.0);
  mean_length_ = size() == 0 ? 0 : total / static_cast<double>(size());
}

std::optional<std::size_t> LexicalIndex::Find(std::string_view stem) const {
  const auto found = std::lower_bound(terms_.begin(), terms_.end(), stem);
  if (found == terms_.end() || *found != stem) return std::nullopt;
  return static_cast<std::size_t>(found - terms_.begin());
}

std::vector<std::string> LexicalIndex::WordsFrom(std::string_view prefix) const {
  std::vector<std::pair<std::uint64_t, std::size_t>> found;  // passages without it, so that the most usual come first; its number
  auto at = static_cast<std::size_t>(std::lower_bound(terms_.begin(), terms_.end(), prefix) - terms_.begin());
  for (; at < terms_.size() && terms_[at].starts_with(prefix); ++at) found.emplace_back(size() - (starts_[at + 1] - starts_[at]), at);
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

ByPlace LexicalIndex::Often(std::uint64_t posting) const {
  const std::uint32_t count = counts_[posting];
  return {.title = weights_.title * CountIn(0, count),
          .headings = weights_.headings * CountIn(1, count),
          .text = weights_.text[passages_[posting]] * CountIn(2, count)};
}

double LexicalIndex::Count(std::uint64_t posting) const {
  const double often = Often(posting).all();
  if (often == 0) return 0;
  const double held_back = kSaturation * (1 - kLengthShare + kLengthShare * weighed_lengths_[passages_[posting]] / mean_length_);
  return often * (kSaturation + 1) / (often + held_back);
}

std::vector<ScoredPassage> LexicalIndex::Search(const std::vector<QueryTerm>& terms, std::size_t count,
                                                const std::function<bool(std::uint32_t)>& fits) const {
  std::vector<double> scores(size(), 0), best_of_term(size(), 0);
  std::vector<std::uint32_t> touched, having;
  // Of a word and its kin the one counts that counts most: a passage with all of them speaks of the same thing once.
  const auto look_for = [&](std::string_view stem, double weight) {
    const auto found = Find(stem);
    if (!found) return;
    for (std::uint64_t i = starts_[*found]; i < starts_[*found + 1]; ++i) {
      const double counts = weight * Count(i);
      double& best = best_of_term[passages_[i]];
      if (best == 0 && counts > 0) having.push_back(passages_[i]);
      best = std::max(best, counts);
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

ByPlace LexicalIndex::PartsOf(std::uint32_t passage, const std::vector<QueryTerm>& terms) const {
  ByPlace parts;
  for (const QueryTerm& term : terms) {
    double best = 0;
    ByPlace often;
    const auto look_at = [&](std::string_view stem, double weight) {
      const auto posting = PostingOf(passage, stem);
      const double counts = posting ? weight * Count(*posting) : 0;
      if (!(counts > best)) return;
      best = counts;
      often = Often(*posting);
    };
    const double weight = term.weight * Rarity(term.stem);
    look_at(term.stem, weight);
    for (const auto& [stem, share] : term.kin) look_at(stem, weight * share);
    if (best == 0) continue;
    parts.title += best * often.title / often.all();
    parts.headings += best * often.headings / often.all();
    parts.text += best * often.text / often.all();
  }
  return parts;
}

double LexicalIndex::Rarity(std::string_view stem) const {
  const auto found = Find(stem);
  const auto passages = static_cast<double>(size());
  const double having = found ? static_cast<double>(starts_[*found + 1] - starts_[*found]) : 0;
  return std::log(1 + (passages - having + .5) / (having + .5));
}

std::optional<std::uint64_t> LexicalIndex::PostingOf(std::uint32_t passage, std::string_view stem) const {
  const auto found = Find(stem);
  if (!found) return std::nullopt;
  const auto end = passages_.begin() + static_cast<std::ptrdiff_t>(starts_[*found + 1]);
  const auto at = std::lower_bound(passages_.begin() + static_cast<std::ptrdiff_t>(starts_[*found]), end, passage);
  if (at == end || *at != passage) return std::nullopt;
  return static_cast<std::uint64_t>(at - passages_.begin());
}

bool LexicalIndex::Has(std::uint32_t passage, std::string_view stem) const { return PostingOf(passage, stem).has_value(); }

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
  for (const auto& lengths : lengths_) writer.Values(std::span<const std::uint32_t>(lengths));
}

Result<LexicalIndex> LexicalIndex::Decode(OctetReader& reader) {
  LexicalIndex index;
  const auto terms = reader.Value<std::uint32_t>();
  for (std::uint32_t i = 0; i < terms && !reader.failed(); ++i) index.terms_.push_back(reader.Text());
  index.starts_ = reader.Values<std::uint64_t>();
  index.passages_ = reader.Values<std::uint32_t>();
  index.counts_ = reader.Values<std::uint32_t>();
  for (auto& lengths : index.lengths_) lengths = reader.Values<std::uint32_t>();
  const auto within = [&](std::uint32_t passage) { return passage < index.size(); };
  const bool fits = !reader.failed() && index.starts_.size() == index.terms_.size() + 1 && index.starts_.front() == 0 &&
                    std::is_sorted(index.starts_.begin(), index.starts_.end()) && index.starts_.back() == index.passages_.size() &&
                    index.passages_.size() == index.counts_.size() && index.lengths_[1].size() == index.size() &&
                    index.lengths_[2].size() == index.size() && std::is_sorted(index.terms_.begin(), index.terms_.end()) &&
                    std::all_of(index.passages_.begin(), index.passages_.end(), within);
  if (!fits) return Error(ErrorCode::kCorruption, "an index of words whose parts do not fit each other");
  index.Connect();
  return index;
}

}  // namespace lakehouse::matrix
