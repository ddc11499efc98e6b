#pragma once
#include <vector>

#include "lakehouse/net/route.h"
#include "lakehouse/vector/vectors.h"

namespace lakehouse::vector {

/// The predecessor's routes, without the prefix /v1, and ours. The service must outlive them. `keeps_profiles`: it shows each caller what
/// its profile lets it see (MakeProfiledVectors), so callers whose profile hides something may search and read.
std::vector<net::Route> VectorRoutes(Vectors& vectors, bool keeps_profiles = false);

}  // namespace lakehouse::vector
