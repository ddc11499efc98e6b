#pragma once
#include <optional>
#include <string>
#include <vector>

#include "expectation.h"
#include "lakehouse/ingest/ingest.h"
#include "lakehouse/ingest/local_ingest.h"
#include "table_builder.h"

namespace lakehouse::ingest {

/// The rows of a commit that is not made yet.
struct RowsToCome {
  std::string dataset;
  const std::vector<std::string>& files;  ///< paths in the worker
  const std::vector<catalog::Column>& columns;
  std::optional<std::int64_t> base_version;  ///< the rows of this version stay; nothing: none do
  std::string kept_keys;                     ///< of the rows that give way; empty: none do
  catalog::Column key;
};

/// Asks the worker about each. kNotFound, kUnprocessable "bad_expectation": one names a column or dataset that is not there, or a bound
/// that is no value of its type.
Result<std::vector<ExpectationResult>> CheckExpectations(const Context& context, IngestParts& parts, sandbox::Worker& worker,
                                                         TableBuilder& builder, const RowsToCome& rows,
                                                         const std::vector<Expectation>& expectations);

/// kUnprocessable "expectation_failed" when one that refuses has failed: which, and how many rows; the details are the results.
Status RefuseFailed(const std::vector<ExpectationResult>& results);
std::string Describe(const ExpectationResult& result);

}  // namespace lakehouse::ingest
