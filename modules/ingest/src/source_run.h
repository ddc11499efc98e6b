#pragma once
#include <memory>
#include <string>

#include "job_table.h"
#include "lakehouse/ingest/local_ingest.h"
#include "lakehouse/ingest/source.h"

namespace lakehouse::ingest {

/// Whether the request may be queued: its URL, the host, the secret's name, the table. kInvalidArgument "bad_url", "password_in_url",
/// "bad_table", "bad_secret", "unexpected_mode"; kPermissionDenied "host_not_allowed".
Status CheckSource(const IngestRequest& request, const IngestOptions& options);
/// For lineage: where the rows come from, without a password.
Result<std::string> LineageOf(const DatabaseTable& table);
/// kInvalidArgument "secret_not_found".
Result<std::unique_ptr<Source>> OpenSource(const IngestRequest& request, IngestParts& parts, const IngestOptions& options);

/// Reads the source and commits what it gives: a whole source in one commit, one that grows in a commit per batch, each with the position
/// up to which it came. A source that is lost is read again from the last commit; a job that dies is taken up by the next. kConflict
/// reason "no_position": the dataset's rows came otherwise. kUnprocessable reason "position_moved": somebody else read on meanwhile.
Status RunSource(const Context& context, IngestParts& parts, const IngestOptions& options, JobEntry& entry, Source& source);

}  // namespace lakehouse::ingest
