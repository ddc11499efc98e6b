#pragma once
#include <vector>

#include "lakehouse/net/route.h"
#include "lakehouse/vector/vectors.h"

namespace lakehouse::vector {

/// The predecessor's routes, without the prefix /v1, and ours. The service must outlive them.
std::vector<net::Route> VectorRoutes(Vectors& vectors);

}  // namespace lakehouse::vector
