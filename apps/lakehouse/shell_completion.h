#pragma once
#include <span>
#include <string>

#include "lakehouse/base/result.h"
#include "lakehouse/base/settings.h"

namespace lakehouse::app {

/// A script that teaches a shell the commands, flags and values of the table; names of datasets are asked of the server when they are
/// needed. kInvalidArgument: a shell that is not bash, zsh or fish.
Result<std::string> CompletionScript(std::string_view shell, std::span<const Setting> settings);

}  // namespace lakehouse::app
