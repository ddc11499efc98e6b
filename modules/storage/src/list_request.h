#pragma once
#include <cstddef>
#include <string>

#include "lakehouse/base/result.h"

namespace lakehouse::storage {

/// What every store asks of List's arguments.
Status ValidateListRequest(const std::string& prefix, const std::string& start_after, std::size_t limit);

}  // namespace lakehouse::storage
