#pragma once
#include <memory>

#include "lakehouse/catalog/system_table.h"
#include "lakehouse/vector/vectors.h"

namespace lakehouse::vector {

/// system.trials: every configuration of a vector index that was built and measured, newest first. Callers whose profile hides something
/// see those of indexes whose embeddings they see whole. The service must outlive it.
std::unique_ptr<catalog::SystemTable> MakeTrialsTable(Vectors& vectors);

}  // namespace lakehouse::vector
