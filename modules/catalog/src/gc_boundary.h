#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "lakehouse/base/result.h"

/// The one object of the catalog that is replaced: {"boundary":1000,"sha256":"…"}.
namespace lakehouse::catalog {

inline constexpr std::string_view kBoundaryKey = "_catalog/gc.boundary";

std::string EncodeBoundary(std::int64_t boundary);
/// kCorruption.
Result<std::int64_t> DecodeBoundary(std::string_view octets);

}  // namespace lakehouse::catalog
