#pragma once
#include "commit_log.h"
#include "dataset_state.h"

/// From what a reader asks for to the snapshot, wherever it is kept.
namespace lakehouse::catalog {

/// A snapshot with the dataset it belongs to.
struct FoundSnapshot {
  DatasetRef dataset;
  SnapshotEntryRef entry;
};

/// Where in the dataset's life the selector points. kNotFound: no such version, or nothing there at that time;
/// kInvalidArgument: two selectors at once.
Result<PointLog::Point> SelectPoint(const DatasetState& dataset, const SnapshotSelector& selector);

/// The snapshot of a version that the dataset had: from memory, or from its record.
Result<SnapshotEntryRef> LoadEntry(const Context& context, CommitLog& log, const DatasetState& dataset, const PointLog::Point& point);

/// Both. Without a selector the head, which a dropped dataset does not have: the caller looks at that first.
Result<FoundSnapshot> FindSnapshot(const Context& context, CommitLog& log, const DatasetRef& dataset, const SnapshotSelector& selector);

}  // namespace lakehouse::catalog
