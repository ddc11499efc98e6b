#pragma once
#include <memory>
#include <vector>

#include "lakehouse/catalog/catalog.h"
#include "lakehouse/ingest/jobs_table.h"

namespace lakehouse::ingest {

/// system.jobs, system.expectations (of datasets that the caller sees whole) and system.schedules (for administrators). Both must outlive
/// them.
std::vector<std::unique_ptr<catalog::SystemTable>> MakeIngestTables(Ingest& ingest, catalog::Catalog& catalog);

}  // namespace lakehouse::ingest
