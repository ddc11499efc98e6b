#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/catalog/catalog.h"
#include "lakehouse/matrix/answers.h"
#include "lakehouse/query/query.h"

namespace lakehouse::matrix {

/// A question that SQL answered, and the answer as a sentence.
struct RoutedAnswer {
  SqlAnswer sql;
  std::string sentence;
};

/// `sql-v1`: counts, averages, sums, extremes and groups over one dataset, by rules; its statements are the caller's own and pass the
/// gate. Nothing when the question asks for no number, when a word of it is not accounted for, or when two datasets would do. Fails as
/// the catalog and Query::Run do.
Result<std::optional<RoutedAnswer>> AnswerBySql(const Context& context, catalog::Catalog& catalog, query::Query& query,
                                                std::string_view question);

}  // namespace lakehouse::matrix
