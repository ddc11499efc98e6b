#pragma once
#include "job_table.h"
#include "lakehouse/ingest/local_ingest.h"

namespace lakehouse::ingest {

/// kUnprocessable, reason "cannot_compact": its files are those of a vector index, which keeps them itself.
Status CheckMayCompact(const catalog::Dataset& dataset);

/// Rewrites small files and files with deleted rows of one dataset, in one commit that changes no row; into the bucket of the dataset. One
/// that is well as it is ends the job as kUnchanged. Errors as of Catalog::Commit and CheckMayCompact; kUnprocessable reason
/// "cannot_compact": a column's type would not come out as it went in.
Status RunCompaction(const Context& context, IngestParts& parts, const IngestOptions& options, JobEntry& entry);

}  // namespace lakehouse::ingest
