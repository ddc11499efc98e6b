#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "lakehouse/catalog/self_checked.h"
#include "lakehouse/catalog/table_codec.h"
#include "lakehouse/storage/object_store.h"

namespace lakehouse::catalog {

/// How deep to look; each level does what the ones before do.
enum class FsckLevel {
  kChain,      ///< every record, segment and checkpoint: digests, chain, contents
  kReachable,  ///< every manifest, and that every file it names exists with its length
  kDigests,    ///< every byte of every file, and of what stands beside the datasets
};

struct FsckOptions {
  FsckLevel level = FsckLevel::kReachable;
  /// Derived objects that are damaged: checkpoints are removed (the next one is written anew), gc.boundary and format.json are made
  /// from the log, segments whose records are all there are removed, records that stand in segments and saved vector indexes go. Never
  /// data.
  bool repair = false;
  SelfChecks self_checks{};
};

struct FsckFinding {
  std::string reason;  ///< "broken_chain", "corrupt_object", "missing_object", "wrong_totals", "corrupt_checkpoint", "packed_leftover",
                       ///< "copy_unfinished", "unreferenced" (the first hundred)
  std::string key;
  std::string message;
  bool is_damage = true;  ///< false: worth knowing, harmless
  bool repaired = false;
  std::string repair;  ///< what --repair does about it; empty: nothing
};

struct FsckReport {
  std::vector<FsckFinding> findings;
  std::int64_t records = 0;
  std::int64_t segments = 0;
  std::int64_t checkpoints = 0;
  std::int64_t snapshots = 0;
  std::int64_t manifests = 0;
  std::int64_t files = 0;
  std::int64_t besides = 0;       ///< objects that no snapshot is about: logs, saved indexes, records of buckets
  std::int64_t bytes = 0;         ///< of files that were looked at
  std::int64_t unreferenced = 0;  ///< objects under datasets/ that no kept snapshot names: uploads that were never committed, what expired
  std::string head_sha256;

  /// No damage that is still there.
  bool IsClean() const;
};

/// Reads the whole lake; may run beside a writer, whose newest commits it may not see. Fails only when the store does, or the
/// context ends: damage is a finding.
Result<FsckReport> RunFsck(const Context& context, storage::ObjectStore& store, TableCodec& codec, const FsckOptions& options);

}  // namespace lakehouse::catalog
