#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "lakehouse/query/query.h"

namespace lakehouse::query {

/// The format a caller asks for with Accept (RFC 9110, 12.5.1): the one it likes best of those there are; JSON when it says
/// nothing. Nothing when none will do.
std::optional<ResultFormat> FormatForAccept(std::string_view accept);
/// "json", "ndjson", "csv", "arrow", "parquet".
std::optional<ResultFormat> FormatForName(std::string_view name);
std::string_view MediaTypeOf(ResultFormat format);
/// For the message of a 406.
std::string AllMediaTypes();

}  // namespace lakehouse::query
