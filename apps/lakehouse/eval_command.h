#pragma once
#include <string>

#include "lakehouse/base/result.h"

namespace lakehouse::app {

/// Prints how good the rankings of a run are by the judgements, and, with a baseline, by how much better. Paths of files.
Status RunEvalRetrieval(const std::string& run, const std::string& judgements, const std::string& baseline);

}  // namespace lakehouse::app
