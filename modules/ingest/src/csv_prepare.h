#pragma once
#include <string>

#include "prepare.h"
#include "text_survey.h"

namespace lakehouse::ingest {

/// Reads the whole of a UTF-8 file (`text_path`) once to know its shape and types, and once more to write a plain copy when an
/// ordinary CSV reader could read it differently or rows are rejected. Fills the report from `format` on.
///
/// The first line is a header unless every cell in it is a number, date or truth value, or empty, and at least one fits the
/// column below. A record of too few cells is rejected, as is one of too many, unless the surplus is empty. With target columns a
/// value that is not of the column's type rejects its row as long as at least half of the column's values fit; otherwise, and
/// when the names differ, the file does not fit the target, and `columns` says what it has instead.
Status PrepareCsv(const PrepareRequest& request, const std::string& text_path, const TextSurvey& survey, const std::string& directory,
                  const PrepareProgress& progress, PrepareReport& report);

}  // namespace lakehouse::ingest
