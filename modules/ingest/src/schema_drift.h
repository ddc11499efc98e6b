#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/catalog/types.h"

namespace lakehouse::ingest {

/// The attribute of a dataset that says what happens when a file has other columns: "refuse" (as without it), "add", "widen", "any".
inline constexpr const char* kDriftAttribute = "drift";

struct DriftPolicy {
  bool adds = false;    ///< columns that the dataset has not are added; older rows have null there
  bool widens = false;  ///< a column gets a type that holds its values and the file's
  bool refuses() const { return !adds && !widens; }
};
/// Nothing: no such policy.
std::optional<DriftPolicy> ParseDriftPolicy(std::string_view text);
/// Of a dataset; one without, or with one that nobody knows, refuses.
DriftPolicy DriftPolicyOf(const std::optional<catalog::Dataset>& head);

/// The head's columns, widened and with new ones behind them, so that `found` (by name, in any order) goes in; nothing when the policy does
/// not allow it, or nothing has to change. Field ids stay, new ones are above all of the head's. `fits_double`: whether all values of this
/// column of integers are exact as doubles; when they are not, text is what holds both.
std::optional<std::vector<catalog::Column>> EvolveColumns(const std::vector<catalog::Column>& head,
                                                          const std::vector<catalog::Column>& found, DriftPolicy policy,
                                                          const std::function<bool(const catalog::Column&)>& fits_double);

/// For people and the history: "added notes; n is DOUBLE, was BIGINT". No cell value.
std::string DescribeEvolution(const std::vector<catalog::Column>& head, const std::vector<catalog::Column>& evolved);

}  // namespace lakehouse::ingest
