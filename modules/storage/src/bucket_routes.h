#pragma once
#include <vector>

#include "lakehouse/net/route.h"
#include "lakehouse/storage/buckets.h"

namespace lakehouse::storage {

/// GET, POST /storage/buckets · DELETE /storage/buckets/{bucket} · GET /storage/bucket-health. The buckets must outlive the routes.
std::vector<net::Route> BucketRoutes(Buckets& buckets);

}  // namespace lakehouse::storage
