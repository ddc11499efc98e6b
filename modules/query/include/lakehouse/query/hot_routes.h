#pragma once
#include <vector>

#include "lakehouse/net/route.h"
#include "lakehouse/query/hot_cache.h"

namespace lakehouse::query {

/// POST /query/cache/pin, POST /query/cache/evict, GET /query/cache/stats. The cache must outlive the routes.
std::vector<net::Route> HotRoutes(HotCache& cache);

}  // namespace lakehouse::query
