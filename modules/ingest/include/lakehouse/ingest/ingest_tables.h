#pragma once
#include <memory>
#include <vector>

#include "lakehouse/catalog/catalog.h"
#include "lakehouse/ingest/jobs_table.h"
#include "lakehouse/storage/error_archive.h"

namespace lakehouse::ingest {

/// system.jobs, system.expectations (of datasets that the caller sees whole) and system.schedules (for administrators). All must outlive
/// them. `errors`: where loads that were refused are found; null: such are not shown.
std::vector<std::unique_ptr<catalog::SystemTable>> MakeIngestTables(Ingest& ingest, catalog::Catalog& catalog,
                                                                    storage::ErrorArchive* errors = nullptr);

}  // namespace lakehouse::ingest
