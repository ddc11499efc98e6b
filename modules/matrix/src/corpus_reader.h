#pragma once
#include "corpus_image.h"
#include "lakehouse/query/query.h"

namespace lakehouse::matrix {

/// The rows of a version of the dataset. A row without an id is left out: nothing could be said about it.
Result<std::vector<CorpusRow>> ReadRows(const Context& context, query::Query& query, const CreateCorpusRequest& corpus,
                                        std::int64_t version);

}  // namespace lakehouse::matrix
