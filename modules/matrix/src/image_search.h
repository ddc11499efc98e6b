#pragma once
#include <cstdint>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "corpus_filter.h"
#include "corpus_image.h"
#include "fusion.h"
#include "lakehouse/vector/vectors.h"
#include "query_feedback.h"

namespace lakehouse::matrix {

/// One search of one image: Make it; give it the query's vector when it WantsMeaning; Run it; see what came of it. One thread; what it was
/// made of must outlive it.
class ImageSearch {
 public:
  /// kInvalidArgument: the filter.
  static Result<ImageSearch> Make(vector::Vectors& vectors, const CorpusImage& image, const CreateCorpusRequest& corpus,
                                  const SearchRequest& request);

  bool WantsMeaning() const;
  /// Nothing: the embedder knows no word of the query.
  void SetQuestion(std::optional<embed::Embedding> question);
  /// The embedder does not answer.
  void GoWithoutMeaning() { alpha_ = 1; }
  /// Errors: of the vector service; reason "index_not_found" when the image has been replaced meanwhile.
  Status Run(const Context& context);

  /// The best passage of each document, best first; then, if they are fewer than were asked for, documents in which nothing was found.
  std::vector<Hit> Hits() const;
  const std::vector<QueryTerm>& terms() const { return terms_; }
  double alpha() const { return alpha_; }
  double feedback() const { return led_.empty() ? 0 : feedback_; }
  std::uint64_t matching() const { return filter_.documents(); }
  /// The search was asked for diversity, and no passage has a vector.
  bool lacks_diversity() const { return request_.diversity > 0 && image_.embedded == 0; }

 private:
  ImageSearch(vector::Vectors& vectors, const CorpusImage& image, const CreateCorpusRequest& corpus, const SearchRequest& request,
              CorpusFilter filter);
  void KeepPhrases();
  bool Fits(std::uint32_t passage) const;
  bool IsEnough(std::size_t count) const;
  /// Both rankings, of `count` passages at most, as one.
  Status Find(const Context& context, std::size_t count);
  Result<std::vector<ScoredPassage>> FindByMeaning(const Context& context, std::size_t count);
  /// Moves the question toward the first of what was found. False: there is nothing to move toward.
  Result<bool> Feedback(const Context& context);
  /// The first passages, by what the reranker adds to their scores.
  void Rerank();
  /// The best passage of each document alone, in the order of its score and of how little it is like those before.
  Status Diversify(const Context& context);
  /// Nothing: it has none, or not any more.
  Result<std::optional<embed::Embedding>> VectorOf(const Context& context, std::uint32_t passage) const;
  Hit HitOf(std::uint32_t row) const;
  std::map<std::string, FieldPart> FieldsOf(std::uint32_t passage) const;
  Hit HitOf(const FusedPassage& fused) const;

  vector::Vectors& vectors_;
  const CorpusImage& image_;
  const CreateCorpusRequest& corpus_;
  const SearchRequest& request_;
  const FusionKind kind_;
  double alpha_, feedback_;
  CorpusFilter filter_;
  std::vector<bool> with_phrases_;  ///< passages that have what was quoted; empty: nothing was
  std::vector<QueryTerm> terms_;
  std::optional<embed::Embedding> question_;
  std::set<std::uint32_t> led_;  ///< passages toward which the question has moved
  std::vector<FusedPassage> found_;
  std::unordered_map<std::uint32_t, Reranking> reranked_;  ///< by passage
  std::unordered_map<std::uint32_t, Likeness> likeness_;   ///< by passage
  bool is_exhausted_ = false;                              ///< neither ranking has more
};

}  // namespace lakehouse::matrix
