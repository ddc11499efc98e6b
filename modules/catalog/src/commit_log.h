#pragma once
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lakehouse/base/guarded.h"
#include "record.h"
#include "segment.h"
#include "store_access.h"

namespace lakehouse::catalog {

/// A record as it was read: decoded, with its octets and their digest.
struct StoredRecord {
  CommitRecord record;
  std::string octets;
  std::string sha256;
};

/// The records of one lake in its store: one object each, the older ones in segments. Knows how an append is settled and where
/// a record is found, but not what records mean. Thread-safe.
class CommitLog {
 public:
  /// Both must outlive it.
  CommitLog(storage::ObjectStore& store, TableCodec& codec, RetryOptions retry) : store_(store), codec_(codec), retry_(retry) {}

  /// Record `sequence`, from its own object or from its segment. Nothing when it does not exist. kCorruption: damaged, or
  /// another record stands in its place.
  Result<std::optional<StoredRecord>> Find(const Context& context, std::int64_t sequence);
  /// As Find, for `first` and as many that follow it without a gap, at most `limit`: their objects are fetched side by side, for a store
  /// where each takes a round trip. Empty when there is no `first`.
  Result<std::vector<StoredRecord>> FindRun(const Context& context, std::int64_t first, std::size_t limit);
  /// The same for one that must exist: kCorruption otherwise.
  Result<StoredRecord> Load(const Context& context, std::int64_t sequence);
  /// As FindRun, for records that must exist; at least one.
  Result<std::vector<StoredRecord>> LoadRun(const Context& context, std::int64_t first, std::size_t limit);

  enum class Outcome {
    kAppended,  ///< durable, and part of the chain
    kLost,      ///< another record has this number, or the number was already removed from the log: another writer took over
  };
  /// Makes record `sequence`, if there is none. An ambiguous answer is read back: the same octets are ours. Nothing is ever
  /// deleted here. kOutcomeUnknown: could not be settled; call again with the same octets. Any other error: nothing happened.
  Result<Outcome> Append(const Context& context, std::int64_t sequence, const std::string& octets);

  /// Records up to this one stand in segments, and their own objects may be gone. Rises only.
  Result<std::int64_t> LoadBoundary(const Context& context);

  /// Packs records `first` to `last` into a segment, reads it back, raises the boundary, and removes the records' objects. Can be
  /// repeated after a failure at any point. Both ends must be those of a whole segment.
  Status Pack(const Context& context, std::int64_t first, std::int64_t last);
  /// Removes objects of records below the boundary that a crash or a writer without a lock left behind.
  Status RemovePacked(const Context& context);
  /// In order. Overlapping ones are an error: kCorruption.
  Result<std::vector<SegmentName>> ListSegments(const Context& context);
  using Records = std::shared_ptr<const std::vector<std::string>>;
  Result<Records> LoadSegment(const Context& context, const SegmentName& name);

  /// For who found no record after `head`. True: there is one all the same, read on. kCorruption, reason "log_gap": a later one
  /// exists, but not the next one.
  Result<bool> FindMoreAfter(const Context& context, std::int64_t head);

 private:
  struct Memory {
    std::int64_t boundary = 0;
    std::vector<SegmentName> segments;
    std::list<std::pair<std::string, Records>> loaded;  ///< last used first
  };
  Result<std::optional<StoredRecord>> FindInSegments(const Context& context, std::int64_t sequence);
  Result<bool> LearnFromSegments(const Context& context, std::int64_t sequence);
  Result<std::optional<StoredRecord>> Decode(std::int64_t sequence, std::string octets);
  Result<std::optional<Outcome>> ReadBack(const Context& context, std::int64_t sequence, const std::string& octets);
  Status CheckBoundary(const Context& context, std::int64_t sequence, Outcome& outcome);
  Status RaiseBoundary(const Context& context, std::int64_t boundary);
  Result<std::vector<std::string>> LoadRange(const Context& context, std::int64_t first, std::int64_t last);

  storage::ObjectStore& store_;
  TableCodec& codec_;
  const RetryOptions retry_;
  Guarded<Memory> memory_;
};

}  // namespace lakehouse::catalog
