#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "embedding_file.h"
#include "lakehouse/base/clock.h"
#include "lakehouse/base/log.h"
#include "lakehouse/base/random.h"
#include "lakehouse/base/uuid.h"
#include "lakehouse/catalog/catalog.h"
#include "lakehouse/storage/object_cache.h"
#include "lakehouse/storage/object_store.h"
#include "serving.h"

namespace lakehouse::vector {

/// What the service stands on. All outlive it.
struct VectorParts {
  storage::ObjectStore& store;
  storage::ObjectCache& cache;
  catalog::Catalog& catalog;
  Metrics& metrics;
  Log& log;
  const Clock& clock;
  Random& random;
  std::string scratch;  ///< directory for files on their way to the store
};

/// One generation of an index, as the catalog has it: the head of its dataset.
struct StoredIndex {
  struct File {
    std::string key;
    std::uint32_t first_row = 0;
    std::uint32_t rows = 0;
  };
  std::string name;
  IndexSpec spec;
  Uuid life;
  std::int64_t version = 0;
  std::uint64_t log_sequence = 0;  ///< the last batch that is in these files
  std::vector<File> files;
  std::vector<catalog::DataFile> deletes;
  std::vector<catalog::DataFile> data;
  std::map<std::string, std::string> attributes;  ///< of the dataset
  std::string bucket;                             ///< where new files go

  std::uint32_t rows() const { return files.empty() ? 0 : files.back().first_row + files.back().rows; }
  /// Which rows the first `rows` are, by the keys of their files, which are never used twice; nothing when no file ends there.
  std::optional<SourceDigest> DigestOf(std::uint32_t rows) const;
  RowPosition PositionOf(RowId row) const;
};

inline constexpr std::string_view kDatasetPrefix = "vectors_";
std::string DatasetOf(std::string_view index);
Error NoSuchIndex(const std::string& name);

/// Reads and writes generations. Any thread, one at a time for one index.
class GenerationStore {
 public:
  explicit GenerationStore(const VectorParts& parts) : parts_(parts) {}

  /// Makes the dataset of an empty index. kAlreadyExists "index_exists" or "dataset_exists"; kNotFound "unknown_bucket".
  Result<StoredIndex> Create(const Context& context, const std::string& name, const IndexSpec& spec, const std::string& bucket);
  /// kNotFound "index_not_found".
  Result<StoredIndex> Load(const Context& context, const std::string& name);
  /// Names of all indexes.
  Result<std::vector<std::string>> List(const Context& context);
  Status Drop(const Context& context, const StoredIndex& index);

  /// The rows of a generation, and its saved index when there is a sound one.
  Result<std::unique_ptr<Serving>> Open(const Context& context, const StoredIndex& index, const IndexOptions& options);

  /// Adds rows and deletions as the next generation. Row numbers stay.
  Result<StoredIndex> Append(const Context& context, const StoredIndex& before, std::uint64_t log_sequence, std::uint32_t rows,
                             const std::function<EmbeddingRow(std::uint32_t)>& row, const std::string& key, const std::vector<RowId>& dead);
  /// For the next data file of the index.
  Result<std::string> NewDataKey(const Context& context, const StoredIndex& index);
  /// Writes these rows as the whole of the next generation. Row numbers begin anew.
  Result<StoredIndex> Replace(const Context& context, const StoredIndex& before, std::uint64_t log_sequence, std::uint32_t rows,
                              const std::function<EmbeddingRow(std::uint32_t)>& row);
  /// Sets attributes of the dataset; an empty value removes.
  Result<StoredIndex> SetAttributes(const Context& context, const StoredIndex& before, std::map<std::string, std::string> attributes);

  /// Brings a saved index, `path`, of the first `rows` rows of this generation into the store.
  Status PutSidecar(const Context& context, const StoredIndex& index, std::uint32_t rows, const std::string& path);
  /// Removes batches that the generation holds, sidecars that nobody will open, and logs of earlier lives of the name.
  Status RemoveLeftovers(const Context& context, const StoredIndex& index);
  /// The same for all names that have no index any more.
  Status RemoveOrphans(const Context& context);
  std::string ScratchPath(std::string_view suffix);

 private:
  Result<catalog::DataFile> Upload(const Context& context, const std::string& key, catalog::FileContent content, std::int64_t rows,
                                   const std::function<Result<WrittenParquet>(const std::string& path)>& write);
  Result<StoredIndex> Commit(const Context& context, const StoredIndex& before, catalog::SnapshotChange change, const std::string& kind);
  Result<std::unique_ptr<VectorIndex>> OpenSidecar(const Context& context, const StoredIndex& index, const Serving& serving,
                                                   const IndexOptions& options);
  Result<std::vector<storage::ObjectInfo>> ListAll(const Context& context, const std::string& prefix);

  const VectorParts& parts_;
};

}  // namespace lakehouse::vector
