#pragma once
#include <span>
#include <vector>

#include "generation.h"
#include "lakehouse/base/context.h"

namespace lakehouse::vector {

inline constexpr std::uint32_t kCalibrationQueries = 256;
/// Below this the octets of all rows are read faster than lists are found.
inline constexpr std::uint32_t kCalibrateFrom = 1024;

/// The exact neighbours of rows used as queries, themselves left out. The rows are read once for several queries.
Status ExactNeighbors(const Context& context, std::uint32_t threads, const Generation& generation, const RowSource& source,
                      const RowView& view, std::span<const RowId> queries, std::uint32_t k, std::vector<std::vector<Neighbor>>& out);

/// Mean recall and its standard error.
struct MeasuredRecall {
  double mean = 1;
  double error = 0;
};
/// How much of `truth` (k nearest of each query) a plan finds.
Result<MeasuredRecall> MeasureRecall(const Context& context, std::uint32_t threads, const Generation& generation, const RowSource& source,
                                     const RowView& view, std::span<const RowId> queries, const std::vector<std::vector<Neighbor>>& truth,
                                     std::uint32_t k, const ProbePlan& plan, std::vector<SearchScratch>& scratch);

/// Measures on `held_out` rows how many lists and rescored rows the target takes, and sets it as the generation's default: the
/// cheapest setting whose recall is a standard error and a half above the target; exact where none is. Same rows, same answer,
/// for any number of threads.
Status Calibrate(const Context& context, std::uint32_t threads, double target, const RowSource& source, const RowView& view,
                 std::span<const RowId> held_out, std::vector<SearchScratch>& scratch, Generation& generation);

}  // namespace lakehouse::vector
