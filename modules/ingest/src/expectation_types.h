#pragma once
#include <string>
#include <vector>

#include "expectation.h"

namespace lakehouse::ingest {

/// Whether these can be asked of a dataset with these columns: every column is there, and every bound is a value of its column's type.
/// kInvalidArgument "bad_expectations": which one, what was found, and what it has to be.
Status FitExpectations(const std::vector<Expectation>& expectations, const std::vector<catalog::Column>& columns);

/// Whether bounds of a column of this type are compared as exact decimals.
bool IsExactNumber(const std::string& type);
bool IsFloatingPoint(const std::string& type);

}  // namespace lakehouse::ingest
