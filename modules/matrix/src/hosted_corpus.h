#pragma once
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "corpus_filter.h"
#include "corpus_image.h"
#include "fusion.h"
#include "lakehouse/base/guarded.h"
#include "lakehouse/matrix/local_matrix.h"

namespace lakehouse::matrix {

/// The results of one corpus, best first.
struct CorpusAnswer {
  std::vector<Hit> hits;
  SearchedCorpus searched;
  std::map<std::string, double> query_weights;
  std::map<std::string, std::string> corrected;
};

/// One corpus: keeps its image up with the dataset, and searches it. Any thread; builds exclude each other, searches wait for nothing.
/// A build puts new vectors beside the old ones, then swaps the image, then removes what the new one lacks; a search looks at one image
/// throughout and knows no vectors but those of its passages.
class HostedCorpus {
 public:
  HostedCorpus(const LocalMatrixParts& parts, unsigned threads, CreateCorpusRequest definition);

  const CreateCorpusRequest& definition() const { return definition_; }
  CorpusInfo Info() const;
  /// Nothing happens when the image is of the dataset's head. A failure is kept for Info(), too.
  Status Refresh(const Context& context);
  Result<CorpusAnswer> Search(const Context& context, const SearchRequest& request);
  /// What it has in the store and in the vector service. No Refresh may follow.
  Status Remove(const Context& context);

  static std::string DefinitionKey(std::string_view name);

 private:
  struct State {
    std::shared_ptr<const CorpusImage> image;
    bool dropped = false;
    bool building = false;
    double progress = 1;
    std::int64_t head_version = 0;
    std::uint64_t embedded_by_last_build = 0;
    std::optional<std::string> problem;
  };
  std::string ImageKey() const;
  Status Build(const Context& context);
  Result<std::shared_ptr<const CorpusImage>> LoadImage(const Context& context);
  Status ChooseEmbedder(const Context& context, const CorpusImage* before, CorpusImage& next);
  Result<std::uint64_t> EmbedChanged(const Context& context, const CorpusImage* before, CorpusImage& next);
  Status AddVectors(const Context& context, CorpusImage& next, std::span<const std::uint32_t> passages);
  void RemoveOld(const Context& context, const CorpusImage& before, const CorpusImage& now);
  Result<CorpusAnswer> SearchImage(const Context& context, const SearchRequest& request, const CorpusImage& image);
  Result<std::vector<ScoredPassage>> SearchVectors(const Context& context, const SearchRequest& request, const CorpusImage& image,
                                                   const CorpusFilter& filter, std::size_t count, bool& exhausted);

  const LocalMatrixParts parts_;
  const unsigned threads_;
  const CreateCorpusRequest definition_;
  std::mutex building_;
  mutable Guarded<State> state_;
};

}  // namespace lakehouse::matrix
