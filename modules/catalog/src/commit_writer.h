#pragma once
#include <atomic>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "commit_planner.h"
#include "commit_queue.h"
#include "shared_lake.h"

namespace lakehouse::catalog {

/// Turns batches of transactions into records: decides, writes the manifests, appends, accepts. The only place that changes a
/// lake. One thread at a time.
class CommitWriter {
 public:
  struct Parts {
    storage::ObjectStore& store;
    CommitLog& log;
    ManifestStore& manifests;
    SharedLake& lake;
    const Clock& clock;
    Random& random;
  };
  struct Options {
    std::int64_t append_timeout_ms = 30'000;  ///< of one batch against a store that does not answer
    std::size_t threads = 16;                 ///< for the manifests of one batch: they wait for the disk, which takes many at once
  };
  /// `fenced` is called once, when another writer has taken over.
  CommitWriter(Parts parts, Options options, std::function<void(const std::string& why)> fenced)
      : parts_(parts), options_(options), fenced_(std::move(fenced)) {}

  /// One answer per submission. Once fenced, all are kUnavailable, reason "fenced".
  std::vector<Result<CommitResponse>> Commit(std::span<const SubmissionRef> batch);

  /// Bytes of records since the last call.
  std::int64_t TakeAppendedBytes() { return std::exchange(appended_bytes_, 0); }

  /// Makes this the writer of the lake: a record with the next epoch. The lake must be at the head. False: another record came
  /// first, read it and try again.
  Result<bool> BeginEpoch(const Context& context, const std::string& lake_id, const std::string& writer);

 private:
  struct Item;
  /// A record that may be durable: nothing else can be written before that is known.
  struct Unsettled {
    LakeState::Prepared prepared;
    std::string octets;
  };

  RecordHeader NextHeader(std::int64_t epoch) const;
  Context OwnContext() const;
  Status SettleUnsettled();
  void PlanAll(std::vector<Item>& items, const RecordHeader& header);
  std::optional<Result<CommitResponse>> FindReplay(const Item& item);
  bool WriteObjects(std::vector<Item>& items);
  Status WriteObjectsOf(Item& item);
  /// Removes manifests that no record will name, as far as the store lets it: the rest is gc's.
  void DiscardObjects(std::span<Item* const> items);
  void AppendAll(std::vector<Item>& items, const RecordHeader& header);
  /// Appends and accepts. False: lost. `may_exist`: an earlier attempt was not settled.
  Result<bool> AppendPrepared(Unsettled record, bool may_exist);
  Error Fence(const std::string& why);

  const Parts parts_;
  const Options options_;
  const std::function<void(const std::string& why)> fenced_;
  std::optional<Unsettled> unsettled_;
  bool is_fenced_ = false;
  std::int64_t appended_bytes_ = 0;
};

}  // namespace lakehouse::catalog
