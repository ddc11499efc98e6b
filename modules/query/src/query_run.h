#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "lakehouse/base/clock.h"
#include "lakehouse/base/file.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/base/metrics.h"
#include "lakehouse/engine/session.h"
#include "lakehouse/query/query.h"
#include "lakehouse/sandbox/worker_pool.h"
#include "query_ring.h"
#include "result_drainer.h"

namespace lakehouse::query {

/// The one statement a LocalQuery is working on, for its books: the history, the metrics, and the time it may still take.
class QueryAccount {
 public:
  struct Meters {
    Counter& succeeded;
    Counter& refused;
    Counter& failed;
    Counter& dropped;
    Histogram& seconds;
    Gauge& active;
  };
  /// `report` hears of the error it ends with.
  QueryAccount(QueryRing::Entry entry, Meters meters, const Clock& clock, std::int64_t budget_ms, std::function<void(const Error&)> report);
  /// Books it as dropped when nothing else was said.
  ~QueryAccount();
  QueryAccount(const QueryAccount&) = delete;

  /// The caller's context, ending also when the budget is used up. Time counts while a Spending lives.
  Context Bound(const Context& context) const;
  class Spending {
   public:
    explicit Spending(QueryAccount& account) : account_(account), start_ns_(account.clock_.SteadyNanos()) {}
    ~Spending() { account_.spent_ns_ += account_.clock_.SteadyNanos() - start_ns_; }
    Spending(const Spending&) = delete;

   private:
    QueryAccount& account_;
    const std::int64_t start_ns_;
  };

  /// Ends the worker when it holds more memory of its own than the statement may have.
  void WatchMemory(sandbox::Worker& worker, std::int64_t most_bytes);

  /// A deadline that has passed, or memory that was too much, in words of statements: what it took, and what it may.
  Error InWords(Error error) const;

  /// Something that ends with the statement.
  void Hold(std::shared_ptr<const void> turn) { turn_ = std::move(turn); }
  void PinnedAt(std::int64_t sequence);
  void Succeeded(const QuerySummary& summary, std::int64_t bytes);
  void Failed(const Error& error);

 private:
  void Close(std::string_view outcome, std::string_view message, std::int64_t rows, std::int64_t bytes);

  const QueryRing::Entry entry_;
  const Meters meters_;
  const Clock& clock_;
  const std::int64_t budget_ms_;
  const std::function<void(const Error&)> report_;
  const std::int64_t started_ns_;
  std::int64_t spent_ns_ = 0;
  std::optional<std::int64_t> memory_exceeded_;  ///< the limit
  bool closed_ = false;
  std::shared_ptr<const void> turn_;
};

/// Whether a statement that read files of the hot cache may have failed because of them: not when it is the caller's doing, or a limit's.
bool MayBeOfTheCache(const Error& error);

/// A statement that runs. In the order in which they rest on each other.
struct QueryAttempt {
  sandbox::WorkerPool::Lease lease;
  std::unique_ptr<engine::Session> session;
  std::unique_ptr<engine::ResultStream> stream;
  std::vector<std::string> own_links;  ///< files that were linked for this statement alone
};

/// A result on its way out of a worker. Gives the worker back as soon as it has ended, or, when its reader lags and others wait, as soon
/// as the rest has been put into a file without a name.
class LocalResult final : public QueryResult, public Drainable {
 public:
  struct Spool {
    std::string directory;       ///< empty: nothing is spooled
    std::int64_t max_bytes = 0;  ///< of one result
  };
  LocalResult(std::unique_ptr<QueryAccount> account, QueryAttempt attempt, QueryHeader header);
  ~LocalResult() override;

  /// Pulls the first octets, so that what fails early fails before the caller has seen anything, and a small result frees its
  /// worker at once.
  Status ReadAhead(const Context& context);
  /// Another way to run the same statement, for when this one fails by what MayBeOfTheCache says. It is used once, and goes on where the
  /// first one broke off, if it gives the same octets up to there.
  using AnotherWay = std::function<Result<QueryAttempt>(const Context& context, const Error& why)>;
  void RunAgainBy(AnotherWay other) { other_way_ = std::move(other); }
  /// From now on it may be drained. The drainer must outlive it.
  void DrainBy(ResultDrainer& drainer, Spool spool);

  const QueryHeader& header() const override { return header_; }
  Result<std::optional<std::string>> Next(const Context& context) override;
  const QuerySummary& summary() const override { return summary_; }

  bool LagsFor(std::int64_t lag_ms) override;
  void Drain(std::stop_token stop) override;

 private:
  class Here;
  Result<std::optional<std::string>> Pull(const Context& context);
  Result<std::optional<std::string>> RunAgain(const Context& context, const Error& why);
  Result<std::optional<std::string>> ReadSpool();
  Status AppendToSpool(std::string_view octets);
  void End();
  void ReleaseWorker();

  std::timed_mutex mutex_;  ///< the reader's thread, or the drainer's
  std::unique_ptr<QueryAccount> account_;
  std::optional<sandbox::WorkerPool::Lease> lease_;  // outlives the session, which outlives the stream
  std::unique_ptr<engine::Session> session_;
  std::unique_ptr<engine::ResultStream> stream_;  // null once it has ended
  AnotherWay other_way_;
  Sha256 pulled_;  // while there is another way
  std::uint64_t pulled_bytes_ = 0;
  const QueryHeader header_;
  std::vector<std::string> own_links_;
  QuerySummary summary_;
  std::string ahead_;
  std::optional<Error> failed_;

  ResultDrainer* drainer_ = nullptr;
  Spool spool_options_;
  UniqueFd spool_;
  std::int64_t spool_read_ = 0, spool_written_ = 0;
  std::atomic<bool> is_wanted_ = false;          ///< the reader is here
  std::atomic<std::int64_t> last_asked_ns_ = 0;  ///< steady
  std::atomic<bool> has_stream_ = false;
};

}  // namespace lakehouse::query
