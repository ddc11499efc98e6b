#pragma once
#include <string_view>

#include "shape.h"
#include "text.h"

namespace lakehouse::engine {

/// One value as JSON, NULL included.
void WriteJsonValue(const Shape& shape, idx_t row, Text& out);
/// A quoted string; the text must be UTF-8, as every VARCHAR of DuckDB is.
void WriteJsonString(std::string_view utf8, Text& out);

}  // namespace lakehouse::engine
