#include "publisher.h"

#include <unistd.h>

#include "lakehouse/base/failpoint.h"
#include "lakehouse/base/file.h"
#include "lakehouse/base/hash.h"
#include "lakehouse/base/uuid.h"
#include "lakehouse/storage/bucket_key.h"

namespace lakehouse::ingest {
namespace {

Failpoint after_data_put("ingest.after_data_put");
Failpoint before_commit("ingest.before_commit");
Failpoint after_commit("ingest.after_commit");

constexpr std::int64_t kBytesPerMilli = (std::int64_t{1} << 20) / 1'000;
constexpr int kUnclearAttempts = 3;

/// The store takes a file away; what it could not take goes when this does.
struct SpooledFile {
  const std::string& path;
  ~SpooledFile() { ::unlink(path.c_str()); }
};

/// Whether a store that answers so may take it later, or another one now.
bool IsStoreAway(const Error& error) {
  if (error.code() == ErrorCode::kUnavailable)
    return error.reason() != "not_writer" && error.reason() != "fenced" && error.reason() != "commit_queue_full" &&
           error.reason() != "bucket_closing";
  return error.code() == ErrorCode::kDeadlineExceeded || error.code() == ErrorCode::kOutcomeUnknown;
}

/// Whether this answer says that the commit was not made and will not be.
bool IsRefusal(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kConflict:
    case ErrorCode::kAlreadyExists:
    case ErrorCode::kNotFound:
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kUnprocessable: return true;
    case ErrorCode::kUnavailable: {
      const std::string_view reason = error.reason();
      return reason == "not_writer" || reason == "fenced" || reason == "disk_full" || reason == "commit_queue_full";
    }
    default: return false;
  }
}

}  // namespace

Context Publisher::Patient(const Context& context, std::int64_t bytes) const {
  Context patient = context;
  if (store_patience_ms_ > 0) patient.deadline = context.deadline.Or(Deadline::After(store_patience_ms_ + bytes / kBytesPerMilli));
  return patient;
}

void Publisher::BookFailure(const Context& context, const Error* error) {
  store_failed_ = error != nullptr && IsStoreAway(*error) && context.Check().ok();
}

Result<catalog::DataFile> Publisher::Upload(const Context& context, const std::string& dataset, catalog::FileContent content,
                                            const BuiltFile& file) {
  if (!epoch_) epoch_ = LH_TRY(parts_.catalog.LoadStatus(context, {})).epoch;
  const std::string id = NewUuid(parts_.clock, parts_.random).ToString();
  const std::string path = spool_ + "/" + id + ".parquet";
  LH_TRY_WHILE(worker_.Take("tmp/" + file.name, path), "take what the worker wrote");
  const SpooledFile spooled{path};
  catalog::DataFile object;
  object.content = content;
  object.key = storage::InBucket(bucket_, "datasets/" + dataset + (content == catalog::FileContent::kData ? "/data/" : "/deletes/") +
                                              std::to_string(*epoch_) + "-" + id + ".parquet");
  object.rows = file.rows;
  object.statistics = file.statistics;
  object.size_bytes = static_cast<std::int64_t>(LH_TRY(FileSize(path)));
  object.sha256 = LH_TRY(Sha256HexOfFile(path));
  auto put = parts_.store.PutFileIfAbsent(Patient(context, object.size_bytes), object.key, path);
  BookFailure(context, put ? nullptr : &put.error());
  LH_TRY_WHILE(std::move(put), "store " + object.key);
  uploaded_.push_back(object.key);
  LH_TRY(after_data_put.Hit());
  return object;
}

Result<bool> Publisher::AddDeletes(const Context& context, TableBuilder& builder, const catalog::Column& key, const std::string& kept_keys,
                                   catalog::SnapshotChange& change, const std::set<std::string>* only) {
  const auto resolved = parts_.catalog.Resolve(Patient(context, 0), {{{change.dataset, {}}}});
  BookFailure(context, resolved ? nullptr : &resolved.error());
  if (!resolved) return resolved.error();
  if (resolved->tables.size() != 1) return Error(ErrorCode::kInternal, "the catalog resolved another number of tables");
  const catalog::ResolvedTable& table = resolved->tables[0];
  change.base_version = table.snapshot.version;
  std::vector<TableBuilder::BaseFile> base, deletes;
  std::vector<storage::ObjectCache::File> held;
  for (const catalog::DataFile& file : table.files) {
    if (only != nullptr && file.content == catalog::FileContent::kData && !only->contains(file.key)) continue;
    auto fetched = parts_.cache.Fetch(Patient(context, file.size_bytes), {file.key, file.size_bytes, file.sha256});
    BookFailure(context, fetched ? nullptr : &fetched.error());
    held.push_back(LH_TRY(std::move(fetched)));
    (file.content == catalog::FileContent::kData ? base : deletes).push_back({file.key, LH_TRY(worker_.Link(held.back().path()))});
  }
  const auto built = LH_TRY(builder.BuildDeletes(context, base, deletes, key, kept_keys,
                                                 change.replaces_schema || table.snapshot.schema.evolved.value_or(false)));
  if (!built) return false;
  change.add.push_back(LH_TRY(Upload(context, change.dataset, catalog::FileContent::kPositionDeletes, *built)));
  return true;
}

Result<catalog::CommitResponse> Publisher::Commit(const Context& context, const std::function<Result<catalog::CommitRequest>()>& plan,
                                                  int attempts) {
  for (int attempt = 1;; ++attempt) {
    const catalog::CommitRequest request = LH_TRY(plan());
    LH_TRY(before_commit.Hit());
    may_be_committed_ = true;
    Result<catalog::CommitResponse> response = parts_.catalog.Commit(context, request);
    bool unclear = false;
    for (int again = 1; !response && response.error().code() == ErrorCode::kOutcomeUnknown && again < kUnclearAttempts; ++again) {
      unclear = true;
      response = parts_.catalog.Commit(context, request);
    }
    if (response) {
      LH_TRY(after_commit.Hit());
      return response;
    }
    // After an unclear answer only one that looked at the state of the lake settles it, not one that never came so far.
    may_be_committed_ = !IsRefusal(response.error()) || (unclear && response.error().code() == ErrorCode::kUnavailable);
    const bool moved = response.error().code() == ErrorCode::kConflict || response.error().reason() == "dataset_exists";
    store_failed_ = response.error().code() == ErrorCode::kUnavailable && IsStoreAway(response.error()) && context.Check().ok();
    if (!moved || attempt >= attempts) return response;
  }
}

void Publisher::Discard(const Context& context) {
  if (may_be_committed_) return;
  Context cleanup;
  cleanup.principal = context.principal;
  cleanup.trace = context.trace;
  cleanup.deadline = Deadline::After(10'000);
  for (const std::string& key : uploaded_)
    if (!parts_.store.Delete(cleanup, key)) break;
  uploaded_.clear();
}

}  // namespace lakehouse::ingest
