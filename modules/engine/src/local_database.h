#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include "duck.h"
#include "lakehouse/base/context.h"
#include "lakehouse/base/result.h"

namespace lakehouse::engine {

/// A DuckDB instance of this process: opened at first use, one thread, and nothing in reach but one directory. For files of our own
/// only. One thread at a time.
class LocalDatabase {
 public:
  LocalDatabase(std::string directory, std::uint64_t memory_bytes) : directory_(std::move(directory)), memory_bytes_(memory_bytes) {}

  /// kInternal: another library version, or it does not open.
  Result<duckdb_connection> connection();
  /// The next call opens another.
  void Close();
  /// Cancellation interrupts. Errors as Session's.
  Status Execute(const Context& context, const std::string& sql);
  /// `take` sees the result first with no chunk, for its types, then every chunk. Its error ends the query and comes back.
  Status Query(const Context& context, const std::string& sql, const std::function<Status(duckdb_result&, duckdb_data_chunk)>& take);

 private:
  Status Open();
  std::string directory_;
  std::uint64_t memory_bytes_;
  DuckDatabase database_;
  DuckConnection connection_;
};

}  // namespace lakehouse::engine
