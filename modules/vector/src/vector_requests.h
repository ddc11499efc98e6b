#pragma once
#include <string>

#include "lakehouse/net/http_message.h"
#include "lakehouse/vector/vectors_types.h"

/// Bodies of the public routes. All fail with kInvalidArgument and say where: "items[3].vector".
namespace lakehouse::vector {

Result<CreateIndexRequest> ReadCreate(const net::HttpRequest& request);
Result<AddRequest> ReadAdd(const net::HttpRequest& request);
Result<RemoveRequest> ReadRemove(const net::HttpRequest& request);
Result<SearchRequest> ReadSearch(const net::HttpRequest& request);
Result<SearchBatchRequest> ReadSearchBatch(const net::HttpRequest& request);
Result<MergeRequest> ReadMerge(const net::HttpRequest& request);
Result<MaintainRequest> ReadMaintain(const net::HttpRequest& request);
Result<TrialRequest> ReadTrial(const net::HttpRequest& request);
Result<AutotuneRequest> ReadAutotune(const net::HttpRequest& request);

}  // namespace lakehouse::vector
