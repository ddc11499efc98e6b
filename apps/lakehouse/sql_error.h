#pragma once
#include <string_view>

#include "lakehouse/base/result.h"

namespace lakehouse::app {

/// The server's error with the line of the statement it is about and a caret under the place, when it names one. Its code stays.
Error ShowPlace(const Error& error, std::string_view statement);

}  // namespace lakehouse::app
