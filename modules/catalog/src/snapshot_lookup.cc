#include "snapshot_lookup.h"

#include "lakehouse/base/clock.h"
#include "lakehouse/catalog/dataset_name.h"

namespace lakehouse::catalog {
namespace {

Error NoSuchSnapshot(const DatasetState& dataset, const std::string& wanted) {
  return Error(ErrorCode::kNotFound, "dataset \"" + dataset.name + "\" has no snapshot " + wanted + "; its versions are 1 to " +
                                         std::to_string(dataset.head().version) + ", the first of " +
                                         FormatTime(dataset.points.at(0).time_micros))
      .Named("snapshot_not_found");
}

}  // namespace

Result<PointLog::Point> SelectPoint(const DatasetState& dataset, const SnapshotSelector& selector) {
  if (int(selector.version.has_value()) + int(selector.time_micros.has_value()) + int(selector.sequence.has_value()) > 1)
    return Error(ErrorCode::kInvalidArgument, "ask for a version, a time or a sequence, not for several of them");
  std::optional<PointLog::Point> point;
  std::string wanted;
  if (selector.version) {
    wanted = "with version " + std::to_string(*selector.version);
    if (*selector.version > 0) point = dataset.points.FindVersion(*selector.version);
  } else if (selector.time_micros) {
    wanted = "at " + std::to_string(*selector.time_micros) + " µs";
    point = dataset.points.FindAtTime(*selector.time_micros);
  } else if (selector.sequence) {
    wanted = "at record " + std::to_string(*selector.sequence);
    point = dataset.points.FindAtSequence(*selector.sequence);
  } else {
    const SnapshotEntry& head = dataset.head();
    return PointLog::Point{head.version, head.sequence, head.time_micros};
  }
  if (!point || point->is_drop()) return NoSuchSnapshot(dataset, wanted);
  return *point;
}

Result<SnapshotEntryRef> LoadEntry(const Context& context, CommitLog& log, const DatasetState& dataset, const PointLog::Point& point) {
  if (SnapshotEntryRef recent = dataset.FindRecent(point.version)) return recent;
  const StoredRecord stored = LH_TRY(log.Load(context, point.sequence));
  const std::string folded = FoldName(dataset.name);
  for (const Transaction& transaction : stored.record.txns)
    for (const ChangeRecord& change : transaction.changes)
      if (change.snapshot && change.snapshot->version == point.version && FoldName(change.snapshot->dataset) == folded)
        return SnapshotEntryRef(
            std::make_shared<const SnapshotEntry>(EntryOf(*change.snapshot, stored.record.header, transaction.principal)));
  return Error(ErrorCode::kCorruption, "record " + std::to_string(point.sequence) + " does not hold version " +
                                           std::to_string(point.version) + " of dataset \"" + dataset.name + "\"");
}

Result<FoundSnapshot> FindSnapshot(const Context& context, CommitLog& log, const DatasetRef& dataset, const SnapshotSelector& selector) {
  const PointLog::Point point = LH_TRY(SelectPoint(*dataset, selector));
  if (dataset->IsExpired(point.version))
    return Error(ErrorCode::kNotFound, "version " + std::to_string(point.version) + " of dataset \"" + dataset->name +
                                           "\" was let go by its retention; its history shows which versions are kept, and a tag keeps "
                                           "one for good")
        .Named("snapshot_expired");
  return FoundSnapshot{dataset, LH_TRY(LoadEntry(context, log, *dataset, point))};
}

}  // namespace lakehouse::catalog
