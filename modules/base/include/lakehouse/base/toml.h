#pragma once
#include <string>
#include <string_view>

#include "lakehouse/base/result.h"

namespace lakehouse {

/// A TOML document as JSON, for json_view.h: dates, times, infinities and NaN become texts. kInvalidArgument "bad_toml": what is wrong,
/// with the line. (Its parser is seen by settings.cc alone, where this stands.)
Result<std::string> TomlToJson(std::string_view text);

}  // namespace lakehouse
