#pragma once
#include "prepare.h"

namespace lakehouse::ingest {

/// Looks at the first rows of a source for personal data; the rows themselves are as the source made them.
Result<PrepareReport> PrepareRows(const PrepareRequest& request);

}  // namespace lakehouse::ingest
