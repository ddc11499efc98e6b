#pragma once
#include <cstdint>
#include <vector>

#include "dataset_state.h"

namespace lakehouse::catalog {

/// Pure: the versions of a dataset that nothing keeps any more at this time, rising, joined into ranges. Kept are the head, what a tag
/// names, what the policy keeps, and what readers may still have open: `grace_micros` after another version took its place.
/// A policy that says nothing keeps everything. What expired before is not among them.
std::vector<VersionRange> VersionsToExpire(const DatasetState& dataset, const Retention& policy, std::int64_t now_micros,
                                           std::int64_t grace_micros);

}  // namespace lakehouse::catalog
