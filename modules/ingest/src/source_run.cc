#include "source_run.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <thread>

#include "earlier_ingest.h"
#include "ingest_run.h"
#include "lakehouse/base/uuid.h"
#include "table_source.h"

namespace lakehouse::ingest {
namespace {

constexpr std::string_view kSecretPrefix = "source.";  // no other secret can be sent to a database
constexpr std::int64_t kMostBatchRows = 10'000'000;
constexpr unsigned kAttemptsToBegin = 2;  // a wrong address shall not keep anybody waiting

struct RowsFile {
  std::string path;
  ~RowsFile() { ::unlink(path.c_str()); }
};

class SourceRun {
 public:
  SourceRun(IngestParts& parts, const IngestOptions& options, JobEntry& entry, Source& source)
      : parts_(parts), options_(options), entry_(entry), source_(source), request_(entry.request()) {
    request_.owned = false;
    request_.database.reset();
    request_.file_name = source.Lineage();
    part_.kind = source.Kind();
    part_.grows = source.GrowingColumn();
  }

  Status Run(const Context& context) {
    const Status done = RunParts(context);
    if (!done && has_committed_)
      entry_.Update([&](Job& job) {
        job.notes.push_back(std::to_string(rows_) + " rows were committed before this; the next run goes on after them");
      });
    return done;
  }

 private:
  Status RunParts(const Context& context) {
    LH_TRY(FindPlace(context));
    for (bool more = true; more; ++part_.number) {
      const RowsFile file{options_.spool + "/" + NewUuid(parts_.clock, parts_.random).ToString() + ".rows"};
      part_.batch = LH_TRY(Read(context, file.path));
      more = part_.batch.more;
      if (part_.batch.rows == 0 && !part_.grows.empty() && exists_) break;
      request_.path = file.path;
      request_.sha256 = part_.batch.sha256;
      request_.mode = ModeOfPart();
      LH_TRY(IngestRun(parts_, options_, entry_, request_, false, &part_).Run(context));
      Count();
      exists_ = true;
      if (!part_.batch.grown_to.empty()) position_ = part_.batch.grown_to;
      part_.position = position_;
      part_.keeps_position = !part_.grows.empty();
    }
    Report();
    return Ok{};
  }

  /// Where reading begins.
  Status FindPlace(const Context& context) {
    const auto described = parts_.catalog.Describe(context, {request_.name, {}});
    if (!described && described.error().code() != ErrorCode::kNotFound) return described.error();
    exists_ = described.ok();
    if (described) version_ = described->dataset.head.version;
    const bool goes_on = !part_.grows.empty() && request_.mode != Mode::kReplace && request_.mode != Mode::kCreate;
    if (!goes_on) return Ok{};
    part_.keeps_position = true;
    if (!exists_) return Ok{};
    part_.position = LH_TRY(FindPosition(context, parts_.catalog, request_.name, request_.file_name, part_.grows));
    if (!part_.position && request_.mode != Mode::kUpsert)
      return Error(ErrorCode::kConflict,
                   "dataset \"" + request_.name + "\" does not say up to where " + part_.grows + " of " + request_.file_name +
                       " was read: its rows came otherwise, or an older version was restored. Read it anew with mode replace, or with mode "
                       "upsert and a key.")
          .Named("no_position");
    position_ = part_.position.value_or("");
    return Ok{};
  }

  /// A whole source takes the place of what it was; of one that grows the later batches go behind the first.
  Mode ModeOfPart() const {
    const Mode asked = entry_.request().mode;
    if (part_.grows.empty()) return asked == Mode::kAuto ? Mode::kReplace : asked;
    if (asked == Mode::kUpsert || part_.number == 1) return asked;
    return Mode::kAppend;
  }

  Result<SourceBatch> Read(const Context& context, const std::string& path) {
    std::int64_t pause_ms = options_.source_retry_ms;
    for (unsigned attempt = 1;; ++attempt) {
      entry_.Update([](Job& job) { job.stage = "read"; });
      auto batch = source_.Read(context, position_, path, [&](std::int64_t bytes) -> Status {
        has_begun_ = true;
        entry_.Update([&](Job& job) { job.bytes_done = bytes_ + bytes; });
        return context.Check();
      });
      if (batch) {
        has_begun_ = true;
        return batch;
      }
      ::unlink(path.c_str());
      const bool is_lost = batch.error().code() == ErrorCode::kUnavailable && batch.error().reason() == "source_lost";
      if (!is_lost || attempt >= (has_begun_ ? options_.source_attempts : kAttemptsToBegin)) return batch;
      parts_.log.Warning("a source was lost; it is read again", {{"source", source_.Lineage()}, {"error", batch.error().ToString()}});
      if (!was_lost_) entry_.Update([&](Job& job) { job.notes.emplace_back("the source was lost on the way; it was read again"); });
      was_lost_ = true;
      LH_TRY(Pause(context, pause_ms));
      pause_ms = std::min(pause_ms * 2, options_.source_retry_ms * 10);
    }
  }

  static Status Pause(const Context& context, std::int64_t pause_ms) {
    constexpr std::int64_t kTickMs = 50;
    for (std::int64_t left = pause_ms; left > 0; left -= kTickMs) {
      LH_TRY(context.Check());
      std::this_thread::sleep_for(std::chrono::milliseconds(std::min(left, kTickMs)));
    }
    return context.Check();
  }

  /// The job says what all its parts did.
  void Count() {
    bytes_ += part_.batch.bytes;
    for (const auto& [column, count] : part_.batch.nulled) nulled_[column] += count;
    entry_.Update([&](Job& job) {
      has_committed_ = has_committed_ || job.state == JobState::kCommitted;
      rows_ += job.rows_loaded;
      if (part_.number == 1) existing_ = job.existing;
    });
  }

  void Report() {
    entry_.Update([&](Job& job) {
      job.format = part_.kind;
      for (const auto& [column, count] : nulled_)
        job.notes.push_back("dates of " + column + " without a year, month or day became null: " + std::to_string(count));
      if (part_.number == 1 || (!has_committed_ && job.state != JobState::kUnchanged)) {
        job.state = JobState::kUnchanged;  // nothing new
        job.existing = true;
        if (!job.version) job.version = version_;
        job.name = request_.name;
        return;
      }
      if (has_committed_) job.state = JobState::kCommitted;
      job.existing = existing_;
      job.rows_loaded = job.rows_read = rows_;
      job.bytes_total = job.bytes_done = bytes_;
    });
  }

  IngestParts& parts_;
  const IngestOptions& options_;
  JobEntry& entry_;
  Source& source_;
  IngestRequest request_;
  SourcePart part_;
  std::string position_;
  std::map<std::string, std::int64_t> nulled_;
  std::int64_t version_ = 0, bytes_ = 0, rows_ = 0;
  bool exists_ = false, existing_ = false, has_begun_ = false, was_lost_ = false, has_committed_ = false;
};

}  // namespace

Status CheckSource(const IngestRequest& request, const IngestOptions& options) {
  const DatabaseTable& table = *request.database;
  const DatabaseAddress address = LH_TRY(ParseDatabaseUrl(table.url));
  LH_TRY(CheckDatabaseHost(address, options.databases));
  LH_TRY(ParseTableName(address.kind, table.table));
  if (!table.password.empty() && (!table.password.starts_with(kSecretPrefix) || table.password.size() == kSecretPrefix.size()))
    return Error(ErrorCode::kInvalidArgument,
                 "the password is given as the name of a secret, which begins with \"source.\": source.hr is LAKEHOUSE_SECRET_SOURCE_HR in "
                 "the server's environment, or a line of its secrets_file")
        .Named("bad_secret");
  if (table.batch_rows < 0 || table.batch_rows > kMostBatchRows)
    return Error(ErrorCode::kInvalidArgument, "batch_rows is at most " + std::to_string(kMostBatchRows)).Named("bad_batch_rows");
  if (request.preview)
    return Error(ErrorCode::kInvalidArgument, "a table of a database cannot be previewed; look at it where it is")
        .Named("unexpected_preview");
  return Ok{};
}

Result<std::string> LineageOf(const DatabaseTable& table) {
  return LH_TRY(OpenTableSource({.address = LH_TRY(ParseDatabaseUrl(table.url)), .table = table.table}))->Lineage();
}

Result<std::unique_ptr<Source>> OpenSource(const IngestRequest& request, IngestParts& parts, const IngestOptions& options) {
  const DatabaseTable& from = *request.database;
  SourceTable table{.address = LH_TRY(ParseDatabaseUrl(from.url)), .table = from.table, .password = {}, .grows = from.incremental};
  if (from.batch_rows > 0) table.batch_rows = from.batch_rows;
  table.busy_patience_ms = options.source_patience_ms;
  if (!from.password.empty()) {
    auto secret = parts.secrets == nullptr ? std::optional<Secret>() : LH_TRY(parts.secrets->Find(from.password));
    if (!secret) return Error(ErrorCode::kInvalidArgument, "this server has no secret \"" + from.password + "\"").Named("secret_not_found");
    table.password = std::move(*secret);
  }
  return OpenTableSource(std::move(table));
}

Status RunSource(const Context& context, IngestParts& parts, const IngestOptions& options, JobEntry& entry, Source& source) {
  return SourceRun(parts, options, entry, source).Run(context);
}

}  // namespace lakehouse::ingest
