#include "compact_run.h"

#include <utility>

#include "compaction_plan.h"
#include "ingest_run.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/catalog/vector_dataset.h"
#include "lakehouse/query/table_view.h"
#include "publisher.h"
#include "table_builder.h"
#include "type_tree.h"
#include "worker_calls.h"

namespace lakehouse::ingest {
namespace {

constexpr int kRewrites = 5;
constexpr const char* kOvertaken = "compaction_overtaken";

class CompactRun {
 public:
  CompactRun(IngestParts& parts, const IngestOptions& options, JobEntry& entry)
      : parts_(parts), options_(options), entry_(entry), stem_("j" + entry.Snapshot().id) {}

  Status Run(const Context& context) {
    for (int attempt = 1;; ++attempt) {
      const Status done = RunOnce(context);
      if (done || done.error().reason() != kOvertaken || attempt >= kRewrites) return done;
    }
  }

 private:
  Status RunOnce(const Context& context) {
    entry_.Update([](Job& job) { job.stage = "detect"; });
    LH_TRY(LoadHead(context));
    const auto plan = PlanCompaction(table_.files, options_.compaction, entry_.by_hand());
    if (!plan) {
      entry_.Update([&](Job& job) {
        job.state = JobState::kUnchanged;
        job.version = table_.snapshot.version;
        job.sequence = table_.snapshot.sequence;
        job.notes = {"nothing to compact: no small files to join and no deleted rows to leave out"};
      });
      return Ok{};
    }
    plan_ = *plan;
    LH_TRY(CheckTypes());
    entry_.Update([&](Job& job) {
      job.bytes_total = plan_.bytes;
      job.bytes_done = 0;
      job.rows_read = plan_.rows_left;
      job.stage = "write";
    });
    auto lease = LH_TRY(parts_.workers.Acquire(context, context.principal, "ingest"));
    sandbox::Worker& worker = lease.worker();
    engine::Session session(worker);
    TableBuilder builder(session, stem_);
    Publisher publisher(parts_, options_.spool, worker, BucketOf({}, head_));
    const Status done = Rewrite(context, builder, publisher, worker);
    if (!done) publisher.Discard(context);
    worker.UnlinkAll();
    Context tidy;
    tidy.deadline = Deadline::After(5'000);
    if (!worker.healthy() || !TidyWorker(tidy, worker, stem_ + ".")) worker.MarkUnhealthy();
    return done;
  }

  Status LoadHead(const Context& context) {
    head_ = LH_TRY(parts_.catalog.Describe(context, {entry_.request().name, {}})).dataset;
    LH_TRY(CheckMayCompact(head_));
    auto resolved = LH_TRY(parts_.catalog.Resolve(context, {{{entry_.request().name, {.version = head_.head.version}}}}));
    if (resolved.tables.size() != 1) return Error(ErrorCode::kInternal, "the catalog resolved another number of tables");
    table_ = std::move(resolved.tables[0]);
    return Ok{};
  }

  /// Files that were registered as they came may hold what our own would spell differently: those stay as they are.
  Status CheckTypes() {
    for (const catalog::Column& column : table_.snapshot.schema.columns) {
      const auto type = ParseType(column.type);
      if (!type || SpellType(StoredType(*type)) != column.type)
        return Error(ErrorCode::kUnprocessable, "column " + column.name + " of \"" + table_.name + "\" is " + column.type +
                                                    ", which would not be written as it is: this dataset cannot be compacted")
            .Named("cannot_compact");
    }
    return Ok{};
  }

  Status Rewrite(const Context& context, TableBuilder& builder, Publisher& publisher, sandbox::Worker& worker) {
    catalog::ResolvedTable part{table_.name, table_.snapshot, plan_.data};
    part.files.insert(part.files.end(), plan_.deletes.begin(), plan_.deletes.end());
    query::FileNames names;
    std::vector<storage::ObjectCache::File> held;
    for (const catalog::DataFile& file : part.files) {
      held.push_back(LH_TRY_WHILE(parts_.cache.Fetch(context, {file.key, file.size_bytes, file.sha256}),
                                  "read dataset \"" + table_.name + "\" at version " + std::to_string(table_.snapshot.version)));
      names[file.key] = LH_TRY(worker.Link(held.back().path()));
    }
    builder.OnProgress([&](double percent) {
      entry_.Update([&](Job& job) { job.bytes_done = static_cast<std::int64_t>(percent / 100 * static_cast<double>(job.bytes_total)); });
    });
    const auto built = LH_TRY(builder.BuildFromSelect(context, query::TableSelect(part, names), table_.snapshot.schema.columns));
    builder.OnProgress({});
    std::int64_t rows = 0;
    for (const BuiltFile& file : built) rows += file.rows;
    if (rows != plan_.rows_left)
      return Error(ErrorCode::kCorruption, "compacting \"" + table_.name + "\" gave " + std::to_string(rows) + " rows, its manifest says " +
                                               std::to_string(plan_.rows_left) + "; nothing was changed, run lakehouse fsck")
          .Named("count_differs");
    entry_.Update([](Job& job) { job.stage = "upload"; });
    std::vector<catalog::DataFile> files;
    for (const BuiltFile& file : built)
      if (file.rows > 0) files.push_back(LH_TRY(publisher.Upload(context, table_.name, catalog::FileContent::kData, file)));
    return Commit(context, publisher, files);
  }

  Status Commit(const Context& context, Publisher& publisher, const std::vector<catalog::DataFile>& files) {
    entry_.Update([](Job& job) { job.stage = "commit"; });
    bool first = true;
    const auto response = LH_TRY(publisher.Commit(context, [&]() -> Result<catalog::CommitRequest> {
      if (!std::exchange(first, false)) {
        LH_TRY(LoadHead(context));
        // What was only added since can stay beside the new files; a delete in the old ones would be lost.
        if (!StillFits(plan_, table_.files))
          return Error(ErrorCode::kConflict, "another commit changed the files that were rewritten").Named(kOvertaken);
      }
      return RequestFor(files);
    }));
    entry_.Update([&](Job& job) {
      job.state = JobState::kCommitted;
      job.existing = true;
      job.rows_loaded = plan_.rows_left;
      job.sequence = response.sequence;
      if (!response.snapshots.empty()) job.version = response.snapshots[0].version;
      job.fingerprint = table_.snapshot.schema.fingerprint;
      for (const catalog::DataFile& file : files) job.object_keys.push_back(file.key);
      job.bytes_done = job.bytes_total;
      job.notes = {std::to_string(plan_.data.size() + plan_.deletes.size()) + " files became " + std::to_string(files.size())};
    });
    return Ok{};
  }

  catalog::CommitRequest RequestFor(const std::vector<catalog::DataFile>& files) const {
    catalog::SnapshotChange change;
    change.dataset = table_.name;
    change.operation = catalog::Operation::kCompact;
    change.base_version = table_.snapshot.version;
    change.add = files;
    for (const catalog::DataFile& file : plan_.data) change.remove.push_back(file.key);
    for (const catalog::DataFile& file : plan_.deletes) change.remove.push_back(file.key);
    const std::string job = entry_.Snapshot().id;
    change.summary = {{"job", job}, {"files_before", std::to_string(change.remove.size())}, {"files_after", std::to_string(files.size())}};
    catalog::CommitRequest request;
    request.events.push_back({"dataset:" + table_.name,
                              "catalog.compact",
                              {{"job", job}, {"files", std::to_string(change.remove.size())}, {"into", std::to_string(files.size())}}});
    request.idempotency = catalog::Idempotency{"ingest-job:" + job, Sha256Hex("compact\n" + table_.name)};
    request.changes.push_back(std::move(change));
    return request;
  }

  IngestParts& parts_;
  const IngestOptions& options_;
  JobEntry& entry_;
  const std::string stem_;
  catalog::Dataset head_;
  catalog::ResolvedTable table_;
  CompactionPlan plan_;
};

}  // namespace

Status CheckMayCompact(const catalog::Dataset& dataset) {
  if (!catalog::IsVectorDataset(dataset.attributes)) return Ok{};
  return Error(ErrorCode::kUnprocessable, "the files of \"" + dataset.name +
                                              "\" belong to a vector index, which numbers their rows and rewrites " +
                                              "them itself: compact the index")
      .Named("cannot_compact");
}

Status RunCompaction(const Context& context, IngestParts& parts, const IngestOptions& options, JobEntry& entry) {
  return CompactRun(parts, options, entry).Run(context);
}

}  // namespace lakehouse::ingest
