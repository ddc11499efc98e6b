#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lakehouse/base/context.h"

namespace lakehouse::matrix {

/// Rows on their way into a dataset: no search and no statement knows them yet.
struct DatasetLoad {
  std::string dataset;
  std::string job;
  std::optional<double> progress;  ///< 0 to 1; absent: nobody knows how much there is
};

/// What is under way now; empty also when nobody can say. Called by every search, from any thread, with a deadline of a moment.
using DatasetLoads = std::function<std::vector<DatasetLoad>(const Context&)>;

}  // namespace lakehouse::matrix
