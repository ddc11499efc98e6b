#pragma once
#include <vector>

#include "kernels.h"
#include "lakehouse/vector/vector_index.h"

namespace lakehouse::vector {

/// What this processor can run, best last; the portable ones are always there.
std::vector<const Kernels*> KernelsOfThisProcessor();
/// The portable ones where the processor lacks the chosen ones.
const Kernels& KernelsFor(KernelChoice choice);

}  // namespace lakehouse::vector
