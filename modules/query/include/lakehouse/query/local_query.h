#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>

#include "lakehouse/base/clock.h"
#include "lakehouse/base/log.h"
#include "lakehouse/base/metrics.h"
#include "lakehouse/catalog/catalog.h"
#include "lakehouse/query/query.h"
#include "lakehouse/query/query_history.h"
#include "lakehouse/sandbox/worker_pool.h"
#include "lakehouse/storage/object_cache.h"

namespace lakehouse::query {

/// Runs statements in the jailed workers of this process: parse (in a worker) → gate → the files of exactly the datasets that
/// are read, all at one state of the lake → digests checked → views over hard links → run. Thread-safe. All references must
/// outlive it and its results.
class LocalQuery final : public Query, public QueryLog {
 public:
  struct Options {
    std::int64_t timeout_ms = 30'000;      ///< of our own work; while the reader of a result takes its time, the clock stands still
    std::int64_t max_rows = 100'000'000;   ///< of one result; it says when it was cut
    std::uint64_t max_bytes = 8ull << 30;  ///< of one result, encoded; likewise
    std::size_t max_text_bytes = 100'000;  ///< of one statement: kTooLarge
    std::size_t verdicts = 1'000;          ///< of the gate that are remembered, per principal and text
    std::size_t history = 1'000;           ///< statements that Recent knows
  };

  LocalQuery(catalog::Catalog& catalog, storage::ObjectCache& cache, sandbox::WorkerPool& workers, Metrics& metrics, Log& log,
             Options options, const Clock& clock = SystemClock());
  ~LocalQuery() override;

  Result<std::unique_ptr<QueryResult>> Run(const Context& context, const QueryRequest& request) override;
  Result<RecentQueriesResponse> Recent(const Context& context, const RecentQueriesRequest& request) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lakehouse::query
