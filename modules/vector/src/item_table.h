#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "lakehouse/base/context.h"
#include "lakehouse/base/result.h"
#include "lakehouse/vector/vector_types.h"
#include "lakehouse/vector/vectors_types.h"

namespace lakehouse::vector {

/// What the rows of an index are called and say: id and metadata by row, and the row that an id has now. A row's id and metadata never
/// change; another version of the item is another row. Any thread.
class ItemTable {
 public:
  using Metadata = std::shared_ptr<const std::string>;  ///< null: none. JSON text otherwise

  /// The next row; it is not yet the item's.
  RowId Append(std::string_view id, Metadata metadata);
  /// From now on the items of these rows have them; the rows that they had before.
  std::vector<RowId> Assign(RowId first, std::uint32_t count);
  /// The item is no more; the row it had.
  std::optional<RowId> Remove(std::string_view id);

  std::optional<RowId> Find(std::string_view id) const;
  Metadata MetadataOf(RowId row) const;
  std::string IdOf(RowId row) const;
  std::uint64_t length() const;  ///< items
  std::uint32_t rows() const;
  std::uint64_t memory_bytes() const;
  /// The rows that items have now, rising.
  std::vector<RowId> CurrentRows() const;

  /// The neighbours as hits, in order. Nothing when a row among them is no longer an item's: the caller searches again.
  std::optional<std::vector<Hit>> Describe(const std::vector<Neighbor>& neighbors) const;

  /// The rows that pass the filter; dead ones may be among them. kInvalidArgument: the filter.
  Result<std::vector<RowId>> Select(const Context& context, const SearchFilter& filter);

 private:
  struct Row {
    std::string id;
    Metadata metadata;
    bool is_current = false;  ///< current_ leads here
  };
  /// Rows by the value that their metadata has under one key; kept up when it is asked.
  struct KeyRows {
    std::uint32_t looked_at = 0;  ///< rows
    std::unordered_map<std::string, std::vector<RowId>> by_value;
  };
  Status CatchUp(const Context& context, const std::string& key, KeyRows& rows);

  mutable std::shared_mutex mutex_;
  // Guarded by mutex_:
  std::deque<Row> rows_;
  std::unordered_map<std::string_view, RowId> current_;  ///< names stand in rows_, which does not move them
  std::uint64_t text_bytes_ = 0;
  mutable std::mutex keys_mutex_;        ///< taken before mutex_
  std::map<std::string, KeyRows> keys_;  ///< guarded by keys_mutex_
};

}  // namespace lakehouse::vector
