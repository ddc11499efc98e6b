#pragma once
#include "commit_log.h"
#include "lakehouse/catalog/catalog.h"
#include "manifest_store.h"
#include "shared_lake.h"

namespace lakehouse::catalog {

/// Answers questions about a lake as it is in memory and in its log. Thread-safe; all that it is given must outlive it.
class LakeReader {
 public:
  LakeReader(const SharedLake& lake, CommitLog& log, ManifestStore& manifests) : lake_(lake), log_(log), manifests_(manifests) {}

  Result<ResolveResponse> Resolve(const Context& context, const ResolveRequest& request);
  Result<ListDatasetsResponse> ListDatasets(const ListDatasetsRequest& request);
  Result<DescribeResponse> Describe(const Context& context, const DescribeRequest& request);
  Result<HistoryResponse> History(const Context& context, const HistoryRequest& request);
  Result<DiffResponse> Diff(const Context& context, const DiffRequest& request);
  Result<ReadRecordsResponse> ReadRecords(const Context& context, const ReadRecordsRequest& request);

 private:
  const SharedLake& lake_;
  CommitLog& log_;
  ManifestStore& manifests_;
};

Dataset DatasetOf(const DatasetState& dataset, const SnapshotEntry& head);

}  // namespace lakehouse::catalog
