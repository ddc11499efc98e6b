#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/base/result.h"
#include "lakehouse/catalog/types.h"

namespace lakehouse::ingest {

/// The attribute of a dataset that holds what is expected of its rows, as TOML.
inline constexpr const char* kExpectationsAttribute = "expectations";
/// In a snapshot's summary: what came out, as JSON.
inline constexpr const char* kSummaryExpectations = "expectations";

enum class ExpectationRule { kNotNull, kUnique, kRange, kRegex, kForeignKey, kRowCount };
constexpr std::string_view WireName(ExpectationRule rule) {
  switch (rule) {
    case ExpectationRule::kNotNull: return "not_null";
    case ExpectationRule::kUnique: return "unique";
    case ExpectationRule::kRange: return "range";
    case ExpectationRule::kRegex: return "regex";
    case ExpectationRule::kForeignKey: return "foreign_key";
    case ExpectationRule::kRowCount: return "row_count";
  }
  return {};
}

/// What the rows that come in have to be like. Unique and row_count look at the dataset as it is going to be, the others at the new rows;
/// range, regex and foreign_key at those with a value.
struct Expectation {
  ExpectationRule rule = ExpectationRule::kNotNull;
  std::string column;                   ///< of all but row_count
  double mostly = 1;                    ///< the share that has to pass
  bool refuses = true;                  ///< else a note
  std::optional<std::string> min, max;  ///< of range and row_count, as text; one of them at least
  std::string pattern;                  ///< of regex: found anywhere in the value's text
  std::string dataset, referred;        ///< of foreign_key: a dataset and its column
};

/// [[expect]] column = "id", rule = "not_null"… kInvalidArgument "bad_expectations" with the place.
Result<std::vector<Expectation>> ParseExpectations(std::string_view toml);
/// Of a dataset; none when it says nothing.
Result<std::vector<Expectation>> ExpectationsOf(const std::optional<catalog::Dataset>& head);

}  // namespace lakehouse::ingest
