#pragma once
#include <string>
#include <vector>

#include "lakehouse/matrix/dataset_loads.h"
#include "lakehouse/matrix/matrix.h"

namespace lakehouse::matrix {

/// Asks within a moment; no `loads`, no answer.
std::vector<DatasetLoad> LoadsUnderWay(const Context& context, const DatasetLoads& loads);

/// "being_loaded", once, when rows are on their way into this dataset.
void WarnOfLoads(const std::vector<DatasetLoad>& loads, const std::string& corpus, const std::string& dataset,
                 std::vector<SearchWarning>& warnings);

/// "40 %".
std::string ShowProgress(double progress);

}  // namespace lakehouse::matrix
