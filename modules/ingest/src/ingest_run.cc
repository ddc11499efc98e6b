#include "ingest_run.h"

#include <algorithm>
#include <boost/describe/class.hpp>
#include <cstdlib>

#include "column_names.h"
#include "column_plan.h"
#include "document_intake.h"
#include "documents.h"
#include "earlier_ingest.h"
#include "expectation_check.h"
#include "ingest_wire.h"
#include "lakehouse/base/codec.h"
#include "lakehouse/base/failpoint.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/catalog/dataset_name.h"
#include "lakehouse/catalog/schema.h"
#include "lakehouse/storage/bucket_key.h"
#include "worker_calls.h"

namespace lakehouse::ingest {
namespace {

Failpoint after_parse("ingest.after_parse");

/// Jobs are kept after they have ended, in memory; what was rejected is in its dataset anyway.
constexpr std::size_t kMostFilesReported = 2'000;

/// Shares of the work by time, as measured on wide CSV files.
constexpr double kPrepared = .2, kWritten = .9;
/// Rows are held against the rules between two attempts: others come between more often.
constexpr int kCheckedAttempts = 100;
constexpr const char* kIngestedMeanwhile = "ingested_meanwhile";
constexpr const char* kExpectedOtherwise = "expected otherwise: ";

}  // namespace

std::string BucketOf(const IngestRequest& request, const std::optional<catalog::Dataset>& head) {
  if (request.bucket && !request.bucket->empty()) return *request.bucket;
  const auto found = head ? head->attributes.find(kBucketAttribute) : std::map<std::string, std::string>::const_iterator();
  return head && found != head->attributes.end() ? found->second : std::string(storage::kPrimaryBucket);
}

bool WidensTo(std::string_view found, std::string_view stored) {
  if (found == stored) return true;
  if (stored == "BIGINT") return found == "INTEGER";
  if (stored == "DOUBLE") return found == "FLOAT" || found == "INTEGER";
  return false;
}

IngestRun::IngestRun(IngestParts& parts, const IngestOptions& options, JobEntry& entry, const IngestRequest& request, bool has_rescue,
                     const SourcePart* part)
    : parts_(parts),
      options_(options),
      entry_(entry),
      request_(request),
      part_(part),
      name_(request_.name),
      has_rescue_(has_rescue),
      started_ns_(parts.clock.SteadyNanos()) {
  stem_ = "j" + entry.Snapshot().id + (part != nullptr ? "p" + std::to_string(part->number) : "");
}

void IngestRun::Stage(const char* stage) {
  entry_.Update([&](Job& job) { job.stage = stage; });
}

void IngestRun::Share(double done) {
  const double elapsed = static_cast<double>(parts_.clock.SteadyNanos() - started_ns_) / 1e9;
  entry_.Update([&](Job& job) {
    job.bytes_done = static_cast<std::int64_t>(done * static_cast<double>(job.bytes_total));
    if (done > .01) job.eta_seconds = elapsed * (1 - done) / done;
  });
}

Status IngestRun::Run(const Context& context) {
  Stage("detect");
  LH_TRY(LoadHead(context));
  nested_ = LH_TRY(SettleNested(head_, request_.nested, request_.new_schema));
  sha256_ = request_.sha256.empty() ? LH_TRY(Sha256HexOfFile(request_.path)) : request_.sha256;
  const auto bytes = static_cast<std::int64_t>(LH_TRY(FileSize(request_.path)));
  entry_.Update([&](Job& job) { job.bytes_total = bytes; });
  if (LH_TRY(IsKnown(context))) return Ok{};
  LH_TRY(CheckBase(context));
  base_version_ = head_ ? head_->head.version : 0;
  base_fingerprint_ = head_ ? head_->head.schema.fingerprint : "";
  drift_ = DriftPolicyOf(head_);
  bucket_ = BucketOf(request_, head_);

  lease_.emplace(LH_TRY(parts_.workers.Acquire(context, context.principal, "ingest")));
  sandbox::Worker& worker = lease_->worker();
  session_ = std::make_unique<engine::Session>(worker);
  builder_ = std::make_unique<TableBuilder>(*session_, stem_);
  publisher_ = std::make_unique<Publisher>(parts_, options_.spool, worker, bucket_, has_rescue_ ? options_.rescue_after_ms : 0);
  const Status done = [&]() -> Status {
    if (part_ != nullptr) {
      LH_TRY(PrepareSource(context));
    } else {
      if (LH_TRY(TakeDocuments(context))) return Ok{};
      LH_TRY(Prepare(context, false));
    }
    LH_TRY(SettleColumns(context));
    if (request_.preview) return ShowPreview(context);
    LH_TRY(Build(context));
    LH_TRY(after_parse.Hit());
    LH_TRY(Expect(context));
    return Publish(context);
  }();
  if (!done) publisher_->Discard(context);
  if (worker.healthy()) {
    worker.UnlinkAll();
    Context tidy;
    tidy.deadline = Deadline::After(5'000);
    if (!TidyWorker(tidy, worker, stem_ + ".")) worker.MarkUnhealthy();
  }
  return done;
}

Status IngestRun::LoadHead(const Context& context) {
  rejects_name_ = name_ + "_rejects";
  auto found = parts_.catalog.Describe(context, {name_, {}});
  if (found) {
    head_ = std::move(found->dataset);
    name_ = head_->name;
  } else if (found.error().code() != ErrorCode::kNotFound || request_.mode == Mode::kAppend) {
    return std::move(found).TakeError();
  } else {
    head_.reset();
  }
  return Ok{};
}

/// An upload that waited must not undo what came in meanwhile.
Status IngestRun::CheckBase(const Context& context) {
  if (!request_.base_fingerprint) return Ok{};
  const auto changed = [this](const char* how) {
    return Error(ErrorCode::kConflict, "dataset \"" + name_ + "\" is not what it was when this file was sent: it " + how +
                                           " since. Look at it, then send the file again or give it up.")
        .Named("base_changed");
  };
  // Mode auto meant "create or append" from the start; whether the columns fit is seen later.
  if (request_.base_fingerprint->empty()) return !head_ || request_.mode == Mode::kAuto ? Status(Ok{}) : changed("was made");
  if (!head_) return changed("was dropped");
  if (head_->head.schema.fingerprint != *request_.base_fingerprint) return changed("got other columns");
  if (request_.mode == Mode::kUpsert || request_.mode == Mode::kReplace) return Ok{};  // the commit is pinned to the version
  const std::int64_t base = request_.base_version.value_or(0);
  std::optional<std::int64_t> before;
  while (true) {
    const auto page = LH_TRY(parts_.catalog.History(context, {name_, before, 100}));
    for (const catalog::Snapshot& snapshot : page.snapshots) {
      if (snapshot.version <= base) return Ok{};
      using enum catalog::Operation;
      if (snapshot.operation == kReplace || snapshot.operation == kRestore || snapshot.operation == kCreate) return changed("was replaced");
    }
    if (!page.more || page.snapshots.empty()) return Ok{};
    before = page.snapshots.back().version;
  }
}

Result<bool> IngestRun::IsKnown(const Context& context) {
  if (!head_) return false;
  const auto earlier = LH_TRY(FindEarlierIngest(context, parts_.catalog, *head_, {sha256_, ChoicesText()}, request_.mode));
  if (!earlier) return false;
  if (IsDocumentFormat(earlier->format)) {
    // The newest version of each counts, not that these octets once came; and even those may be read better than they were.
    if (request_.mode != Mode::kReplace || same_) return false;
    if (documents_.empty()) return same_ = earlier, false;
  }
  // Put in place of itself because of this choice.
  const auto nested = earlier->snapshot.summary.find(kNestedAttribute);
  const bool was_kept = nested != earlier->snapshot.summary.end() && nested->second == WireName(Nested::kKeep);
  if (request_.new_schema && request_.nested && was_kept != (nested_ == Nested::kKeep)) return false;
  ReportKnown(*earlier);
  return true;
}

void IngestRun::ReportKnown(const EarlierIngest& earlier) {
  entry_.Update([&](Job& job) {
    job.state = JobState::kUnchanged;
    job.existing = true;
    job.version = earlier.snapshot.version;
    job.sequence = earlier.snapshot.sequence;
    job.rows_read = earlier.rows_read;
    job.rows_loaded = earlier.rows_loaded;
    job.rows_rejected = earlier.rows_rejected;
    if (earlier.rows_rejected > 0) job.rejects_dataset = rejects_name_;
    job.format = earlier.format;
    job.dataset_id = head_->id;
    job.fingerprint = head_->head.schema.fingerprint;
  });
}

/// Finds out whether the file holds documents. True: it does, and the dataset has all of them as they are.
Result<bool> IngestRun::TakeDocuments(const Context& context) {
  DocumentIntake intake(parts_, options_, lease_->worker(), stem_);
  const ListRequest list{request_.path, request_.file_name, request_.format, stem_, options_.max_unpacked_bytes};
  if (!LH_TRY(intake.Find(context, list))) return false;
  if (request_.mode == Mode::kCreate && head_)
    return Error(ErrorCode::kAlreadyExists, "dataset \"" + name_ + "\" exists. Append to it, replace it, or choose another name.")
        .Named("dataset_exists");
  if (is_planned())
    return Error(ErrorCode::kInvalidArgument, "documents have columns of their own, which cannot be sent elsewhere").Named("bad_columns");
  const bool replaces = request_.mode == Mode::kReplace;
  if (head_) LH_TRY(intake.CompareWith(context, *builder_, name_, !replaces || same_));
  Stage("parse");
  const bool reads_more = LH_TRY(intake.ReadAgain(context));
  if (same_ && !reads_more) return ReportKnown(*same_), true;
  if (replaces) intake.TakeAll();
  if (head_ && !replaces && !request_.preview && intake.is_unchanged()) {
    entry_.Update([&](Job& job) {
      job.state = JobState::kUnchanged;
      job.existing = true;
      job.version = head_->head.version;
      job.sequence = head_->head.sequence;
      job.format = intake.format();
      job.dataset_id = head_->id;
      job.fingerprint = head_->head.schema.fingerprint;
    });
    ReportFiles(intake.sources(), {});
    return true;
  }
  LH_TRY(intake.ReadPdfs(context));
  documents_ = intake.sources();
  documents_format_ = intake.format();
  document_ids_ = intake.ids();
  supersedes_ = head_.has_value() && !replaces && intake.supersedes();
  return false;
}

/// What became of each document, for the sender.
void IngestRun::ReportFiles(const std::vector<DocumentSource>& sources, const std::vector<DocumentOutcome>& outcomes) {
  std::vector<FileReport> files;
  for (std::size_t i = 0; i < sources.size() && files.size() < kMostFilesReported; ++i) {
    FileReport file;
    file.uri = sources[i].uri;
    file.format = sources[i].kind;
    file.sha256 = sources[i].sha256;
    file.version = sources[i].version;
    file.state = sources[i].is_unchanged ? "unchanged" : "loaded";
    if (i < outcomes.size()) {
      file.rows = outcomes[i].rows;
      file.pages = outcomes[i].pages;
      file.notes = outcomes[i].notes;
      file.personal = outcomes[i].personal;
      if (!outcomes[i].problem_reason.empty()) {
        file.state = "rejected";
        file.reason = outcomes[i].problem_reason;
        file.notes.insert(file.notes.begin(), outcomes[i].problem);
      }
    }
    files.push_back(std::move(file));
  }
  entry_.Update([&](Job& job) { job.files = std::move(files); });
}

Status IngestRun::Prepare(const Context& context, bool plain_copy) {
  Stage("parse");
  PrepareRequest request;
  request.path = LH_TRY_WHILE(lease_->worker().Link(request_.path), "give the file to a worker");
  request.file_name = request_.file_name;
  request.format = request_.format;
  request.header = request_.header;
  // Each reading of the file leaves files of its own: none writes over another's.
  request.stem = stem_ + (plain_copy ? ".plain" : evolved_.empty() ? ".read" : ".evolved");
  request.plain_copy = plain_copy;
  request.max_unpacked_bytes = options_.max_unpacked_bytes;
  request.choices = request_.columns;
  request.fill_missing = request_.fill_missing || (is_planned() && !is_chosen());
  request.reject_misfits = request_.reject_misfits;
  request.sheet = request_.sheet;
  request.keeps_nested = nested_ == Nested::kKeep;
  request.documents = documents_;
  request.widens = keeps_schema() && drift_.widens && evolved_.empty();
  if (keeps_schema())
    for (const catalog::Column& column : target()) request.target.push_back({column.name, column.type});
  report_ = LH_TRY(PrepareInWorker(context, lease_->worker(), request, [&](std::int64_t done, std::int64_t total) {
    if (total > 0) Share(kPrepared * static_cast<double>(std::min(done, total)) / static_cast<double>(total));
  }));
  if (!documents_.empty()) {
    report_.format = documents_format_;
    ReportFiles(documents_, report_.documents);
  }
  entry_.Update([&](Job& job) {
    job.format = report_.format;
    job.rows_read = report_.rows_read;
    job.rows_rejected = report_.rows_rejected;
    job.notes = report_.notes;
  });
  Share(kPrepared);
  return Ok{};
}

/// The source said what there is; the worker looks for personal data in it.
Status IngestRun::PrepareSource(const Context& context) {
  Stage("parse");
  PrepareRequest request;
  request.path = LH_TRY_WHILE(lease_->worker().Link(request_.path), "give the rows to a worker");
  request.is_rows = true;
  for (const SourceColumn& column : part_->batch.columns) request.target.push_back({column.name, column.type});
  report_ = LH_TRY(PrepareInWorker(context, lease_->worker(), request, {}));
  if (report_.columns.size() != part_->batch.columns.size())
    return Error(ErrorCode::kInternal, "the worker saw other columns than the source has");
  report_.format = part_->kind;
  report_.rows_read = report_.rows_loaded = part_->batch.rows;
  // Names as of a file: folded ones differ, and none is too long for the lake.
  std::vector<std::string> names;
  for (const PreparedColumn& column : report_.columns) names.push_back(column.name);
  names = LH_TRY(MakeColumnNames(names, report_.notes));
  for (std::size_t i = 0; i < names.size(); ++i) report_.columns[i].name = names[i];
  Share(kPrepared);
  return Ok{};
}

Result<std::vector<BuiltFile>> IngestRun::BuildSource(const Context& context) {
  auto built = builder_->BuildFromRows(context, report_.load_path, part_->batch, columns_, from_, false);
  if (!built && built.error().reason() == "count_differs")
    built = builder_->BuildFromRows(context, report_.load_path, part_->batch, columns_, from_, true);
  return built;
}

Status IngestRun::ShowPreview(const Context& context) {
  const bool is_parquet = report_.format == "parquet";
  if (is_parquet) report_.rows_read = report_.rows_loaded = LH_TRY(builder_->CountParquet(context, report_.load_path));
  // A sample is a courtesy: text over which two readers disagree gets its plain copy only when it is written.
  auto sample = is_parquet ? builder_->SampleParquet(context, report_.load_path, columns_, from_)
                           : builder_->SampleText(context, report_, columns_, from_);
  std::vector<RejectedRow> rejects;
  if (!report_.rejects_path.empty())
    for (auto& row : LH_TRY(builder_->SampleRejects(context, report_.rejects_path)))
      if (row.size() == 4)
        rejects.push_back(
            {std::strtoll(row[0].value_or("0").c_str(), nullptr, 10), row[1].value_or(""), row[2].value_or(""), row[3].value_or("")});
  entry_.Update([&](Job& job) {
    if (sample) job.sample = std::move(sample).Take();
    job.rejects = std::move(rejects);
  });
  entry_.Update([&](Job& job) {
    for (const catalog::Column& column : columns_) job.columns.push_back({column.name, column.type, column.tag});
    job.rows_read = report_.rows_read;
    job.rows_loaded = report_.rows_loaded;
    job.rows_rejected = report_.rows_rejected;
    job.existing = head_.has_value();
    job.bytes_done = job.bytes_total;
    job.state = JobState::kPreviewed;
  });
  return Ok{};
}

Status IngestRun::Build(const Context& context) {
  Stage("write");
  builder_->OnProgress([&](double percent) { Share(kPrepared + (kWritten - kPrepared) * std::clamp(percent, 0.0, 100.0) / 100); });
  if (part_ != nullptr) {
    built_ = LH_TRY(BuildSource(context));
  } else if (report_.format == "parquet") {
    built_ = LH_TRY(builder_->BuildFromParquet(context, report_.load_path, columns_, from_));
    for (const BuiltFile& file : built_) report_.rows_read += file.rows;
    report_.rows_loaded = report_.rows_read;
  } else {
    auto built = builder_->BuildFromText(context, report_, columns_, from_);
    const auto in_doubt = [&] { return !built && (built.error().reason() == "count_differs" || built.error().reason() == "bad_value"); };
    if (in_doubt() && !report_.copied) {
      // Two readers disagree about odd text: the plain copy leaves less to disagree about.
      LH_TRY(Prepare(context, true));
      Stage("write");
      built = builder_->BuildFromText(context, report_, columns_, from_);
    }
    if (in_doubt() && built.error().reason() == "count_differs") built = builder_->BuildFromText(context, report_, columns_, from_, true);
    built_ = LH_TRY(std::move(built));
  }
  if (!documents_.empty()) {
    key_ = columns_.at(0);
    if (head_ && request_.mode != Mode::kReplace && !document_ids_.empty())
      kept_keys_ = LH_TRY(builder_->KeepKeys(context, document_ids_, key_));
  } else if (request_.mode == Mode::kUpsert) {
    std::int64_t before = 0, after = 0;
    for (const BuiltFile& file : built_) before += file.rows;
    built_ = LH_TRY(builder_->KeepLastOfKey(context, built_, columns_, key_.name));
    for (const BuiltFile& file : built_) after += file.rows;
    if (after != before)
      entry_.Update(
          [&](Job& job) { job.notes.push_back(std::to_string(before - after) + " rows were followed by a later one with the same key"); });
    kept_keys_ = LH_TRY(builder_->KeepKeys(context, built_, key_));
  }
  if (!report_.rejects_path.empty())
    built_rejects_ =
        LH_TRY(builder_->BuildRejects(context, report_.rejects_path, entry_.Snapshot().id, request_.file_name, RejectColumns()));
  builder_->OnProgress({});
  entry_.Update([&](Job& job) {
    job.rows_read = report_.rows_read;
    job.rows_loaded = report_.rows_loaded;
    job.rows_rejected = report_.rows_rejected;
  });
  Share(kWritten);
  return Ok{};
}

/// What the dataset's rules say about these rows, before any of them leaves the worker.
Status IngestRun::Expect(const Context& context) {
  const auto expectations = LH_TRY(ExpectationsOf(head_));
  if (expectations.empty()) return Ok{};
  Stage("check");
  // Files that left the worker for the store come back for it.
  std::vector<std::string> paths;
  std::vector<storage::ObjectCache::File> held;
  for (const catalog::DataFile& file : files_) {
    held.push_back(LH_TRY(parts_.cache.Fetch(context, {file.key, file.size_bytes, file.sha256})));
    paths.push_back(LH_TRY(lease_->worker().Link(held.back().path())));
  }
  for (const BuiltFile& file : built_)
    if (files_.empty() && file.rows > 0) paths.push_back(TableBuilder::PathOf(file));
  RowsToCome rows{name_, paths, columns_, {}, "", key_};
  if (head_ && request_.mode != Mode::kReplace) {
    rows.base_version = head_->head.version;
    if (request_.mode == Mode::kUpsert || supersedes_) rows.kept_keys = kept_keys_;
  }
  auto results = LH_TRY(CheckExpectations(context, parts_, lease_->worker(), *builder_, rows, expectations));
  entry_.Update([&](Job& job) {
    job.expectations = results;
    std::erase_if(job.notes, [](const std::string& note) { return note.starts_with(kExpectedOtherwise); });
    for (const ExpectationResult& result : results)
      if (!result.passed) job.notes.push_back(kExpectedOtherwise + Describe(result));
  });
  LH_TRY(RefuseFailed(results));
  results_ = std::move(results);
  return Ok{};
}

Status IngestRun::Publish(const Context& context) {
  Stage("upload");
  for (const BuiltFile& file : built_)
    if (file.rows > 0) files_.push_back(LH_TRY(publisher_->Upload(context, name_, catalog::FileContent::kData, file)));
  if (built_rejects_) {
    LH_TRY(catalog::CheckDatasetName(rejects_name_));
    rejects_file_ = LH_TRY(publisher_->Upload(context, rejects_name_, catalog::FileContent::kData, *built_rejects_));
  }
  Stage("commit");
  bool first = true;
  auto committed = publisher_->Commit(
      context,
      [&]() -> Result<catalog::CommitRequest> {
        if (!std::exchange(first, false)) {
          if (request_.base_version && (request_.mode == Mode::kUpsert || request_.mode == Mode::kReplace))
            return Error(ErrorCode::kConflict, "dataset \"" + name_ + "\" is not what it was when this file was sent: it has changed since")
                .Named("base_changed");
          LH_TRY(LoadHead(context));
          if (documents_.empty()) nested_ = LH_TRY(SettleNested(head_, nested_, request_.new_schema));
          if (head_ && !documents_.empty() && request_.mode != Mode::kReplace) {
            // Whoever came between may have brought the same documents: theirs go, whatever they were.
            supersedes_ = !document_ids_.empty();
            if (supersedes_) kept_keys_ = LH_TRY(builder_->KeepKeys(context, document_ids_, key_));
          }
          if (LH_TRY(IsKnown(context)))
            return Error(ErrorCode::kAlreadyExists, "the same file came in meanwhile").Named(kIngestedMeanwhile);
          if (head_ && request_.mode == Mode::kCreate)
            return Error(ErrorCode::kAlreadyExists, "dataset \"" + name_ + "\" was made meanwhile").Named("dataset_exists");
          const bool is_as_found = !evolved_.empty() && head_ && head_->head.schema.fingerprint == base_fingerprint_;
          if (keeps_schema() && !is_as_found && head_->head.schema.fingerprint != FingerprintedSchema(columns_).fingerprint)
            return SchemaConflict(columns_);
          // What was held against the rules was another dataset, perhaps under other rules.
          LH_TRY(Expect(context));
          Stage("commit");
        }
        return Plan(context);
      },
      results_.empty() ? Publisher::kCommitAttempts : kCheckedAttempts);
  if (!committed && committed.error().reason() == kIngestedMeanwhile) {
    publisher_->Discard(context);
    return Ok{};
  }
  const catalog::CommitResponse response = LH_TRY(std::move(committed));
  const auto mine = std::find_if(response.snapshots.begin(), response.snapshots.end(),
                                 [&](const auto& s) { return catalog::FoldName(s.dataset) == catalog::FoldName(name_); });
  entry_.Update([&](Job& job) {
    job.state = JobState::kCommitted;
    job.existing = head_.has_value();
    job.sequence = response.sequence;
    if (mine != response.snapshots.end()) job.version = mine->version;
    job.dataset_id = head_ ? head_->id : catalog::DatasetIdOf(name_);
    job.fingerprint = FingerprintedSchema(columns_).fingerprint;
    if (rejects_file_) job.rejects_dataset = rejects_name_;
    for (const catalog::DataFile& file : files_) job.object_keys.push_back(file.key);
    job.bytes_done = job.bytes_total;
    job.eta_seconds = 0;
  });
  return Ok{};
}

catalog::Operation IngestRun::OperationNow() const {
  if (!head_) return catalog::Operation::kCreate;
  switch (request_.mode) {
    case Mode::kReplace: return catalog::Operation::kReplace;
    case Mode::kUpsert: return documents_.empty() ? catalog::Operation::kUpsert : catalog::Operation::kAppend;
    default: return catalog::Operation::kAppend;
  }
}

std::map<std::string, std::string> IngestRun::Summary() const {
  std::map<std::string, std::string> summary = {{kSummarySource, request_.file_name},
                                                {kSummaryDigest, sha256_},
                                                {kSummaryFormat, report_.format},
                                                {"job", entry_.Snapshot().id},
                                                {kSummaryRead, std::to_string(report_.rows_read)},
                                                {kSummaryLoaded, std::to_string(report_.rows_loaded)},
                                                {kSummaryRejected, std::to_string(report_.rows_rejected)}};
  if (const std::string choices = ChoicesText(); !choices.empty()) summary[kSummaryColumns] = choices;
  if (!results_.empty()) summary[kSummaryExpectations] = EncodeJson(results_);
  if (!evolution_.empty()) summary["schema_change"] = evolution_;
  if (nested_ == Nested::kKeep) summary[kNestedAttribute] = WireName(nested_);
  if (part_ != nullptr && !part_->grows.empty()) {
    summary[kSummaryGrows] = part_->grows;
    summary[kSummaryGrownTo] = part_->batch.grown_to;
  }
  return summary;
}

Result<catalog::CommitRequest> IngestRun::Plan(const Context& context) {
  catalog::SnapshotChange change;
  change.dataset = name_;
  change.operation = OperationNow();
  change.schema = FingerprintedSchema(columns_);
  change.add = files_;
  change.summary = Summary();
  change.replaces_schema = head_.has_value() && (request_.new_schema || !evolved_.empty());
  if (bucket_ != BucketOf({}, head_)) change.attributes[kBucketAttribute] = bucket_ == storage::kPrimaryBucket ? "" : bucket_;
  RecordNested(change);
  DescribePersonalData(change);
  // Pinned even where any head would do: whoever comes between may have brought the same bytes.
  change.base_version = head_ ? head_->head.version : 0;
  if (supersedes_ && LH_TRY(publisher_->AddDeletes(context, *builder_, key_, kept_keys_, change)))
    change.operation = catalog::Operation::kUpsert;
  else if (change.operation == catalog::Operation::kUpsert)
    LH_TRY(publisher_->AddDeletes(context, *builder_, key_, kept_keys_, change));
  const bool is_pinned = change.operation == catalog::Operation::kUpsert || change.operation == catalog::Operation::kReplace;
  if (is_pinned && request_.base_version) change.base_version = request_.base_version;

  if (part_ != nullptr && part_->keeps_position) {
    // Asked after the head was, to which the commit is pinned.
    const auto position =
        head_ ? LH_TRY(FindPosition(context, parts_.catalog, name_, request_.file_name, part_->grows)) : std::optional<std::string>();
    if (position != part_->position)
      return Error(ErrorCode::kUnprocessable, "dataset \"" + name_ +
                                                  "\" was read on from its source, replaced or restored by somebody else "
                                                  "meanwhile; nothing of this batch was taken: run it again")
          .Named("position_moved");
  }

  catalog::CommitRequest request;
  request.events.push_back({"dataset:" + name_,
                            "ingest." + std::string(WireName(change.operation)),
                            {{"file", request_.file_name}, {"rows", std::to_string(report_.rows_loaded)}, {"job", entry_.Snapshot().id}}});
  request.changes.push_back(std::move(change));
  if (rejects_file_) {
    catalog::SnapshotChange rejects;
    rejects.dataset = rejects_name_;
    const auto there = parts_.catalog.Describe(context, {rejects_name_, {}});
    if (!there && there.error().code() != ErrorCode::kNotFound) return there.error();
    rejects.operation = there ? catalog::Operation::kAppend : catalog::Operation::kCreate;
    rejects.schema = FingerprintedSchema(RejectColumns());
    rejects.add = {*rejects_file_};
    rejects.summary = {{kSummarySource, request_.file_name}, {"job", entry_.Snapshot().id}, {"of", name_}};
    request.changes.push_back(std::move(rejects));
  }
  const std::string own_key = "ingest-job:" + entry_.Snapshot().id + (part_ != nullptr ? ":" + std::to_string(part_->number) : "");
  request.idempotency = catalog::Idempotency{request_.idempotency_key ? "ingest:" + *request_.idempotency_key : own_key,
                                             Sha256Hex(name_ + "\n" + std::string(WireName(request_.mode)) + "\n" + request_.key + "\n" +
                                                       sha256_ + ChoicesText() + (request_.new_schema ? "\nnew schema" : "") +
                                                       (request_.nested ? "\nnested " + std::string(WireName(*request_.nested)) : ""))};
  return request;
}

}  // namespace lakehouse::ingest
