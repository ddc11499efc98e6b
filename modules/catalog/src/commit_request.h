#pragma once
#include "lakehouse/base/result.h"
#include "lakehouse/catalog/types.h"

namespace lakehouse::catalog {

/// What can be said about a request without knowing the lake: names, digests, sizes, which fields an operation takes.
/// kInvalidArgument says what to mend; kTooLarge: more than a record may hold.
Status CheckCommitRequest(const CommitRequest& request);

bool NeedsBaseVersion(Operation operation);

}  // namespace lakehouse::catalog
