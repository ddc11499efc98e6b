#pragma once
#include "lakehouse/ingest/ingest.h"
#include "lakehouse/ingest/local_ingest.h"

namespace lakehouse::ingest {

/// In the summary of a version that changed nothing but the rules: which.
inline constexpr const char* kSummaryRules = "rules";

Result<LoadRulesResponse> LoadRules(const Context& context, IngestParts& parts, const LoadRulesRequest& request);
Result<LoadRulesResponse> PutRules(const Context& context, IngestParts& parts, const PutRulesRequest& request);

}  // namespace lakehouse::ingest
