#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace lakehouse {

/// Insertions, deletions and replacements of octets that lead from one text to the other (Levenshtein): for "did you mean". Given up
/// at `limit`, which is then the answer. The time is the product of the lengths: not for texts without a bound.
std::size_t EditDistance(std::string_view a, std::string_view b, std::size_t limit = SIZE_MAX);

}  // namespace lakehouse
