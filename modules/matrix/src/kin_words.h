#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lakehouse::matrix {

/// A number or a code, of which no other is a spelling or a kin.
bool HasDigit(std::string_view word);

/// A word and how much alike the company is that it keeps: over 0, at most 1.
struct KinWord {
  std::uint32_t term = 0;
  double likeness = 0;
};

/// Which words of a corpus stand beside the same words as another: nurse and patient, forklift and pallet. Learned from the corpus alone:
/// the cosine of two words' appearances over passages (the word-by-word table that latent semantic analysis starts from). Of large corpora
/// a sample is looked at, spread evenly. Immutable; thread-safe. Memory: 8 octets per word and sampled passage that has it.
class KinWords {
 public:
  /// The parts of an index of words: postings of term i are [starts[i], starts[i + 1]) of `passages` and `counts`.
  struct Postings {
    std::span<const std::string> terms;
    std::span<const std::uint64_t> starts;
    std::span<const std::uint32_t> passages, counts, lengths;
  };

  KinWords() = default;
  explicit KinWords(const Postings& postings);

  /// The most alike first, at most 16, without the word itself; none of a word with a digit, for numbers are exact, or of one that is in
  /// too few passages, or in more than half of them. Time: the words of the sampled passages that have it.
  std::vector<KinWord> Of(std::uint32_t term) const;

 private:
  struct Appearance {
    std::uint32_t at = 0;  ///< a word's row; a row's word
    float weight = 0;
  };
  std::span<const Appearance> RowsOf(std::uint32_t term) const;

  std::vector<bool> may_be_;               ///< by term: whether it has kin
  std::vector<double> lengths_;            ///< by term: of its vector over rows
  std::vector<std::uint64_t> row_starts_;  ///< of each row in by_row_; one more than rows
  std::vector<Appearance> by_row_;
  std::vector<std::uint64_t> term_starts_;  ///< of each term in by_term_; one more than terms
  std::vector<Appearance> by_term_;
};

}  // namespace lakehouse::matrix
