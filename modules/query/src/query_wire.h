#pragma once
#include <boost/describe/class.hpp>
#include <memory>

#include "hot_wire.h"
#include "lakehouse/base/codec.h"
#include "lakehouse/net/byte_source.h"
#include "lakehouse/net/methods.h"
#include "lakehouse/query/query.h"
#include "lakehouse/query/query_history.h"

namespace lakehouse::query {

BOOST_DESCRIBE_STRUCT(QueryParameter, (), (text, integer, number, truth))
BOOST_DESCRIBE_STRUCT(QueryRequest, (), (sql, format, max_rows, sequence, parameters))
BOOST_DESCRIBE_STRUCT(ResultColumn, (), (name, type))
BOOST_DESCRIBE_STRUCT(QueryHeader, (), (query_id, sequence, versions, columns))
BOOST_DESCRIBE_STRUCT(QuerySummary, (), (rows, truncated))
BOOST_DESCRIBE_STRUCT(QueryRecord, (),
                      (query_id, principal, sql, sql_sha256, started_micros, duration_micros, sequence, rows, bytes, outcome, message))
BOOST_DESCRIBE_STRUCT(RecentQueriesRequest, (), (limit))
BOOST_DESCRIBE_STRUCT(RecentQueriesResponse, (), (queries))

/// Query, QueryLog and HotCache as calls carry them: a result is one stream of parts (result_parts.h).
class QueryCalls {
 public:
  virtual ~QueryCalls() = default;
  virtual Result<std::unique_ptr<net::ByteSource>> Run(const Context& context, const QueryRequest& request) = 0;
  virtual Result<RecentQueriesResponse> Recent(const Context& context, const RecentQueriesRequest& request) = 0;
  virtual Result<HotTable> Pin(const Context& context, const PinRequest& request) = 0;
  virtual Result<EvictResponse> Evict(const Context& context, const EvictRequest& request) = 0;
  virtual Result<HotStats> LoadHotStats(const Context& context, const HotStatsRequest& request) = 0;
};

using QueryMethods = net::Methods<"query", net::Method<"Run", &QueryCalls::Run>, net::Method<"Recent", &QueryCalls::Recent>,
                                  net::Method<"Pin", &QueryCalls::Pin>, net::Method<"Evict", &QueryCalls::Evict>,
                                  net::Method<"LoadHotStats", &QueryCalls::LoadHotStats>>;

}  // namespace lakehouse::query
