#include "hosted_index.h"

#include <cstring>

#include "lakehouse/vector/vector_check.h"
#include "promotion_text.h"

namespace lakehouse::vector {
namespace {

Error BadItem(std::size_t position, const std::string& what, std::string reason) {
  return Error(ErrorCode::kInvalidArgument, "item " + std::to_string(position) + ": " + what).Named(std::move(reason));
}

Status CheckId(const std::string& id, std::size_t position) {
  if (id.empty()) return BadItem(position, "its id is empty", "bad_id");
  if (id.size() > kMaxIdBytes) return BadItem(position, "its id has " + std::to_string(id.size()) + " octets, 512 is the most", "bad_id");
  return Ok{};
}

}  // namespace

HostedIndex::HostedIndex(const VectorParts& parts, const UpkeepRules& rules, StoredIndex stored, const IndexOptions& defaults)
    : parts_(parts),
      rules_(rules),
      name_(stored.name),
      spec_(stored.spec),
      bucket_(stored.bucket),
      life_(stored.life),
      defaults_(defaults),
      store_(parts_),
      stored_(std::move(stored)),
      sequence_(stored_.log_sequence),
      promotions_(PromotionsFrom(stored_.attributes)) {
  applied_sequence_ = folded_sequence_ = stored_.log_sequence;
  version_ = stored_.version;
}

Result<std::unique_ptr<HostedIndex>> HostedIndex::Open(const Context& context, const VectorParts& parts, const UpkeepRules& rules,
                                                       StoredIndex stored, const IndexOptions& defaults) {
  std::unique_ptr<HostedIndex> index(new HostedIndex(parts, rules, std::move(stored), defaults));
  index->serving_ = LH_TRY(index->store_.Open(context, index->stored_, index->CurrentOptions()));
  LH_TRY_WHILE(index->ReadLog(context), "read the log of index " + index->name_);
  HostedIndex& self = *index;
  const IndexStats stats = self.serving_->index()->Stats();
  if (stats.mode != IndexMode::kScan && stats.trained_rows > 0) self.sidecar_rows_ = stats.trained_rows;
  self.log_ = std::make_unique<ChangeLog>(
      parts.store,
      ChangeLog::Options{.index = self.name_, .life = self.life_, .dimension = self.spec_.dimension, .last_sequence = self.sequence_},
      [&self](std::uint64_t sequence, std::size_t octets, const std::vector<const std::vector<ItemChange>*>& changes) {
        return self.Apply(sequence, octets, changes);
      });
  return index;
}

Status HostedIndex::ReadLog(const Context& context) {
  const std::string prefix = BatchPrefix(name_, life_);
  std::string after = BatchKey(name_, life_, sequence_);
  do {
    const storage::ListPage page = LH_TRY(parts_.store.List(context, prefix, after, storage::kMaxListPage));
    for (const storage::ObjectInfo& object : page.objects) {
      const auto sequence = SequenceOfBatchKey(object.key, prefix);
      if (!sequence)
        return Error(ErrorCode::kCorruption, object.key + " is no batch of this log; remove it when it is not yours")
            .Named("foreign_object");
      if (*sequence != sequence_ + 1)
        return Error(ErrorCode::kCorruption,
                     "batch " + std::to_string(sequence_ + 1) + " is missing, though there is " + object.key + "; restore it from a copy")
            .Named("log_gap");
      const std::string octets = LH_TRY(parts_.store.Get(context, object.key));
      const LogBatch batch = LH_TRY_WHILE(DecodeBatch(octets), "read " + object.key);
      if (batch.life != life_ || batch.sequence != *sequence || batch.dimension != spec_.dimension)
        return Error(ErrorCode::kCorruption, object.key + " holds batch " + std::to_string(batch.sequence) + " of index life " +
                                                 batch.life.ToString() + ": it was put there by somebody else")
            .Named("foreign_object");
      LH_TRY_WHILE(Apply(*sequence, octets.size(), {&batch.changes}), "apply " + object.key);
      LH_TRY(context.Check());
    }
    after = page.next;
  } while (!after.empty());
  return Ok{};
}

Result<std::vector<Applied>> HostedIndex::Apply(std::uint64_t sequence, std::size_t octets,
                                                const std::vector<const std::vector<ItemChange>*>& parts) {
  // Whoever writes a generation sees all of a batch or nothing: it says with which one it ends.
  const std::scoped_lock lock(apply_mutex_);
  std::vector<Applied> all;
  for (const std::vector<ItemChange>* changes : parts) {
    Applied applied = LH_TRY(serving()->Apply(*changes));
    dead_.insert(dead_.end(), applied.died.begin(), applied.died.end());
    if (since_) since_->insert(since_->end(), changes->begin(), changes->end());
    all.push_back(std::move(applied));
  }
  sequence_ = sequence;
  applied_sequence_ = sequence;
  log_bytes_ += octets;
  return all;
}

std::shared_ptr<Serving> HostedIndex::serving() const {
  const std::scoped_lock lock(state_mutex_);
  return serving_;
}

Status HostedIndex::CheckItem(const Item& item, std::size_t position) const {
  LH_TRY(CheckId(item.id, position));
  if (const auto checked = CheckVector(spec_, item.vector); !checked)
    return BadItem(position, checked.error().message(), std::string(checked.error().reason()));
  if (!item.metadata) return Ok{};
  if (item.metadata->text.size() > kMaxMetadataBytes)
    return BadItem(position, "its metadata has " + std::to_string(item.metadata->text.size()) + " octets, 64 KiB is the most",
                   "bad_metadata");
  if (!item.metadata->text.starts_with('{')) return BadItem(position, "its metadata is no object", "bad_metadata");
  return Ok{};
}

Status HostedIndex::CheckThere() const {
  if (is_dropped_) return NoSuchIndex(name_);
  return Ok{};
}

Result<AddResponse> HostedIndex::Add(const Context& context, const std::vector<Item>& items) {
  LH_TRY(CheckThere());
  if (items.empty()) return AddResponse{0, 0, serving()->items().length()};
  std::vector<ItemChange> changes;
  changes.reserve(items.size());
  std::size_t octets = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    LH_TRY(CheckItem(items[i], i));
    ItemChange& change = changes.emplace_back();
    change.id = items[i].id;
    change.vector = items[i].vector;
    if (items[i].metadata) change.metadata = items[i].metadata->text;
    octets += EncodedBytes(change);
  }
  if (octets > kMaxBatchBytes)
    return Error(ErrorCode::kTooLarge, "the items take " + std::to_string(octets) + " octets, 64 MiB is the most; send them in parts");
  const Applied applied = LH_TRY(log_->Submit(context, std::move(changes)));
  return AddResponse{applied.added, applied.updated, applied.length};
}

Result<RemoveResponse> HostedIndex::Remove(const Context& context, const std::vector<std::string>& ids) {
  LH_TRY(CheckThere());
  std::vector<ItemChange> changes;
  const std::shared_ptr<Serving> now = serving();
  for (std::size_t i = 0; i < ids.size(); ++i) {
    LH_TRY(CheckId(ids[i], i));
    changes.push_back({ids[i], true, {}, {}});
  }
  if (changes.empty()) return RemoveResponse{0, now->items().length()};
  const Applied applied = LH_TRY(log_->Submit(context, std::move(changes)));
  return RemoveResponse{applied.removed, applied.length};
}

Result<Item> HostedIndex::GetItem(const std::string& id) const {
  const std::shared_ptr<Serving> now = serving();
  const auto row = now->items().Find(id);
  if (!row) return Error(ErrorCode::kNotFound, "index \"" + name_ + "\" has no item \"" + id + "\"").Named("item_not_found");
  Item item;
  item.id = id;
  item.vector.resize(spec_.dimension);
  std::memcpy(item.vector.data(), now->Row(*row), spec_.dimension * sizeof(float));
  if (const auto metadata = now->items().MetadataOf(*row)) item.metadata = RawJson{*metadata};
  return item;
}

std::optional<Result<SearchResponse>> HostedIndex::SearchAtOnce(const Context& context, std::span<const float> vector,
                                                                const SearchOptions& options) const {
  return serving()->SearchAtOnce(context, vector, options);
}

Result<SearchResponse> HostedIndex::Search(const Context& context, std::span<const float> vector, const SearchOptions& options) const {
  return serving()->Search(context, vector, options);
}

IndexInfo HostedIndex::Describe() const {
  const std::shared_ptr<Serving> now = serving();
  const IndexStats stats = now->index()->Stats();
  IndexInfo info;
  info.name = name_;
  info.dimension = spec_.dimension;
  info.metric = std::string(WireName(spec_.metric));
  info.length = now->items().length();
  info.state = "ready";
  info.dataset = DatasetOf(name_);
  info.bucket = bucket_;
  info.generation = version_;
  info.log_sequence = applied_sequence_;
  info.log_batches = applied_sequence_ - folded_sequence_;
  info.log_bytes = log_bytes_;
  info.mode = std::string(WireName(stats.mode));
  info.rows = stats.rows;
  info.trained_rows = stats.trained_rows;
  info.lists = stats.lists;
  info.longest_list = stats.longest_list;
  info.median_list = stats.median_list;
  info.outliers = stats.outliers;
  info.probe = stats.default_probe;
  info.rescore = stats.default_rescore;
  info.target_recall = stats.target_recall;
  info.recall = stats.mode == IndexMode::kScan || stats.default_recall == 0 ? 1 : stats.default_recall;
  info.trainings = stats.trainings;
  info.memory_bytes = stats.memory_bytes + now->items().memory_bytes();
  info.row_bytes = std::uint64_t{now->rows()} * spec_.dimension * sizeof(float);
  info.kernels = stats.kernels;
  return info;
}

PromotionState HostedIndex::promotions() const {
  const std::scoped_lock lock(state_mutex_);
  return promotions_;
}

IndexOptions HostedIndex::OptionsOf(const IndexConfig& config) const {
  IndexOptions options = defaults_;
  options.target_recall = config.target_recall.value_or(options.target_recall);
  options.lists = config.lists.value_or(options.lists);
  options.seed = config.seed.value_or(options.seed);
  return options;
}

IndexOptions HostedIndex::CurrentOptions() const {
  const PromotionState state = promotions();
  return OptionsOf(state.current ? state.current->config : IndexConfig());
}

void HostedIndex::WritePromotions(PromotionState state) {
  const std::scoped_lock lock(state_mutex_);
  promotions_ = std::move(state);
}

}  // namespace lakehouse::vector
