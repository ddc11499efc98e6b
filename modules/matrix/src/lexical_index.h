#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "kin_words.h"
#include "lakehouse/base/octets.h"

namespace lakehouse::matrix {

struct ScoredPassage {
  std::uint32_t passage = 0;
  double score = 0;
  bool operator==(const ScoredPassage&) const = default;
};

/// A word of a query as it is searched.
struct QueryTerm {
  std::string stem;
  double weight = 1;
  std::string instead_of;  ///< what was written, when no passage has it and this one is near; else empty
  bool is_whole = true;    ///< false: the query has only how it begins
  /// Words that may stand for it, and what each counts beside it: at most as much.
  std::vector<std::pair<std::string, double>> kin = {};
};

/// The stems of a passage (text::SearchTerms) by where they stand.
struct PassageTerms {
  std::vector<std::string> title = {}, headings = {}, text = {};
};
/// What a word counts by where it stands.
struct PlaceWeights {
  double title = 1, headings = 1;
  std::vector<double> text = {};  ///< by passage; empty: 1 in all
};
/// How much of something there is in each place.
struct ByPlace {
  double title = 0, headings = 0, text = 0;
  double all() const { return title + headings + text; }
};

/// Which passages have which stems, where and how often: BM25 (Robertson, Walker 1994) with idf as in Lucene, over places that weigh
/// differently: a word that counts twice stands there twice, for its score and for the passage's length (Robertson, Zaragoza, Taylor 2004).
/// Thread-safe but for Weigh. Memory: 8 octets per word and passage that has it.
class LexicalIndex {
 public:
  /// Passages are numbered as they come.
  class Builder {
   public:
    void Add(const PassageTerms& terms);
    LexicalIndex Finish() &&;

   private:
    std::unordered_map<std::string, std::vector<std::uint64_t>> postings_;  ///< passage << 32 | count
    std::array<std::vector<std::uint32_t>, 3> lengths_;
  };

  LexicalIndex() = default;
  std::size_t size() const { return lengths_[0].size(); }
  std::size_t terms() const { return terms_.size(); }
  /// The stems of the query, each once; "weld*" stands for the 16 most usual words that begin so (three letters at least); a word that no
  /// passage has becomes the nearest word (one or two slips away; two letters that changed places are one) that one has.
  std::vector<QueryTerm> Understand(std::string_view query) const;
  /// The same with the words of the corpus that keep the company of each (KinWords): a passage without the word may have one of those.
  /// One that is more usual than the word counts less, as much as it says less.
  std::vector<QueryTerm> WithKin(std::vector<QueryTerm> terms) const;
  /// The best passages that `fits` lets through and that have a word of the query, at most `count`; equal scores by number.
  std::vector<ScoredPassage> Search(const std::vector<QueryTerm>& terms, std::size_t count,
                                    const std::function<bool(std::uint32_t)>& fits) const;
  /// What the words of each place bring to the passage's score.
  ByPlace PartsOf(std::uint32_t passage, const std::vector<QueryTerm>& terms) const;
  /// Until then all places weigh 1. What is in no place that weighs anything is not found.
  void Weigh(PlaceWeights weights);
  /// Its idf; of a stem that no passage has, what the rarest would have.
  double Rarity(std::string_view stem) const;
  bool Has(std::uint32_t passage, std::string_view stem) const;
  /// The first of the term's kin that the passage has; empty: it has the word itself, or none.
  std::string KinIn(std::uint32_t passage, const QueryTerm& term) const;

  void EncodeTo(OctetWriter& writer) const;
  /// kCorruption: its parts do not fit each other.
  static Result<LexicalIndex> Decode(OctetReader& reader);

 private:
  /// Of terms_; nothing when no passage has it.
  std::optional<std::size_t> Find(std::string_view stem) const;
  /// Those that begin so, the most usual first.
  std::vector<std::string> WordsFrom(std::string_view prefix) const;
  std::string NearestWord(const std::string& stem) const;
  std::optional<std::uint64_t> PostingOf(std::uint32_t passage, std::string_view stem) const;
  /// How often the word stands in each place, times what that weighs.
  ByPlace Often(std::uint64_t posting) const;
  /// How much the word counts in the passage, before its idf.
  double Count(std::uint64_t posting) const;
  /// What is derived from the rest.
  void Connect();

  std::vector<std::string> terms_;        ///< sorted
  std::vector<std::uint64_t> starts_{0};  ///< of each term in the two below; one more than terms
  std::vector<std::uint32_t> passages_;
  std::vector<std::uint32_t> counts_;                  ///< in one number: 8 bits of the title, 8 of the headings, 16 of the text
  std::array<std::vector<std::uint32_t>, 3> lengths_;  ///< of title, headings, text of each passage, in words
  PlaceWeights weights_;
  std::vector<double> weighed_lengths_;
  double mean_length_ = 0;  ///< of those
  KinWords kin_;
};

}  // namespace lakehouse::matrix
