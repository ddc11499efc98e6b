#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "item_table.h"
#include "lakehouse/base/clock.h"
#include "lakehouse/base/context.h"
#include "lakehouse/vector/row_source.h"
#include "lakehouse/vector/vector_index.h"
#include "log_batch.h"
#include "mapped_file.h"

namespace lakehouse::vector {

/// What changes did.
struct Applied {
  std::uint64_t added = 0, updated = 0, removed = 0;
  std::vector<RowId> died;  ///< rows that are no item's any more
  std::uint64_t length = 0;
};

/// Rows, their names, and the index over them: what searches look at. The rows of a generation are mapped, later ones are in memory.
/// Any thread; changes exclude each other, searches wait for nothing.
class Serving {
 public:
  Serving(const IndexSpec& spec, const IndexOptions& options);

  // While it is filled, by one thread, before any other call:
  /// Rows of a file, which stays mapped. kCorruption: it is damaged.
  Status AddFile(std::shared_ptr<const MappedFile> file);
  /// Rows of the files that are no more.
  void AddDead(std::span<const RowId> rows);
  /// Ends the filling: the saved index of the first rows is completed, or there is none and every search is a scan until Train.
  Status Begin(std::unique_ptr<VectorIndex> saved);
  const RowSource& source() const { return rows_; }

  /// In order. kInternal: the rows cannot be taken; nobody may go on with this object.
  Result<Applied> Apply(std::span<const ItemChange> changes);
  Result<SearchResponse> Search(const Context& context, std::span<const float> query, const SearchOptions& options);
  /// As Vectors::SearchAtOnce.
  std::optional<Result<SearchResponse>> SearchAtOnce(const Context& context, std::span<const float> query, const SearchOptions& options);

  std::shared_ptr<VectorIndex> index() const;
  /// Searches use this one from now on: an index over the same rows. The one before.
  Result<std::shared_ptr<VectorIndex>> SwapIndex(std::shared_ptr<VectorIndex> next);
  /// Another index over the rows as they are now, trained.
  Result<std::shared_ptr<VectorIndex>> TrainAnother(const Context& context, const IndexOptions& options) const;

  const ItemTable& items() const { return items_; }
  ItemTable& items() { return items_; }
  const std::byte* Row(RowId row) const { return rows_.Row(row); }
  std::uint32_t rows() const { return rows_.size(); }
  std::uint32_t mapped_rows() const { return mapped_rows_; }
  const IndexSpec& spec() const { return spec_; }

 private:
  Status Upsert(std::span<const ItemChange> changes, Applied& applied);
  Status Remove(std::span<const ItemChange> changes, Applied& applied);
  Result<std::optional<SearchResponse>> TrySearch(const Context& context, std::span<const float> query, const SearchOptions& options,
                                                  const SearchParameters& parameters);
  /// Brings an index over some of the rows up to what there is. Under applying_.
  Status CatchUp(VectorIndex& index) const;

  const IndexSpec spec_;
  const IndexOptions options_;
  std::vector<std::shared_ptr<const MappedFile>> files_;
  std::vector<RowId> dead_;  ///< while it is filled
  RowStore rows_;
  std::uint32_t mapped_rows_ = 0;
  ItemTable items_;
  mutable std::mutex applying_;
  std::atomic<std::uint64_t> changes_{0};
  mutable std::mutex index_mutex_;
  std::shared_ptr<VectorIndex> index_;  ///< guarded by index_mutex_
};

}  // namespace lakehouse::vector
