#pragma once
#include <vector>

#include "lakehouse/catalog/catalog.h"
#include "lakehouse/net/route.h"

namespace lakehouse::catalog {

/// The public face of a catalog, without the prefix /v1: the predecessor's routes (list, register, manifest) and ours. The
/// catalog must outlive the routes.
std::vector<net::Route> CatalogRoutes(Catalog& catalog);

}  // namespace lakehouse::catalog
