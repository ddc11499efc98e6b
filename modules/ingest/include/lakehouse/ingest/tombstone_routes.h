#pragma once
#include <vector>

#include "lakehouse/catalog/catalog.h"
#include "lakehouse/ingest/ingest.h"
#include "lakehouse/net/route.h"

namespace lakehouse::ingest {

/// POST and GET /catalog/datasets/by-name/{name}/tombstone, as the predecessor had them: rows that are gone from the next query on. Both
/// references must outlive the routes.
std::vector<net::Route> TombstoneRoutes(Ingest& ingest, catalog::Catalog& catalog);

}  // namespace lakehouse::ingest
