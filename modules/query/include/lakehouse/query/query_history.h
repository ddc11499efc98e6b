#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "lakehouse/base/context.h"

namespace lakehouse::query {

/// One statement that came, and what became of it.
struct QueryRecord {
  std::string query_id;
  std::string principal;
  std::string sql;         ///< the first 4 KiB
  std::string sql_sha256;  ///< hex, of the whole text
  std::int64_t started_micros = 0;
  std::int64_t duration_micros = 0;  ///< until the end of the result, or until it was dropped
  std::int64_t sequence = 0;         ///< the state of the lake it read; 0: it did not get so far
  std::int64_t rows = 0;
  std::int64_t bytes = 0;  ///< encoded
  std::string outcome;     ///< "running", "ok", "truncated", "dropped", or the reason of the error
  std::string message;     ///< of the error
};

struct RecentQueriesRequest {
  std::int64_t limit = 100;
};
struct RecentQueriesResponse {
  std::vector<QueryRecord> queries;  ///< newest first
};

/// What was asked lately. Thread-safe.
class QueryLog {
 public:
  virtual ~QueryLog() = default;
  virtual Result<RecentQueriesResponse> Recent(const Context& context, const RecentQueriesRequest& request) = 0;
};

}  // namespace lakehouse::query
