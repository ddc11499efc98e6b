#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>

#include "access_state.h"
#include "dataset_state.h"
#include "record.h"

namespace lakehouse::catalog {

/// Where the chain stands.
struct LogHead {
  std::int64_t sequence = 0;
  std::string sha256 = kNoRecordSha256;  ///< of the whole object of record `sequence`
  std::int64_t epoch = 0;
  std::int64_t time_micros = 0;
};

/// The idempotency keys of the last 100,000 transactions and where their answers stand in the log. Keys are kept as digests, so
/// an entry has one size whatever the client sends.
class IdempotencyWindow {
 public:
  static constexpr std::int64_t kTransactions = 100'000;
  using Digest = std::array<unsigned char, 16>;  ///< the first half of a SHA-256
  struct Entry {
    std::int64_t ordinal = 0;  ///< of the transaction, counted from the beginning of the lake
    std::int64_t sequence = 0;
    std::int32_t transaction = 0;  ///< index within the record
    Digest key{};
    Digest request{};
  };

  /// Principals do not see each other's keys.
  static Digest KeyOf(std::string_view principal, std::string_view key);
  static Digest RequestOf(std::string_view request_sha256);

  /// Counts one transaction, and remembers its key if it has one.
  void Add(std::int64_t sequence, std::int32_t transaction, const std::string& principal,
           const std::optional<IdempotencyRecord>& idempotency);
  const Entry* Find(const Digest& key) const;

  /// For checkpoints.
  std::int64_t transactions() const { return transactions_; }
  const std::deque<Entry>& entries() const { return entries_; }
  void Restore(std::int64_t transactions, std::deque<Entry> entries);

 private:
  struct Hash {
    std::size_t operator()(const Digest& key) const;
  };
  std::int64_t transactions_ = 0;
  std::deque<Entry> entries_;                              ///< oldest first
  std::unordered_map<Digest, std::int64_t, Hash> by_key_;  ///< to the ordinal
};

/// The lake after a record: what the log says, and nothing else. No I/O. Not thread-safe; copying costs a pointer per dataset.
class LakeState {
 public:
  using Datasets = std::map<std::string, DatasetRef, std::less<>>;  ///< by folded name, dropped ones too

  /// What a record will change, found without changing anything: a writer prepares before it writes, so that what is durable
  /// can always be accepted.
  struct Prepared {
    CommitRecord record;
    std::string sha256;  ///< of the record's bytes
    std::string lake_id;
    Datasets datasets;  ///< the changed ones
    std::optional<Retention> retention;
    AccessStateRef access;
  };
  /// The next record of the chain. kCorruption: it does not continue the chain or contradicts the state.
  Result<Prepared> Prepare(CommitRecord record, std::string sha256) const;
  /// What was prepared from this state, and nothing accepted since.
  void Accept(Prepared prepared);
  /// Both.
  Status Apply(CommitRecord record, std::string sha256);

  const LogHead& head() const { return head_; }
  const Datasets& datasets() const { return datasets_; }
  std::int64_t live_datasets() const { return live_; }
  /// By any spelling of its name; null when there never was one. May be dropped.
  DatasetRef Find(std::string_view name) const;
  const IdempotencyWindow& idempotency() const { return idempotency_; }
  const std::set<std::string, std::less<>>& condemned() const { return condemned_; }
  const std::set<std::string, std::less<>>& erased() const { return erased_; }
  const std::string& lake_id() const { return lake_id_; }
  /// Of datasets without their own.
  const std::optional<Retention>& retention() const { return retention_; }
  const AccessStateRef& access() const { return access_; }
  /// The last record that says that objects were deleted or erased; 0: none.
  std::int64_t collected() const { return collected_; }

  /// A state as a checkpoint holds it.
  struct Parts {
    LogHead head;
    std::string lake_id;
    Datasets datasets;
    std::int64_t transactions = 0;
    std::deque<IdempotencyWindow::Entry> idempotency;
    std::set<std::string, std::less<>> condemned;
    std::set<std::string, std::less<>> erased;
    std::optional<Retention> retention;
    AccessState access;
    std::int64_t collected = 0;
  };
  static LakeState FromParts(Parts parts);

 private:
  Status CheckChain(const RecordHeader& header) const;

  LogHead head_;
  std::string lake_id_;
  Datasets datasets_;
  std::int64_t live_ = 0;
  IdempotencyWindow idempotency_;
  std::set<std::string, std::less<>> condemned_;
  std::set<std::string, std::less<>> erased_;
  std::optional<Retention> retention_;
  AccessStateRef access_ = std::make_shared<const AccessState>();
  std::int64_t collected_ = 0;
};

/// No such dataset, with the nearest name that exists.
Error NoSuchDataset(const LakeState& state, std::string_view name);

}  // namespace lakehouse::catalog
