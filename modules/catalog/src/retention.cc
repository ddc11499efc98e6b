#include "retention.h"

#include <algorithm>
#include <ranges>
#include <set>

#include "lakehouse/catalog/vector_dataset.h"

namespace lakehouse::catalog {
namespace {

constexpr std::int64_t kMicros = 1'000'000;
constexpr int kServedGenerations = 2;

/// The oldest version that a vector index may still serve: while it takes up its newest generation, searches look at the one before.
/// Versions between them changed attributes only and name the same files.
std::int64_t FirstServedVersion(const DatasetState& dataset) {
  int generations = 0;
  for (const SnapshotEntryRef& entry : dataset.recent | std::views::reverse)
    if (entry->summary.contains(kGenerationSummary) && ++generations == kServedGenerations) return entry->version;
  return dataset.recent.front()->version;
}

}  // namespace

std::vector<VersionRange> VersionsToExpire(const DatasetState& dataset, const Retention& policy, std::int64_t now_micros,
                                           std::int64_t grace_micros) {
  std::vector<VersionRange> ranges;
  if (!policy.keep_last && !policy.keep_for_seconds) return ranges;
  std::set<std::int64_t> tagged;
  for (const auto& [name, tag] : dataset.tags)
    if (!tag.until_micros || *tag.until_micros > now_micros) tagged.insert(tag.version);
  const bool is_served = !dataset.dropped && IsVectorDataset(dataset.attributes);
  const std::int64_t first_served = is_served ? FirstServedVersion(dataset) : dataset.head().version + 1;
  std::int64_t newer = 0;
  std::optional<std::int64_t> ended_micros;  // when another version, or a drop, took its place
  std::vector<std::int64_t> versions;
  for (std::size_t i = dataset.points.size(); i > 0; --i) {
    const PointLog::Point& point = dataset.points.at(i - 1);
    if (!point.is_drop()) {
      const std::int64_t age_micros = ended_micros ? now_micros - *ended_micros : 0;
      const bool kept_by_policy =
          (policy.keep_last && newer < *policy.keep_last) || (policy.keep_for_seconds && age_micros / kMicros < *policy.keep_for_seconds);
      const bool may_be_read = !ended_micros || age_micros < grace_micros;
      const bool is_needed = kept_by_policy || may_be_read || point.version >= first_served;
      if (!is_needed && !tagged.contains(point.version) && !dataset.IsExpired(point.version)) versions.push_back(point.version);
      ++newer;
    }
    ended_micros = point.time_micros;
  }
  std::reverse(versions.begin(), versions.end());
  for (const std::int64_t version : versions) {
    if (!ranges.empty() && ranges.back().last + 1 == version)
      ranges.back().last = version;
    else
      ranges.push_back({version, version});
  }
  return ranges;
}

}  // namespace lakehouse::catalog
