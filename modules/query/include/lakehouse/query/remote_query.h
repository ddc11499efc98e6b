#pragma once
#include <memory>

#include "lakehouse/net/service.h"
#include "lakehouse/net/transport.h"
#include "lakehouse/query/hot_cache.h"
#include "lakehouse/query/query.h"
#include "lakehouse/query/query_history.h"

namespace lakehouse::query {

/// A Query that runs in another daemon. Results stream; dropping one cancels it there. Thread-safe.
class RemoteQuery final : public Query, public QueryLog, public HotCache {
 public:
  /// The transport must outlive it and its results.
  explicit RemoteQuery(net::Transport& transport);
  ~RemoteQuery() override;
  Result<std::unique_ptr<QueryResult>> Run(const Context& context, const QueryRequest& request) override;
  Result<RecentQueriesResponse> Recent(const Context& context, const RecentQueriesRequest& request) override;
  Result<HotTable> Pin(const Context& context, const PinRequest& request) override;
  Result<EvictResponse> Evict(const Context& context, const EvictRequest& request) override;
  Result<HotStats> LoadHotStats(const Context& context, const HotStatsRequest& request) override;

 private:
  class Wire;
  std::unique_ptr<Wire> wire_;
};

/// The other end of RemoteQuery: what a dispatcher serves. All references must outlive it, and it the service.
class QueryService {
 public:
  QueryService(Query& query, QueryLog& log, HotCache& hot);
  ~QueryService();
  net::Service service();

 private:
  class Wire;
  std::unique_ptr<Wire> wire_;
};

}  // namespace lakehouse::query
