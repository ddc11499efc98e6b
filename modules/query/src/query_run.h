#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "lakehouse/base/clock.h"
#include "lakehouse/base/metrics.h"
#include "lakehouse/engine/session.h"
#include "lakehouse/query/query.h"
#include "lakehouse/sandbox/worker_pool.h"
#include "query_ring.h"

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

  /// A deadline that has passed in words of statements: how long it ran, and what it may.
  Error InTime(Error error) const;

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
  bool closed_ = false;
};

/// A result on its way out of a worker. Gives the worker back as soon as it has ended.
class LocalResult final : public QueryResult {
 public:
  LocalResult(std::unique_ptr<QueryAccount> account, sandbox::WorkerPool::Lease lease, std::unique_ptr<engine::Session> session,
              std::unique_ptr<engine::ResultStream> stream, QueryHeader header);
  ~LocalResult() override;

  /// Pulls the first octets, so that what fails early fails before the caller has seen anything, and a small result frees its
  /// worker at once.
  Status ReadAhead(const Context& context);

  const QueryHeader& header() const override { return header_; }
  Result<std::optional<std::string>> Next(const Context& context) override;
  const QuerySummary& summary() const override { return summary_; }

 private:
  Result<std::optional<std::string>> Pull(const Context& context);
  void End();

  std::unique_ptr<QueryAccount> account_;
  std::optional<sandbox::WorkerPool::Lease> lease_;  // outlives the session, which outlives the stream
  std::unique_ptr<engine::Session> session_;
  std::unique_ptr<engine::ResultStream> stream_;  // null once it has ended
  const QueryHeader header_;
  QuerySummary summary_;
  std::string ahead_;
  std::optional<Error> failed_;
};

}  // namespace lakehouse::query
