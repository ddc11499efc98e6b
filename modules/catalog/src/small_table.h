#pragma once
#include <optional>

#include "lakehouse/catalog/table_codec.h"

/// Reading the cells of one row, where a wrong one is damage.
namespace lakehouse::catalog {

class RowReader {
 public:
  explicit RowReader(std::vector<SmallTable::Cell>& cells) : cells_(cells) {}

  /// kCorruption: null, or a text.
  Result<std::int64_t> Integer(std::size_t column) const;
  /// Moves the text out of the row. kCorruption: null, or a number.
  Result<std::string> Text(std::size_t column);
  std::optional<std::string> OptionalText(std::size_t column);
  bool IsNull(std::size_t column) const;

 private:
  std::vector<SmallTable::Cell>& cells_;
};

}  // namespace lakehouse::catalog
