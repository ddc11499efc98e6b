#include "delete_run.h"

#include <algorithm>

#include "column_names.h"
#include "ingest_run.h"
#include "lakehouse/base/hash.h"
#include "table_builder.h"
#include "worker_calls.h"

namespace lakehouse::ingest {
namespace {

constexpr std::size_t kMaxWords = 1'000;
constexpr std::size_t kMaxValues = 100'000;
constexpr std::int64_t kHistoryPage = 100;
constexpr const char* kNothingToDelete = "nothing_to_delete";

Status CheckRequest(const DeleteRowsRequest& request) {
  if (request.values.empty()) return Error(ErrorCode::kInvalidArgument, "name at least one key value");
  if (request.values.size() > kMaxValues)
    return Error(ErrorCode::kTooLarge,
                 std::to_string(request.values.size()) + " key values; at most " + std::to_string(kMaxValues) + " at a time");
  for (const auto& words : {request.actor, request.reason})
    if (words && words->size() > kMaxWords) return Error(ErrorCode::kTooLarge, "actor and reason have at most 1,000 octets each");
  return Ok{};
}

}  // namespace

DeleteRun::DeleteRun(IngestParts& parts, const IngestOptions& options, const DeleteRowsRequest& request, JobEntry& entry, bool has_rescue,
                     std::optional<DeleteBase> base)
    : parts_(parts),
      options_(options),
      request_(request),
      entry_(entry),
      has_rescue_(has_rescue),
      base_(std::move(base)),
      stem_("j" + entry.Snapshot().id) {}

Status DeleteRun::Run(const Context& context) {
  LH_TRY(CheckRequest(request_));
  LH_TRY(LoadHead(context));
  found_ = {head_.head.version, head_.head.schema.fingerprint};
  bucket_ = BucketOf({}, head_);
  auto lease = LH_TRY(parts_.workers.Acquire(context, context.principal, "ingest"));
  sandbox::Worker& worker = lease.worker();
  engine::Session session(worker);
  TableBuilder builder(session, stem_);
  Publisher publisher(parts_, options_.spool, worker, bucket_, has_rescue_ ? options_.rescue_after_ms : 0);
  const Status done = Delete(context, builder, publisher);
  if (!done) publisher.Discard(context);
  store_failed_ = !done && publisher.store_failed();
  worker.UnlinkAll();
  Context tidy;
  tidy.deadline = Deadline::After(5'000);
  if (!worker.healthy() || !TidyWorker(tidy, worker, stem_ + ".")) worker.MarkUnhealthy();
  return done;
}

Error DeleteRun::BaseChanged(const std::string& how) const {
  return Error(ErrorCode::kConflict, "dataset \"" + request_.name + "\" is not what it was when these rows were to go: " + how +
                                         " since. Look at it, then delete them again or give this up.")
      .Named("base_changed");
}

Status DeleteRun::LoadHead(const Context& context) {
  auto found = parts_.catalog.Describe(context, {request_.name, {}});
  if (!found && found.error().code() == ErrorCode::kNotFound && base_) return BaseChanged("it was dropped");
  head_ = LH_TRY(std::move(found)).dataset;
  if (base_ && head_.head.schema.fingerprint != base_->fingerprint) return BaseChanged("it got other columns");
  const auto& columns = head_.head.schema.columns;
  const auto key = std::find_if(columns.begin(), columns.end(),
                                [&](const catalog::Column& c) { return FoldColumnName(c.name) == FoldColumnName(request_.key); });
  if (key == columns.end())
    return Error(ErrorCode::kInvalidArgument, "dataset \"" + head_.name + "\" has no column \"" + request_.key + "\"")
        .Named("no_key_column");
  key_ = *key;
  return Ok{};
}

/// Whether anything but compaction and deletion happened since.
Result<bool> DeleteRun::HasNewRows(const Context& context) const {
  std::optional<std::int64_t> before;
  while (true) {
    const auto page = LH_TRY(parts_.catalog.History(context, {head_.name, before, kHistoryPage}));
    for (const catalog::Snapshot& snapshot : page.snapshots) {
      if (snapshot.version <= base_->version) return false;
      using enum catalog::Operation;
      if (snapshot.operation != kCompact && snapshot.operation != kDelete) return true;
      before = snapshot.version;
    }
    if (!page.more || page.snapshots.empty()) return false;
  }
}

/// The files whose rows the sender meant; nothing: all that there are.
Result<std::optional<std::set<std::string>>> DeleteRun::FilesMeant(const Context& context) const {
  using Files = std::optional<std::set<std::string>>;
  if (!base_ || (head_.head.version != base_->version && !LH_TRY(HasNewRows(context)))) return Files();
  const auto files_at = [&](std::int64_t version) -> Result<std::set<std::string>> {
    catalog::ResolveRequest request;
    request.tables.push_back({head_.name, {.version = version}});
    const auto resolved = LH_TRY(parts_.catalog.Resolve(context, request));
    std::set<std::string> keys;
    for (const catalog::DataFile& file : resolved.tables.at(0).files)
      if (file.content == catalog::FileContent::kData) keys.insert(file.key);
    return keys;
  };
  auto meant = files_at(base_->version);
  if (!meant && meant.error().code() != ErrorCode::kUnavailable && meant.error().code() != ErrorCode::kDeadlineExceeded)
    return BaseChanged("rows came, and what it was before cannot be read any more (" + meant.error().message() + ")");
  if (!std::ranges::includes(LH_TRY(files_at(head_.head.version)), LH_TRY(meant)))
    return BaseChanged("rows came, and its files were written anew");
  return Files(std::move(meant).Take());
}

Result<catalog::CommitRequest> DeleteRun::Plan(const Context& context, TableBuilder& builder, Publisher& publisher,
                                               const std::string& kept_keys) {
  const std::optional<std::set<std::string>> only = LH_TRY(FilesMeant(context));
  catalog::SnapshotChange change;
  change.dataset = head_.name;
  change.operation = catalog::Operation::kDelete;
  const bool any = LH_TRY(publisher.AddDeletes(context, builder, key_, kept_keys, change, only ? &*only : nullptr));
  if (base_ && change.base_version != head_.head.version)
    return Error(ErrorCode::kUnavailable, "dataset \"" + head_.name + "\" changes at this moment; it is tried again").Named("busy");
  if (!any) return Error(ErrorCode::kNotFound, "no row has such a key").Named(kNothingToDelete);
  rows_ = change.add.back().rows;
  // Which keys they were stands in no record: only how many.
  change.summary = {{"job", entry_.Snapshot().id}, {"rows_deleted", std::to_string(rows_)}, {"key", key_.name}};
  if (request_.actor) change.summary["actor"] = *request_.actor;
  if (request_.reason) change.summary["reason"] = *request_.reason;
  catalog::CommitRequest request;
  request.events.push_back({"dataset:" + head_.name, "ingest.delete", {{"rows", std::to_string(rows_)}, {"key", key_.name}}});
  request.changes.push_back(std::move(change));
  request.idempotency = catalog::Idempotency{"ingest-job:" + entry_.Snapshot().id, Sha256Hex("delete\n" + head_.name)};
  return request;
}

Status DeleteRun::Delete(const Context& context, TableBuilder& builder, Publisher& publisher) {
  const std::string kept_keys = LH_TRY(builder.KeepKeys(context, request_.values, key_));
  bool first = true;
  auto committed = publisher.Commit(context, [&]() -> Result<catalog::CommitRequest> {
    if (!std::exchange(first, false)) LH_TRY(LoadHead(context));
    return Plan(context, builder, publisher, kept_keys);
  });
  const bool nothing = !committed && committed.error().reason() == kNothingToDelete;
  const catalog::CommitResponse response = nothing ? catalog::CommitResponse{} : LH_TRY(std::move(committed));
  entry_.Update([&](Job& job) {
    job.state = nothing ? JobState::kUnchanged : JobState::kCommitted;
    job.dataset_id = head_.id;
    job.fingerprint = head_.head.schema.fingerprint;
    job.existing = true;
    job.rows_read = job.rows_loaded = nothing ? 0 : rows_;
    job.version = nothing || response.snapshots.empty() ? head_.head.version : response.snapshots[0].version;
    job.sequence = nothing ? head_.head.sequence : response.sequence;
  });
  return Ok{};
}

}  // namespace lakehouse::ingest
