#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "change_log.h"
#include "generation_store.h"
#include "lakehouse/vector/vectors_types.h"
#include "serving.h"

namespace lakehouse::vector {

/// When what is in the log becomes a generation, and when rows are written anew.
struct UpkeepRules {
  std::uint64_t fold_bytes = 32 << 20;  ///< of the log
  std::uint64_t fold_batches = 2'000;
  std::size_t compact_files = 16;       ///< of one generation
  double compact_dead = .25;            ///< share of the rows
  std::uint32_t compact_rows = 10'000;  ///< fewer are never rewritten for what is dead or in memory
  std::uint32_t sidecar_rows = 2'000;   ///< an index over fewer is trained in no time
};

/// One index while it is served: its rows and names in memory, its log, and the way from log to generations. Any thread.
class HostedIndex {
 public:
  /// Opens what is stored and brings it up to the last batch of the log. Errors as in vectors.h; kCorruption "log_gap" where a batch is
  /// missing. `parts` outlive it.
  static Result<std::unique_ptr<HostedIndex>> Open(const Context& context, const VectorParts& parts, const UpkeepRules& rules,
                                                   StoredIndex stored, const IndexOptions& defaults);

  Result<AddResponse> Add(const Context& context, const std::vector<Item>& items);
  Result<RemoveResponse> Remove(const Context& context, const std::vector<std::string>& ids);
  Result<Item> GetItem(const std::string& id) const;
  Result<SearchResponse> Search(const Context& context, std::span<const float> vector, const SearchOptions& options) const;
  /// As Vectors::SearchAtOnce.
  std::optional<Result<SearchResponse>> SearchAtOnce(const Context& context, std::span<const float> vector,
                                                     const SearchOptions& options) const;
  IndexInfo Describe() const;
  /// For merges and trials. A view of one moment: later rows go to another one after a compaction.
  std::shared_ptr<Serving> serving() const;

  /// Does what the rules ask for: train, write a generation, rewrite. Nothing when nothing does. One thread at a time works, others wait.
  Status Upkeep(const Context& context);
  bool NeedsUpkeep() const;
  /// Writes what is in the log only as a generation.
  Status Fold(const Context& context);
  Status Compact(const Context& context);
  Status Retrain(const Context& context);

  /// What it is built with.
  PromotionState promotions() const;
  IndexOptions OptionsOf(const IndexConfig& config) const;
  /// Swaps `next`, trained over the rows of `over`, in, and makes that durable. kConflict, reason "rewritten": the rows are others by
  /// now; train again.
  Status Promote(const Context& context, const std::shared_ptr<Serving>& over, std::shared_ptr<VectorIndex> next,
                 const Promotion& promotion);
  /// Back to the promotion before, or the defaults. kConflict "nothing_promoted".
  Status Rollback(const Context& context);

  /// The catalog has it no more: nothing is taken from now on.
  void MarkDropped() { is_dropped_ = true; }
  StoredIndex stored();

  const std::string& name() const { return name_; }
  const IndexSpec& spec() const { return spec_; }
  const Uuid& life() const { return life_; }

 private:
  HostedIndex(const VectorParts& parts, const UpkeepRules& rules, StoredIndex stored, const IndexOptions& defaults);
  Status ReadLog(const Context& context);
  Result<std::vector<Applied>> Apply(std::uint64_t sequence, std::size_t octets, const std::vector<const std::vector<ItemChange>*>& parts);
  Status CheckThere() const;
  Status CheckItem(const Item& item, std::size_t position) const;
  IndexOptions CurrentOptions() const;
  /// `with_sidecar`: saves the index as well, while writers wait.
  Status FoldLocked(const Context& context, bool with_sidecar);
  Status CompactLocked(const Context& context);
  Status RetrainLocked(const Context& context);
  /// After a commit whose answer did not come: whether it was made.
  Result<StoredIndex> Settled(const Context& context, Result<StoredIndex> committed, std::int64_t version_before, std::uint64_t sequence);
  bool NeedsCompaction(const Serving& serving) const;
  bool NeedsFold() const;
  void WritePromotions(PromotionState state);

  const VectorParts& parts_;
  const UpkeepRules rules_;
  const std::string name_;
  const IndexSpec spec_;
  const std::string bucket_;
  const Uuid life_;
  const IndexOptions defaults_;
  GenerationStore store_;

  std::mutex upkeep_mutex_;  ///< taken before all others
  // Guarded by upkeep_mutex_:
  StoredIndex stored_;
  std::uint32_t sidecar_rows_ = 0;  ///< of the saved index
  std::uint32_t sidecar_trainings_ = 0;

  mutable std::mutex apply_mutex_;  ///< changes are applied, or moved over to another Serving
  // Guarded by apply_mutex_:
  std::uint64_t sequence_ = 0;                    ///< applied
  std::vector<RowId> dead_;                       ///< rows that died since the last generation
  std::optional<std::vector<ItemChange>> since_;  ///< changes since a compaction looked

  mutable std::mutex state_mutex_;
  // Guarded by state_mutex_:
  std::shared_ptr<Serving> serving_;
  PromotionState promotions_;
  // Guarded by upkeep_mutex_; an index goes before the rows it is over:
  std::shared_ptr<VectorIndex> former_;  ///< what searches used before the last promotion, over the rows of serving_

  std::atomic<bool> is_dropped_{false};
  std::atomic<std::uint64_t> log_bytes_{0};
  std::atomic<std::uint64_t> applied_sequence_{0}, folded_sequence_{0};
  std::atomic<std::int64_t> version_{0};
  std::unique_ptr<ChangeLog> log_;
};

}  // namespace lakehouse::vector
