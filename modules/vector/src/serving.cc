#include "serving.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "embedding_file.h"

namespace lakehouse::vector {
namespace {

/// Searches that met changes on their way, before one is run with the writers outside.
constexpr int kFreeSearches = 4;

constexpr double kAtOnceNanos = 300'000;
constexpr std::uint32_t kMostAtOnce = 200;  ///< hits, each with its text to be written

ItemTable::Metadata MetadataFrom(std::optional<std::string_view> text) {
  return text ? std::make_shared<const std::string>(*text) : nullptr;
}

}  // namespace

Serving::Serving(const IndexSpec& spec, const IndexOptions& options) : spec_(spec), options_(options), rows_(spec.dimension) {}

Status Serving::AddFile(std::shared_ptr<const MappedFile> file) {
  const EmbeddingPages pages = LH_TRY(ReadEmbeddings(file->text(), spec_.dimension));
  for (const std::span<const std::byte> page : pages.vectors) LH_TRY(rows_.AddPiece(page));
  for (std::uint32_t i = 0; i < pages.rows; ++i) items_.Append(pages.ids[i], MetadataFrom(pages.metadata[i]));
  mapped_rows_ += pages.rows;
  files_.push_back(std::move(file));
  return Ok{};
}

void Serving::AddDead(std::span<const RowId> rows) { dead_.insert(dead_.end(), rows.begin(), rows.end()); }

Status Serving::Begin(std::unique_ptr<VectorIndex> saved) {
  std::vector<bool> is_dead(rows_.size());
  for (const RowId row : dead_) is_dead[row] = true;
  for (RowId row = 0; row < rows_.size(); ++row)
    if (!is_dead[row] && !items_.Assign(row, 1).empty())
      return Error(ErrorCode::kCorruption, "item \"" + items_.IdOf(row) + "\" lives in two rows of the embeddings").Named("duplicate_item");
  dead_.clear();
  const auto fits = [&](const VectorIndex& index) {
    for (RowId row = 0; row < index.rows(); ++row)
      if (!is_dead[row] && !index.IsLive(row)) return false;  // saved when more was deleted: it is of another history
    return true;
  };
  if (!saved || !fits(*saved)) saved = LH_TRY(VectorIndex::Create(spec_, rows_, options_));
  LH_TRY(CatchUp(*saved));
  index_ = std::move(saved);
  return Ok{};
}

Status Serving::CatchUp(VectorIndex& index) const {
  LH_TRY(index.Insert({}, rows_.size() - index.rows()));
  std::vector<RowId> dead;
  const std::vector<RowId> current = items_.CurrentRows();
  auto next = current.begin();
  for (RowId row = 0; row < rows_.size(); ++row) {
    if (next != current.end() && *next == row)
      ++next;
    else if (index.IsLive(row))
      dead.push_back(row);
  }
  LH_TRY(index.Delete(dead));
  return Ok{};
}

Result<Applied> Serving::Apply(std::span<const ItemChange> changes) {
  const std::scoped_lock lock(applying_);
  Applied applied;
  while (!changes.empty()) {
    const auto other = std::find_if(changes.begin(), changes.end(),
                                    [&](const ItemChange& change) { return change.is_removal != changes.front().is_removal; });
    const auto run = changes.first(static_cast<std::size_t>(other - changes.begin()));
    LH_TRY(run.front().is_removal ? Remove(run, applied) : Upsert(run, applied));
    changes = changes.subspan(run.size());
  }
  ++changes_;
  applied.length = items_.length();
  return applied;
}

Status Serving::Upsert(std::span<const ItemChange> changes, Applied& applied) {
  std::unordered_map<std::string_view, ItemTable::Metadata> given;  // earlier in these changes
  std::vector<float> values;
  values.reserve(changes.size() * spec_.dimension);
  const RowId first = items_.rows();
  const std::uint64_t length = items_.length();
  for (const ItemChange& change : changes) {
    ItemTable::Metadata metadata;
    if (change.metadata) {
      metadata = std::make_shared<const std::string>(*change.metadata);
    } else if (const auto earlier = given.find(change.id); earlier != given.end()) {
      metadata = earlier->second;
    } else if (const auto row = items_.Find(change.id)) {
      metadata = items_.MetadataOf(*row);
    }
    given[change.id] = metadata;
    items_.Append(change.id, std::move(metadata));
    values.insert(values.end(), change.vector.begin(), change.vector.end());
  }
  LH_TRY(rows_.Append(values));
  const auto count = static_cast<std::uint32_t>(changes.size());
  VectorIndex& index = *this->index();
  LH_TRY(index.Insert({}, count));
  const std::vector<RowId> replaced = items_.Assign(first, count);
  LH_TRY(index.Delete(replaced));
  applied.died.insert(applied.died.end(), replaced.begin(), replaced.end());
  applied.added += items_.length() - length;
  applied.updated += given.size() - (items_.length() - length);
  return Ok{};
}

Status Serving::Remove(std::span<const ItemChange> changes, Applied& applied) {
  std::vector<RowId> died;
  for (const ItemChange& change : changes)
    if (const auto row = items_.Remove(change.id)) died.push_back(*row);
  LH_TRY(index()->Delete(died));
  applied.removed += died.size();
  applied.died.insert(applied.died.end(), died.begin(), died.end());
  return Ok{};
}

Result<std::optional<SearchResponse>> Serving::TrySearch(const Context& context, std::span<const float> query, const SearchOptions& options,
                                                         const SearchParameters& parameters) {
  SearchParameters with_filter = parameters;
  std::vector<RowId> selected;
  const std::uint64_t before = changes_.load();
  if (options.filter) {
    selected = LH_TRY(items_.Select(context, *options.filter));
    with_filter.filter = RowFilter::List(selected);
  }
  const SearchResult found = LH_TRY(index()->Search(context, query, with_filter));
  auto hits = items_.Describe(found.neighbors);
  const bool is_short = options.filter && found.neighbors.size() < std::min<std::size_t>(options.k, selected.size());
  if (!hits || (is_short && changes_.load() != before)) return std::optional<SearchResponse>();
  return std::optional<SearchResponse>({*std::move(hits), std::string(WireName(found.path))});
}

Result<SearchResponse> Serving::Search(const Context& context, std::span<const float> query, const SearchOptions& options) {
  const SearchParameters parameters{.k = options.k, .exact = options.exact, .min_recall = options.min_recall};
  for (int i = 0; i < kFreeSearches; ++i)
    if (auto found = LH_TRY(TrySearch(context, query, options, parameters))) return *std::move(found);
  const std::scoped_lock lock(applying_);
  if (auto found = LH_TRY(TrySearch(context, query, options, parameters))) return *std::move(found);
  return Error(ErrorCode::kInternal, "search: rows were found that belong to no item, while nobody wrote");
}

std::optional<Result<SearchResponse>> Serving::SearchAtOnce(const Context& context, std::span<const float> query,
                                                            const SearchOptions& options) {
  const SearchParameters parameters{.k = options.k, .exact = options.exact, .min_recall = options.min_recall};
  // What a filter selects is known only when it was looked for.
  if (options.filter || options.k > kMostAtOnce || index()->EstimateNanos(parameters) > kAtOnceNanos) return std::nullopt;
  for (int i = 0; i < kFreeSearches; ++i) {
    auto found = TrySearch(context, query, options, parameters);
    if (!found) return Result<SearchResponse>(std::move(found).TakeError());
    if (*found) return Result<SearchResponse>(**std::move(found));
  }
  return std::nullopt;
}

std::shared_ptr<VectorIndex> Serving::index() const {
  const std::scoped_lock lock(index_mutex_);
  return index_;
}

Result<std::shared_ptr<VectorIndex>> Serving::SwapIndex(std::shared_ptr<VectorIndex> next) {
  LH_TRY(next->Insert({}, rows_.size() - next->rows()));  // most of it while writers go on
  const std::scoped_lock lock(applying_);
  LH_TRY(CatchUp(*next));
  const std::scoped_lock pointer(index_mutex_);
  std::swap(index_, next);
  return next;
}

Result<std::shared_ptr<VectorIndex>> Serving::TrainAnother(const Context& context, const IndexOptions& options) const {
  std::shared_ptr<VectorIndex> another;
  {
    const std::scoped_lock lock(applying_);
    another = LH_TRY(VectorIndex::Create(spec_, rows_, options));
    LH_TRY(CatchUp(*another));
  }
  LH_TRY(another->Retrain(context));
  return another;
}

}  // namespace lakehouse::vector
