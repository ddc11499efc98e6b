#pragma once
#include <memory>

#include "lakehouse/catalog/system_table.h"
#include "lakehouse/ingest/ingest.h"

namespace lakehouse::ingest {

/// system.jobs: what was loaded, and what is being. Callers whose profile hides something see none. The service must outlive it.
std::unique_ptr<catalog::SystemTable> MakeJobsTable(Ingest& ingest);

}  // namespace lakehouse::ingest
