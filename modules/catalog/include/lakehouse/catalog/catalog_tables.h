#pragma once
#include <memory>
#include <vector>

#include "lakehouse/catalog/catalog.h"
#include "lakehouse/catalog/system_table.h"
#include "lakehouse/catalog/upkeep.h"

namespace lakehouse::catalog {

/// system.datasets, system.snapshots, system.files and system.commits. The catalog must be the one that hides nothing (the tables
/// themselves do), and outlive them.
std::vector<std::unique_ptr<SystemTable>> MakeCatalogTables(Catalog& catalog);

/// system.upkeep: scrubs and collections of garbage, at work and last. The upkeep must outlive it.
std::unique_ptr<SystemTable> MakeUpkeepTable(Upkeep& upkeep);

}  // namespace lakehouse::catalog
