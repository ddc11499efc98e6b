#include "commit_planner.h"

#include <algorithm>
#include <set>

#include "commit_request.h"
#include "lakehouse/base/uuid.h"
#include "lakehouse/catalog/dataset_name.h"
#include "lakehouse/catalog/schema.h"
#include "snapshot_lookup.h"

namespace lakehouse::catalog {
namespace {

Error BaseMoved(const SnapshotChange& change, std::int64_t head) {
  return Error(ErrorCode::kConflict, "dataset \"" + change.dataset + "\" is at version " + std::to_string(head) + ", the " +
                                         std::string(WireName(change.operation)) + " was computed from version " +
                                         std::to_string(*change.base_version) + ". Load it again and retry.")
      .Named("base_moved");
}

/// Whether the schema of the request fits, and what it adds to the head's.
Status PlanSchema(const SnapshotChange& change, const DatasetState& dataset, SnapshotRecord& snapshot) {
  const Schema& head = dataset.head_schema();
  snapshot.schema_id = dataset.head().schema_id;
  if (!change.schema) return Ok{};
  const Schema given = change.schema->columns.empty() ? *change.schema : [&] {
    Schema with_fingerprint = *change.schema;
    with_fingerprint.fingerprint = FingerprintOf(with_fingerprint.columns);
    return with_fingerprint;
  }();
  if (given.fingerprint != head.fingerprint && change.replaces_schema) {
    // With replace every file is new, so nothing written under the old schema is read with this one.
    std::int32_t used = 0;
    for (const auto& schema : dataset.schemas)
      for (const Column& column : schema->columns) used = std::max(used, column.field_id);
    snapshot.schema =
        change.operation == Operation::kReplace ? CompleteSchema(given) : LH_TRY(EvolveSchema(dataset.name, head, given, used));
    snapshot.schema_id = static_cast<std::int32_t>(dataset.schemas.size());
    return Ok{};
  }
  if (given.fingerprint != head.fingerprint) return SchemaConflict(dataset.name, head, given);
  LH_TRY(CheckFieldIds(dataset.name, head, given));
  if (auto tagged = WithNewTags(head, given)) {
    snapshot.schema = std::move(*tagged);
    snapshot.schema_id = static_cast<std::int32_t>(dataset.schemas.size());
  }
  return Ok{};
}

Status PlanNewDataset(const SnapshotChange& change, const DatasetRef& before, SnapshotRecord& snapshot) {
  Schema schema = CompleteSchema(*change.schema);
  if (before && !before->dropped) {
    if (schema.fingerprint != before->head_schema().fingerprint) return SchemaConflict(before->name, before->head_schema(), schema);
    return Error(ErrorCode::kAlreadyExists,
                 "dataset \"" + before->name + "\" exists with this schema. Append to it, replace it, or choose another name.")
        .Named("dataset_exists");
  }
  if (change.base_version.value_or(0) != 0) return BaseMoved(change, 0);
  snapshot.dataset = change.dataset;
  snapshot.schema_id = before ? static_cast<std::int32_t>(before->schemas.size()) : 0;
  snapshot.schema = std::move(schema);
  return Ok{};
}

}  // namespace

Result<PlannedTransaction> CommitPlanner::Plan(const Context& context, const CommitRequest& request,
                                               const std::vector<ChangeRecord>& more) {
  LH_TRY(CheckCommitRequest(request));
  PlannedTransaction planned;
  planned.transaction.commit_id = NewUuid(parts_.clock, parts_.random).ToString();
  planned.transaction.principal = context.principal;
  Overlay overlay;
  for (const SnapshotChange& change : request.changes) {
    PlannedObjects objects;
    objects.change = planned.transaction.changes.size();
    ChangeRecord record;
    record.snapshot = LH_TRY_WHILE(PlanSnapshot(context, change, overlay, objects), "commit to dataset \"" + change.dataset + "\"");
    planned.transaction.changes.push_back(std::move(record));
    planned.objects.push_back(std::move(objects));
  }
  for (const std::string& name : request.drops) {
    ChangeRecord record;
    record.drop = LH_TRY(PlanDrop(name, overlay));
    planned.transaction.changes.push_back(std::move(record));
  }
  for (const TagChange& change : request.tags)
    planned.transaction.changes.emplace_back().tag = LH_TRY_WHILE(PlanTag(change, overlay), "tag dataset \"" + change.dataset + "\"");
  for (const RetentionChange& change : request.retention)
    planned.transaction.changes.emplace_back().retention = LH_TRY(PlanRetention(change, overlay));
  for (const ChangeRecord& change : more) {
    if (!change.expired) continue;
    Ahead ahead = Current(overlay, change.expired->dataset);
    ahead.dataset = LH_TRY(ApplyExpired(ahead.dataset, *change.expired, header_));
    overlay[FoldName(change.expired->dataset)] = std::move(ahead);
  }
  planned.transaction.changes.insert(planned.transaction.changes.end(), more.begin(), more.end());
  planned.transaction.events = request.events;
  if (request.idempotency) {
    IdempotencyRecord idempotency{request.idempotency->key, request.idempotency->request_sha256, 200, {}};
    idempotency.response = RecordedResponseOf(planned.transaction);
    planned.transaction.idempotency = std::move(idempotency);
  }
  for (auto& [name, ahead] : overlay) overlay_[name] = std::move(ahead);
  for (const ChangeRecord& change : more)
    if (change.condemned) condemned_.insert(change.condemned->keys.begin(), change.condemned->keys.end());
  return planned;
}

Result<SnapshotRecord> CommitPlanner::PlanSnapshot(const Context& context, const SnapshotChange& change, Overlay& overlay,
                                                   PlannedObjects& objects) {
  const Ahead current = Current(overlay, change.dataset);
  const bool is_live = current.dataset && !current.dataset->dropped;
  const bool may_be_gone = change.operation == Operation::kCreate || (change.operation == Operation::kRestore && current.dataset);
  if (!is_live && !may_be_gone) return NoSuchDataset(parts_.state, change.dataset);
  LH_TRY(CheckNotCondemned(change));

  SnapshotRecord snapshot;
  snapshot.dataset = current.dataset ? current.dataset->name : change.dataset;
  snapshot.operation = change.operation;
  snapshot.version = current.dataset ? current.dataset->head().version + 1 : 1;
  snapshot.summary = change.summary;
  snapshot.attributes = change.attributes;
  if (change.operation == Operation::kCreate) {
    LH_TRY(PlanNewDataset(change, current.dataset, snapshot));
  } else {
    if (change.base_version && *change.base_version != current.dataset->head().version)
      return BaseMoved(change, current.dataset->head().version);
    LH_TRY(PlanSchema(change, *current.dataset, snapshot));
  }
  if (change.operation == Operation::kRestore)
    LH_TRY(PlanRestore(context, change, current, snapshot, objects));
  else
    LH_TRY(PlanFiles(context, change, current, snapshot, objects));
  overlay[FoldName(change.dataset)] = {LH_TRY(ApplySnapshot(current.dataset, snapshot, header_, context.principal)), objects.files};
  return snapshot;
}

Status CommitPlanner::PlanFiles(const Context& context, const SnapshotChange& change, const Ahead& current, SnapshotRecord& snapshot,
                                PlannedObjects& objects) {
  const bool keeps_files = change.operation != Operation::kCreate && change.operation != Operation::kReplace;
  const FileListRef before = keeps_files ? LH_TRY(FilesOf(context, current)) : std::make_shared<const FileList>();
  std::set<std::string_view> removed(change.remove.begin(), change.remove.end());
  std::set<std::string_view> kept;
  auto after = std::make_shared<FileList>();
  after->reserve(before->size() + change.add.size());
  for (const DataFile& file : *before) {
    if (removed.erase(file.key) > 0) continue;
    kept.insert(file.key);
    after->push_back(file);
  }
  if (!removed.empty())
    return Error(ErrorCode::kInvalidArgument, "file " + std::string(*removed.begin()) + " is to be removed, but is no part of the dataset");
  for (const DataFile& file : change.add) {
    if (kept.contains(file.key))
      return Error(ErrorCode::kInvalidArgument, "file " + file.key + " is part of the dataset already; keys are never used twice");
    after->push_back(file);
  }
  const FileTotals totals = TotalsOf(*after);
  if (totals.rows < 0) return Error(ErrorCode::kInvalidArgument, "more rows would be deleted than there are");
  if (change.operation == Operation::kCompact && totals.rows != current.dataset->head().rows)
    return Error(ErrorCode::kInvalidArgument, "a compaction keeps every row: " + std::to_string(current.dataset->head().rows) +
                                                  " before, " + std::to_string(totals.rows) + " after");
  snapshot.rows = totals.rows;
  snapshot.size_bytes = totals.size_bytes;
  snapshot.file_count = totals.file_count;
  objects.must_exist = change.add;
  if (!after->empty())
    objects.manifest_key = "datasets/" + snapshot.dataset + "/manifest/" + std::to_string(header_.epoch) + "-" +
                           NewUuid(parts_.clock, parts_.random).ToString() + ".parquet";
  objects.files = std::move(after);
  return Ok{};
}

Status CommitPlanner::PlanRestore(const Context& context, const SnapshotChange& change, const Ahead& current, SnapshotRecord& snapshot,
                                  PlannedObjects& objects) {
  const FoundSnapshot old = LH_TRY(FindSnapshot(context, parts_.log, current.dataset, {.version = change.restore_version}));
  if (old.entry->sequence == header_.seq) return BaseMoved(change, current.dataset->head().version);
  snapshot.schema_id = old.entry->schema_id;
  snapshot.rows = old.entry->rows;
  snapshot.size_bytes = old.entry->size_bytes;
  snapshot.file_count = old.entry->file_count;
  snapshot.manifest = old.entry->manifest;
  snapshot.restored_version = old.entry->version;
  auto files = parts_.manifests.Load(context, old.entry->manifest);
  if (!files && files.error().code() == ErrorCode::kNotFound)
    return Error(ErrorCode::kUnprocessable,
                 "version " + std::to_string(old.entry->version) + " cannot be restored: its manifest was deleted since")
        .Named("files_gone");
  objects.files = LH_TRY(std::move(files));
  objects.must_exist = *objects.files;
  objects.is_restore = true;
  return Ok{};
}

Result<TagRecord> CommitPlanner::PlanTag(const TagChange& change, Overlay& overlay) {
  Ahead ahead = Current(overlay, change.dataset);
  if (!ahead.dataset) return NoSuchDataset(parts_.state, change.dataset);
  const DatasetState& dataset = *ahead.dataset;
  if (!change.version && !dataset.tags.contains(change.name))
    return Error(ErrorCode::kNotFound, "dataset \"" + dataset.name + "\" has no tag \"" + change.name + "\"").Named("tag_not_found");
  if (change.version && (!dataset.points.FindVersion(*change.version) || dataset.IsExpired(*change.version)))
    return Error(ErrorCode::kNotFound, "dataset \"" + dataset.name + "\" has no version " + std::to_string(*change.version) +
                                           " that could be tagged; its history shows which versions are kept")
        .Named("snapshot_not_found");
  TagRecord tag{dataset.name, change.name, change.version, change.until_micros};
  ahead.dataset = LH_TRY(ApplyTag(ahead.dataset, tag, header_));
  overlay[FoldName(change.dataset)] = std::move(ahead);
  return tag;
}

Result<RetentionRecord> CommitPlanner::PlanRetention(const RetentionChange& change, Overlay& overlay) {
  if (change.dataset.empty()) return RetentionRecord{{}, change.policy};
  Ahead ahead = Current(overlay, change.dataset);
  if (!ahead.dataset) return NoSuchDataset(parts_.state, change.dataset);
  RetentionRecord retention{ahead.dataset->name, change.policy};
  ahead.dataset = LH_TRY(ApplyRetention(ahead.dataset, retention, header_));
  overlay[FoldName(change.dataset)] = std::move(ahead);
  return retention;
}

Result<DropRecord> CommitPlanner::PlanDrop(const std::string& name, Overlay& overlay) {
  const Ahead current = Current(overlay, name);
  if (!current.dataset || current.dataset->dropped) return NoSuchDataset(parts_.state, name);
  DropRecord drop{current.dataset->name, current.dataset->head().version};
  overlay[FoldName(name)] = {LH_TRY(ApplyDrop(current.dataset, drop, header_)), nullptr};
  return drop;
}

Status CommitPlanner::CheckNotCondemned(const SnapshotChange& change) const {
  for (const DataFile& file : change.add)
    if (parts_.state.condemned().contains(file.key) || condemned_.contains(file.key))
      return Error(ErrorCode::kConflict, "file " + file.key + " was condemned before this commit came; upload it again under a fresh key")
          .Named("condemned");
  return Ok{};
}

CommitPlanner::Ahead CommitPlanner::Current(const Overlay& overlay, std::string_view name) const {
  const std::string folded = FoldName(name);
  if (const auto found = overlay.find(folded); found != overlay.end()) return found->second;
  if (const auto found = overlay_.find(folded); found != overlay_.end()) return found->second;
  return {parts_.state.Find(name), nullptr};
}

Result<FileListRef> CommitPlanner::FilesOf(const Context& context, const Ahead& ahead) {
  if (ahead.files) return ahead.files;
  return parts_.manifests.Load(context, ahead.dataset->head().manifest);
}

}  // namespace lakehouse::catalog
