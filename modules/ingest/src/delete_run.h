#pragma once
#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "job_table.h"
#include "lakehouse/ingest/local_ingest.h"
#include "publisher.h"

namespace lakehouse::ingest {

/// The dataset as the sender of a deletion saw it.
struct DeleteBase {
  std::int64_t version = 0;
  std::string fingerprint;
};

/// One deletion of rows by key, on the caller's thread.
class DeleteRun {
 public:
  /// `has_rescue`: somebody takes it when the store takes too long. `base`: of one that waited there: rows that came since stay, whatever
  /// their key, and where these cannot be told from the others any more, it ends with kConflict "base_changed".
  DeleteRun(IngestParts& parts, const IngestOptions& options, const DeleteRowsRequest& request, JobEntry& entry, bool has_rescue,
            std::optional<DeleteBase> base = {});

  /// One commit, and the job filled: rows_loaded is the number of rows that went. kUnchanged when no row has such a key.
  Status Run(const Context& context);

  /// After a failure that was the store's: what it takes to do the same later.
  bool store_failed() const { return store_failed_; }
  const DeleteBase& base() const { return found_; }
  const std::string& bucket() const { return bucket_; }

 private:
  Status LoadHead(const Context& context);
  Error BaseChanged(const std::string& how) const;
  Result<bool> HasNewRows(const Context& context) const;
  Result<std::optional<std::set<std::string>>> FilesMeant(const Context& context) const;
  Result<catalog::CommitRequest> Plan(const Context& context, TableBuilder& builder, Publisher& publisher, const std::string& kept_keys);
  Status Delete(const Context& context, TableBuilder& builder, Publisher& publisher);

  IngestParts& parts_;
  const IngestOptions& options_;
  const DeleteRowsRequest& request_;
  JobEntry& entry_;
  const bool has_rescue_;
  const std::optional<DeleteBase> base_;
  DeleteBase found_;
  std::string stem_, bucket_;
  bool store_failed_ = false;
  std::int64_t rows_ = 0;
  catalog::Dataset head_;
  catalog::Column key_;
};

}  // namespace lakehouse::ingest
