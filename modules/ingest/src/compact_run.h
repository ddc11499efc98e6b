#pragma once
#include "job_table.h"
#include "lakehouse/ingest/local_ingest.h"

namespace lakehouse::ingest {

/// Rewrites small files and files with deleted rows of one dataset, in one commit that changes no row. A dataset that is well as it is
/// ends the job as kUnchanged. Errors as of Catalog::Commit; kUnprocessable reason "cannot_compact": a column's type would not
/// come out as it went in.
Status RunCompaction(const Context& context, IngestParts& parts, const IngestOptions& options, JobEntry& entry);

}  // namespace lakehouse::ingest
