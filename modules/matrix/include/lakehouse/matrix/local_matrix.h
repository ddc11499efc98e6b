#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "lakehouse/base/log.h"
#include "lakehouse/catalog/catalog.h"
#include "lakehouse/embed/embeddings.h"
#include "lakehouse/matrix/dataset_loads.h"
#include "lakehouse/matrix/matrix.h"
#include "lakehouse/query/query.h"
#include "lakehouse/storage/error_sink.h"
#include "lakehouse/storage/object_store.h"
#include "lakehouse/vector/vectors.h"

namespace lakehouse::matrix {

struct LocalMatrixOptions {
  std::int64_t poll_ms = 1'000;            ///< between two looks at the heads of the datasets; 0: corpora are built only by RefreshCorpus
  unsigned threads = 2;                    ///< of learning an embedder
  std::int64_t query_timeout_ms = 3'000;   ///< until a search does without the vector of its question
  std::int64_t longest_pause_ms = 60'000;  ///< between two builds of a corpus that fail
};

/// What it stands on, local or remote, all of which must outlive it.
struct LocalMatrixParts {
  storage::ObjectStore& store;
  catalog::Catalog& catalog;
  query::Query& query;
  vector::Vectors& vectors;
  Log& log;
  const embed::Embeddings* embeddings = nullptr;  ///< the providers that corpora may name; null: none
  storage::ErrorSink* errors = nullptr;           ///< told of corpora that cannot be built; null: nobody
  DatasetLoads loads = {};                        ///< none: searches do not say that a dataset is being loaded
};

/// The service that does the work. Corpora are loaded and built in the background by one thread of its own. Memory: the texts of all
/// corpora and their index of words; vectors are the vector service's.
std::unique_ptr<Matrix> MakeLocalMatrix(LocalMatrixParts parts, LocalMatrixOptions options);

/// What was built of a corpus (docs/formats/corpus.md), in words for people. kInvalidArgument: another kind of object. kCorruption:
/// damaged, and how.
Result<std::string> InspectCorpusImage(std::string_view octets);

/// What a corpus keeps in the store. True: sound. False: the key is another kind's; nothing was read. kCorruption: damaged, and how.
/// Errors of `read` are passed on.
using ReadPart = std::function<Result<std::string>(std::uint64_t offset, std::uint64_t length)>;
Result<bool> CheckCorpusDefinition(std::string_view key, std::string_view octets);
Result<bool> CheckCorpusImage(std::string_view key, std::uint64_t size_bytes, const ReadPart& read);

}  // namespace lakehouse::matrix
