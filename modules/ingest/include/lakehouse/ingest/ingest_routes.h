#pragma once
#include <vector>

#include "lakehouse/ingest/ingest.h"
#include "lakehouse/net/route.h"

namespace lakehouse::ingest {

/// The public face of ingest, without the prefix /v1. The ingest must outlive the routes.
std::vector<net::Route> IngestRoutes(Ingest& ingest);

}  // namespace lakehouse::ingest
