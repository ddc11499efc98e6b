#include "lakehouse/catalog/local_catalog.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <span>

#include "checkpoint.h"
#include "commit_log.h"
#include "commit_queue.h"
#include "commit_writer.h"
#include "file_lock.h"
#include "garbage.h"
#include "lake_format.h"
#include "lake_reader.h"
#include "lakehouse/base/failpoint.h"
#include "lakehouse/base/task_group.h"
#include "lakehouse/base/uuid.h"
#include "lakehouse/catalog/copy_lake.h"
#include "lakehouse/catalog/dataset_name.h"
#include "lakehouse/catalog/schema.h"
#include "manifest_store.h"
#include "register_files.h"
#include "retention.h"
#include "shared_lake.h"

namespace lakehouse::catalog {
namespace {

Failpoint recovery_after_checkpoint("catalog.recovery.after_checkpoint");
Failpoint recovery_between_records("catalog.recovery.between_records");
Failpoint recovery_before_epoch("catalog.recovery.before_epoch");
Failpoint recovery_after_epoch("catalog.recovery.after_epoch");

Failpoint gc_after_expire("catalog.gc.after_expire");
Failpoint gc_before_condemn("catalog.gc.before_condemn");
Failpoint gc_after_condemn("catalog.gc.after_condemn");
Failpoint gc_after_delete("catalog.gc.after_delete");

constexpr std::size_t kGarbagePerRecord = 2'000;  // of 200 bytes each: well below what a transaction may have
constexpr std::size_t kGarbageShown = 1'000;
constexpr int kCondemnAttempts = 50;
constexpr std::string_view kLockFile = "lock";  ///< beside format.json; not a name that the store gives to any key
constexpr int kEpochAttempts = 8;
constexpr std::string_view kDefaultProfile = "default";

RetryOptions RetryOf(const LocalCatalog::Options& options) { return {options.retry_attempts, options.retry_pause_ms}; }

class OpenLake final : public LocalCatalog {
 public:
  OpenLake(Parts parts, Options options)
      : parts_(parts),
        options_(std::move(options)),
        retry_(RetryOf(options_)),
        log_(parts.store, parts.codec, retry_),
        manifests_(parts.store, parts.codec, {options_.manifest_cache_bytes, retry_}),
        checkpoints_(parts.store, parts.codec, retry_),
        reader_(lake_, log_, manifests_),
        writer_({parts.store, log_, manifests_, lake_, parts.clock, parts.random}, {options_.append_timeout_ms},
                [this](const std::string& why) { BeFenced(why); }),
        commits_(parts.metrics.counter("lakehouse_catalog_commits_total", "Transactions that were committed.")),
        refused_(parts.metrics.counter("lakehouse_catalog_refused_total", "Transactions that were refused or failed.")),
        commit_seconds_(parts.metrics.histogram("lakehouse_catalog_batch_seconds", "Time to commit one record.")),
        queue_({.window_ms = options_.batch_window_ms}, [this](std::span<const SubmissionRef> batch) { return CommitBatch(batch); }) {}

  Status Start(const Context& context);

  Result<CommitResponse> Commit(const Context& context, const CommitRequest& request) override;
  Result<RegisterResponse> Register(const Context& context, const RegisterRequest& request) override;
  Result<ResolveResponse> Resolve(const Context& context, const ResolveRequest& request) override {
    LH_TRY(Refresh(context));
    return reader_.Resolve(context, request);
  }
  Result<ListDatasetsResponse> ListDatasets(const Context& context, const ListDatasetsRequest& request) override {
    LH_TRY(Refresh(context));
    return reader_.ListDatasets(request);
  }
  Result<DescribeResponse> Describe(const Context& context, const DescribeRequest& request) override {
    LH_TRY(Refresh(context));
    return reader_.Describe(context, request);
  }
  Result<HistoryResponse> History(const Context& context, const HistoryRequest& request) override {
    LH_TRY(Refresh(context));
    return reader_.History(context, request);
  }
  Result<DiffResponse> Diff(const Context& context, const DiffRequest& request) override {
    LH_TRY(Refresh(context));
    return reader_.Diff(context, request);
  }
  Result<ReadRecordsResponse> ReadRecords(const Context& context, const ReadRecordsRequest& request) override {
    LH_TRY(Refresh(context));
    return reader_.ReadRecords(context, request);
  }
  Result<StatusResponse> LoadStatus(const Context& context, const StatusRequest& request) override;
  std::int64_t LastCollection() override {
    return lake_.Read([](const LakeState& state) { return state.collected(); });
  }
  Result<LoadProfileResponse> LoadProfile(const Context& context, const LoadProfileRequest& request) override;
  Result<LoadAccessResponse> LoadAccess(const Context& context, const LoadAccessRequest& request) override;
  Result<ChangeAccessResponse> ChangeAccess(const Context& context, const ChangeAccessRequest& request) override;
  Result<CollectGarbageResponse> CollectGarbage(const Context& context, const CollectGarbageRequest& request) override;
  Status Maintain(const Context& context) override;

 private:
  using Expiring = std::map<std::string, ExpiredRecord>;  ///< by folded name
  Expiring FindExpiring();
  /// The versions that retention lets go, expired when `run`, and all that the others name.
  Result<std::pair<std::unique_ptr<NamedObjects>, std::int64_t>> Expire(const Context& context, bool run);
  /// Takes keys that a commit names meanwhile off the list, and makes naming the others a conflict.
  Status Condemn(const Context& context, NamedObjects& named, std::vector<storage::ObjectInfo>& garbage);
  Status Remove(const Context& context, std::span<const storage::ObjectInfo> garbage);
  Status Refresh(const Context& context);
  Status CatchUp(const Context& context);
  Status LoadLakeId(const Context& context);
  Status CheckLakeId() const;
  /// True when this is the writer afterwards.
  Result<bool> TryToWrite(const Context& context);
  void BeFenced(const std::string& why);
  std::vector<Result<CommitResponse>> CommitBatch(std::span<const SubmissionRef> batch);
  bool IsCheckpointDue();
  void MaintainWhenDue(std::stop_token stop);
  std::optional<Result<RegisterResponse>> FindRegistered(const RegisterRequest& request);

  const Parts parts_;
  const Options options_;
  const RetryOptions retry_;
  CommitLog log_;
  ManifestStore manifests_;
  CheckpointStore checkpoints_;
  SharedLake lake_;  ///< changed by the queue's thread while role_ is kWriter, under follow_mutex_ otherwise
  LakeReader reader_;
  CommitWriter writer_;
  Counter& commits_;
  Counter& refused_;
  Histogram& commit_seconds_;
  std::string lake_id_;

  std::atomic<Role> role_{Role::kFollower};
  std::mutex follow_mutex_;
  std::optional<FileLock> lock_;  ///< guarded by follow_mutex_

  std::mutex maintain_mutex_;  ///< one maintenance at a time
  std::mutex garbage_mutex_;   ///< one collection at a time
  std::mutex access_mutex_;    ///< one change of profiles and keys at a time: each is planned on the state the last one left
  std::atomic<std::int64_t> checkpoint_sequence_{0};
  std::atomic<std::int64_t> checkpoint_records_bytes_{0};  ///< of records since then
  bool swept_ = false;                                     ///< guarded by maintain_mutex_

  std::mutex due_mutex_;
  std::condition_variable_any due_changed_;
  bool due_ = false;  ///< guarded by due_mutex_

  CommitQueue queue_;
  TaskGroup tasks_;
};

Status OpenLake::Start(const Context& context) {
  const auto format = LH_TRY(LoadFormat(context, parts_.store, retry_));
  if (format) lake_id_ = format->lake_id;
  if (LH_TRY(FindOctets(context, parts_.store, kCopyingKey, retry_)))
    return Error(ErrorCode::kUnprocessable, "a backup or restore into this lake did not come to its end: run the same command again")
        .Named("copy_unfinished");
  {
    const std::lock_guard lock(follow_mutex_);
    CheckpointStore::Loaded loaded = LH_TRY_WHILE(checkpoints_.LoadNewest(context), "open the lake");
    for (const std::string& damaged : loaded.damaged) parts_.log.Error("a checkpoint was passed over", {{"why", damaged}});
    checkpoint_sequence_ = loaded.state.head().sequence;
    lake_.Write([&](LakeState& state) { state = std::move(loaded.state); });
    LH_TRY(recovery_after_checkpoint.Hit());
    do LH_TRY_WHILE(CatchUp(context), "open the lake");
    while (LH_TRY_WHILE(log_.FindMoreAfter(context, lake_.head().sequence), "open the lake"));
    LH_TRY(CheckLakeId());
  }
  if (options_.may_write) {
    const auto began = TryToWrite(context);
    if (!began && began.error().reason() != "disk_full") return began.error();
    // Reading needs no room, and whoever wants to make some has to look first. The first commit tries again.
    if (!began) parts_.log.Error("the lake can only be read until its disk has room", {{"error", began.error().ToString()}});
  }
  if (options_.maintain_in_background) {
    due_ = role_ == Role::kWriter;  // whatever the process before died in the middle of is finished now
    tasks_.Start("maintain", [this](std::stop_token stop) { MaintainWhenDue(stop); });
  }
  const LogHead head = lake_.head();
  parts_.log.Info("lake opened",
                  {{"lake", lake_id_}, {"sequence", head.sequence}, {"epoch", head.epoch}, {"role", WireName(role_.load())}});
  return Ok{};
}

Status OpenLake::CatchUp(const Context& context) {
  std::size_t run = 1;  // who follows closely asks one question and finds nothing
  while (true) {
    const LakeState& state = lake_.AsWriter();
    std::vector<StoredRecord> found = LH_TRY(log_.FindRun(context, state.head().sequence + 1, run));
    if (found.empty()) return Ok{};
    for (StoredRecord& stored : found) {
      LH_TRY(recovery_between_records.Hit());
      auto prepared = LH_TRY(state.Prepare(std::move(stored.record), std::move(stored.sha256)));
      lake_.Write([&](LakeState& changed) { changed.Accept(std::move(prepared)); });
    }
    run = std::min(2 * run, options_.read_ahead);
  }
}

Status OpenLake::Refresh(const Context& context) {
  LH_TRY(context.Check());
  if (role_ == Role::kWriter) return Ok{};
  const std::lock_guard lock(follow_mutex_);
  if (role_ == Role::kWriter) return Ok{};
  return CatchUp(context);
}

Status OpenLake::LoadLakeId(const Context& context) {
  const std::string logged = lake_.AsWriter().lake_id();
  if (lake_id_.empty()) {
    const LakeFormat wanted{logged.empty() ? NewUuid(parts_.clock, parts_.random).ToString() : logged, kLayoutVersion};
    lake_id_ = LH_TRY(CreateFormat(context, parts_.store, wanted, retry_)).lake_id;
  }
  return CheckLakeId();
}

/// Also for one that only reads: what it tells of the lake is told under this id.
Status OpenLake::CheckLakeId() const {
  const std::string logged = lake_.AsWriter().lake_id();
  if (logged.empty() || lake_id_.empty() || logged == lake_id_) return Ok{};
  return Error(ErrorCode::kCorruption, std::string(kFormatKey) + " says lake " + lake_id_ + ", the log belongs to lake " + logged)
      .Named("other_lake");
}

Result<bool> OpenLake::TryToWrite(const Context& context) {
  const std::lock_guard lock(follow_mutex_);
  if (role_ != Role::kFollower) return role_ == Role::kWriter;
  if (const auto format = parts_.store.LocalPath(std::string(kFormatKey)); format && !lock_) {
    lock_ = LH_TRY(FileLock::TryTake(std::filesystem::path(*format).replace_filename(kLockFile).string()));
    if (!lock_) return false;
  }
  for (int attempt = 0; attempt < kEpochAttempts; ++attempt) {
    LH_TRY(CatchUp(context));
    LH_TRY(LoadLakeId(context));
    LH_TRY(recovery_before_epoch.Hit());
    if (!LH_TRY_WHILE(writer_.BeginEpoch(context, lake_id_, options_.writer), "become the writer of the lake")) continue;
    LH_TRY(recovery_after_epoch.Hit());
    role_ = Role::kWriter;
    return true;
  }
  return Error(ErrorCode::kUnavailable, "other writers start on this lake again and again; stop all but one").Named("not_writer");
}

void OpenLake::BeFenced(const std::string& why) {
  role_ = Role::kFenced;
  parts_.log.Error("this process is no longer the writer of the lake", {{"why", why}});
}

Result<CommitResponse> OpenLake::Commit(const Context& context, const CommitRequest& request) {
  LH_TRY(context.Check());
  if (role_ == Role::kFollower && options_.may_write) LH_TRY(TryToWrite(context));
  if (role_ == Role::kFollower)
    return Error(ErrorCode::kUnavailable, "another process writes to this lake; send commits there").Named("not_writer");
  return queue_.Submit({context, request, {}});
}

std::vector<Result<CommitResponse>> OpenLake::CommitBatch(std::span<const SubmissionRef> batch) {
  const std::int64_t begin = parts_.clock.SteadyNanos();
  std::vector<Result<CommitResponse>> answers = writer_.Commit(batch);
  commit_seconds_.Observe(static_cast<double>(parts_.clock.SteadyNanos() - begin) * 1e-9);
  for (const auto& answer : answers) (answer ? commits_ : refused_).Add();
  checkpoint_records_bytes_ += writer_.TakeAppendedBytes();
  if (options_.maintain_in_background && IsCheckpointDue()) {
    const std::lock_guard lock(due_mutex_);
    due_ = true;
    due_changed_.notify_one();
  }
  return answers;
}

std::optional<Result<RegisterResponse>> OpenLake::FindRegistered(const RegisterRequest& request) {
  const DatasetRef dataset = lake_.Read([&](const LakeState& state) { return state.Find(request.name); });
  if (!dataset || dataset->dropped) return std::nullopt;
  const Schema given = CompleteSchema(request.schema);
  if (given.fingerprint != dataset->head_schema().fingerprint) return SchemaConflict(dataset->name, dataset->head_schema(), given);
  return RegisterResponse{DatasetOf(*dataset, dataset->head()), true};
}

Result<RegisterResponse> OpenLake::Register(const Context& context, const RegisterRequest& request) {
  LH_TRY(Refresh(context));
  LH_TRY(CheckDatasetName(request.name));
  LH_TRY(CheckSchema(request.schema));
  if (auto registered = FindRegistered(request)) return std::move(*registered);
  SnapshotChange change;
  change.dataset = request.name;
  change.operation = Operation::kCreate;
  change.schema = request.schema;
  change.add = request.files;
  LH_TRY(CompleteFiles(context, parts_.store, change.add));
  CommitRequest commit;
  commit.events.push_back({"dataset:" + request.name, "catalog.register", {}});
  commit.changes.push_back(std::move(change));
  const auto committed = Commit(context, commit);
  if (!committed && committed.error().code() == ErrorCode::kAlreadyExists)
    if (auto registered = FindRegistered(request)) return std::move(*registered);  // somebody else was faster
  if (!committed) return committed.error();
  DescribeResponse described = LH_TRY(reader_.Describe(context, {request.name, {.version = committed->snapshots.front().version}}));
  return RegisterResponse{std::move(described.dataset), false};
}

Result<StatusResponse> OpenLake::LoadStatus(const Context& context, const StatusRequest&) {
  LH_TRY(Refresh(context));
  return lake_.Read([&](const LakeState& state) {
    return StatusResponse{state.lake_id(),       state.head().sequence, state.head().epoch, role_.load(),
                          state.live_datasets(), state.head().sha256,   state.retention()};
  });
}

Result<LoadProfileResponse> OpenLake::LoadProfile(const Context& context, const LoadProfileRequest& request) {
  LH_TRY(Refresh(context));
  const std::string name = request.name.empty() ? std::string(kDefaultProfile) : request.name;
  const AccessStateRef access = lake_.Read([](const LakeState& state) { return state.access(); });
  if (const auto active = access->active.find(name); active != access->active.end())
    return LoadProfileResponse{access->profiles.at({name, active->second})};
  if (name != kDefaultProfile) return Error(ErrorCode::kNotFound, "there is no profile \"" + name + "\"").Named("profile_not_found");
  LoadProfileResponse response;
  response.profile.name = name;
  response.profile.version = 1;
  return response;
}

Result<LoadAccessResponse> OpenLake::LoadAccess(const Context& context, const LoadAccessRequest& request) {
  LH_TRY(Refresh(context));
  const AccessStateRef access = lake_.Read([](const LakeState& state) { return state.access(); });
  LoadAccessResponse response;
  response.sequence = access->sequence;
  response.changed = access->sequence != request.known_sequence;
  if (!response.changed) return response;
  for (const auto& [id, profile] : access->profiles) response.profiles.push_back(profile);
  for (const auto& [name, version] : access->active) response.active.push_back({name, version});
  for (const auto& [id, key] : access->keys) response.keys.push_back(key);
  return response;
}

Result<ChangeAccessResponse> OpenLake::ChangeAccess(const Context& context, const ChangeAccessRequest& request) {
  const std::lock_guard lock(access_mutex_);
  LH_TRY(Refresh(context));
  if (role_ == Role::kFollower && options_.may_write) LH_TRY(TryToWrite(context));
  if (role_ == Role::kFollower)
    return Error(ErrorCode::kUnavailable, "another process writes to this lake; send the change there").Named("not_writer");
  const AccessStateRef access = lake_.Read([](const LakeState& state) { return state.access(); });
  Submission submission{context, {}, {}, {}};
  AccessChange change = LH_TRY(PlanAccess(*access, request));
  if (change.profile)
    submission.request.events.push_back(
        {"profile:" + change.profile->name, "profile.put", {{"version", std::to_string(change.profile->version)}}});
  if (change.activation)
    submission.request.events.push_back(
        {"profile:" + change.activation->name, "profile.activate", {{"version", std::to_string(change.activation->version)}}});
  if (change.key) submission.request.events.push_back({"key:" + change.key->id, change.key->revoked_micros ? "key.revoke" : "key.put", {}});
  ChangeAccessResponse response;
  if (change.activation) response.version = change.activation->version;
  if (change.profile) response.version = change.profile->version;
  submission.more.emplace_back().access = std::move(change);
  response.sequence = LH_TRY(queue_.Submit(std::move(submission))).sequence;
  return response;
}

Result<CollectGarbageResponse> OpenLake::CollectGarbage(const Context& context, const CollectGarbageRequest& request) {
  const std::lock_guard lock(garbage_mutex_);
  LH_TRY(Refresh(context));
  if (request.run && role_ == Role::kFollower && options_.may_write) LH_TRY(TryToWrite(context));
  if (request.run && role_ != Role::kWriter)
    return Error(ErrorCode::kUnavailable, "another process writes to this lake; collect its garbage there").Named("not_writer");
  const auto [objects, expired_versions] = LH_TRY_WHILE(Expire(context, request.run), "let versions go");
  NamedObjects& named = *objects;
  const LogHead head = lake_.head();
  std::vector<storage::ObjectInfo> garbage = LH_TRY(FindGarbage(context, parts_.store, named, head.epoch));
  for (std::size_t first = 0; request.run && first < garbage.size(); first += kGarbagePerRecord) {
    const std::size_t last = std::min(garbage.size(), first + kGarbagePerRecord);
    std::vector<storage::ObjectInfo> part(garbage.begin() + static_cast<std::ptrdiff_t>(first),
                                          garbage.begin() + static_cast<std::ptrdiff_t>(last));
    LH_TRY_WHILE(Condemn(context, named, part), "condemn garbage");
    LH_TRY_WHILE(Remove(context, part), "remove garbage");
  }
  std::erase_if(garbage, [&](const storage::ObjectInfo& object) { return named.Contains(object.key); });

  CollectGarbageResponse response;
  response.ran = request.run;
  response.epoch = head.epoch;
  response.expired_versions = expired_versions;
  for (const storage::ObjectInfo& object : garbage) {
    ++response.objects;
    response.size_bytes += static_cast<std::int64_t>(object.size_bytes);
    if (response.first.size() < kGarbageShown) response.first.push_back({object.key, static_cast<std::int64_t>(object.size_bytes)});
  }
  return response;
}

OpenLake::Expiring OpenLake::FindExpiring() {
  const std::int64_t now_micros = parts_.clock.WallMicros();
  return lake_.Read([&](const LakeState& state) {
    Expiring expiring;
    for (const auto& [folded, dataset] : state.datasets()) {
      const auto& policy = dataset->retention ? dataset->retention : state.retention();
      if (!policy) continue;
      auto versions = VersionsToExpire(*dataset, *policy, now_micros, options_.reader_grace_ms * 1000);
      if (!versions.empty()) expiring[folded] = {dataset->name, std::move(versions)};
    }
    return expiring;
  });
}

Result<std::pair<std::unique_ptr<NamedObjects>, std::int64_t>> OpenLake::Expire(const Context& context, bool run) {
  for (int attempt = 0; attempt < kCondemnAttempts; ++attempt) {
    // What expires is decided at one state of the lake, and committed only if that is still the last one: a tag or a restore that
    // comes between saves its version.
    const auto [sequence, datasets] = lake_.Read([](const LakeState& state) { return std::pair(state.head().sequence, state.datasets()); });
    const Expiring expiring = FindExpiring();
    std::int64_t versions = 0;
    for (const auto& [folded, record] : expiring)
      for (const VersionRange& range : record.versions) versions += range.last - range.first + 1;
    if (run && versions > 0) {
      Submission submission{context, {}, {}, sequence};
      submission.request.events.push_back({"lake", "catalog.gc.expired", {{"versions", std::to_string(versions)}}});
      for (const auto& [folded, record] : expiring) submission.more.emplace_back().expired = record;
      const auto expired = queue_.Submit(std::move(submission));
      if (!expired && expired.error().reason() == "overtaken") continue;
      if (!expired) return expired.error();
      LH_TRY(gc_after_expire.Hit());
    }
    const auto is_expired = [datasets, expiring](const std::string& name, std::int64_t version) {
      const std::string folded = FoldName(name);
      if (const auto found = expiring.find(folded); found != expiring.end())
        for (const VersionRange& range : found->second.versions)
          if (version >= range.first && version <= range.last) return true;
      const auto known = datasets.find(folded);
      return known != datasets.end() && known->second->IsExpired(version);
    };
    auto named = std::make_unique<NamedObjects>(log_, parts_.store, parts_.codec, is_expired);
    LH_TRY_WHILE(named->Advance(context, lake_.head().sequence), "find what snapshots name");
    return std::pair(std::move(named), versions);
  }
  return Error(ErrorCode::kUnavailable, "other commits overtook this one again and again; try when the lake is less busy")
      .Named("gc_overtaken");
}

Status OpenLake::Condemn(const Context& context, NamedObjects& named, std::vector<storage::ObjectInfo>& garbage) {
  for (int attempt = 0; attempt < kCondemnAttempts; ++attempt) {
    LH_TRY(named.Advance(context, lake_.head().sequence));
    std::erase_if(garbage, [&](const storage::ObjectInfo& object) { return named.Contains(object.key); });
    if (garbage.empty()) return Ok{};
    LH_TRY(gc_before_condemn.Hit());
    Submission submission{context, {}, {}, named.sequence()};
    submission.request.events.push_back({"lake", "catalog.gc.condemned", {{"objects", std::to_string(garbage.size())}}});
    KeysRecord keys;
    for (const storage::ObjectInfo& object : garbage) keys.keys.push_back(object.key);
    submission.more.emplace_back().condemned = std::move(keys);
    const auto condemned = queue_.Submit(std::move(submission));
    if (condemned) return gc_after_condemn.Hit();
    if (condemned.error().reason() != "overtaken") return condemned.error();
  }
  return Error(ErrorCode::kUnavailable, "other commits overtook this one again and again; try when the lake is less busy")
      .Named("gc_overtaken");
}

Status OpenLake::Remove(const Context& context, std::span<const storage::ObjectInfo> garbage) {
  if (garbage.empty()) return Ok{};
  Submission submission{context, {}, {}, {}};
  submission.request.events.push_back({"lake", "catalog.gc.deleted", {{"objects", std::to_string(garbage.size())}}});
  KeysRecord keys;
  for (const storage::ObjectInfo& object : garbage) {
    LH_TRY(parts_.store.Delete(context, object.key));
    keys.keys.push_back(object.key);
  }
  LH_TRY(gc_after_delete.Hit());
  submission.more.emplace_back().deleted = std::move(keys);
  LH_TRY(queue_.Submit(std::move(submission)));
  return Ok{};
}

bool OpenLake::IsCheckpointDue() {
  if (role_ != Role::kWriter) return false;
  return lake_.head().sequence - checkpoint_sequence_ >= options_.checkpoint_records ||
         checkpoint_records_bytes_ >= options_.checkpoint_bytes;
}

Status OpenLake::Maintain(const Context& context) {
  const std::lock_guard lock(maintain_mutex_);
  if (role_ != Role::kWriter) return Ok{};
  if (!swept_) LH_TRY_WHILE(log_.RemovePacked(context), "remove packed records");
  swept_ = true;
  if (IsCheckpointDue()) {
    checkpoint_records_bytes_ = 0;
    const LakeState copy = lake_.Read([](const LakeState& state) { return state; });
    LH_TRY_WHILE(checkpoints_.Write(context, copy), "write a checkpoint of record " + std::to_string(copy.head().sequence));
    checkpoint_sequence_ = copy.head().sequence;
    parts_.log.Info("checkpoint written", {{"sequence", copy.head().sequence}});
  }
  std::int64_t packed = LH_TRY(log_.LoadBoundary(context));
  for (; packed + kSegmentRecords <= checkpoint_sequence_; packed += kSegmentRecords)
    LH_TRY_WHILE(log_.Pack(context, packed + 1, packed + kSegmentRecords), "pack records " + std::to_string(packed + 1) + " and on");
  return Ok{};
}

void OpenLake::MaintainWhenDue(std::stop_token stop) {
  while (true) {
    parts_.codec.Rest();  // reading a large lake and writing its checkpoint take more memory than anything between
    {
      std::unique_lock lock(due_mutex_);
      if (!due_changed_.wait(lock, stop, [&] { return due_; })) return;
      due_ = false;
    }
    Context context;
    context.principal = "system:catalog";
    context.cancel = stop;
    if (const auto maintained = Maintain(context); !maintained && !stop.stop_requested())
      parts_.log.Error("maintenance of the lake failed; it will be tried again after more commits",
                       {{"error", maintained.error().ToString()}});
  }
}

}  // namespace

Result<std::unique_ptr<LocalCatalog>> LocalCatalog::Open(const Context& context, Parts parts, Options options) {
  auto lake = std::make_unique<OpenLake>(parts, std::move(options));
  LH_TRY(lake->Start(context));
  return std::unique_ptr<LocalCatalog>(std::move(lake));
}

}  // namespace lakehouse::catalog
