#include "lakehouse/vector/vector_index.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>
#include <utility>

#include "calibration.h"
#include "distance.h"
#include "index_state.h"
#include "kernel_choice.h"
#include "lakehouse/vector/vector_check.h"
#include "random_sequence.h"
#include "training.h"

namespace lakehouse::vector {
namespace {

/// A training pays from this many live rows on; fewer are scanned exactly in no time.
constexpr std::uint32_t kTrainFrom = kCalibrateFrom;
/// The last rows of a retraining are caught up with while writers wait.
constexpr std::uint32_t kCatchUpRows = 256;

Status CheckOptions(const IndexOptions& options) {
  if (!(options.target_recall > 0 && options.target_recall <= 1))
    return Error(ErrorCode::kInvalidArgument, "vector index refused: target recall must be above 0 and at most 1")
        .Named("bad_target_recall");
  return Ok{};
}

}  // namespace

VectorIndex::State::State(const IndexSpec& index_spec, const RowSource& row_source, const IndexOptions& index_options)
    : spec(index_spec), source(row_source), options(index_options), kernels(KernelsFor(index_options.kernels)) {}

void VectorIndex::State::AppendTo(Generation& to, std::uint32_t count, SearchScratch& room) {
  for (std::uint32_t i = 0; i < count; ++i) {
    const RowId row = to.rows();
    if (live.IsDeleted(row))
      to.Skip();
    else
      to.Insert(source.Row(row), room, epochs);
  }
}

void VectorIndex::State::Publish(std::unique_ptr<Generation> next) {
  Generation* old = generation.exchange(next.release());
  checked_recall = 1;
  if (old != nullptr) epochs.Retire([old] { delete old; });
  epochs.Collect();
}

VectorIndex::VectorIndex(std::unique_ptr<State> state) : state_(std::move(state)) {}
VectorIndex::~VectorIndex() = default;

Result<std::unique_ptr<VectorIndex>> VectorIndex::Create(const IndexSpec& spec, const RowSource& rows, const IndexOptions& options) {
  LH_TRY(CheckSpec(spec));
  LH_TRY(CheckOptions(options));
  auto state = std::make_unique<State>(spec, rows, options);
  const std::uint32_t count = rows.size();
  state->live.Reserve(count);
  if (count == 0) {
    IndexOptions flat = options;
    flat.threads = 1;
    state->generation = LH_TRY(Train(Context(), state->kernels, spec, flat, rows, state->live, 0)).release();
  }
  state->rows = count;
  return std::unique_ptr<VectorIndex>(new VectorIndex(std::move(state)));
}

Result<std::unique_ptr<VectorIndex>> VectorIndex::Build(const Context& context, const IndexSpec& spec, const RowSource& rows,
                                                        const IndexOptions& options) {
  auto index = LH_TRY(Create(spec, rows, options));
  LH_TRY(index->Retrain(context));
  return index;
}

Status VectorIndex::Insert(const Context& context, std::uint32_t count) {
  LH_TRY(context.Check());
  State& state = *state_;
  const std::scoped_lock lock(state.writing);
  const std::uint32_t first = state.rows.load();
  if (count > state.source.size() || first > state.source.size() - count)
    return Error(ErrorCode::kInvalidArgument, "insert " + std::to_string(count) + " rows: the index has " + std::to_string(first) +
                                                  ", the source only " + std::to_string(state.source.size()));
  for (std::uint32_t i = 0; i < count; ++i) LH_TRY(CheckRow(state.kernels, state.spec, state.source, first + i));
  state.live.Reserve(std::uint64_t{first} + count);
  if (Generation* generation = state.generation.load()) state.AppendTo(*generation, count, state.scratch);
  state.rows.store(first + count);
  state.epochs.Collect();
  return Ok{};
}

Result<std::uint32_t> VectorIndex::Delete(std::span<const RowId> rows) {
  State& state = *state_;
  const std::scoped_lock lock(state.writing);
  for (const RowId row : rows)
    if (row >= state.rows.load())
      return Error(ErrorCode::kInvalidArgument,
                   "delete row " + std::to_string(row) + ": the index has " + std::to_string(state.rows.load()) + " rows");
  std::uint32_t gone = 0;
  for (const RowId row : rows) gone += static_cast<std::uint32_t>(state.live.Delete(row));
  return gone;
}

bool VectorIndex::IsLive(RowId row) const { return row < rows() && !state_->live.IsDeleted(row); }
std::uint32_t VectorIndex::rows() const { return state_->rows.load(); }

RetrainReason VectorIndex::NeedsRetrain() const {
  const State& state = *state_;
  const Epochs::Reader reader(state.epochs);
  const std::uint32_t rows = state.rows.load(), deleted = std::min(rows, state.live.deleted()), live = rows - deleted;
  const Generation* generation = state.generation.load();
  if (generation == nullptr) return RetrainReason::kScanMode;
  if (live < kTrainFrom) return RetrainReason::kNone;
  const Generation::Model& model = generation->model();
  if (live / 2 >= model.trained_live) return RetrainReason::kGrown;
  // Those that were deleted before the training are in no list.
  const std::uint32_t in_lists = rows - (model.trained_rows - model.trained_live);
  if ((in_lists - live) > in_lists / 4) return RetrainReason::kDeletions;
  if (generation->outliers().rows() > live / 8) return RetrainReason::kShifted;
  if (state.checked_recall.load() < state.options.target_recall - .01) return RetrainReason::kLowRecall;
  return RetrainReason::kNone;
}

Status VectorIndex::Retrain(const Context& context) {
  State& state = *state_;
  bool idle = false;
  if (!state.training.compare_exchange_strong(idle, true))
    return Error(ErrorCode::kConflict, "retrain: another training of this index is running; wait for it").Named("training_runs");
  struct Done {
    std::atomic<bool>& training;
    ~Done() { training = false; }
  } const done{state.training};

  auto next = LH_TRY(Train(context, state.kernels, state.spec, state.options, state.source, state.live, state.rows.load()));
  SearchScratch room;
  // Most of what came meanwhile is caught up with beside the writers, the rest while they wait.
  for (std::uint32_t behind = state.rows.load() - next->rows(); behind > kCatchUpRows; behind = state.rows.load() - next->rows()) {
    LH_TRY(context.Check());
    state.AppendTo(*next, behind, room);
  }
  const std::scoped_lock lock(state.writing);
  state.AppendTo(*next, state.rows.load() - next->rows(), room);
  state.Publish(std::move(next));
  state.trainings.fetch_add(1);
  return Ok{};
}

IndexStats VectorIndex::Stats() const {
  const State& state = *state_;
  const Epochs::Reader reader(state.epochs);
  IndexStats stats;
  stats.spec = state.spec;
  stats.rows = state.rows.load();
  stats.live_rows = stats.rows - std::min(stats.rows, state.live.deleted());
  stats.trainings = state.trainings.load();
  stats.target_recall = state.options.target_recall;
  stats.kernels = state.kernels.name;
  const Generation* generation = state.generation.load();
  if (generation == nullptr) return stats;
  stats.lists = generation->list_count();
  stats.mode = stats.lists == 1 ? IndexMode::kFlat : IndexMode::kInverted;
  stats.trained_rows = generation->model().trained_rows;
  stats.memory_bytes = generation->memory_bytes() + stats.rows / 8;
  stats.outliers = generation->outliers().rows();
  std::vector<std::uint32_t> sizes;
  for (std::uint32_t list = 0; list < stats.lists; ++list) sizes.push_back(generation->list(list).rows());
  std::sort(sizes.begin(), sizes.end());
  stats.longest_list = sizes.back();
  stats.median_list = sizes[sizes.size() / 2];
  stats.calibration = generation->calibration();
  stats.default_recall = 1;
  if (const std::size_t chosen = generation->chosen_point(); chosen < stats.calibration.size()) {
    stats.default_probe = stats.calibration[chosen].probe;
    stats.default_rescore = stats.calibration[chosen].rescore;
    stats.default_recall = stats.calibration[chosen].recall_at_10;
  }
  return stats;
}

Result<double> VectorIndex::CheckRecall(const Context& context, std::uint32_t samples) {
  State& state = *state_;
  RandomSequence random(state.options.seed + state.rows.load());
  std::vector<RowId> queries;
  const std::uint32_t rows = state.rows.load();
  for (std::uint32_t i = 0; i < samples && rows > 0; ++i) {
    // Half of them from the newest tenth, where a shifted distribution shows first.
    const std::uint32_t among = i % 2 == 0 ? rows : std::max<std::uint32_t>(1, rows / 10);
    const RowId row = rows - 1 - random.Below(among);
    if (!state.live.IsDeleted(row)) queries.push_back(row);
  }
  if (queries.empty()) return 1.0;
  double hits = 0;
  double wanted = 0;
  std::vector<float> query(state.spec.dimension);
  for (const RowId row : queries) {
    std::memcpy(query.data(), state.source.Row(row), query.size() * sizeof(float));
    // The row itself is found by any search; the other ten count.
    SearchParameters parameters{.k = 11};
    const SearchResult found = LH_TRY(Search(context, query, parameters));
    parameters.exact = true;
    const SearchResult truth = LH_TRY(Search(context, query, parameters));
    for (const Neighbor& neighbor : truth.neighbors) {
      if (neighbor.row == row) continue;
      wanted += 1;
      hits += std::any_of(found.neighbors.begin(), found.neighbors.end(), [&](const Neighbor& other) { return other.row == neighbor.row; })
                  ? 1
                  : 0;
    }
  }
  const double recall = wanted > 0 ? hits / wanted : 1;
  state.checked_recall = recall;
  return recall;
}

}  // namespace lakehouse::vector
