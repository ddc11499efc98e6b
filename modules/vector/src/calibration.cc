#include "calibration.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <memory>

#include "exact_scan.h"
#include "parallel_for.h"

namespace lakehouse::vector {
namespace {

constexpr std::size_t kQueriesPerPass = 16;
constexpr std::size_t kRowsPerPass = 512;  // of octets: they stay in the cache while all queries see them
constexpr std::uint32_t kFewQueries = 64;  // for what is only compared coarsely
constexpr std::uint32_t kRescoreSteps[] = {100, 200, 400, 800, 1600, 3200, 6400};

double RecallOf(const std::vector<Neighbor>& found, std::span<const Neighbor> truth) {
  if (truth.empty()) return 1;
  std::size_t hits = 0;
  for (const Neighbor& neighbor : truth)
    hits += static_cast<std::size_t>(
        std::any_of(found.begin(), found.end(), [&](const Neighbor& other) { return other.row == neighbor.row; }) ||
        // Of rows that are equally far, any will do.
        (!found.empty() && neighbor.distance == truth.back().distance && found.back().distance <= neighbor.distance));
  return static_cast<double>(hits) / static_cast<double>(truth.size());
}

/// 1, 2, 3, 4, 5, 7, 9, 12, ... and at last all.
std::vector<std::uint32_t> ProbeSteps(std::uint32_t lists) {
  std::vector<std::uint32_t> steps;
  for (std::uint32_t probe = 1; probe < lists; probe = std::max(probe + 1, probe * 5 / 4)) steps.push_back(probe);
  steps.push_back(lists);
  return steps;
}

}  // namespace

Status ExactNeighbors(const Context& context, std::uint32_t threads, const Generation& generation, const RowSource& source,
                      const RowView& view, std::span<const RowId> queries, std::uint32_t k, std::vector<std::vector<Neighbor>>& out) {
  out.assign(queries.size(), {});
  const IndexSpec spec = {static_cast<std::uint32_t>(generation.space().dimension()), generation.space().metric()};
  const std::uint64_t passes = (queries.size() + kQueriesPerPass - 1) / kQueriesPerPass;
  return ParallelFor(context, threads, passes, 1, [&](std::uint64_t pass, std::uint32_t) -> Status {
    const std::size_t begin = pass * kQueriesPerPass, end = std::min(queries.size(), begin + kQueriesPerPass);
    std::vector<std::vector<float>> values(end - begin, std::vector<float>(spec.dimension));
    std::vector<std::unique_ptr<QueryForms>> forms;
    std::vector<ExactScan> scans;
    scans.reserve(end - begin);
    for (std::size_t i = begin; i < end; ++i) {
      std::memcpy(values[i - begin].data(), source.Row(queries[i]), spec.dimension * sizeof(float));
      forms.push_back(std::make_unique<QueryForms>());
      generation.space().PrepareQuery(values[i - begin].data(), *forms.back());
      scans.emplace_back(&generation, generation.space().kernels(), spec, source, *forms.back(), k + 1);
    }
    std::vector<RowId> chunk;
    ForEachChunk(view, chunk, kRowsPerPass, [&](std::span<const RowId> rows) {
      for (ExactScan& scan : scans) scan.Feed(rows);
    });
    for (std::size_t i = begin; i < end; ++i) {
      out[i] = scans[i - begin].Finish();
      std::erase_if(out[i], [&](const Neighbor& neighbor) { return neighbor.row == queries[i]; });
      if (out[i].size() > k) out[i].resize(k);
    }
    return Ok{};
  });
}

Result<MeasuredRecall> MeasureRecall(const Context& context, std::uint32_t threads, const Generation& generation, const RowSource& source,
                                     const RowView& view, std::span<const RowId> queries, const std::vector<std::vector<Neighbor>>& truth,
                                     std::uint32_t k, const ProbePlan& plan, std::vector<SearchScratch>& scratch) {
  std::vector<double> recalls(queries.size());
  LH_TRY(ParallelFor(context, threads, queries.size(), 4, [&](std::uint64_t i, std::uint32_t worker) -> Status {
    SearchScratch& mine = scratch[worker];
    std::vector<float> query(generation.space().dimension());
    std::memcpy(query.data(), source.Row(queries[i]), query.size() * sizeof(float));
    generation.space().PrepareQuery(query.data(), mine.query);
    RowView without_itself = view;
    without_itself.excluded = queries[i];
    SearchResult result;
    generation.SearchLists(source, without_itself, k, plan, mine, result);
    recalls[i] = RecallOf(result.neighbors, std::span(truth[i]).first(std::min<std::size_t>(k, truth[i].size())));
    return Ok{};
  }));
  MeasuredRecall measured;
  if (recalls.empty()) return measured;
  double sum = 0, squared = 0;
  for (const double recall : recalls) sum += recall;
  measured.mean = sum / static_cast<double>(recalls.size());
  for (const double recall : recalls) squared += (recall - measured.mean) * (recall - measured.mean);
  measured.error = std::sqrt(squared) / static_cast<double>(recalls.size());
  return measured;
}

Status Calibrate(const Context& context, std::uint32_t threads, double target, const RowSource& source, const RowView& view,
                 std::span<const RowId> held_out, std::vector<SearchScratch>& scratch, Generation& generation) {
  const std::uint32_t lists = generation.list_count();
  std::vector<std::vector<Neighbor>> truth, long_truth;
  const auto few = held_out.first(std::min<std::size_t>(kFewQueries, held_out.size()));
  LH_TRY(ExactNeighbors(context, threads, generation, source, view, held_out, 10, truth));
  LH_TRY(ExactNeighbors(context, threads, generation, source, view, few, 100, long_truth));
  std::vector<CalibrationPoint> points;
  std::size_t chosen = 0;
  bool found = false;
  const auto measure = [&](std::span<const RowId> queries, const ProbePlan& plan) -> Result<MeasuredRecall> {
    CalibrationPoint point{plan.probe, plan.rescore, 0, 0};
    const MeasuredRecall at_10 = LH_TRY(MeasureRecall(context, threads, generation, source, view, queries, truth, 10, plan, scratch));
    const ProbePlan longer = {plan.probe, plan.rescore * 10, 0};
    const MeasuredRecall at_100 = LH_TRY(MeasureRecall(context, threads, generation, source, view, few, long_truth, 100, longer, scratch));
    point.recall_at_10 = at_10.mean, point.recall_at_100 = at_100.mean;
    points.push_back(point);
    if (!found && at_10.mean - 1.5 * at_10.error >= target) chosen = points.size() - 1, found = true;
    return at_10;
  };

  // How many rows must be rescored shows where no list is left out. A part of what may be missed is left to the lists.
  const double with_all = lists == 1 ? target : target + (1 - target) * .6;
  std::uint32_t rescore = 0;
  for (const std::uint32_t step : kRescoreSteps) {
    if (step * 4 > generation.rows()) break;
    const ProbePlan plan = {lists, step, 0};
    const auto queries = lists == 1 ? held_out : few;
    const MeasuredRecall all = lists == 1
                                   ? LH_TRY(measure(queries, plan))
                                   : LH_TRY(MeasureRecall(context, threads, generation, source, view, queries, truth, 10, plan, scratch));
    rescore = step;
    if (lists == 1 ? found : all.mean >= with_all) break;
    rescore = 0;
  }
  if (lists > 1 && rescore != 0) {
    for (const std::uint32_t probe : ProbeSteps(lists)) {
      const MeasuredRecall at_10 = LH_TRY(measure(held_out, {probe, rescore, 0}));
      if (found && (at_10.mean >= .9995 || points.back().recall_at_100 >= .9995 || probe > lists / 2)) break;
    }
  }
  if (!found) chosen = points.size();
  generation.SetCalibration(std::move(points), chosen);
  return Ok{};
}

}  // namespace lakehouse::vector
