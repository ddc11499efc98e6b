#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "corpus_image.h"

namespace lakehouse::matrix {

/// The rows that a search may answer with, and what of the filter the vector service is told.
class CorpusFilter {
 public:
  /// `metadata` as of SearchRequest. kInvalidArgument, reason "bad_filter": not an object of values or lists of values, or a column
  /// that is no filter column, with those that are.
  static Result<CorpusFilter> Make(const CorpusImage& image, const CreateCorpusRequest& corpus, const std::optional<RawJson>& metadata,
                                   const std::vector<std::string>& exclude_ids,
                                   const std::optional<std::vector<std::string>>& only_ids = {});

  bool Fits(std::uint32_t row) const { return rows_.empty() || rows_[row]; }
  /// Only these rows, too.
  void Keep(const CorpusImage& image, const std::vector<bool>& rows);
  std::uint64_t documents() const { return documents_; }  ///< that fit

 private:
  void Intersect(const CorpusImage& image, const std::vector<bool>& rows);
  void CountDocuments(const CorpusImage& image);
  std::vector<bool> rows_;  ///< empty: all
  std::uint64_t documents_ = 0;
};

}  // namespace lakehouse::matrix
