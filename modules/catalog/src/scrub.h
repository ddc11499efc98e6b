#pragma once
#include <functional>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "byte_pacer.h"
#include "lakehouse/catalog/upkeep.h"
#include "record.h"

namespace lakehouse::catalog {

/// One scrub, on one thread: every object of the lake against the digest it was committed with.
class LakeScrub {
 public:
  /// `progress` is called after every object.
  LakeScrub(LocalUpkeep::Parts parts, std::int64_t bytes_per_second, std::function<void(const ScrubRun&)> progress);

  /// The totals. Fails with the store or when the context ends, never for damage.
  Result<ScrubRun> Run(const Context& context);

 private:
  struct Wanted {
    std::string key;
    std::int64_t size_bytes = -1;  ///< -1: not known
    std::string sha256;
  };
  Status CheckLogObjects(const Context& context);
  Status CheckNamed(const Context& context, const std::string& key, const std::string& sha256);
  Status CheckRecordObject(const Context& context, const std::string& key);
  Status CheckSnapshots(const Context& context);
  Status ReadRecords(const Context& context, const std::function<Status(const CommitRecord&)>& use);
  Status CheckManifest(const Context& context, const ObjectRef& manifest);
  Status CheckObject(const Context& context, const ObjectRef& object);
  Status CheckBesides(const Context& context);
  Status SettleMissing(const Context& context);
  Status ClearForgotten(const Context& context);
  void NoteGone(const CommitRecord& record);
  bool IsGone(const std::string& key) const;
  Status Whole(const Context& context, const std::string& key, std::int64_t bytes);
  Status Damaged(const Context& context, storage::DamagedObject damage);
  void Count(std::int64_t bytes);

  const LocalUpkeep::Parts parts_;
  BytePacer pacer_;
  const std::function<void(const ScrubRun&)> progress_;
  ScrubRun run_;
  std::int64_t next_record_ = 1;
  std::unordered_set<std::uint64_t> seen_;  ///< Xxh3 of keys that were looked at
  std::unordered_set<std::uint64_t> gone_;  ///< of keys that are condemned, deleted or erased
  std::vector<Wanted> missing_;             ///< perhaps collected by now
  std::set<std::string> damaged_;
};

}  // namespace lakehouse::catalog
