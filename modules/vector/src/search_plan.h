#pragma once
#include <cstdint>

#include "generation.h"

namespace lakehouse::vector {

/// The two ways through a generation.
struct SearchPlan {
  bool exact = true;  ///< over the octets of every row that the view allows; else by the lists:
  ProbePlan probes;
  double nanos = 0;  ///< what it may cost; on an ordinary processor of these years within a factor of two
};

/// Chooses by cost. `matching` rows of those in the lists may be answered with; `filtered` says whether a caller's filter is why they
/// are fewer. Exact wins where it costs about the same: it is right for every filter, and the lists only for those calibration foresaw.
SearchPlan PlanSearch(const Generation& generation, const SearchParameters& parameters, std::uint64_t matching, bool filtered);

/// What a scan of this many float32 rows may cost.
double RowScanNanos(std::uint64_t rows, std::uint32_t dimension);

}  // namespace lakehouse::vector
