#pragma once
#include <string_view>
#include <vector>

#include "lakehouse/matrix/matrix.h"
#include "lexical_index.h"

namespace lakehouse::matrix {

inline constexpr std::size_t kReranked = 50;  ///< passages that a reranker looks at, the first ones

/// `lexical-v1`: how a passage has the words of the query, each from 0 to 1. `nearness`: how close together the words stand that it has, of
/// two and more; `coverage`: their share of the query's weight (idf); `title`: the share of the query's weight that stands in the title.
Reranking LexicalRerank(const LexicalIndex& words, const std::vector<QueryTerm>& query, std::string_view title, std::string_view text);

}  // namespace lakehouse::matrix
