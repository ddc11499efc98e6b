#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "lakehouse/catalog/types.h"
#include "lakehouse/ingest/local_ingest.h"

namespace lakehouse::ingest {

/// The files that one compaction replaces: every delete file that touches one of the data files is among them, and every data
/// file that one of the delete files touches.
struct CompactionPlan {
  std::vector<catalog::DataFile> data;
  std::vector<catalog::DataFile> deletes;
  std::int64_t bytes = 0;
  std::int64_t rows_left = 0;  ///< of the data files, minus the deletes
};

/// Pure. Nothing: the dataset is well as it is. With `by_hand` two small files or one deleted row are enough.
std::optional<CompactionPlan> PlanCompaction(const std::vector<catalog::DataFile>& files, const CompactionPolicy& policy, bool by_hand);

/// Whether what was rewritten by this plan can take the place of its files in another state of the dataset: they are all there, and
/// no delete has come that touches them.
bool StillFits(const CompactionPlan& plan, const std::vector<catalog::DataFile>& files);

}  // namespace lakehouse::ingest
