#pragma once
#include <vector>

#include "lakehouse/catalog/catalog.h"
#include "lakehouse/net/route.h"

namespace lakehouse::catalog {

/// The public face of a catalog, without the prefix /v1: the predecessor's routes (list, register, manifest) and ours. The
/// catalog must outlive the routes.
/// `keeps_profiles`: the catalog shows each caller what its profile lets it see (MakeProfiledCatalog), so callers whose profile hides
/// something may list and describe datasets.
std::vector<net::Route> CatalogRoutes(Catalog& catalog, bool keeps_profiles = false);

}  // namespace lakehouse::catalog
