#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lakehouse/base/context.h"

namespace lakehouse::engine {
class ParquetTables;
}

namespace lakehouse::catalog {

/// A small table of the catalog's own: a manifest, a checkpoint, a segment. Cells are null, integers or texts.
struct SmallTable {
  using Cell = std::variant<std::monostate, std::int64_t, std::string>;
  struct Column {
    std::string name;
    bool is_integer = false;  ///< else text
    bool operator==(const Column&) const = default;
  };
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;
};

/// How small tables become octets: Parquet in a lake. Thread-safe. The same table gives the same octets.
class TableCodec {
 public:
  virtual ~TableCodec() = default;
  virtual Result<std::string> Encode(const Context& context, const SmallTable& table) = 0;
  /// All rows. kCorruption: no such file, or other columns than these.
  virtual Result<SmallTable> Decode(const Context& context, std::string_view octets, const std::vector<SmallTable::Column>& columns) = 0;
  /// Little will be asked of it for a while: gives back the memory it can spare.
  virtual void Rest() {}
};

/// Parquet, written and read by the engine, which must outlive it.
std::unique_ptr<TableCodec> MakeParquetTableCodec(engine::ParquetTables& tables);

}  // namespace lakehouse::catalog
