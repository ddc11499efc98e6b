#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/context.h"
#include "lakehouse/base/result.h"
#include "lakehouse/base/sql_quote.h"
#include "lakehouse/engine/column.h"
#include "lakehouse/sandbox/worker.h"

namespace lakehouse::engine {

/// How a result is spelled. Concatenating the chunks of a stream gives the whole; they may be cut anywhere.
enum class Format : std::uint8_t {
  kNone,         ///< no bytes; the summary has the number of rows
  kJsonRows,     ///< [1,"a"],[2,null]: row arrays with commas between, to be put into brackets
  kNdjson,       ///< {"id":1,"name":"a"}\n
  kCsv,          ///< RFC 4180 with a header line; NULL is empty, an empty text is ""
  kArrowStream,  ///< Arrow IPC streaming format
  kParquet,      ///< one file, zstd
};
// JSON: integers beyond 2^53 and DECIMAL are strings, so are NaN and infinities; DOUBLE is the shortest text that reads back (1.0, 1e+22);
// timestamps are ISO 8601 (with Z when they have a zone), BLOB is base64, LIST and ARRAY are arrays, STRUCT is an object,
// MAP is an array of {"key","value"}, a type of JSON is its text. Equal column names of NDJSON get _1, _2. CSV spells scalars as DuckDB
// does and nested values as JSON.

/// What stands before a statement: "EXPLAIN ANALYZE SELECT 1" is kAnalyze and "SELECT 1". The inner statement alone can be parsed to a
/// tree.
enum class Explain : std::uint8_t { kNo, kPlan, kAnalyze };
struct ExplainSplit {
  Explain explain = Explain::kNo;
  std::string_view
      statement;           ///< without the EXPLAIN words; options in parentheses are not recognised and stay, so the parser refuses them
  std::size_t offset = 0;  ///< of `statement` in the text
};
ExplainSplit SplitExplain(std::string_view sql);

struct RunRequest {
  std::string prelude;    ///< trusted statements, such as CREATE TEMP VIEW over linked files; run first on the same connection
  std::string statement;  ///< one statement: text, or a tree from Parse
  bool is_tree = false;
  Explain explain = Explain::kNo;  ///< put before the statement
  Format format = Format::kJsonRows;
  std::uint64_t max_rows = 10'000;  ///< the result is cut there
  std::uint64_t max_bytes =
      8u << 20;  ///< of encoded output; cut at the last whole row that fits. kArrowStream cuts at a batch; kParquet fails instead
  /// The prelude makes nothing but TEMP views: where an equal one has been run in this worker, its connection may serve again. With
  /// `plan_may_stay` the statement's plan too: its result depends on the files alone, not on the clock or on chance, which the engine
  /// writes into some plans (1.5.6: localtimestamp). Changes speed, never results.
  bool views_may_stay = false;
  bool plan_may_stay = false;
  bool keep_connection = false;         ///< TEMP tables and views live until EndConnection or a Run without it
  std::vector<std::string> parameters;  ///< $1, $2… as VARCHAR
  /// Called about every 500 ms from the thread that waits in Run or Next. -1: running, share unknown; DuckDB 1.5.6 knows it only for
  /// kNone without parameters, such as a COPY.
  std::function<void(double percent)> on_progress;
};

enum class Truncated : std::uint8_t { kNone, kRows, kBytes };

struct RunSummary {
  std::uint64_t rows = 0;   ///< in the output; of a statement without a result, rows changed
  std::uint64_t bytes = 0;  ///< encoded
  Truncated truncated = Truncated::kNone;
  std::int64_t prelude_us = 0, plan_us = 0, run_us = 0, encode_us = 0, close_us = 0;  ///< as the worker saw them
};

/// An encoded result on its way. Holds the session's worker until it ends; destruction before the end interrupts the statement.
/// Errors after the first bytes come from Next, as kinds Run lists.
class ResultStream {
 public:
  ~ResultStream();
  ResultStream(const ResultStream&) = delete;
  ResultStream& operator=(const ResultStream&) = delete;

  const std::vector<Column>& columns() const { return columns_; }
  /// Some encoded bytes, nothing at the end.
  Result<std::optional<std::string>> Next(const Context& context);
  /// Complete after the end.
  const RunSummary& summary() const { return summary_; }

 private:
  friend class Session;
  explicit ResultStream(sandbox::Worker& worker, RunRequest request);
  Result<std::optional<sandbox::Frame>> NextFrame(const Context& context);
  Status Begin(const Context& context);

  sandbox::Worker& worker_;
  RunRequest request_;
  std::optional<sandbox::Call> call_;
  std::vector<Column> columns_;
  RunSummary summary_;
  std::uint64_t received_bytes_ = 0;
};

/// SQL in a leased worker. One statement at a time; one thread at a time. Errors of all methods:
///   kInvalidArgument   the statement is wrong: mend it. details {"position":n} (octet offset in the text) when known; reason "parser",
///                      "binder", "catalog", "conversion", …, or "unsupported_type" for a result column that has no encoding
///   kResourceExhausted "out_of_memory": the statement needs more than a worker may have
///   kDeadlineExceeded, kCancelled: the context ended; the statement was interrupted or its process killed
///   kUnavailable       "worker_lost": the process died; "disk_full"
///   kCorruption        the worker sent what is no answer; a linked file is damaged ("unreadable_file")
///   kInternal          a fault of the engine or of the prelude
/// After worker_lost, "disk_full", kCorruption "bad_frame" and engine faults the worker is marked unhealthy.
class Session {
 public:
  /// The worker must outlive the session, and serve nothing else meanwhile.
  explicit Session(sandbox::Worker& worker) : worker_(worker) {}
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// The tree of exactly one SELECT statement, DuckDB's json_serialize_sql form, in JSON. Nothing is bound or read. Everything that is no
  /// SELECT is refused (kInvalidArgument, reason "not_select"), several statements too (reason "not_one_statement"). DESCRIBE,
  /// SUMMARIZE, SHOW, VALUES, FROM and TABLE are SELECTs here; EXPLAIN is not: see SplitExplain.
  Result<std::string> Parse(const Context& context, std::string_view sql);
  /// The text of a tree.
  Result<std::string> Unparse(const Context& context, std::string_view tree);

  /// Runs up to the first row; the stream gives the rest.
  Result<std::unique_ptr<ResultStream>> Run(const Context& context, RunRequest request);
  /// Runs to the end and returns all output.
  struct Answer {
    std::vector<Column> columns;
    std::string body;
    RunSummary summary;
  };
  Result<Answer> RunToEnd(const Context& context, RunRequest request);
  /// Drops what keep_connection kept.
  Status EndConnection(const Context& context);

  sandbox::Worker& worker() { return worker_; }

 private:
  Result<std::string> Transform(const Context& context, std::uint32_t type, std::string_view text);

  sandbox::Worker& worker_;
  bool connection_kept_ = false;
};

/// What ATTACH must be given for a file of the worker, "in/…" or "tmp/…": it makes every path absolute, and the worker's user need not be
/// able to walk from the root to where the worker is.
std::string AttachPath(std::string_view file);

}  // namespace lakehouse::engine
