#pragma once
#include <memory>
#include <vector>

#include "lakehouse/catalog/catalog.h"
#include "lakehouse/catalog/system_table.h"

namespace lakehouse::catalog {

/// system.datasets, system.snapshots, system.files and system.commits. The catalog must be the one that hides nothing (the tables
/// themselves do), and outlive them.
std::vector<std::unique_ptr<SystemTable>> MakeCatalogTables(Catalog& catalog);

}  // namespace lakehouse::catalog
