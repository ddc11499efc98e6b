#pragma once
#include <string_view>

#include "lakehouse/base/result.h"

namespace lakehouse::engine {

/// What went wrong in the library, which must have errors_as_json set, as Session lists it. `text` may be null. `statement` is what was
/// handed to the library: its grammar counts characters, all that comes after it octets, and details have octets.
Error DuckError(const char* text, std::string_view statement = {});

/// True for errors after which the library must not be used any more.
bool EndsTheEngine(const Error& error);

}  // namespace lakehouse::engine
