#pragma once
#include <string>
#include <vector>

namespace lakehouse::query {

/// Functions that a statement may name, sorted; operators are left out. For editors that complete.
std::vector<std::string> ServedFunctions();

}  // namespace lakehouse::query
