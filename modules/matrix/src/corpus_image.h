#pragma once
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "field_weights.h"
#include "lakehouse/embed/embedder.h"
#include "lakehouse/matrix/matrix.h"
#include "lexical_index.h"

namespace lakehouse::matrix {

/// One row of the dataset, as texts.
struct CorpusRow {
  std::string id;
  std::vector<std::string> texts;    ///< of each text column; empty for NULL
  std::vector<std::string> filters;  ///< of each filter column: canonical JSON
  bool operator==(const CorpusRow&) const = default;
};

/// A passage of a row, never across columns.
struct CorpusPassage {
  std::string chunk_id;
  std::uint32_t row = 0;
  std::uint32_t column = 0;  ///< of the text columns
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  bool embedded = false;
  bool pending = false;  ///< has no vector yet because the embedder did not answer
};

/// What a search looks at: one version of the dataset, cut and indexed. Immutable once built. Rows are ordered by id, so that rankings
/// do not depend on the order of files. Memory: the texts, and the index of words.
struct CorpusImage {
  std::int64_t version = 0;
  std::int64_t generation = 0;
  std::string vector_index;
  std::uint64_t learned_from = 0;  ///< passages the embedder has learned from
  std::vector<CorpusRow> rows;
  std::vector<CorpusPassage> passages;
  FieldWeights weights;  ///< as the words are weighed
  LexicalIndex words;
  std::string embedder_id;                          ///< of what made its vectors; empty: nothing has yet
  std::uint32_t dimension = 0;                      ///< of them
  std::shared_ptr<embed::LearnedEmbedder> learned;  ///< null when a provider made them
  std::unordered_map<std::string, std::uint32_t> by_chunk;
  /// For each filter column the rows that have a value, by canonical JSON.
  std::vector<std::map<std::string, std::vector<std::uint32_t>>> by_value;

  std::uint64_t documents = 0;  ///< ids
  std::uint64_t embedded = 0;
  std::uint64_t pending = 0;
  void Count();  ///< the two, from the passages
  void WeighWords();
  std::string_view TextOf(const CorpusPassage& passage) const;
  /// What stands before a passage when it is indexed: the first text column, unless the passage is of it.
  std::string IndexedText(const CorpusPassage& passage) const;
};

/// Rows cut into passages and their words indexed; no embedder, no vectors yet.
std::shared_ptr<CorpusImage> CutRows(std::string_view corpus, std::vector<CorpusRow> rows, std::size_t filter_columns,
                                     FieldWeights weights = {});

/// Derived, with a checksum; docs/formats/corpus.md. The rows are in it, so a start needs no query.
std::string EncodeImage(const CorpusImage& image);
/// kCorruption: build it anew.
Result<std::shared_ptr<CorpusImage>> DecodeImage(std::string_view octets);

}  // namespace lakehouse::matrix
