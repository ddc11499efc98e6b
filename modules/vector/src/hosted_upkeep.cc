#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "hosted_index.h"
#include "lakehouse/base/failpoint.h"
#include "promotion_text.h"

/// The way of an index from its log to generations, and from one training to the next.
namespace lakehouse::vector {
namespace {

Failpoint before_swap("vector.before_swap");

/// Changes that may be moved over to a rewritten index while writers wait.
constexpr std::size_t kLastChanges = 256;
constexpr double kSidecarGrowth = 1.25;

EmbeddingRow RowFrom(const Serving& serving, RowId row, std::string& id, ItemTable::Metadata& metadata) {
  id = serving.items().IdOf(row);
  metadata = serving.items().MetadataOf(row);
  EmbeddingRow one{id, std::nullopt, serving.Row(row)};
  if (metadata) one.metadata = *metadata;
  return one;
}

struct SavedFile {
  std::string path;
  ~SavedFile() {
    if (!path.empty()) ::unlink(path.c_str());
  }
};

}  // namespace

StoredIndex HostedIndex::stored() {
  const std::scoped_lock lock(upkeep_mutex_);
  return stored_;
}

bool HostedIndex::NeedsFold() const {
  return log_bytes_ >= rules_.fold_bytes || applied_sequence_ - folded_sequence_ >= rules_.fold_batches;
}

bool HostedIndex::NeedsCompaction(const Serving& serving) const {
  const std::uint32_t rows = serving.rows();
  if (rows < rules_.compact_rows) return false;
  const double dead = rows - static_cast<double>(serving.items().length());
  return dead > rules_.compact_dead * rows || serving.mapped_rows() < rows / 2;
}

bool HostedIndex::NeedsUpkeep() const {
  const std::shared_ptr<Serving> now = serving();
  return NeedsFold() || NeedsCompaction(*now) || now->index()->NeedsRetrain() != RetrainReason::kNone;
}

Status HostedIndex::Upkeep(const Context& context) {
  const std::scoped_lock lock(upkeep_mutex_);
  if (NeedsCompaction(*serving()) || (NeedsFold() && stored_.files.size() + 1 >= rules_.compact_files)) return CompactLocked(context);
  if (serving()->index()->NeedsRetrain() != RetrainReason::kNone) LH_TRY(RetrainLocked(context));
  const IndexStats stats = serving()->index()->Stats();
  const bool wants_sidecar = stats.rows >= rules_.sidecar_rows && stats.mode != IndexMode::kScan &&
                             (sidecar_trainings_ != stats.trainings || stats.rows > kSidecarGrowth * sidecar_rows_);
  if (NeedsFold() || wants_sidecar) return FoldLocked(context, wants_sidecar);
  return Ok{};
}

Status HostedIndex::Fold(const Context& context) {
  const std::scoped_lock lock(upkeep_mutex_);
  return FoldLocked(context, true);
}

Status HostedIndex::Compact(const Context& context) {
  const std::scoped_lock lock(upkeep_mutex_);
  return CompactLocked(context);
}

Status HostedIndex::Retrain(const Context& context) {
  const std::scoped_lock lock(upkeep_mutex_);
  LH_TRY(RetrainLocked(context));
  return FoldLocked(context, true);
}

Status HostedIndex::RetrainLocked(const Context& context) {
  LH_TRY_WHILE(serving()->index()->Retrain(context), "train index " + name_);
  LH_TRY(before_swap.Hit());
  return Ok{};
}

Result<StoredIndex> HostedIndex::Settled(const Context& context, Result<StoredIndex> committed, std::int64_t version_before,
                                         std::uint64_t sequence) {
  if (committed) return committed;
  auto there = store_.Load(context, name_);
  if (there && there->version == version_before + 1 && there->log_sequence == sequence && there->life == life_) return there;
  if (there && there->version != version_before)
    parts_.log.Warning("the embeddings of a vector index were changed by somebody else; it is opened again when the service starts",
                       {{"index", name_}, {"version", there->version}});
  return committed;
}

Status HostedIndex::FoldLocked(const Context& context, bool with_sidecar) {
  const std::shared_ptr<Serving> now = serving();
  const std::uint32_t first = stored_.rows();
  const std::string key = LH_TRY(store_.NewDataKey(context, stored_));
  std::uint64_t sequence = 0, octets = 0;
  std::uint32_t rows = 0;
  std::vector<RowId> dead;
  SavedFile sidecar;
  IndexStats stats;
  {
    const std::scoped_lock lock(apply_mutex_);
    sequence = sequence_;
    octets = log_bytes_;
    rows = now->rows() - first;
    dead = dead_;
    stats = now->index()->Stats();
    if (with_sidecar && stats.mode != IndexMode::kScan && stats.rows >= rules_.sidecar_rows) {
      StoredIndex ahead = stored_;
      if (rows > 0) ahead.files.push_back({key, first, rows});
      sidecar.path = store_.ScratchPath(".lhv");
      LH_TRY_WHILE(now->index()->Save(sidecar.path, *ahead.DigestOf(first + rows)), "save index " + name_);
    }
  }
  if (sequence > stored_.log_sequence || rows > 0 || !dead.empty()) {
    std::string id;
    ItemTable::Metadata metadata;
    const auto row = [&](std::uint32_t number) { return RowFrom(*now, first + number, id, metadata); };
    stored_ = LH_TRY(Settled(context, store_.Append(context, stored_, sequence, rows, row, key, dead), stored_.version, sequence));
    version_ = stored_.version;
    folded_sequence_ = sequence;
    log_bytes_ -= octets;
    const std::scoped_lock lock(apply_mutex_);
    dead_.erase(dead_.begin(), dead_.begin() + static_cast<std::ptrdiff_t>(dead.size()));
  }
  if (!sidecar.path.empty()) {
    LH_TRY(store_.PutSidecar(context, stored_, first + rows, sidecar.path));
    sidecar_rows_ = first + rows;
    sidecar_trainings_ = stats.trainings;
  }
  return store_.RemoveLeftovers(context, stored_);
}

Status HostedIndex::CompactLocked(const Context& context) {
  const std::shared_ptr<Serving> old = serving();
  std::uint64_t sequence = 0, octets = 0;
  std::vector<RowId> rows;
  {
    const std::scoped_lock lock(apply_mutex_);
    sequence = sequence_;
    octets = log_bytes_;
    rows = old->items().CurrentRows();
    since_.emplace();
  }
  const auto forget = [&](Status status) {
    const std::scoped_lock lock(apply_mutex_);
    since_.reset();
    return status;
  };
  std::string id;
  ItemTable::Metadata metadata;
  auto replaced = Settled(context,
                          store_.Replace(context, stored_, sequence, static_cast<std::uint32_t>(rows.size()),
                                         [&](std::uint32_t row) { return RowFrom(*old, rows[row], id, metadata); }),
                          stored_.version, sequence);
  if (!replaced) return forget(replaced.error());
  // From here on the catalog has other row numbers than what is served: there is no way back but to serve the new ones.
  auto next = store_.Open(context, *replaced, CurrentOptions());
  if (!next) return forget(next.error());
  const std::shared_ptr<Serving> fresh = std::move(next).Take();
  if (fresh->rows() > 0)
    if (auto trained = fresh->index()->Retrain(context); !trained) return forget(trained);
  LH_TRY(before_swap.Hit());
  std::vector<RowId> dead;
  while (true) {
    std::vector<ItemChange> changes;
    {
      const std::scoped_lock lock(apply_mutex_);
      if (since_->size() <= kLastChanges) {
        auto applied = fresh->Apply(*since_);
        if (!applied) return applied.error();
        dead.insert(dead.end(), applied->died.begin(), applied->died.end());
        since_.reset();
        dead_ = std::move(dead);
        stored_ = std::move(replaced).Take();
        version_ = stored_.version;
        folded_sequence_ = sequence;
        log_bytes_ -= octets;
        former_.reset();
        sidecar_rows_ = 0;
        const std::scoped_lock state(state_mutex_);
        serving_ = fresh;
        break;
      }
      changes.swap(*since_);
    }
    auto applied = fresh->Apply(changes);
    if (!applied) return forget(applied.error());
    dead.insert(dead.end(), applied->died.begin(), applied->died.end());
  }
  return FoldLocked(context, true);
}

Status HostedIndex::Promote(const Context& context, const std::shared_ptr<Serving>& over, std::shared_ptr<VectorIndex> next,
                            const Promotion& promotion) {
  const std::scoped_lock lock(upkeep_mutex_);
  if (serving() != over)
    return Error(ErrorCode::kConflict, "index \"" + name_ + "\" was rewritten while the trial was built; promote it again")
        .Named("rewritten");
  PromotionState state = promotions();
  if (state.current) state.history.insert(state.history.begin(), *state.current);
  if (state.history.size() > kMaxPromotionHistory) state.history.resize(kMaxPromotionHistory);
  state.current = promotion;
  stored_ = LH_TRY(Settled(context, store_.SetAttributes(context, stored_, {{std::string(kPromotionAttribute), PromotionText(state)}}),
                           stored_.version, stored_.log_sequence));
  version_ = stored_.version;
  LH_TRY(before_swap.Hit());
  former_ = LH_TRY(serving()->SwapIndex(std::move(next)));
  WritePromotions(std::move(state));
  sidecar_trainings_ = 0;
  return FoldLocked(context, true);
}

Status HostedIndex::Rollback(const Context& context) {
  const std::scoped_lock lock(upkeep_mutex_);
  PromotionState state = promotions();
  if (!state.current)
    return Error(ErrorCode::kConflict, "index \"" + name_ + "\" has its defaults; there is nothing to go back to")
        .Named("nothing_promoted");
  state.current.reset();
  if (!state.history.empty()) {
    state.current = state.history.front();
    state.history.erase(state.history.begin());
  }
  std::shared_ptr<VectorIndex> next = former_;
  if (!next) next = LH_TRY(serving()->TrainAnother(context, OptionsOf(state.current ? state.current->config : IndexConfig())));
  stored_ = LH_TRY(Settled(context, store_.SetAttributes(context, stored_, {{std::string(kPromotionAttribute), PromotionText(state)}}),
                           stored_.version, stored_.log_sequence));
  version_ = stored_.version;
  LH_TRY(serving()->SwapIndex(std::move(next)));
  former_.reset();
  WritePromotions(std::move(state));
  sidecar_trainings_ = 0;
  return FoldLocked(context, true);
}

}  // namespace lakehouse::vector
