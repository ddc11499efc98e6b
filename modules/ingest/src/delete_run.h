#pragma once
#include "job_table.h"
#include "lakehouse/ingest/local_ingest.h"

namespace lakehouse::ingest {

/// Deletes rows by key in one commit and fills the job: rows_loaded is the number of rows that went. kUnchanged when no row has such a key.
Status RunDelete(const Context& context, IngestParts& parts, const IngestOptions& options, const DeleteRowsRequest& request,
                 JobEntry& entry);

}  // namespace lakehouse::ingest
