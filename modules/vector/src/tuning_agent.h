#pragma once
#include <optional>
#include <vector>

#include "lakehouse/vector/vectors_types.h"

namespace lakehouse::vector {

/// What the agent tries after these trials of its run, oldest first; nothing when no neighbour of the best one is left. A pure function:
/// the history, which is kept, replays every decision.
std::optional<IndexConfig> NextConfig(const std::vector<Trial>& history, double min_recall);

/// Fastest of those that reach the recall, else the one with the highest recall. Nothing of nothing.
std::optional<Trial> BestOf(const std::vector<Trial>& trials, double min_recall);

}  // namespace lakehouse::vector
