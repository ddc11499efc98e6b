#pragma once
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "corpus_image.h"
#include "lakehouse/base/guarded.h"
#include "lakehouse/matrix/local_matrix.h"

namespace lakehouse::matrix {

/// The results of one corpus, best first.
struct CorpusAnswer {
  std::vector<Hit> hits;
  SearchedCorpus searched;
  std::map<std::string, double> query_weights;
  std::map<std::string, std::string> corrected;
  std::vector<SearchWarning> warnings;
};

/// {"city":"Gary"}: what a row has in the corpus' filter columns.
RawJson MetadataOf(const CorpusImage& image, const CreateCorpusRequest& corpus, std::uint32_t row);

/// One corpus: keeps its image up with the dataset, and searches it. Any thread; builds exclude each other, searches wait for nothing.
/// A build puts new vectors beside the old ones, then swaps the image, then removes what the new one lacks; a search looks at one image
/// throughout and knows no vectors but those of its passages.
class HostedCorpus {
 public:
  HostedCorpus(const LocalMatrixParts& parts, const LocalMatrixOptions& options, CreateCorpusRequest definition);

  CreateCorpusRequest definition() const;
  /// To another embedder or other weights of fields, with the next Refresh. What is declared in the store is the caller's.
  void Change(const CreateCorpusRequest& wanted);
  CorpusInfo Info() const;
  /// Nothing happens when the image is of the dataset's head and has all its vectors. A failure is kept for Info(), too. An embedder that
  /// does not answer is none: what there is becomes searchable by its words, and the rest waits (Info's pending).
  /// `may_rest`: not soon after a build that failed, unless the dataset has changed since.
  Status Refresh(const Context& context, bool may_rest = false);
  /// Without its embedder by words alone, which a warning says.
  Result<CorpusAnswer> Search(const Context& context, const SearchRequest& request);
  /// What it has in the store and in the vector service. No Refresh may follow.
  Status Remove(const Context& context);

 private:
  /// Between a build that failed and the next.
  struct Pause {
    std::int64_t ms = 0;
    std::int64_t head_version = 0;
    Deadline until;
  };
  struct State {
    std::shared_ptr<const CorpusImage> image;
    std::string embedder;  ///< that is wanted
    std::optional<std::map<std::string, double>> field_weights;
    bool is_degraded = false;
    bool said_meaning_is_gone = false;  ///< to the journal of errors, once until it is back
    Pause pause;
    bool dropped = false;
    bool building = false;
    double progress = 1;
    std::int64_t head_version = 0;
    std::uint64_t embedded_by_last_build = 0;
    std::optional<std::string> problem;
  };
  /// What came of embedding: how many passages, and why it was not all.
  struct Embedded {
    std::uint64_t count = 0;
    std::optional<Error> trouble;
  };
  std::string embedder() const { return state_.Lock()->embedder; }
  /// `was_built`: an image was swapped in all the same.
  void Conclude(const std::optional<Error>& problem, bool was_built);
  bool IsResting(std::optional<std::int64_t> head_version) const;
  bool IsSettled(const CorpusImage& image) const;
  /// Its vectors are of the embedder that is wanted.
  bool IsWanted(const CorpusImage& image) const;
  std::shared_ptr<embed::Embedder> Provider(std::string_view name) const;
  /// What made its vectors; null when that is not there any more. Never another one: vectors of two are not compared.
  std::shared_ptr<embed::Embedder> EmbedderOf(const CorpusImage& image) const;
  /// The trouble with the embedder, when there was one; the image is swapped in all the same.
  Result<std::optional<Error>> Build(const Context& context);
  Result<std::shared_ptr<const CorpusImage>> LoadImage(const Context& context);
  Result<Embedded> EmbedNext(const Context& context, const CorpusImage* before, CorpusImage& next);
  Status ChooseEmbedder(const Context& context, const CorpusImage* before, CorpusImage& next);
  Status StartGeneration(const CorpusImage* before, CorpusImage& next, const embed::Embedder& embedder);
  /// `before`: of the same generation; null: this is a new one.
  Result<Embedded> EmbedChanged(const Context& context, const CorpusImage* before, CorpusImage& next);
  Result<std::optional<Error>> AddVectors(const Context& context, CorpusImage& next, embed::Embedder& with,
                                          std::span<const std::uint32_t> passages);
  void RemoveOld(const Context& context, const CorpusImage& before, const CorpusImage& now);
  std::int64_t HeadVersion(const Context& context);
  /// That its vectors can be compared with what the request brings, or says of the embedder.
  Status CheckMeaning(const SearchRequest& request, const CorpusImage& image) const;
  /// Brought by the request, or of its text.
  Result<std::optional<embed::Embedding>> QueryVector(const Context& context, const SearchRequest& request, const CorpusImage& image);
  Result<CorpusAnswer> SearchImage(const Context& context, const SearchRequest& request, const CorpusImage& image);
  /// Of the question; nothing when the embedder knows no word of it. Errors: of the embedder.
  Result<std::optional<embed::Embedding>> QuestionVector(const Context& context, const std::string& question, const CorpusImage& image);
  void TellOfMeaning(const Context& context, const std::optional<Error>& trouble);

  const LocalMatrixParts parts_;
  const LocalMatrixOptions options_;
  const CreateCorpusRequest definition_;  ///< but for the embedder and the weights of fields, which may change
  std::mutex building_;
  mutable Guarded<State> state_;
};

}  // namespace lakehouse::matrix
