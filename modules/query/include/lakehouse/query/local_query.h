#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "lakehouse/base/clock.h"
#include "lakehouse/base/log.h"
#include "lakehouse/base/metrics.h"
#include "lakehouse/base/secret.h"
#include "lakehouse/catalog/access_book.h"
#include "lakehouse/catalog/catalog.h"
#include "lakehouse/catalog/system_table.h"
#include "lakehouse/query/hot_cache.h"
#include "lakehouse/query/query.h"
#include "lakehouse/query/query_history.h"
#include "lakehouse/sandbox/worker_pool.h"
#include "lakehouse/storage/object_cache.h"

namespace lakehouse::query {

struct OpenPivot;

/// Runs statements in the jailed workers of this process: parse (in a worker) → gate → the files of exactly the datasets that
/// are read, all at one state of the lake → digests checked → views over hard links → run. Thread-safe. All references must
/// outlive it and its results.
class LocalQuery final : public Query, public QueryLog, public HotCache {
 public:
  struct Options {
    std::int64_t timeout_ms = 30'000;      ///< of our own work; while the reader of a result takes its time, the clock stands still
    std::int64_t max_rows = 100'000'000;   ///< of one result; it says when it was cut
    std::uint64_t max_bytes = 8ull << 30;  ///< of one result, encoded; likewise
    std::size_t max_text_bytes = 100'000;  ///< of one statement: kTooLarge
    std::size_t verdicts = 1'000;          ///< of the gate that are remembered, per principal and text
    std::size_t history = 1'000;           ///< statements that Recent knows
    std::int64_t system_rows = 100'000;    ///< of one table of the schema system; it ends there
    std::string scratch;                   ///< a directory for the files of system tables and for results whose readers lag; empty: neither
    /// Without a call of Next for so long, the rest of a result goes into a file while others wait for its worker. 0: never.
    std::int64_t reader_lag_ms = 250;
    std::uint64_t spool_bytes = 512ull << 20;  ///< of one result there; the rest waits in the worker
    /// The tables of the schema system, those beside what they show included; null: none. May be filled until the first statement.
    const catalog::SystemTables* system_tables = nullptr;
    /// Who may see what; null: API keys see nothing, everybody else everything.
    catalog::AccessBook* access = nullptr;
    std::string masked_directory;              ///< for what profiles hide, see README; empty: such datasets cannot be read
    std::uint64_t masked_bytes = 10ull << 30;  ///< kept there
    Secret mask_key;                           ///< what redactions of kind hash are made with
    std::string hot_directory;                 ///< for pinned datasets, see HotCache; empty: none can be
    std::uint64_t hot_bytes = 16ull << 30;     ///< kept there
    std::int64_t hot_poll_ms = 2'000;          ///< between looks at what is pinned
  };

  LocalQuery(catalog::Catalog& catalog, storage::ObjectCache& cache, sandbox::WorkerPool& workers, Metrics& metrics, Log& log,
             Options options, const Clock& clock = SystemClock());
  ~LocalQuery() override;

  Result<std::unique_ptr<QueryResult>> Run(const Context& context, const QueryRequest& request) override;
  /// The caller's own; an administrator's are all.
  Result<RecentQueriesResponse> Recent(const Context& context, const RecentQueriesRequest& request) override;
  Result<HotTable> Pin(const Context& context, const PinRequest& request) override;
  Result<EvictResponse> Evict(const Context& context, const EvictRequest& request) override;
  Result<HotStats> LoadHotStats(const Context& context, const HotStatsRequest& request) override;
  /// Objects of the lake were deleted for good. What was made of them on this machine goes: workers, which have files linked, and masked
  /// files; these stay some seconds for statements that have their paths, until SweepCollected, which is to be asked again, gives true.
  void ForgetCollected();
  bool SweepCollected();
  /// Reads all hot and masked files, calling `spend` for their octets. How many were not as they were written: these are used no more, and
  /// made again when they are wanted. Errors are those of `spend`.
  using Spend = std::function<Status(std::int64_t bytes)>;
  Result<std::int64_t> CheckFiles(const Spend& spend);
  /// Whether a profile may have this row filter. kInvalidArgument: the message says why not.
  Status CheckRowFilter(const Context& context, std::string_view filter);

 private:
  struct State;
  Result<std::unique_ptr<QueryResult>> RunOne(const Context& context, const QueryRequest& request);
  Result<std::unique_ptr<QueryResult>> RunFilled(const Context& context, const QueryRequest& request, const OpenPivot& pivot);
  std::unique_ptr<State> state_;
};

}  // namespace lakehouse::query
