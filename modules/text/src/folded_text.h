#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace lakehouse::text {

/// A text as patterns of digits and letters want it: one octet per character, in lower case; digits of all scripts as 0–9, full-width
/// letters as plain ones, all dashes '-', all blanks ' ', invisible characters gone, other letters 'a', other marks '\x01'.
struct FoldedText {
  std::string text;
  std::vector<std::uint32_t> places;  ///< where each character begins in what was folded; one more for the end
};
/// Of at most 4 GiB.
FoldedText FoldForPatterns(std::string_view text);

}  // namespace lakehouse::text
