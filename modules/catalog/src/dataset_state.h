#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "record.h"

namespace lakehouse::catalog {

/// One snapshot as memory keeps it. Immutable and shared.
struct SnapshotEntry {
  std::int64_t version = 0;
  std::int64_t sequence = 0;
  std::int64_t time_micros = 0;
  Operation operation = Operation::kCreate;
  std::int32_t schema_id = 0;
  std::int64_t rows = 0;
  std::int64_t size_bytes = 0;
  std::int64_t file_count = 0;
  std::optional<ObjectRef> manifest;
  std::string principal;
  std::map<std::string, std::string> summary;
};
using SnapshotEntryRef = std::shared_ptr<const SnapshotEntry>;

/// Where in the log the versions of a dataset began and where it was dropped: 24 bytes for each, for all of its life. Copies
/// share all but the newest thousand.
class PointLog {
 public:
  struct Point {
    std::int64_t version = 0;  ///< the version that begins here, or minus the one that ends here
    std::int64_t sequence = 0;
    std::int64_t time_micros = 0;
    bool is_drop() const { return version < 0; }
  };

  void Append(const Point& point);
  std::size_t size() const { return sealed_.size() * kChunk + open_.size(); }
  const Point& at(std::size_t index) const;

  std::optional<Point> FindVersion(std::int64_t version) const;
  /// The last point not after this record; nothing when the dataset began later.
  std::optional<Point> FindAtSequence(std::int64_t sequence) const;
  std::optional<Point> FindAtTime(std::int64_t time_micros) const;

 private:
  static constexpr std::size_t kChunk = 1000;
  template <typename Before>
  std::optional<Point> LastWhere(Before before) const;

  std::vector<std::shared_ptr<const std::vector<Point>>> sealed_;  ///< each of kChunk points
  std::vector<Point> open_;                                        ///< fewer than kChunk
};

/// One dataset, dropped ones too. Immutable once shared: every change makes a new one, and readers keep the one they have.
struct DatasetState {
  std::string name;
  std::int64_t created_micros = 0;
  std::map<std::string, std::string> attributes;
  std::vector<std::shared_ptr<const Schema>> schemas;  ///< by schema_id
  PointLog points;
  std::deque<SnapshotEntryRef> recent;  ///< the newest snapshots, oldest first; never empty
  bool dropped = false;
  std::map<std::string, Tag> tags;
  std::optional<Retention> retention;
  std::vector<VersionRange> expired;  ///< rising, with a version between two

  bool IsExpired(std::int64_t version) const;
  const SnapshotEntry& head() const { return *recent.back(); }
  const Schema& head_schema() const { return *schemas[static_cast<std::size_t>(head().schema_id)]; }
  /// Null when memory no longer has it, or there never was one.
  SnapshotEntryRef FindRecent(std::int64_t version) const;
};
using DatasetRef = std::shared_ptr<const DatasetState>;

/// How many snapshots per dataset stay in memory; older ones are read from the log.
inline constexpr std::size_t kRecentSnapshots = 1000;

/// Pure: the dataset after one more snapshot. `before` is null for a new one. kCorruption: the record contradicts it.
Result<DatasetRef> ApplySnapshot(const DatasetRef& before, const SnapshotRecord& snapshot, const RecordHeader& header,
                                 const std::string& principal);
/// Pure: the dataset after its end.
Result<DatasetRef> ApplyDrop(const DatasetRef& before, const DropRecord& drop, const RecordHeader& header);
/// Pure: the dataset with another tag, another policy, fewer versions.
Result<DatasetRef> ApplyTag(const DatasetRef& before, const TagRecord& tag, const RecordHeader& header);
Result<DatasetRef> ApplyRetention(const DatasetRef& before, const RetentionRecord& retention, const RecordHeader& header);
Result<DatasetRef> ApplyExpired(const DatasetRef& before, const ExpiredRecord& expired, const RecordHeader& header);
SnapshotEntry EntryOf(const SnapshotRecord& snapshot, const RecordHeader& header, const std::string& principal);

/// The public value of a snapshot.
Snapshot SnapshotOf(const DatasetState& dataset, const SnapshotEntry& entry);

}  // namespace lakehouse::catalog
