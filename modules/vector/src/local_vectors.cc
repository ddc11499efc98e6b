#include "lakehouse/vector/local_vectors.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <map>

#include "hosted_index.h"
#include "lakehouse/base/failpoint.h"
#include "lakehouse/base/task_group.h"
#include "lakehouse/catalog/dataset_name.h"
#include "lakehouse/storage/bucket_key.h"
#include "lakehouse/vector/vector_check.h"
#include "trials.h"

namespace lakehouse::vector {
namespace {

Failpoint merge_before_clear("vector.merge.before_clear");

constexpr auto kUpkeepPause = std::chrono::seconds(5);
constexpr auto kPauseAfterFailure = std::chrono::seconds(2);
constexpr std::size_t kMergeStep = 1'000;

Status CheckSearch(const SearchOptions& options) {
  if (options.k == 0 || options.k > kMaxNeighbors)
    return Error(ErrorCode::kInvalidArgument,
                 "k is " + std::to_string(options.k) + "; 1 to " + std::to_string(kMaxNeighbors) + " can be asked for")
        .Named("bad_k");
  return Ok{};
}

/// An index by name, opened when it is first needed.
struct Entry {
  std::mutex opening;
  // Guarded by opening:
  std::shared_ptr<HostedIndex> index;
  std::optional<Error> damage;  ///< stays until the process ends
};

class LocalVectors final : public Vectors {
 public:
  LocalVectors(LocalVectorsParts parts, LocalVectorsOptions options)
      : parts_{parts.store, parts.cache, parts.catalog, parts.metrics, parts.log, parts.clock, parts.random, options.scratch},
        store_(parts_),
        trials_(parts_),
        searches_(parts.metrics.counter("lakehouse_vector_searches_total", "Searches answered")),
        changes_(parts.metrics.counter("lakehouse_vector_changes_total", "Items added, replaced or removed")),
        upkeeps_(parts.metrics.counter("lakehouse_vector_upkeep_failures_total", "Trainings and generations that failed")) {
    defaults_.threads = options.build_threads;
    defaults_.target_recall = options.target_recall;
    rules_.fold_bytes = options.fold_bytes;
    rules_.fold_batches = options.fold_batches;
    rules_.compact_rows = options.compact_rows;
    rules_.sidecar_rows = options.sidecar_rows;
    if (options.upkeep_in_background) tasks_.Start("vector-upkeep", [this](std::stop_token stop) { KeepUp(stop); });
  }

  Result<IndexInfo> CreateIndex(const Context& context, const CreateIndexRequest& request) override;
  Result<DropIndexResponse> DropIndex(const Context& context, const IndexRequest& request) override;
  Result<ListIndexesResponse> ListIndexes(const Context& context, const ListIndexesRequest& request) override;
  Result<IndexInfo> DescribeIndex(const Context& context, const IndexRequest& request) override {
    return LH_TRY(Find(context, request.name))->Describe();
  }
  Result<AddResponse> Add(const Context& context, const AddRequest& request) override;
  Result<RemoveResponse> Remove(const Context& context, const RemoveRequest& request) override;
  Result<GetItemResponse> GetItem(const Context& context, const GetItemRequest& request) override {
    return GetItemResponse{LH_TRY(LH_TRY(Find(context, request.name))->GetItem(request.id))};
  }
  Result<SearchResponse> Search(const Context& context, const SearchRequest& request) override;
  std::optional<Result<SearchResponse>> SearchAtOnce(const Context& context, const SearchRequest& request) override;
  Result<SearchBatchResponse> SearchBatch(const Context& context, const SearchBatchRequest& request) override;
  Result<MergeResponse> Merge(const Context& context, const MergeRequest& request) override;
  Result<IndexInfo> Maintain(const Context& context, const MaintainRequest& request) override;
  Result<Trial> RunTrial(const Context& context, const TrialRequest& request) override {
    return trials_.Run(context, *LH_TRY(Find(context, request.name)), request);
  }
  Result<TrialsResponse> ListTrials(const Context& context, const TrialsRequest& request) override {
    LH_TRY(context.Check());
    if (!request.name.empty()) LH_TRY(Find(context, request.name));
    return trials_.List(context, request);
  }
  Result<BestTrialResponse> BestTrial(const Context& context, const BestTrialRequest& request) override {
    LH_TRY(Find(context, request.name));
    return trials_.Best(context, request);
  }
  Result<AutotuneResponse> Autotune(const Context& context, const AutotuneRequest& request) override {
    return trials_.Autotune(context, *LH_TRY(Find(context, request.name)), request);
  }
  Result<PromotionState> Promote(const Context& context, const PromoteRequest& request) override {
    return trials_.Promote(context, *LH_TRY(Find(context, request.name)), request);
  }
  Result<PromotionState> Rollback(const Context& context, const IndexRequest& request) override {
    const auto index = LH_TRY(Find(context, request.name));
    LH_TRY(index->Rollback(context));
    return index->promotions();
  }
  Result<PromotionState> LoadPromotions(const Context& context, const IndexRequest& request) override {
    return LH_TRY(Find(context, request.name))->promotions();
  }

 private:
  std::shared_ptr<Entry> EntryOf(const std::string& name);
  std::shared_ptr<Entry> KnownEntry(const std::string& name);
  Result<std::shared_ptr<HostedIndex>> Find(const Context& context, const std::string& name);
  /// What a change came to; an index that another process writes is opened anew when it is next asked for.
  template <typename T>
  Result<T> Changed(const std::string& name, const std::shared_ptr<HostedIndex>& index, Result<T> result);
  void KeepUp(std::stop_token stop);
  void OpenAll(const Context& context);
  bool UpkeepAll(const Context& context);
  void Wake();

  const VectorParts parts_;
  GenerationStore store_;
  Trials trials_;
  IndexOptions defaults_;
  UpkeepRules rules_;
  Counter& searches_;
  Counter& changes_;
  Counter& upkeeps_;

  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Entry>> entries_;  ///< guarded by mutex_; by folded name

  std::mutex wake_mutex_;
  std::condition_variable_any wake_;
  bool has_work_ = false;  ///< guarded by wake_mutex_
  TaskGroup tasks_;
};

std::shared_ptr<Entry> LocalVectors::EntryOf(const std::string& name) {
  const std::scoped_lock lock(mutex_);
  auto& entry = entries_[catalog::FoldName(name)];
  if (!entry) entry = std::make_shared<Entry>();
  return entry;
}

std::shared_ptr<Entry> LocalVectors::KnownEntry(const std::string& name) {
  const std::scoped_lock lock(mutex_);
  const auto found = entries_.find(catalog::FoldName(name));
  return found == entries_.end() ? nullptr : found->second;
}

Result<std::shared_ptr<HostedIndex>> LocalVectors::Find(const Context& context, const std::string& name) {
  LH_TRY(context.Check());
  std::shared_ptr<Entry> entry = KnownEntry(name);
  if (!entry) {
    // Names that do not exist leave no entry behind.
    LH_TRY(store_.Load(context, name));
    entry = EntryOf(name);
  }
  const std::scoped_lock lock(entry->opening);
  if (entry->index) return entry->index;
  if (entry->damage) return *entry->damage;
  StoredIndex stored = LH_TRY(store_.Load(context, name));
  auto opened = HostedIndex::Open(context, parts_, rules_, std::move(stored), defaults_);
  if (!opened) {
    if (opened.error().code() == ErrorCode::kCorruption) {
      parts_.log.Error("a vector index cannot be opened", {{"index", name}, {"error", opened.error().ToString()}});
      entry->damage = opened.error();
    }
    return std::move(opened).TakeError().While("open index " + name);
  }
  entry->index = std::move(opened).Take();
  return entry->index;
}

template <typename T>
Result<T> LocalVectors::Changed(const std::string& name, const std::shared_ptr<HostedIndex>& index, Result<T> result) {
  if (result) {
    if (index->NeedsUpkeep()) Wake();
    return result;
  }
  if (result.error().reason() == "fenced" || result.error().code() == ErrorCode::kInternal) {
    if (const auto entry = KnownEntry(name)) {
      const std::scoped_lock lock(entry->opening);
      if (entry->index == index) entry->index.reset();
    }
  }
  return result;
}

Result<IndexInfo> LocalVectors::CreateIndex(const Context& context, const CreateIndexRequest& request) {
  LH_TRY(context.Check());
  const auto metric = ParseMetric(request.metric);
  if (!metric)
    return Error(ErrorCode::kInvalidArgument, "metric is \"" + request.metric.substr(0, 64) + "\"; expected cosine, dot or euclidean")
        .Named("bad_metric");
  const IndexSpec spec{request.dimension, *metric};
  LH_TRY(catalog::CheckDatasetName(request.name));
  const std::shared_ptr<Entry> entry = EntryOf(request.name);
  const std::scoped_lock lock(entry->opening);
  if (entry->index) return Error(ErrorCode::kAlreadyExists, "index \"" + request.name + "\" exists already").Named("index_exists");
  auto created = store_.Create(context, request.name, spec, request.bucket.value_or(std::string(storage::kPrimaryBucket)));
  if (!created) {
    const std::scoped_lock names(mutex_);
    if (!entry->damage) entries_.erase(catalog::FoldName(request.name));
    return created.error();
  }
  entry->damage.reset();
  entry->index = LH_TRY(HostedIndex::Open(context, parts_, rules_, std::move(created).Take(), defaults_));
  return entry->index->Describe();
}

Result<DropIndexResponse> LocalVectors::DropIndex(const Context& context, const IndexRequest& request) {
  LH_TRY(context.Check());
  const StoredIndex stored = LH_TRY(store_.Load(context, request.name));
  const std::shared_ptr<Entry> entry = EntryOf(request.name);
  const std::scoped_lock lock(entry->opening);
  if (entry->index) entry->index->MarkDropped();
  LH_TRY(store_.Drop(context, stored));
  entry->index.reset();
  entry->damage.reset();
  const std::scoped_lock names(mutex_);
  entries_.erase(catalog::FoldName(request.name));
  return DropIndexResponse{};
}

Result<ListIndexesResponse> LocalVectors::ListIndexes(const Context& context, const ListIndexesRequest&) {
  ListIndexesResponse response;
  for (const std::string& name : LH_TRY(store_.List(context))) {
    const auto index = Find(context, name);
    if (index) {
      response.indexes.push_back((*index)->Describe());
    } else if (index.error().code() != ErrorCode::kNotFound) {
      IndexInfo info;
      info.name = name;
      info.state = "failed";
      info.problem = index.error().ToString();
      info.dataset = DatasetOf(name);
      response.indexes.push_back(std::move(info));
    }
  }
  return response;
}

Result<AddResponse> LocalVectors::Add(const Context& context, const AddRequest& request) {
  const auto index = LH_TRY(Find(context, request.name));
  if (request.items.size() > kMaxItemsPerRequest)
    return Error(ErrorCode::kTooLarge, "the request has " + std::to_string(request.items.size()) + " items, 10,000 is the most");
  auto added = Changed(request.name, index, index->Add(context, request.items));
  if (added) changes_.Add(request.items.size());
  return added;
}

Result<RemoveResponse> LocalVectors::Remove(const Context& context, const RemoveRequest& request) {
  const auto index = LH_TRY(Find(context, request.name));
  if (request.ids.size() > kMaxItemsPerRequest)
    return Error(ErrorCode::kTooLarge, "the request has " + std::to_string(request.ids.size()) + " ids, 10,000 is the most");
  auto removed = Changed(request.name, index, index->Remove(context, request.ids));
  if (removed) changes_.Add(removed->removed);
  return removed;
}

Result<SearchResponse> LocalVectors::Search(const Context& context, const SearchRequest& request) {
  const auto index = LH_TRY(Find(context, request.name));
  LH_TRY(CheckSearch(request.options));
  searches_.Add();
  return index->Search(context, request.vector, request.options);
}

std::optional<Result<SearchResponse>> LocalVectors::SearchAtOnce(const Context& context, const SearchRequest& request) {
  const std::shared_ptr<Entry> entry = KnownEntry(request.name);
  if (!entry) return std::nullopt;
  std::shared_ptr<HostedIndex> index;
  {
    const std::unique_lock lock(entry->opening, std::try_to_lock);
    if (!lock.owns_lock() || !entry->index) return std::nullopt;
    index = entry->index;
  }
  if (const Status good = CheckSearch(request.options); !good) return Result<SearchResponse>(good.error());
  auto found = index->SearchAtOnce(context, request.vector, request.options);
  if (found) searches_.Add();
  return found;
}

Result<SearchBatchResponse> LocalVectors::SearchBatch(const Context& context, const SearchBatchRequest& request) {
  const auto index = LH_TRY(Find(context, request.name));
  LH_TRY(CheckSearch(request.options));
  if (request.vectors.size() > kMaxSearchesPerRequest)
    return Error(ErrorCode::kTooLarge, "the request has " + std::to_string(request.vectors.size()) + " vectors, 1,000 is the most");
  for (std::size_t i = 0; i < request.vectors.size(); ++i)
    LH_TRY_WHILE(CheckVector(index->spec(), request.vectors[i]), "look at vector " + std::to_string(i));
  SearchBatchResponse response;
  for (const std::vector<float>& vector : request.vectors) {
    LH_TRY(context.Check());
    response.searches.push_back(LH_TRY(index->Search(context, vector, request.options)));
  }
  searches_.Add(request.vectors.size());
  return response;
}

Result<MergeResponse> LocalVectors::Merge(const Context& context, const MergeRequest& request) {
  const auto source = LH_TRY(Find(context, request.source));
  const auto dest = LH_TRY(Find(context, request.dest));
  if (source == dest) return Error(ErrorCode::kInvalidArgument, "an index cannot be merged into itself").Named("self_merge");
  if (source->spec() != dest->spec())
    return Error(ErrorCode::kInvalidArgument, "the indexes differ: " + std::to_string(source->spec().dimension) + " dimensions by " +
                                                  std::string(WireName(source->spec().metric)) + ", and " +
                                                  std::to_string(dest->spec().dimension) + " by " +
                                                  std::string(WireName(dest->spec().metric)))
        .Named("wrong_dimension");
  MergeResponse response;
  const std::shared_ptr<Serving> rows = source->serving();
  const std::vector<RowId> all = rows->items().CurrentRows();
  for (std::size_t first = 0; first < all.size(); first += kMergeStep) {
    std::vector<Item> items;
    for (std::size_t i = first; i < std::min(all.size(), first + kMergeStep); ++i) {
      Item item;
      item.id = rows->items().IdOf(all[i]);
      if (dest->serving()->items().Find(item.id)) {
        ++response.skipped;
        continue;
      }
      item.vector.resize(source->spec().dimension);
      std::memcpy(item.vector.data(), rows->Row(all[i]), item.vector.size() * sizeof(float));
      if (const auto metadata = rows->items().MetadataOf(all[i])) item.metadata = RawJson{*metadata};
      items.push_back(std::move(item));
    }
    response.merged += items.size();
    LH_TRY_WHILE(Changed(request.dest, dest, dest->Add(context, items)), "merge into index " + request.dest);
  }
  LH_TRY(merge_before_clear.Hit());
  for (std::size_t first = 0; request.clear_source && first < all.size(); first += kMergeStep) {
    std::vector<std::string> ids;
    for (std::size_t i = first; i < std::min(all.size(), first + kMergeStep); ++i) {
      std::string id = rows->items().IdOf(all[i]);
      // What was replaced meanwhile is not what was merged.
      if (source->serving() == rows && rows->items().Find(id) != all[i]) continue;
      ids.push_back(std::move(id));
    }
    response.cleared +=
        LH_TRY_WHILE(Changed(request.source, source, source->Remove(context, ids)), "clear index " + request.source).removed;
  }
  response.length = dest->serving()->items().length();
  return response;
}

Result<IndexInfo> LocalVectors::Maintain(const Context& context, const MaintainRequest& request) {
  const auto index = LH_TRY(Find(context, request.name));
  if (request.compact)
    LH_TRY(index->Compact(context));
  else if (request.retrain)
    LH_TRY(index->Retrain(context));
  else
    LH_TRY(index->Fold(context));
  return index->Describe();
}

void LocalVectors::Wake() {
  const std::scoped_lock lock(wake_mutex_);
  has_work_ = true;
  wake_.notify_one();
}

void LocalVectors::OpenAll(const Context& context) {
  const auto names = store_.List(context);
  if (!names)
    return parts_.log.Warning("vector indexes cannot be listed; they are opened when asked for", {{"error", names.error().ToString()}});
  for (const std::string& name : *names)
    if (const auto opened = Find(context, name); !opened && opened.error().code() != ErrorCode::kCorruption)
      parts_.log.Warning("a vector index was not opened; it is tried again when asked for",
                         {{"index", name}, {"error", opened.error().ToString()}});
  const auto status = parts_.catalog.LoadStatus(context, {});
  if (status && status->role == catalog::Role::kWriter)
    if (const auto removed = store_.RemoveOrphans(context); !removed)
      parts_.log.Warning("what dropped vector indexes left could not be removed", {{"error", removed.error().ToString()}});
}

bool LocalVectors::UpkeepAll(const Context& context) {
  std::vector<std::shared_ptr<Entry>> entries;
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& [name, entry] : entries_) entries.push_back(entry);
  }
  bool is_well = true;
  for (const std::shared_ptr<Entry>& entry : entries) {
    std::shared_ptr<HostedIndex> index;
    {
      const std::scoped_lock lock(entry->opening);
      index = entry->index;
    }
    if (!index || !index->NeedsUpkeep()) continue;
    const Status kept = index->Upkeep(context);
    if (kept || context.cancel.stop_requested()) continue;
    is_well = false;
    upkeeps_.Add();
    parts_.log.Warning("upkeep of a vector index failed and is tried again",
                       {{"index", index->name()}, {"error", kept.error().ToString()}});
  }
  return is_well;
}

void LocalVectors::KeepUp(std::stop_token stop) {
  const Context context{.principal = "system", .trace = "vector-upkeep", .deadline = {}, .cancel = stop};
  OpenAll(context);
  while (!stop.stop_requested()) {
    const bool is_well = UpkeepAll(context);
    std::unique_lock lock(wake_mutex_);
    if (is_well)
      wake_.wait_for(lock, stop, kUpkeepPause, [&] { return has_work_; });
    else
      wake_.wait_for(lock, stop, kPauseAfterFailure, [] { return false; });
    has_work_ = false;
  }
}

}  // namespace

std::unique_ptr<Vectors> MakeLocalVectors(LocalVectorsParts parts, LocalVectorsOptions options) {
  return std::make_unique<LocalVectors>(parts, std::move(options));
}

}  // namespace lakehouse::vector
