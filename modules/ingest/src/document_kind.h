#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "lakehouse/base/result.h"

namespace lakehouse::ingest {

/// What a file is if it is no table of text: "pdf", "docx", "html", "markdown", "text", "mail", "zip", "xlsx"; empty: a table, or
/// something else. What the sender named counts first, then how the file begins, then its name. Opens ZIP files to see what is in them.
Result<std::string> DocumentKindOf(const std::string& path, std::string_view file_name, const std::optional<std::string>& format);

}  // namespace lakehouse::ingest
