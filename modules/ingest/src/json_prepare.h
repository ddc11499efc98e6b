#pragma once
#include <string>

#include "prepare.h"

namespace lakehouse::ingest {

/// Checks every value and writes the rows as lines of JSON with the table's columns ("<directory><stem>.ndjson"). A document (an array,
/// one object, or anything called .json) is loaded whole or refused ("bad_json" with line and column); of lines the bad ones are rejected,
/// unless none is good.
Status PrepareJson(const PrepareRequest& request, const std::string& text_path, bool lines, std::int64_t bytes,
                   const std::string& directory, const PrepareProgress& progress, PrepareReport& report);

/// Whether a file without a telling name that begins with '{' holds a value per line: its first line is one, and there is another.
Result<bool> LooksLikeLines(const std::string& text_path);

}  // namespace lakehouse::ingest
