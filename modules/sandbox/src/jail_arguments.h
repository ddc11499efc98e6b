#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "lakehouse/sandbox/jail.h"

namespace lakehouse::sandbox {

/// The options that differ from worker to worker, as words of a command line, and back.
std::vector<std::string> JailArguments(const JailOptions& options);
/// kInvalidArgument: an unknown word.
Result<JailOptions> ParseJailArguments(const std::vector<std::string_view>& words);

}  // namespace lakehouse::sandbox
