#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/context.h"

/// SQL from callers who are not trusted, over committed snapshots.
namespace lakehouse::query {

/// How the rows come back. The worker writes them so; nobody decodes them on the way.
enum class ResultFormat { kJsonRows, kNdjson, kCsv, kArrowStream, kParquet };
constexpr std::string_view WireName(ResultFormat format) {
  switch (format) {
    case ResultFormat::kJsonRows: return "json";
    case ResultFormat::kNdjson: return "ndjson";
    case ResultFormat::kCsv: return "csv";
    case ResultFormat::kArrowStream: return "arrow";
    case ResultFormat::kParquet: return "parquet";
  }
  return {};
}

/// One value; none is set: NULL.
struct QueryParameter {
  std::optional<std::string> text;
  std::optional<std::int64_t> integer;
  std::optional<double> number;
  std::optional<bool> truth;
};

struct QueryRequest {
  std::string sql;
  ResultFormat format = ResultFormat::kJsonRows;
  std::optional<std::int64_t> max_rows;    ///< at most the server's limit; the result says when it was cut
  std::optional<std::int64_t> sequence;    ///< read the lake as it was after this record; absent: the head
  std::vector<QueryParameter> parameters;  ///< of $1, $2… or of each ?
};

struct ResultColumn {
  std::string name;
  std::string type;  ///< DuckDB's spelling
};

/// What is known before the first row.
struct QueryHeader {
  std::string query_id;
  std::int64_t sequence = 0;                     ///< the pinned state of the lake: X-Lakehouse-Snapshot
  std::map<std::string, std::int64_t> versions;  ///< of each dataset that was read
  std::vector<ResultColumn> columns;
};
/// What is known after the last one.
struct QuerySummary {
  std::int64_t rows = 0;
  std::string truncated;  ///< "", "rows" or "bytes"
};

/// One running query: header, chunks in the asked format, summary. Dropping it cancels the query. One thread at a time.
class QueryResult {
 public:
  virtual ~QueryResult() = default;
  virtual const QueryHeader& header() const = 0;
  /// The next octets of the result; nothing at the end. All of them together are the result, cut anywhere. kJsonRows: the rows
  /// with commas between, [1,"a"],[2,null], without the brackets around them.
  /// An error may come after some octets: the result is then worthless, and the caller must be told.
  virtual Result<std::optional<std::string>> Next(const Context& context) = 0;
  /// After the end.
  virtual const QuerySummary& summary() const = 0;
};

/// Thread-safe.
class Query {
 public:
  virtual ~Query() = default;
  /// kInvalidArgument: syntax or binding, details {"position"} where known, in octets of the text · kPermissionDenied reason
  /// "not_allowed": the gate's rule · kTooLarge: over 100 KB of text · kNotFound: no such dataset or version · kResourceExhausted: memory
  /// or quota · kUnavailable reason "overloaded" · kDeadlineExceeded · kCancelled.
  virtual Result<std::unique_ptr<QueryResult>> Run(const Context& context, const QueryRequest& request) = 0;
};

}  // namespace lakehouse::query
