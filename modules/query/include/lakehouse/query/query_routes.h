#pragma once
#include <memory>
#include <vector>

#include "lakehouse/base/context.h"
#include "lakehouse/base/result.h"
#include "lakehouse/net/route.h"
#include "lakehouse/query/query.h"
#include "lakehouse/query/query_history.h"

namespace lakehouse::query {

/// POST /sql and GET /queries. Both references must outlive the routes.
std::vector<net::Route> QueryRoutes(Query& query, QueryLog& log);

/// A result as the answer of a route, in the form that it was asked for: short ones whole, long ones as a stream. JSON and a header say
/// when it was cut at a limit. The errors of QueryResult::Next before the first octet has left.
Result<net::HttpResponse> AnswerOf(const Context& context, std::unique_ptr<QueryResult> result, ResultFormat format);

}  // namespace lakehouse::query
