#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "commit_log.h"
#include "lake_state.h"
#include "lakehouse/base/clock.h"
#include "lakehouse/base/random.h"
#include "manifest_store.h"

namespace lakehouse::catalog {

/// What must be true in the store before the record that says so.
struct PlannedObjects {
  std::size_t change = 0;  ///< of the transaction: whose manifest this is
  std::vector<DataFile> must_exist;
  bool is_restore = false;   ///< files that are missing were deleted since, and are not the caller's mistake
  std::string manifest_key;  ///< to write; empty: there is none to write
  FileListRef files;
};
struct PlannedTransaction {
  Transaction transaction;  ///< complete but for the manifests
  std::vector<PlannedObjects> objects;
};

/// Decides the transactions of one record, each on the state that the accepted ones before it leave. Reads manifests and old
/// records, writes nothing. For one record and one thread.
class CommitPlanner {
 public:
  /// What a planner reads; all must outlive it.
  struct Parts {
    const LakeState& state;
    ManifestStore& manifests;
    CommitLog& log;
    const Clock& clock;
    Random& random;
  };
  CommitPlanner(Parts parts, RecordHeader header) : parts_(parts), header_(std::move(header)) {}

  /// The transaction to record; on failure the planner is as it was. Errors as in Catalog::Commit. `more` are changes that do
  /// not come from callers.
  Result<PlannedTransaction> Plan(const Context& context, const CommitRequest& request, const std::vector<ChangeRecord>& more);

 private:
  /// A dataset as this record leaves it so far.
  struct Ahead {
    DatasetRef dataset;
    FileListRef files;  ///< null: those of the head's manifest
  };
  using Overlay = std::map<std::string, Ahead>;

  Result<SnapshotRecord> PlanSnapshot(const Context& context, const SnapshotChange& change, Overlay& overlay, PlannedObjects& objects);
  Status PlanFiles(const Context& context, const SnapshotChange& change, const Ahead& current, SnapshotRecord& snapshot,
                   PlannedObjects& objects);
  Status PlanRestore(const Context& context, const SnapshotChange& change, const Ahead& current, SnapshotRecord& snapshot,
                     PlannedObjects& objects);
  Result<TagRecord> PlanTag(const TagChange& change, Overlay& overlay);
  Result<RetentionRecord> PlanRetention(const RetentionChange& change, Overlay& overlay);
  Result<DropRecord> PlanDrop(const std::string& name, Overlay& overlay);
  Status CheckNotCondemned(const SnapshotChange& change) const;
  Ahead Current(const Overlay& overlay, std::string_view name) const;
  Result<FileListRef> FilesOf(const Context& context, const Ahead& ahead);

  const Parts parts_;
  const RecordHeader header_;
  Overlay overlay_;
  std::set<std::string> condemned_;  ///< by transactions of this record
};

}  // namespace lakehouse::catalog
