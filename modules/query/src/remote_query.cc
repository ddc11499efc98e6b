#include "lakehouse/query/remote_query.h"

#include "query_wire.h"
#include "result_parts.h"

namespace lakehouse::query {

class RemoteQuery::Wire final : public QueryCalls, net::Remote<QueryMethods> {
 public:
  explicit Wire(net::Transport& transport) : Remote(transport) {}
  Result<std::unique_ptr<net::ByteSource>> Run(const Context& c, const QueryRequest& r) override { return Open<&QueryCalls::Run>(c, r); }
  Result<RecentQueriesResponse> Recent(const Context& c, const RecentQueriesRequest& r) override { return Call<&QueryCalls::Recent>(c, r); }
  Result<HotTable> Pin(const Context& c, const PinRequest& r) override { return Call<&QueryCalls::Pin>(c, r); }
  Result<EvictResponse> Evict(const Context& c, const EvictRequest& r) override { return Call<&QueryCalls::Evict>(c, r); }
  Result<HotStats> LoadHotStats(const Context& c, const HotStatsRequest& r) override { return Call<&QueryCalls::LoadHotStats>(c, r); }
};

RemoteQuery::RemoteQuery(net::Transport& transport) : wire_(std::make_unique<Wire>(transport)) {}
RemoteQuery::~RemoteQuery() = default;

Result<std::unique_ptr<QueryResult>> RemoteQuery::Run(const Context& context, const QueryRequest& request) {
  return ResultOf(context, LH_TRY(wire_->Run(context, request)));
}

Result<RecentQueriesResponse> RemoteQuery::Recent(const Context& context, const RecentQueriesRequest& request) {
  return wire_->Recent(context, request);
}

Result<HotTable> RemoteQuery::Pin(const Context& context, const PinRequest& request) { return wire_->Pin(context, request); }
Result<EvictResponse> RemoteQuery::Evict(const Context& context, const EvictRequest& request) { return wire_->Evict(context, request); }
Result<HotStats> RemoteQuery::LoadHotStats(const Context& context, const HotStatsRequest& request) {
  return wire_->LoadHotStats(context, request);
}

class QueryService::Wire final : public QueryCalls {
 public:
  Wire(Query& query, QueryLog& log, HotCache& hot) : query_(query), log_(log), hot_(hot) {}
  Result<std::unique_ptr<net::ByteSource>> Run(const Context& context, const QueryRequest& request) override {
    return PartsOf(LH_TRY(query_.Run(context, request)));
  }
  Result<RecentQueriesResponse> Recent(const Context& context, const RecentQueriesRequest& request) override {
    return log_.Recent(context, request);
  }
  Result<HotTable> Pin(const Context& context, const PinRequest& request) override { return hot_.Pin(context, request); }
  Result<EvictResponse> Evict(const Context& context, const EvictRequest& request) override { return hot_.Evict(context, request); }
  Result<HotStats> LoadHotStats(const Context& context, const HotStatsRequest& request) override {
    return hot_.LoadHotStats(context, request);
  }

 private:
  Query& query_;
  QueryLog& log_;
  HotCache& hot_;
};

QueryService::QueryService(Query& query, QueryLog& log, HotCache& hot) : wire_(std::make_unique<Wire>(query, log, hot)) {}
QueryService::~QueryService() = default;

net::Service QueryService::service() { return net::Serve<QueryMethods>(static_cast<QueryCalls&>(*wire_)); }

}  // namespace lakehouse::query
