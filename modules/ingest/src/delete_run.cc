#include "delete_run.h"

#include <algorithm>

#include "column_names.h"
#include "ingest_run.h"
#include "lakehouse/base/hash.h"
#include "publisher.h"
#include "table_builder.h"
#include "worker_calls.h"

namespace lakehouse::ingest {
namespace {

constexpr std::size_t kMaxWords = 1'000;
constexpr std::size_t kMaxValues = 100'000;
constexpr const char* kNothingToDelete = "nothing_to_delete";

class DeleteRun {
 public:
  DeleteRun(IngestParts& parts, const IngestOptions& options, const DeleteRowsRequest& request, JobEntry& entry)
      : parts_(parts), options_(options), request_(request), entry_(entry), stem_("j" + entry.Snapshot().id) {}

  Status Run(const Context& context) {
    LH_TRY(LoadHead(context));
    auto lease = LH_TRY(parts_.workers.Acquire(context, context.principal, "ingest"));
    sandbox::Worker& worker = lease.worker();
    engine::Session session(worker);
    TableBuilder builder(session, stem_);
    Publisher publisher(parts_, options_.spool, worker, BucketOf({}, head_));
    const Status done = Delete(context, builder, publisher);
    if (!done) publisher.Discard(context);
    worker.UnlinkAll();
    Context tidy;
    tidy.deadline = Deadline::After(5'000);
    if (!worker.healthy() || !TidyWorker(tidy, worker, stem_ + ".")) worker.MarkUnhealthy();
    return done;
  }

 private:
  Status LoadHead(const Context& context) {
    head_ = LH_TRY(parts_.catalog.Describe(context, {request_.name, {}})).dataset;
    const auto& columns = head_.head.schema.columns;
    const auto key = std::find_if(columns.begin(), columns.end(),
                                  [&](const catalog::Column& c) { return FoldColumnName(c.name) == FoldColumnName(request_.key); });
    if (key == columns.end())
      return Error(ErrorCode::kInvalidArgument, "dataset \"" + head_.name + "\" has no column \"" + request_.key + "\"")
          .Named("no_key_column");
    key_ = *key;
    return Ok{};
  }

  Status Delete(const Context& context, TableBuilder& builder, Publisher& publisher) {
    const std::string kept_keys = LH_TRY(builder.KeepKeys(context, request_.values, key_));
    std::int64_t rows = 0;
    bool first = true;
    auto committed = publisher.Commit(context, [&]() -> Result<catalog::CommitRequest> {
      if (!std::exchange(first, false)) LH_TRY(LoadHead(context));
      catalog::SnapshotChange change;
      change.dataset = head_.name;
      change.operation = catalog::Operation::kDelete;
      if (!LH_TRY(publisher.AddDeletes(context, builder, key_, kept_keys, change)))
        return Error(ErrorCode::kNotFound, "no row has such a key").Named(kNothingToDelete);
      rows = change.add.back().rows;
      // Which keys they were stands in no record: only how many.
      change.summary = {{"job", entry_.Snapshot().id}, {"rows_deleted", std::to_string(rows)}, {"key", key_.name}};
      if (request_.actor) change.summary["actor"] = *request_.actor;
      if (request_.reason) change.summary["reason"] = *request_.reason;
      catalog::CommitRequest request;
      request.events.push_back({"dataset:" + head_.name, "ingest.delete", {{"rows", std::to_string(rows)}, {"key", key_.name}}});
      request.changes.push_back(std::move(change));
      request.idempotency = catalog::Idempotency{"ingest-job:" + entry_.Snapshot().id, Sha256Hex("delete\n" + head_.name)};
      return request;
    });
    const bool nothing = !committed && committed.error().reason() == kNothingToDelete;
    const catalog::CommitResponse response = nothing ? catalog::CommitResponse{} : LH_TRY(std::move(committed));
    entry_.Update([&](Job& job) {
      job.state = nothing ? JobState::kUnchanged : JobState::kCommitted;
      job.dataset_id = head_.id;
      job.fingerprint = head_.head.schema.fingerprint;
      job.existing = true;
      job.rows_read = job.rows_loaded = rows;
      job.version = nothing || response.snapshots.empty() ? head_.head.version : response.snapshots[0].version;
      job.sequence = nothing ? head_.head.sequence : response.sequence;
    });
    return Ok{};
  }

  IngestParts& parts_;
  const IngestOptions& options_;
  const DeleteRowsRequest& request_;
  JobEntry& entry_;
  std::string stem_;
  catalog::Dataset head_;
  catalog::Column key_;
};

}  // namespace

Status RunDelete(const Context& context, IngestParts& parts, const IngestOptions& options, const DeleteRowsRequest& request,
                 JobEntry& entry) {
  if (request.values.empty()) return Error(ErrorCode::kInvalidArgument, "name at least one key value");
  if (request.values.size() > kMaxValues)
    return Error(ErrorCode::kTooLarge,
                 std::to_string(request.values.size()) + " key values; at most " + std::to_string(kMaxValues) + " at a time");
  for (const auto& words : {request.actor, request.reason})
    if (words && words->size() > kMaxWords) return Error(ErrorCode::kTooLarge, "actor and reason have at most 1,000 octets each");
  return DeleteRun(parts, options, request, entry).Run(context);
}

}  // namespace lakehouse::ingest
