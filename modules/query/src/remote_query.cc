#include "lakehouse/query/remote_query.h"

#include "query_wire.h"
#include "result_parts.h"

namespace lakehouse::query {

class RemoteQuery::Wire final : public QueryCalls, net::Remote<QueryMethods> {
 public:
  explicit Wire(net::Transport& transport) : Remote(transport) {}
  Result<std::unique_ptr<net::ByteSource>> Run(const Context& c, const QueryRequest& r) override { return Open<&QueryCalls::Run>(c, r); }
  Result<RecentQueriesResponse> Recent(const Context& c, const RecentQueriesRequest& r) override { return Call<&QueryCalls::Recent>(c, r); }
};

RemoteQuery::RemoteQuery(net::Transport& transport) : wire_(std::make_unique<Wire>(transport)) {}
RemoteQuery::~RemoteQuery() = default;

Result<std::unique_ptr<QueryResult>> RemoteQuery::Run(const Context& context, const QueryRequest& request) {
  return ResultOf(context, LH_TRY(wire_->Run(context, request)));
}

Result<RecentQueriesResponse> RemoteQuery::Recent(const Context& context, const RecentQueriesRequest& request) {
  return wire_->Recent(context, request);
}

class QueryService::Wire final : public QueryCalls {
 public:
  Wire(Query& query, QueryLog& log) : query_(query), log_(log) {}
  Result<std::unique_ptr<net::ByteSource>> Run(const Context& context, const QueryRequest& request) override {
    return PartsOf(LH_TRY(query_.Run(context, request)));
  }
  Result<RecentQueriesResponse> Recent(const Context& context, const RecentQueriesRequest& request) override {
    return log_.Recent(context, request);
  }

 private:
  Query& query_;
  QueryLog& log_;
};

QueryService::QueryService(Query& query, QueryLog& log) : wire_(std::make_unique<Wire>(query, log)) {}
QueryService::~QueryService() = default;

net::Service QueryService::service() { return net::Serve<QueryMethods>(static_cast<QueryCalls&>(*wire_)); }

}  // namespace lakehouse::query
