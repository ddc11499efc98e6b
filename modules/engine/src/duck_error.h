#pragma once
#include <string_view>

#include "lakehouse/base/result.h"

namespace lakehouse::engine {

/// What went wrong in the library, which must have errors_as_json set, as Session lists it. `text` may be null.
Error DuckError(const char* text);

/// True for errors after which the library must not be used any more.
bool EndsTheEngine(const Error& error);

}  // namespace lakehouse::engine
