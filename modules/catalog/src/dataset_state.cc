#include "dataset_state.h"

#include <algorithm>
#include <cassert>

namespace lakehouse::catalog {
namespace {

Error Contradicts(const RecordHeader& header, const std::string& what) {
  return Error(ErrorCode::kCorruption, "record " + std::to_string(header.seq) + " contradicts the ones before it: " + what);
}

}  // namespace

void PointLog::Append(const Point& point) {
  open_.push_back(point);
  if (open_.size() < kChunk) return;
  sealed_.push_back(std::make_shared<const std::vector<Point>>(std::move(open_)));
  open_.clear();
}

const PointLog::Point& PointLog::at(std::size_t index) const {
  assert(index < size());
  return index < sealed_.size() * kChunk ? (*sealed_[index / kChunk])[index % kChunk] : open_[index % kChunk];
}

template <typename Before>
std::optional<PointLog::Point> PointLog::LastWhere(Before before) const {
  std::size_t low = 0;
  std::size_t high = size();
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (before(at(middle)))
      low = middle + 1;
    else
      high = middle;
  }
  if (low == 0) return std::nullopt;
  return at(low - 1);
}

std::optional<PointLog::Point> PointLog::FindVersion(std::int64_t version) const {
  // A drop stands after the version it ends and before the next one.
  const auto found = LastWhere([&](const Point& point) { return point.is_drop() ? -point.version < version : point.version <= version; });
  if (!found || found->version != version) return std::nullopt;
  return found;
}

std::optional<PointLog::Point> PointLog::FindAtSequence(std::int64_t sequence) const {
  return LastWhere([&](const Point& point) { return point.sequence <= sequence; });
}

std::optional<PointLog::Point> PointLog::FindAtTime(std::int64_t time_micros) const {
  return LastWhere([&](const Point& point) { return point.time_micros <= time_micros; });
}

SnapshotEntryRef DatasetState::FindRecent(std::int64_t version) const {
  const std::int64_t first = recent.front()->version;
  if (version < first || version > recent.back()->version) return nullptr;
  return recent[static_cast<std::size_t>(version - first)];
}

bool DatasetState::IsExpired(std::int64_t version) const {
  const auto after = std::upper_bound(expired.begin(), expired.end(), version,
                                      [](std::int64_t wanted, const VersionRange& range) { return wanted < range.first; });
  return after != expired.begin() && version <= std::prev(after)->last;
}

SnapshotEntry EntryOf(const SnapshotRecord& snapshot, const RecordHeader& header, const std::string& principal) {
  return {snapshot.version,    header.seq,          header.time,       snapshot.operation, snapshot.schema_id, snapshot.rows,
          snapshot.size_bytes, snapshot.file_count, snapshot.manifest, principal,          snapshot.summary};
}

Result<DatasetRef> ApplySnapshot(const DatasetRef& before, const SnapshotRecord& snapshot, const RecordHeader& header,
                                 const std::string& principal) {
  const std::int64_t expected = before ? before->head().version + 1 : 1;
  if (snapshot.version != expected)
    return Contradicts(header, "version " + std::to_string(snapshot.version) + " of dataset \"" + snapshot.dataset + "\", expected " +
                                   std::to_string(expected));
  auto after = before ? std::make_shared<DatasetState>(*before) : std::make_shared<DatasetState>();
  if (!before || before->dropped) {
    after->name = snapshot.dataset;
    after->created_micros = header.time;
    after->attributes.clear();
    after->dropped = false;
  }
  const auto known = static_cast<std::int32_t>(after->schemas.size());
  if (snapshot.schema) {
    if (snapshot.schema_id != known)
      return Contradicts(header, "schema " + std::to_string(snapshot.schema_id) + " of dataset \"" + snapshot.dataset + "\"");
    after->schemas.push_back(std::make_shared<const Schema>(*snapshot.schema));
  } else if (snapshot.schema_id < 0 || snapshot.schema_id >= known) {
    return Contradicts(header, "dataset \"" + snapshot.dataset + "\" has no schema " + std::to_string(snapshot.schema_id));
  }
  for (const auto& [key, value] : snapshot.attributes) {
    if (value.empty())
      after->attributes.erase(key);
    else
      after->attributes[key] = value;
  }
  after->points.Append({snapshot.version, header.seq, header.time});
  after->recent.push_back(std::make_shared<const SnapshotEntry>(EntryOf(snapshot, header, principal)));
  if (after->recent.size() > kRecentSnapshots) after->recent.pop_front();
  return DatasetRef(std::move(after));
}

Result<DatasetRef> ApplyDrop(const DatasetRef& before, const DropRecord& drop, const RecordHeader& header) {
  if (!before || before->dropped) return Contradicts(header, "it drops dataset \"" + drop.dataset + "\", which is not there");
  if (before->head().version != drop.version)
    return Contradicts(header, "it drops dataset \"" + drop.dataset + "\" at version " + std::to_string(drop.version) + ", whose head is " +
                                   std::to_string(before->head().version));
  auto after = std::make_shared<DatasetState>(*before);
  after->dropped = true;
  after->points.Append({-drop.version, header.seq, header.time});
  return DatasetRef(std::move(after));
}

Result<DatasetRef> ApplyTag(const DatasetRef& before, const TagRecord& tag, const RecordHeader& header) {
  if (!before) return Contradicts(header, "it tags dataset \"" + tag.dataset + "\", which is not there");
  auto after = std::make_shared<DatasetState>(*before);
  if (!tag.version) {
    if (after->tags.erase(tag.name) == 0) return Contradicts(header, "it removes tag \"" + tag.name + "\", which is not there");
    return DatasetRef(std::move(after));
  }
  if (!after->points.FindVersion(*tag.version) || after->IsExpired(*tag.version))
    return Contradicts(header,
                       "it tags version " + std::to_string(*tag.version) + " of dataset \"" + tag.dataset + "\", which is not there");
  after->tags[tag.name] = {tag.name, *tag.version, tag.until_micros};
  return DatasetRef(std::move(after));
}

Result<DatasetRef> ApplyRetention(const DatasetRef& before, const RetentionRecord& retention, const RecordHeader& header) {
  if (!before) return Contradicts(header, "it sets the retention of dataset \"" + retention.dataset + "\", which is not there");
  auto after = std::make_shared<DatasetState>(*before);
  after->retention.reset();
  if (retention.policy.keep_last || retention.policy.keep_for_seconds) after->retention = retention.policy;
  return DatasetRef(std::move(after));
}

Result<DatasetRef> ApplyExpired(const DatasetRef& before, const ExpiredRecord& expired, const RecordHeader& header) {
  if (!before) return Contradicts(header, "versions of dataset \"" + expired.dataset + "\" expire, which is not there");
  auto after = std::make_shared<DatasetState>(*before);
  const std::int64_t head = before->head().version;
  for (const VersionRange& range : expired.versions) {
    if (range.first < 1 || range.last < range.first || range.last > head || (!before->dropped && range.last == head))
      return Contradicts(header, "versions " + std::to_string(range.first) + " to " + std::to_string(range.last) + " of dataset \"" +
                                     expired.dataset + "\" cannot expire");
    after->expired.push_back(range);
  }
  std::sort(after->expired.begin(), after->expired.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<VersionRange> joined;
  for (const VersionRange& range : after->expired) {
    if (!joined.empty() && range.first <= joined.back().last + 1)
      joined.back().last = std::max(joined.back().last, range.last);
    else
      joined.push_back(range);
  }
  after->expired = std::move(joined);
  return DatasetRef(std::move(after));
}

Snapshot SnapshotOf(const DatasetState& dataset, const SnapshotEntry& entry) {
  Snapshot snapshot;
  snapshot.version = entry.version;
  snapshot.sequence = entry.sequence;
  snapshot.time_micros = entry.time_micros;
  snapshot.operation = entry.operation;
  snapshot.schema = *dataset.schemas[static_cast<std::size_t>(entry.schema_id)];
  snapshot.rows = entry.rows;
  snapshot.size_bytes = entry.size_bytes;
  snapshot.file_count = entry.file_count;
  snapshot.manifest = entry.manifest;
  snapshot.principal = entry.principal;
  snapshot.summary = entry.summary;
  snapshot.expired = dataset.IsExpired(entry.version);
  return snapshot;
}

}  // namespace lakehouse::catalog
