#pragma once
#include <string>

#include "lakehouse/base/result.h"

namespace lakehouse::sandbox {

/// `<directory>/{in,tmp}` as the jail expects them; tmp belongs to this user (0: the own).
Status MakeJailDirectory(const std::string& directory, unsigned uid);
/// A copy that the jailed user can read and nobody writes.
Status CopyForJail(const std::string& path, const std::string& target, unsigned uid);
/// Moves "tmp/<name>", made in the jail, to `destination`: only a plain file with a plain name (see Worker::Take).
Status TakeProduced(const std::string& directory, const std::string& name, const std::string& destination);

}  // namespace lakehouse::sandbox
