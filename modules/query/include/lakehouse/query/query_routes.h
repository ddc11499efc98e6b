#pragma once
#include <vector>

#include "lakehouse/net/route.h"
#include "lakehouse/query/query.h"
#include "lakehouse/query/query_history.h"

namespace lakehouse::query {

/// POST /sql and GET /queries. Both references must outlive the routes.
std::vector<net::Route> QueryRoutes(Query& query, QueryLog& log);

}  // namespace lakehouse::query
