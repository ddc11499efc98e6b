#pragma once
#include <string>
#include <vector>

#include "lakehouse/catalog/types.h"
#include "lakehouse/ingest/source.h"
#include "prepare.h"

namespace lakehouse::ingest {

/// The SELECT that reads a prepared text with exactly these columns: nothing is left to the engine's own guessing. `in_one_piece`: by one
/// thread from front to end, where no cut inside quotes has to be guessed either.
/// `from`: for each of the columns the number of the text's column that fills it, -1: null; empty: as they stand.
std::string SelectFromText(const PrepareReport& report, const std::vector<catalog::Column>& columns, const std::vector<int>& from,
                           bool in_one_piece = false);

/// The same of a source's rows: whatever the source says is done to its values, then they are what the dataset has.
std::string SelectFromRows(const std::string& path, const SourceBatch& batch, const std::vector<catalog::Column>& columns,
                           const std::vector<int>& from, bool in_one_piece);

/// COPY (select) TO 'path' in the layout of the lake.
Result<std::string> CopyToParquet(const std::string& select, const std::string& path, const std::vector<catalog::Column>& columns);

}  // namespace lakehouse::ingest
