#include <algorithm>
#include <bit>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "distance.h"
#include "exact_scan.h"
#include "index_state.h"
#include "lakehouse/vector/vector_check.h"
#include "search_plan.h"

namespace lakehouse::vector {
namespace {

constexpr std::size_t kChunkRows = 4096;

Status CheckParameters(const SearchParameters& parameters) {
  if (parameters.k < 1 || parameters.k > kMaxNeighbors)
    return Error(ErrorCode::kInvalidArgument,
                 "search: k is " + std::to_string(parameters.k) + ", expected 1 to " + std::to_string(kMaxNeighbors))
        .Named("bad_k");
  if (parameters.min_recall && !(*parameters.min_recall >= 0 && *parameters.min_recall <= 1))
    return Error(ErrorCode::kInvalidArgument, "search: min_recall must be 0 to 1").Named("bad_min_recall");
  return Ok{};
}

/// One search against what was there when it began.
class OneSearch {
 public:
  OneSearch(const Generation* generation, const Kernels& kernels, const IndexSpec& spec, const RowSource& source, RowView view,
            const SearchParameters& parameters, SearchScratch& scratch)
      : generation_(generation), kernels_(kernels), spec_(spec), source_(source), view_(view), parameters_(parameters), scratch_(scratch) {}

  SearchResult Run(std::span<const float> query, std::uint64_t live) {
    SearchResult result;
    std::uint64_t matching = live;
    const RowFilter& filter = parameters_.filter;
    const bool filtered = filter.kind() != RowFilter::Kind::kAll;
    if (filter.kind() == RowFilter::Kind::kBitmap) matching = ResolveBitmap(filter.words());
    if (filter.kind() == RowFilter::Kind::kList) matching = ResolveList(filter.rows());
    if (matching == 0) return result;
    Prepare(query);
    const SearchPlan plan = generation_ == nullptr ? SearchPlan() : PlanSearch(*generation_, parameters_, matching, filtered);
    if (!plan.exact) {
      generation_->SearchLists(source_, view_, parameters_.k, plan.probes, scratch_, result);
      if (result.neighbors.size() >= std::min<std::uint64_t>(parameters_.k, matching)) return result;
    }
    Exact(filtered, matching, result);
    return result;
  }

 private:
  void Prepare(std::span<const float> query) {
    if (generation_ != nullptr) return generation_->space().PrepareQuery(query.data(), scratch_.query);
    scratch_.query.raw = query.data();
    scratch_.query.inverse_norm =
        spec_.metric == Metric::kCosine ? InverseNorm(kernels_, reinterpret_cast<const std::byte*>(query.data()), query.size()) : 1;
  }

  std::uint64_t ResolveBitmap(std::span<const std::uint64_t> words) {
    std::vector<std::uint64_t>& bitmap = scratch_.bitmap;
    bitmap.resize(view_.words());
    std::uint64_t matching = 0;
    for (std::size_t word = 0; word < bitmap.size(); ++word) {
      bitmap[word] = word < words.size() ? words[word] : 0;
      if (bitmap[word] != 0) bitmap[word] &= view_.Word(word);
      matching += static_cast<std::uint64_t>(std::popcount(bitmap[word]));
    }
    view_.has_bitmap = true;
    view_.bitmap = bitmap;
    return matching;
  }

  std::uint64_t ResolveList(std::span<const RowId> rows) {
    std::vector<std::uint64_t>& bitmap = scratch_.bitmap;
    // A short list is not worth a bitmap over all rows; it is scanned as it is.
    if (rows.size() < view_.words()) {
      std::vector<RowId>& some = scratch_.candidates;
      some.clear();
      for (const RowId row : rows)
        if (view_.Allows(row)) some.push_back(row);
      std::sort(some.begin(), some.end());
      some.erase(std::unique(some.begin(), some.end()), some.end());
      is_list_ = true;
      return some.size();
    }
    bitmap.assign(view_.words(), 0);
    std::uint64_t matching = 0;
    for (const RowId row : rows) {
      if (!view_.Allows(row)) continue;
      std::uint64_t& word = bitmap[row / 64];
      const std::uint64_t bit = std::uint64_t{1} << (row % 64);
      matching += static_cast<std::uint64_t>((word & bit) == 0);
      word |= bit;
    }
    view_.has_bitmap = true;
    view_.bitmap = bitmap;
    return matching;
  }

  void Exact(bool filtered, std::uint64_t matching, SearchResult& result) {
    ExactScan scan(generation_, kernels_, spec_, source_, scratch_.query, parameters_.k);
    if (is_list_)
      scan.Feed(scratch_.candidates);
    else
      ForEachChunk(view_, scratch_.chunk, kChunkRows, [&](std::span<const RowId> rows) { scan.Feed(rows); });
    result.neighbors = scan.Finish();
    result.rows_scanned += matching;
    result.path = generation_ == nullptr ? SearchPath::kRows : filtered ? SearchPath::kCandidates : SearchPath::kCodes;
  }

  const Generation* generation_;
  const Kernels& kernels_;
  const IndexSpec& spec_;
  const RowSource& source_;
  RowView view_;
  const SearchParameters& parameters_;
  SearchScratch& scratch_;
  bool is_list_ = false;
};

/// Room is made once per thread; a search leaves nothing in it that a later one reads.
SearchScratch& ScratchOfThisThread() {
  static thread_local SearchScratch scratch;
  return scratch;
}

double Percentile(std::vector<double> sorted, double share) {
  return sorted[std::min(sorted.size() - 1, static_cast<std::size_t>(share * static_cast<double>(sorted.size())))];
}

}  // namespace

Result<SearchResult> VectorIndex::Search(const Context& context, std::span<const float> query, const SearchParameters& parameters) const {
  LH_TRY(context.Check());
  LH_TRY(CheckParameters(parameters));
  LH_TRY(CheckVector(state_->spec, query));
  const State& state = *state_;
  const Epochs::Reader reader(state.epochs);
  RowView view{.live = &state.live, .rows = state.rows.load()};
  const Generation* generation = state.generation.load();
  const std::uint64_t live = view.rows - std::min(view.rows, state.live.deleted());
  return OneSearch(generation, state.kernels, state.spec, state.source, view, parameters, ScratchOfThisThread()).Run(query, live);
}

double VectorIndex::EstimateNanos(const SearchParameters& parameters) const {
  const State& state = *state_;
  const Epochs::Reader reader(state.epochs);
  const std::uint32_t rows = state.rows.load();
  const Generation* generation = state.generation.load();
  const std::uint64_t live = rows - std::min(rows, state.live.deleted());
  if (generation == nullptr) return RowScanNanos(live, state.spec.dimension);
  return PlanSearch(*generation, parameters, live, false).nanos;
}

Result<Evaluation> VectorIndex::Evaluate(const Context& context, std::span<const float> queries, const SearchParameters& parameters,
                                         const Clock& clock) const {
  const std::size_t d = state_->spec.dimension;
  if (queries.empty() || queries.size() % d != 0)
    return Error(ErrorCode::kInvalidArgument, "evaluate: " + std::to_string(queries.size()) + " values are no whole number of queries of " +
                                                  std::to_string(d) + ", or none");
  SearchParameters exact = parameters;
  exact.exact = true;
  Evaluation evaluation;
  std::vector<double> times;
  double recall = 0;
  for (std::size_t at = 0; at < queries.size(); at += d) {
    const auto query = queries.subspan(at, d);
    const SearchResult truth = LH_TRY(Search(context, query, exact));
    const std::int64_t begin = clock.SteadyNanos();
    const SearchResult found = LH_TRY(Search(context, query, parameters));
    times.push_back(static_cast<double>(clock.SteadyNanos() - begin) / 1000);
    std::size_t hits = 0;
    for (const Neighbor& neighbor : truth.neighbors)
      hits += static_cast<std::size_t>(std::any_of(found.neighbors.begin(), found.neighbors.end(), [&](const Neighbor& other) {
        return other.row == neighbor.row || other.distance == neighbor.distance;  // of equally far ones any will do
      }));
    recall += truth.neighbors.empty() ? 1 : static_cast<double>(hits) / static_cast<double>(truth.neighbors.size());
  }
  std::sort(times.begin(), times.end());
  evaluation.queries = static_cast<std::uint32_t>(times.size());
  evaluation.recall = recall / static_cast<double>(times.size());
  evaluation.p50_us = Percentile(times, .5);
  evaluation.p99_us = Percentile(times, .99);
  return evaluation;
}

}  // namespace lakehouse::vector
