#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lakehouse/base/context.h"
#include "lakehouse/base/result.h"
#include "lakehouse/engine/column.h"

/// Small tables of our own (manifests, checkpoints, position deletes) as Parquet, in this process. Never for files of users: those go to a
/// worker.
namespace lakehouse::engine {

/// One cell; monostate is NULL. Text columns hold UTF-8, BLOB columns octets, both as std::string.
using Value = std::variant<std::monostate, std::int64_t, double, bool, std::string>;

/// Rows in memory. Column types are BIGINT, DOUBLE, BOOLEAN, VARCHAR and BLOB; every cell may be NULL.
struct Table {
  std::vector<Column> columns;
  std::vector<std::vector<Value>> rows;
};

struct ParquetWriteOptions {
  std::map<std::string, std::string> metadata;  ///< key-value pairs of the footer
  std::vector<std::int32_t> field_ids;          ///< one per column, or none
};

struct ColumnFacts {
  std::string name;
  std::string type;  ///< DuckDB's spelling
  std::optional<std::int32_t> field_id;
  std::optional<std::string> min, max;  ///< of the whole file, as text; nothing when a row group has none
  std::optional<std::int64_t> nulls;    ///< nothing when a row group does not say
};
struct FileFacts {
  std::int64_t rows = 0;
  std::int64_t row_groups = 0;
  std::vector<ColumnFacts> columns;             ///< top level, in order; nested columns have no statistics
  std::map<std::string, std::string> metadata;  ///< key-value pairs of the footer that are UTF-8
};

/// One DuckDB instance, opened at first use, one thread, little memory, which can reach nothing but its own scratch directory.
/// Thread-safe: calls take turns. Errors: kCorruption (not Parquet, damaged, other columns than expected), kInvalidArgument (a
/// table that contradicts itself), kResourceExhausted "out_of_memory", kUnavailable (the disk), kCancelled, kDeadlineExceeded
/// (checked between steps).
class ParquetTables {
 public:
  struct Options {
    std::string scratch;  ///< an existing directory to make a private one in
    std::uint64_t memory_bytes = 128ull << 20;
  };
  static Result<std::unique_ptr<ParquetTables>> Open(Options options);
  ~ParquetTables();

  /// The bytes of a Parquet file (zstd). The same table gives the same bytes.
  Result<std::string> Write(const Context& context, const Table& table, const ParquetWriteOptions& options = {});
  /// All rows, in file order. `expected` names the columns wanted, in the order wanted; the file may have more. kCorruption when
  /// one is missing or has another type.
  Result<Table> ReadBytes(const Context& context, std::string_view parquet, const std::vector<Column>& expected);
  Result<Table> ReadFile(const Context& context, const std::string& path, const std::vector<Column>& expected);
  /// Gives back the memory that the instance has gathered; the next call opens it again, which takes some 20 ms. For quiet times.
  void Rest();
  /// What the footer says; no data is read.
  Result<FileFacts> Describe(const Context& context, const std::string& path);

 private:
  struct State;
  explicit ParquetTables(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace lakehouse::engine
