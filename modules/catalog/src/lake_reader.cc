#include "lake_reader.h"

#include <algorithm>
#include <set>

#include "lakehouse/catalog/dataset_name.h"
#include "lakehouse/catalog/schema.h"
#include "snapshot_lookup.h"

namespace lakehouse::catalog {
namespace {

constexpr std::int64_t kMaxPage = 10'000;
constexpr std::int64_t kMaxRecordsPage = 1'000;
constexpr std::size_t kMaxRecordsBytes = 8 << 20;

Status CheckLimit(std::int64_t limit, std::int64_t most) {
  if (limit >= 1 && limit <= most) return Ok{};
  return Error(ErrorCode::kInvalidArgument,
               "the limit is " + std::to_string(limit) + "; 1 to " + std::to_string(most) + " can be asked for");
}

bool HasSelector(const SnapshotSelector& at) { return at.version || at.time_micros || at.sequence; }

/// The dataset, live or, for a selector, dropped.
Result<DatasetRef> FindDataset(const LakeState& state, const std::string& name, const SnapshotSelector& at) {
  DatasetRef dataset = state.Find(name);
  if (!dataset || (dataset->dropped && !HasSelector(at))) return NoSuchDataset(state, name);
  return dataset;
}

/// A selector beyond the head of the lake asks for a state that is not there yet: whoever asks must not get an older one.
Status CheckSequence(const SnapshotSelector& at, std::int64_t head) {
  if (!at.sequence || *at.sequence <= head) return Ok{};
  return Error(ErrorCode::kNotFound,
               "record " + std::to_string(*at.sequence) + " is not there yet; the last one is " + std::to_string(head))
      .Named("snapshot_not_available");
}

}  // namespace

Dataset DatasetOf(const DatasetState& dataset, const SnapshotEntry& head) {
  Dataset shown{dataset.name, DatasetIdOf(dataset.name), dataset.created_micros, dataset.attributes, SnapshotOf(dataset, head),
                {},           dataset.retention};
  for (const auto& [name, tag] : dataset.tags) shown.tags.push_back(tag);
  return shown;
}

Result<ResolveResponse> LakeReader::Resolve(const Context& context, const ResolveRequest& request) {
  ResolveResponse response;
  std::vector<DatasetRef> datasets;
  LH_TRY(lake_.Read([&](const LakeState& state) -> Status {
    response.sequence = state.head().sequence;
    for (const ResolveTable& table : request.tables) datasets.push_back(LH_TRY(FindDataset(state, table.name, table.at)));
    return Ok{};
  }));
  for (std::size_t i = 0; i < datasets.size(); ++i) {
    LH_TRY(CheckSequence(request.tables[i].at, response.sequence));
    const FoundSnapshot found = LH_TRY(FindSnapshot(context, log_, datasets[i], request.tables[i].at));
    const FileListRef files =
        LH_TRY_WHILE(manifests_.Load(context, found.entry->manifest), "resolve dataset \"" + datasets[i]->name + "\"");
    response.tables.push_back({datasets[i]->name, SnapshotOf(*datasets[i], *found.entry), *files});
  }
  return response;
}

Result<ListDatasetsResponse> LakeReader::ListDatasets(const ListDatasetsRequest& request) {
  LH_TRY(CheckLimit(request.limit, kMaxPage));
  const std::string prefix = FoldName(request.prefix);
  ListDatasetsResponse response;
  std::vector<DatasetRef> page;
  lake_.Read([&](const LakeState& state) {
    response.sequence = state.head().sequence;
    auto at = request.after.empty() ? state.datasets().lower_bound(prefix)
                                    : state.datasets().upper_bound(std::max(FoldName(request.after), prefix));
    if (!request.after.empty() && FoldName(request.after) < prefix) at = state.datasets().lower_bound(prefix);
    for (; at != state.datasets().end() && at->first.starts_with(prefix); ++at) {
      if (at->second->dropped) continue;
      if (static_cast<std::int64_t>(page.size()) == request.limit) {
        response.more = true;
        break;
      }
      page.push_back(at->second);
    }
  });
  for (const DatasetRef& dataset : page) response.datasets.push_back(DatasetOf(*dataset, dataset->head()));
  return response;
}

Result<DescribeResponse> LakeReader::Describe(const Context& context, const DescribeRequest& request) {
  std::int64_t head = 0;
  const DatasetRef dataset = LH_TRY(lake_.Read([&](const LakeState& state) {
    head = state.head().sequence;
    return FindDataset(state, request.name, request.at);
  }));
  LH_TRY(CheckSequence(request.at, head));
  const FoundSnapshot found = LH_TRY(FindSnapshot(context, log_, dataset, request.at));
  return DescribeResponse{DatasetOf(*dataset, *found.entry)};
}

Result<HistoryResponse> LakeReader::History(const Context& context, const HistoryRequest& request) {
  LH_TRY(CheckLimit(request.limit, kMaxPage));
  const DatasetRef dataset = LH_TRY(lake_.Read([&](const LakeState& state) -> Result<DatasetRef> {
    DatasetRef known = state.Find(request.name);
    if (!known) return NoSuchDataset(state, request.name);
    return known;
  }));
  HistoryResponse response;
  const std::int64_t before = request.before_version.value_or(dataset->head().version + 1);
  for (std::size_t i = dataset->points.size(); i > 0; --i) {
    const PointLog::Point& point = dataset->points.at(i - 1);
    if (point.is_drop() || point.version >= before) continue;
    if (static_cast<std::int64_t>(response.snapshots.size()) == request.limit) {
      response.more = true;
      break;
    }
    LH_TRY(context.Check());
    const SnapshotEntryRef entry = LH_TRY(LoadEntry(context, log_, *dataset, point));
    response.snapshots.push_back(SnapshotOf(*dataset, *entry));
  }
  return response;
}

Result<DiffResponse> LakeReader::Diff(const Context& context, const DiffRequest& request) {
  const DatasetRef dataset = LH_TRY(lake_.Read([&](const LakeState& state) -> Result<DatasetRef> {
    DatasetRef known = state.Find(request.name);
    if (!known) return NoSuchDataset(state, request.name);
    return known;
  }));
  const FoundSnapshot from = LH_TRY(FindSnapshot(context, log_, dataset, {.version = request.from_version}));
  const FoundSnapshot to = LH_TRY(FindSnapshot(context, log_, dataset, {.version = request.to_version}));
  const FileListRef before = LH_TRY(manifests_.Load(context, from.entry->manifest));
  const FileListRef after = LH_TRY(manifests_.Load(context, to.entry->manifest));
  const auto keys_of = [](const FileList& files) {
    std::set<std::string_view> keys;
    for (const DataFile& file : files) keys.insert(file.key);
    return keys;
  };
  const auto keys_before = keys_of(*before);
  const auto keys_after = keys_of(*after);
  DiffResponse response;
  response.columns = CompareSchemas(*dataset->schemas[static_cast<std::size_t>(from.entry->schema_id)],
                                    *dataset->schemas[static_cast<std::size_t>(to.entry->schema_id)]);
  response.rows_before = from.entry->rows;
  response.rows_after = to.entry->rows;
  std::copy_if(after->begin(), after->end(), std::back_inserter(response.added),
               [&](const DataFile& file) { return !keys_before.contains(file.key); });
  std::copy_if(before->begin(), before->end(), std::back_inserter(response.removed),
               [&](const DataFile& file) { return !keys_after.contains(file.key); });
  return response;
}

Result<ReadRecordsResponse> LakeReader::ReadRecords(const Context& context, const ReadRecordsRequest& request) {
  LH_TRY(CheckLimit(request.limit, kMaxRecordsPage));
  if (request.from_sequence < 1)
    return Error(ErrorCode::kInvalidArgument, "records are counted from 1, not from " + std::to_string(request.from_sequence));
  ReadRecordsResponse response;
  response.head_sequence = lake_.head().sequence;
  std::size_t bytes = 0;
  for (std::int64_t next = request.from_sequence; next <= response.head_sequence;) {
    LH_TRY(context.Check());
    const std::int64_t wanted =
        std::min(response.head_sequence - next + 1, request.limit - static_cast<std::int64_t>(response.records.size()));
    for (StoredRecord& stored : LH_TRY(log_.LoadRun(context, next, static_cast<std::size_t>(wanted)))) {
      bytes += stored.octets.size();
      const RecordHeader& header = stored.record.header;
      response.records.push_back({header.seq, header.time, header.epoch, {std::move(stored.octets)}});
      ++next;
      if (static_cast<std::int64_t>(response.records.size()) == request.limit || bytes > kMaxRecordsBytes) return response;
    }
  }
  return response;
}

}  // namespace lakehouse::catalog
