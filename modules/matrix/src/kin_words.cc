#include "kin_words.h"

#include <algorithm>
#include <cmath>

namespace lakehouse::matrix {
namespace {

constexpr std::uint32_t kNoRow = UINT32_MAX;
constexpr std::size_t kMostRows = 16'384;  ///< that are looked at, about
constexpr std::size_t kFewestRows = 40;    ///< in fewer any two words meet by chance
constexpr std::size_t kFewestOfTerm = 3;
constexpr std::size_t kMostKin = 16;
/// Half the company at least. On judged collections the figures are as good from .35 to .5; the stricter one adds fewer words.
constexpr double kLeastLikeness = .5;

/// By passage its row, or kNoRow. Not every n-th: passages may come in a rhythm of their own.
std::vector<std::uint32_t> Sample(std::size_t passages, std::uint32_t& rows) {
  std::vector<std::uint32_t> row_of(passages, kNoRow);
  for (std::uint64_t passage = 0; passage < passages; ++passage) {
    const std::uint64_t scattered = (passage * 0x9E3779B97F4A7C15) >> 32;
    if (passages <= kMostRows || scattered * passages >> 32 < kMostRows) row_of[passage] = rows++;
  }
  return row_of;
}

}  // namespace

bool HasDigit(std::string_view word) {
  return std::any_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
}

KinWords::KinWords(const Postings& postings) {
  std::uint32_t rows = 0;
  const std::vector<std::uint32_t> row_of = Sample(postings.lengths.size(), rows);
  if (rows < kFewestRows) return;
  const std::size_t terms = postings.terms.size();
  may_be_.resize(terms);
  lengths_.resize(terms);
  term_starts_.push_back(0);
  std::vector<std::uint64_t> in_row(rows);
  for (std::size_t term = 0; term < terms; ++term) {
    const std::size_t begin = by_term_.size();
    double squares = 0;
    for (std::uint64_t i = postings.starts[term]; i < postings.starts[term + 1]; ++i) {
      const std::uint32_t passage = postings.passages[i];
      if (row_of[passage] == kNoRow) continue;
      // Half of the length's weight: of short passages each word says more, but not as much more as they are shorter.
      const double weight = std::log1p(postings.counts[i]) / std::sqrt(std::max<double>(1, postings.lengths[passage]));
      by_term_.push_back({row_of[passage], static_cast<float>(weight)});
      squares += weight * weight;
    }
    const std::size_t having = by_term_.size() - begin;
    may_be_[term] = having >= kFewestOfTerm && having * 2 <= rows && !HasDigit(postings.terms[term]);
    if (!may_be_[term]) by_term_.resize(begin);
    lengths_[term] = std::sqrt(squares);
    for (std::size_t i = begin; i < by_term_.size(); ++i) ++in_row[by_term_[i].at];
    term_starts_.push_back(by_term_.size());
  }
  row_starts_.resize(rows + 1);
  for (std::size_t row = 0; row < rows; ++row) row_starts_[row + 1] = row_starts_[row] + in_row[row];
  by_row_.resize(by_term_.size());
  std::vector<std::uint64_t> next(row_starts_.begin(), row_starts_.end() - 1);
  for (std::uint32_t term = 0; term < terms; ++term)
    for (const Appearance& one : RowsOf(term)) by_row_[next[one.at]++] = {term, one.weight};
}

std::span<const KinWords::Appearance> KinWords::RowsOf(std::uint32_t term) const {
  return std::span(by_term_).subspan(term_starts_[term], term_starts_[term + 1] - term_starts_[term]);
}

std::vector<KinWord> KinWords::Of(std::uint32_t term) const {
  std::vector<KinWord> kin;
  if (term >= may_be_.size() || !may_be_[term]) return kin;
  std::vector<double> shared(may_be_.size());
  std::vector<std::uint32_t> met;
  for (const Appearance& row : RowsOf(term)) {
    for (std::uint64_t i = row_starts_[row.at]; i < row_starts_[row.at + 1]; ++i) {
      if (shared[by_row_[i].at] == 0) met.push_back(by_row_[i].at);
      shared[by_row_[i].at] += static_cast<double>(row.weight) * static_cast<double>(by_row_[i].weight);
    }
  }
  for (const std::uint32_t other : met) {
    const double likeness = shared[other] / (lengths_[term] * lengths_[other]);
    if (other != term && likeness >= kLeastLikeness) kin.push_back({other, std::min(1.0, likeness)});
  }
  const auto is_nearer = [](const KinWord& a, const KinWord& b) {
    return a.likeness != b.likeness ? a.likeness > b.likeness : a.term < b.term;
  };
  std::sort(kin.begin(), kin.end(), is_nearer);
  if (kin.size() > kMostKin) kin.resize(kMostKin);
  return kin;
}

}  // namespace lakehouse::matrix
