#include "search_plan.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace lakehouse::vector {
namespace {

/// Nanoseconds per component, on the processors at hand (AVX-512 and AVX2 differ by two; only ratios matter).
constexpr double kOctetNs = .035;   // of a row somewhere in memory
constexpr double kCenterNs = .012;  // of an octet row in the cache
constexpr double kBitNs = .0055;
constexpr double kFloatNs = .3;
constexpr double kPerRowNs = 6;
constexpr double kAlwaysExactNs = 50'000;
constexpr double kFilteredExactNs = 500'000;

/// Late rows lie in lists that were not made for them, and calibration has not seen them: the lists probed grow by this times their share.
constexpr double kLateWidening = 3;
/// A filter may leave out the very rows that are near: lists are probed until this many times the rows that chance would leave were seen.
constexpr std::uint64_t kFilterMargin = 8;

std::uint32_t Clamp(double value, std::uint32_t most) {
  return static_cast<std::uint32_t>(std::clamp(value, 1.0, static_cast<double>(std::max<std::uint32_t>(1, most))));
}

/// The point for `k` neighbours: the first, from the chosen one on, that reached the recall at 10; nothing when exact is needed.
std::optional<std::size_t> PointFor(const Generation& generation, const SearchParameters& parameters) {
  const auto& points = generation.calibration();
  if (!parameters.min_recall) return generation.chosen_point() < points.size() ? std::optional(generation.chosen_point()) : std::nullopt;
  // Calibration saw some hundred queries: that it missed nothing there does not promise that it never will.
  for (std::size_t i = 0; i < points.size() && *parameters.min_recall < 1; ++i)
    if (points[i].recall_at_10 >= *parameters.min_recall) return i;
  return std::nullopt;
}

/// Ten neighbours need `probe` lists; more neighbours lie in more lists. What calibration measured for 100 says how much faster.
double ProbesFor(const Generation& generation, std::size_t point, double neighbors) {
  const auto& points = generation.calibration();
  const double at_10 = points[point].probe, wanted = points[point].recall_at_10;
  if (neighbors <= 10) return at_10;
  double at_100 = generation.list_count();
  for (std::size_t i = point; i < points.size(); ++i) {
    if (points[i].recall_at_100 < wanted - .001) continue;
    at_100 = std::max<double>(at_10, points[i].probe);
    break;
  }
  return at_10 * std::pow(at_100 / at_10, std::log10(neighbors / 10));
}

double ListsCost(const Generation& generation, const ProbePlan& plan, std::uint64_t rows, bool filtered) {
  const auto padded = static_cast<double>(generation.space().padded());
  const double share = std::min(1.0, static_cast<double>(plan.probe) / generation.list_count());
  const double per_row = padded * kBitNs + 1 + (filtered ? 1.5 : 0);
  return share * static_cast<double>(rows) * per_row + plan.rescore * (padded * kOctetNs + kPerRowNs) +
         generation.list_count() * padded * kCenterNs + 24 * padded * kFloatNs;
}

}  // namespace

SearchPlan PlanSearch(const Generation& generation, const SearchParameters& parameters, std::uint64_t matching, bool filtered) {
  SearchPlan plan;
  const auto padded = static_cast<double>(generation.space().padded());
  const double exact_ns = static_cast<double>(matching) * (padded * kOctetNs + kPerRowNs);
  plan.nanos = exact_ns;
  if (parameters.exact) return plan;
  const double k = parameters.k;
  const double rows = generation.rows();
  // With a share of the rows allowed, the k nearest are among the k / share nearest of all.
  const double neighbors = k * rows / static_cast<double>(std::max<std::uint64_t>(1, matching));
  const auto point = PointFor(generation, parameters);
  if (parameters.probe == 0 && parameters.rescore == 0) {
    if (!point) return plan;
    const CalibrationPoint& measured = generation.calibration()[*point];
    const double late = rows > 0 ? (rows - generation.model().trained_rows) / rows : 0;
    const double probes = ProbesFor(generation, *point, neighbors) * (1 + kLateWidening * late);
    plan.probes.probe = Clamp(std::ceil(probes), generation.list_count());
    plan.probes.rescore = Clamp(std::ceil(measured.rescore * std::max(1.0, k / 10)), generation.rows());
  } else {
    plan.probes.probe =
        std::min(parameters.probe == 0 ? (point ? generation.calibration()[*point].probe : generation.list_count()) : parameters.probe,
                 generation.list_count());
    plan.probes.rescore =
        std::max(parameters.rescore == 0 ? (point ? generation.calibration()[*point].rescore : 100) : parameters.rescore, parameters.k);
    plan.exact = false;
  }
  plan.probes.rescore = std::max(plan.probes.rescore, parameters.k);
  if (filtered && plan.probes.probe < generation.list_count())
    plan.probes.matching = kFilterMargin * matching * plan.probes.probe / generation.list_count() + 1;
  const double lists_ns = ListsCost(generation, plan.probes, generation.rows(), filtered);
  plan.nanos = lists_ns;
  if (!plan.exact && !filtered) return plan;

  const double patience = filtered ? std::max(lists_ns, kFilteredExactNs) : std::max(lists_ns, kAlwaysExactNs);
  plan.exact = exact_ns <= patience;
  if (plan.exact) plan.nanos = exact_ns;
  return plan;
}

double RowScanNanos(std::uint64_t rows, std::uint32_t dimension) {
  return static_cast<double>(rows) * (static_cast<double>(dimension) * kFloatNs + kPerRowNs);
}

}  // namespace lakehouse::vector
