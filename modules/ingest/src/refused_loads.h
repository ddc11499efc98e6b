#pragma once
#include <optional>
#include <string>
#include <vector>

#include "lakehouse/ingest/ingest.h"
#include "lakehouse/storage/error_archive.h"

/// Loads that were refused for what their dataset says of rows and columns. They are no version of it: the journal of errors has them,
/// under the dataset's name, for as long as it keeps anything.
namespace lakehouse::ingest {

/// What is recorded of a job that failed so; nothing: it failed for another reason, or was but a preview.
std::optional<Error> RefusalToRecord(const Job& job, const IngestRequest& request, const Error& error);

struct RefusedLoadOf {
  std::string dataset;
  RefusedLoad load;
};
/// Of this dataset, or of all when the name is empty; newest first, `most` of them. What the journal cannot read is not there.
std::vector<RefusedLoadOf> FindRefusedLoads(const Context& context, storage::ErrorArchive& archive, const std::string& dataset,
                                            std::size_t most);

}  // namespace lakehouse::ingest
