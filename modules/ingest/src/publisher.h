#pragma once
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lakehouse/ingest/local_ingest.h"
#include "table_builder.h"

namespace lakehouse::ingest {

/// A change of one dataset on its way: what was built is brought into the store, then committed. One job, one thread.
class Publisher {
 public:
  /// `bucket`: where the files go. `store_patience_ms`: for which a store may try to take one, beside a second per MiB; 0: as the context.
  Publisher(IngestParts& parts, const std::string& spool, sandbox::Worker& worker, std::string bucket, std::int64_t store_patience_ms = 0)
      : parts_(parts), spool_(spool), worker_(worker), bucket_(std::move(bucket)), store_patience_ms_(store_patience_ms) {}

  /// The file leaves the worker and becomes a durable object under a fresh key of the dataset.
  Result<catalog::DataFile> Upload(const Context& context, const std::string& dataset, catalog::FileContent content, const BuiltFile& file);

  /// Links the head's files into the worker and computes which positions the kept keys delete; uploads the result. `change` gets the base
  /// version and the delete file; false when nothing is deleted. `only`: rows of other files stay.
  Result<bool> AddDeletes(const Context& context, TableBuilder& builder, const catalog::Column& key, const std::string& kept_keys,
                          catalog::SnapshotChange& change, const std::set<std::string>* only = nullptr);

  static constexpr int kCommitAttempts = 10;
  /// Commits what `plan` makes of the current state, and plans anew when the state moved (kConflict), `attempts` times at most. An unclear
  /// outcome is asked again under the same idempotency key.
  Result<catalog::CommitResponse> Commit(const Context& context, const std::function<Result<catalog::CommitRequest>()>& plan,
                                         int attempts = kCommitAttempts);

  /// Objects of a change that surely was not committed are removed, as far as that works; gc finds the rest.
  void Discard(const Context& context);

  /// The last failure was the store's: another one may keep the upload until this one takes it.
  bool store_failed() const { return store_failed_; }

 private:
  Context Patient(const Context& context, std::int64_t bytes) const;
  /// Whether it was the store that failed, and not the caller's time. Null: nothing failed.
  void BookFailure(const Context& context, const Error* error);

  IngestParts& parts_;
  const std::string& spool_;
  sandbox::Worker& worker_;
  const std::string bucket_;
  const std::int64_t store_patience_ms_;
  bool store_failed_ = false;
  std::optional<std::int64_t> epoch_;
  std::vector<std::string> uploaded_;
  bool may_be_committed_ = false;
};

}  // namespace lakehouse::ingest
